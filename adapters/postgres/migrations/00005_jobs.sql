-- +goose Up

-- What is done to many contacts in the background. The queue that wakes workers makes its own tables beside these.
create schema jobs;

-- How far each operation is. What was asked, by whom, and what came of it is in the log.
create table jobs.operations (
	operation uuid not null primary key,
	org       uuid not null,
	kind      text not null,
	state     text not null default 'asked' check (state in ('asked', 'queued', 'working', 'paused', 'ended')),
	total     int, -- unknown until everything is selected
	reached   int not null default 0, -- everything up to this number has a result
	changed   int not null default 0,
	unchanged int not null default 0,
	refused   int not null default 0,
	kept      int not null default 0,
	rate      double precision not null default 0, -- results a second, of late
	noted_at  timestamptz not null default now()
);
create index operations_to_look_after on jobs.operations (state) where state in ('asked', 'working', 'paused');

-- What an operation is done to, by ids alone, in the order in which it is worked at.
create table jobs.things (
	operation uuid not null,
	number    int not null,
	thing     uuid not null,
	primary key (operation, number),
	unique (operation, thing)
);

-- Whatever did not go as asked, and why.
create table jobs.reports (
	operation uuid not null,
	number    int not null,
	thing     uuid not null,
	result    text not null,
	code      text not null,
	details   jsonb,
	primary key (operation, number)
);
