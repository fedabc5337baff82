// Package delivery keeps signed webhook bodies that are not understood yet, sealed and replayable.
package delivery

import (
	"github.com/google/uuid"

	"tagtrail/domain/event"
	"tagtrail/domain/personal"
)

// ID names a delivery: a keyed hash of its channel and body.
type ID struct{ uuid.UUID }

// Stream answers the delivery's stream.
func (id ID) Stream() string { return "delivery-" + id.String() }

// Why a delivery was kept instead of being turned into commands.
const (
	UnknownShape  = "unknown-shape"
	NamesNobody   = "names-nobody"
	ForeignNumber = "foreign-number"
)

// Event is any event of a delivery.
//
//sumtype:decl
type Event interface {
	event.Event
	ofDelivery()
}

// Kept says that a body was kept as it came.
type Kept struct {
	Channel uuid.UUID     `json:"channel"`
	Why     string        `json:"why"`
	Field   string        `json:"field,omitzero"` // the webhook field, such as "user_preferences", at most 64 letters
	Body    personal.Text `json:"body"`
}

// EventName is the stored name.
func (Kept) EventName() string { return "delivery.kept" }

func (Kept) ofDelivery() {}

// Events declares every event of a delivery that was ever stored.
func Events() []event.Spec { return []event.Spec{event.Of[Kept](1)} }
