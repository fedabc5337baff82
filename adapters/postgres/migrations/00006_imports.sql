-- +goose Up

-- Files that were sent to be imported, and what came of their rows: parts of them, sealed under a key of each file.
create table tagtrail.files (
	org     uuid not null,
	file    uuid not null,
	kind    text not null,
	part    int not null,
	sealed  bytea not null,
	kept_at timestamptz not null default now(),
	primary key (org, file, kind, part)
);

-- How far each import is, and why it ended where it was not finished.
create table tagtrail.imports (
	org      uuid not null,
	import   uuid not null,
	size     bigint not null,
	total    int,
	progress jsonb not null default '{}',
	failure  jsonb,
	kept_at  timestamptz not null default now(),
	primary key (org, import)
);
