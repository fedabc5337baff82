// Package reactions gives the commands that follow from events: an event happened,
// and because of it something is to be done.
//
// A reaction is a name, the types of events that it asks for, and what it does.
// Each goes its own way along the log: it subscribes behind a checkpoint of its
// own, waits while something is out of reach, and stops, visibly, at what it
// cannot pass. One process at a time leads it, however many run.
//
// # Decisions
//
// A reaction may be asked twice about one event: when the process dies between a
// command and the checkpoint. What it does has to come to the same then. The ids
// of its commands are derived from the event, the reaction and a number
// ([Because]), so that the log itself knows a command that it has seen.
//
// A reaction begins where the log stood when it ran first, instead of at the
// beginning: what it would do about events that are long past would surprise
// everybody. One that has to know what was before looks at it by itself
// ([Reaction.Review]).
//
// Events are handed over sealed. Nothing that a reaction decides hangs on a name
// or a number, so that it needs no key and is the same after an erasure.
package reactions
