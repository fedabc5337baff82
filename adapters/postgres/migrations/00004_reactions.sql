-- +goose Up

-- How far each reaction is along the log, and how it was when its leader last said so. Whoever leads draws an epoch, and
-- whoever holds an older one moves nothing any more.
create table tagtrail.reactions (
	name        text not null primary key,
	position    bigint not null,
	epoch       bigint not null,
	state       text not null default 'starting',
	reason      text not null default '',
	began_at    timestamptz not null default now(),
	moved_at    timestamptz not null default now(),
	reported_at timestamptz not null default now()
);

-- The events that a reaction passes by because an operator said so.
create table tagtrail.reaction_skips (
	reaction   text not null,
	position   bigint not null,
	reason     text not null,
	skipped_at timestamptz not null default now(),
	primary key (reaction, position)
);
