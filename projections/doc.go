// Package projections says what each event does to the tables that are read.
//
// A projection is one file: the question that it answers, its tables, and what
// each event does to them. It can only write, so that a table depends on nothing
// but the events, and can be built again from the first one at any time. Where
// the rows are kept is the business of a sink; when, of the runner.
//
// # Decisions
//
// Handlers write changes to rows that they name by key, instead of SQL. Changes
// fold: a batch of a thousand events becomes a statement or two for each table.
//
// A mistake in a handler (a column that is not there, a key that is personal
// data) panics, instead of answering an error. [Group.Project] turns the panic
// into an error that names the event, and the group stops in front of it: no
// handler can pass over an event by forgetting to look at an error.
package projections
