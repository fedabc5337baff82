// Package vault holds the keys: it seals personal data on its way into the log,
// opens it on its way out, and finds people by keyed hashes instead of by their
// numbers.
//
// It seals bytes and knows nothing of events. Keys live in PostgreSQL, wrapped by
// a master key that lives in a file; neither is of use without the other, and
// neither belongs into a backup of the log.
//
// # Decisions
//
// One keyset for each subject, instead of Tink's envelope encryption, which makes
// a key for each message and keeps it beside the message: shredding one row must
// make everything about one person unreadable, in every copy of the log.
//
// A shredded key leaves a record. Only that record opens values as erased; a key
// that is missing without one is a loss, and whoever meets it stops. So restoring
// an old backup cannot pass for an erasure, nor the other way round.
//
// The database keeps a proof of its master key. A start with another master key,
// or without one where keys are already wrapped, is refused at once; a fresh
// master key would look well until the first old value is read.
package vault
