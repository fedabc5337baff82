// Package contact is one contact: who it is recognised by, the tags on it, and
// where it stands in the funnel.
//
// # Decisions
//
// Deliveries come late, twice and in any order, so what a delivery shows of a
// person is decided by the time at which it was sent and not by when it came: an
// older profile name is not applied after a newer one, and a number that the
// person has left is not linked again by a message from before.
package contact
