// Package identity says who holds a number, a BSUID or a parent BSUID.
//
// Each identity has a stream with a random id, which the vault finds by a keyed
// hash of the value. A claim is sealed under a key of its own and shares no id
// with the contact, so that nothing in the log leads from one to the other once
// the keys are gone.
package identity

import (
	"github.com/google/uuid"

	"tagtrail/domain/event"
	"tagtrail/domain/personal"
)

// Stream answers the stream of an identity.
func Stream(id uuid.UUID) string { return "identity-" + id.String() }

// Event is any event of an identity.
//
//sumtype:decl
type Event interface {
	event.Event
	ofIdentity()
}

// Claimed says which contact holds the identity from now on.
type Claimed struct {
	Contact personal.Text `json:"contact"` // the contact's UUID
}

// EventName is the stored name.
func (Claimed) EventName() string { return "identity.claimed" }

// Released says that the contact holds the identity no longer.
type Released struct {
	Contact personal.Text `json:"contact"`
}

// EventName is the stored name.
func (Released) EventName() string { return "identity.released" }

func (Claimed) ofIdentity()  {}
func (Released) ofIdentity() {}

// Events declares every event of an identity that was ever stored.
func Events() []event.Spec {
	return []event.Spec{event.Of[Claimed](1), event.Of[Released](1)}
}
