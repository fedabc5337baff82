-- +goose Up

-- Which role reads for which organisation. The views of analysts look here for whoever began the session, which nobody
-- can change in the session.
create table tagtrail.reporting_roles (
	role       text not null primary key,
	org        uuid not null unique,
	created_at timestamptz not null default now(),
	rotated_at timestamptz not null default now()
);

-- Which generation the views of analysts show: the checkpoint is known by its id, which a renaming of schemas leaves alone.
create table tagtrail.published (
	schema       text not null primary key,
	checkpoint   oid not null,
	definition   text not null,
	published_at timestamptz not null default now()
);
