package message

import (
	"time"

	"github.com/google/uuid"

	"tagtrail/domain/contact"
	"tagtrail/domain/event"
	"tagtrail/domain/personal"
)

// ID names a message: a keyed hash of its channel and wamid, so that a repeated delivery meets the same stream.
type ID struct{ uuid.UUID }

// Stream answers the message's stream.
func (id ID) Stream() string { return "message-" + id.String() }

// Status is how far an outgoing message got.
type Status string

// The statuses of outgoing messages.
const (
	Sent      Status = "sent"
	Delivered Status = "delivered"
	Read      Status = "read"
	Played    Status = "played"
	Failed    Status = "failed"
)

// Event is any event of a message.
//
//sumtype:decl
type Event interface {
	event.Event
	ofMessage()
}

// Received says that a contact wrote to a channel. The personal values are sealed under the contact's key.
type Received struct {
	Contact contact.ID    `json:"contact"`
	Channel uuid.UUID     `json:"channel"`
	Kind    string        `json:"kind"` // "text", "image", "button", … as WhatsApp names it
	Wamid   personal.Text `json:"wamid"`
	Text    personal.Text `json:"text,omitzero"` // body, caption, or the title of the choice
	SentAt  time.Time     `json:"sent_at"`       // by the sender's clock; the time of receipt where that was no time
	Suspect bool          `json:"suspect,omitzero"`
}

// EventName is the stored name.
func (Received) EventName() string { return "message.received" }

// Subject is the contact: its key seals the message.
func (e Received) Subject() uuid.UUID { return e.Contact.UUID }

// StatusReported says how far a message of the team got. Reports come in any order.
type StatusReported struct {
	Contact contact.ID    `json:"contact,omitzero"` // zero where the report names nobody
	Channel uuid.UUID     `json:"channel"`
	Status  Status        `json:"status"`
	Wamid   personal.Text `json:"wamid,omitzero"` // only where a contact is named
	At      time.Time     `json:"at"`
	Code    int           `json:"code,omitzero"` // WhatsApp's error code of a failure
	Suspect bool          `json:"suspect,omitzero"`
}

// EventName is the stored name.
func (StatusReported) EventName() string { return "message.status-reported" }

// Subject is the contact.
func (e StatusReported) Subject() uuid.UUID { return e.Contact.UUID }

func (Received) ofMessage()       {}
func (StatusReported) ofMessage() {}

// Events declares every event of a message that was ever stored.
func Events() []event.Spec {
	return []event.Spec{event.Of[Received](1), event.Of[StatusReported](1)}
}
