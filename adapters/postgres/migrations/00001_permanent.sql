-- +goose Up

-- Which generations of read models there are; their tables live in the schemas named here.
create table tagtrail.generations (
	grp         text not null,
	schema      text not null primary key,
	fingerprint text not null,
	state       text not null,
	created_at  timestamptz not null default now()
);

-- Each projector that takes a group over draws the next epoch; whoever holds an older one commits nothing any more.
create sequence tagtrail.epochs;

-- What the projector of each generation says of itself: a report that is old is of one that is gone.
create table tagtrail.projectors (
	schema      text not null primary key,
	state       text not null,
	reason      text not null,
	reported_at timestamptz not null
);

-- What this installation is. The data format is raised by a migration that older builds must not run beside. From the
-- secret every process derives what it signs with.
create table tagtrail.settings (
	key   text not null primary key,
	value text not null
);
insert into tagtrail.settings (key, value) values
	('data_format', '1'),
	('secret', gen_random_uuid()::text || gen_random_uuid()::text);

-- One keyset for each subject, wrapped by the master key. A row without a keyset is the record of a shred.
create table vault.keys (
	org         uuid not null,
	subject     uuid not null,
	wrapped     bytea,
	created_at  timestamptz not null default now(),
	shredded_at timestamptz,
	primary key (org, subject),
	check ((wrapped is null) = (shredded_at is not null))
);

-- Which identity a number or a BSUID is known by, found by a keyed hash of it.
create table vault.identities (
	org      uuid not null,
	mac      bytea not null,
	identity uuid not null unique,
	primary key (org, mac)
);

-- An organisation's own key for keyed hashes, wrapped by the master key.
create table vault.organization_keys (
	org        uuid not null primary key,
	wrapped    bytea not null,
	created_at timestamptz not null default now()
);

-- A known text sealed by the master key, so that another master key is noticed at the start and not at the first contact.
create table vault.master (
	single     boolean not null primary key default true check (single),
	proof      bytea not null,
	created_at timestamptz not null default now()
);
