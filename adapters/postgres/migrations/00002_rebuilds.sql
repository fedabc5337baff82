-- +goose Up

-- Each building of a generation that somebody asked for: how far it is, and what came of it. Of a group there is one at
-- a time that is not finished. Whoever works at one holds a lock: without its holder it was interrupted, and goes on
-- where it was when somebody takes it up.
create table tagtrail.rebuilds (
	id             uuid not null primary key,
	grp            text not null,
	kind           text not null,
	schema         text not null, -- of the live generation
	beside         text not null, -- of the generation that is built
	name           text not null default '',
	until_position bigint,
	until_time     timestamptz,
	asked_by       text not null, -- who runs it: the service, or the command that asked
	asked_at       timestamptz not null default now(),
	phase          text not null default 'waiting',
	position       bigint not null default 0,
	target         bigint not null default 0,
	events         bigint not null default 0,
	cancelled      boolean not null default false,
	noted_at       timestamptz not null default now(),
	finished_at    timestamptz,
	reason         text not null default '',
	comparison     jsonb
);
create unique index rebuilds_unfinished on tagtrail.rebuilds (grp) where finished_at is null;

-- The events that a group passes by because an operator said so.
create table tagtrail.skips (
	grp        text not null,
	position   bigint not null,
	reason     text not null,
	skipped_at timestamptz not null default now(),
	primary key (grp, position)
);
