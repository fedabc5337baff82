// Package conversation keeps what the inbox says of the talk with a contact:
// when it is open, who is on it, and when it is closed. What is written in it is
// not here: messages have streams of their own.
package conversation

import (
	"strings"

	"github.com/google/uuid"

	"tagtrail/domain/contact"
	"tagtrail/domain/event"
	"tagtrail/domain/fault"
	"tagtrail/domain/personal"
	"tagtrail/domain/text"
)

// Stream answers the stream of the talk with a contact.
func Stream(of contact.ID) string { return "conversation-" + of.String() }

// Of answers whose talk a stream is.
func Of(stream string) (contact.ID, bool) {
	id, err := uuid.Parse(strings.TrimPrefix(stream, "conversation-"))
	return contact.ID{UUID: id}, err == nil
}

// Event is any event of a conversation. Its personal values are sealed under the contact's key.
//
//sumtype:decl
type Event interface {
	event.Event
	ofConversation()
}

// Opened says that the inbox opened a conversation with the contact.
type Opened struct {
	Number    int           `json:"number"`             // of this contact's conversations, from 1
	Channel   uuid.UUID     `json:"channel,omitzero"`   // the business number that it is on
	Reference personal.Text `json:"reference,omitzero"` // what the inbox calls it
}

// EventName is the stored name.
func (Opened) EventName() string { return "conversation.opened" }

// Assigned says who is on the conversation; the zero values are nobody.
type Assigned struct {
	Number int           `json:"number"`
	Member uuid.UUID     `json:"member,omitzero"`
	Name   personal.Text `json:"name,omitzero"` // as the inbox names who is no member
}

// EventName is the stored name.
func (Assigned) EventName() string { return "conversation.assigned" }

// Closed says that the conversation came to an end.
type Closed struct {
	Number int `json:"number"`
}

// EventName is the stored name.
func (Closed) EventName() string { return "conversation.closed" }

func (Opened) ofConversation()   {}
func (Assigned) ofConversation() {}
func (Closed) ofConversation()   {}

// Events declares every event of a conversation that was ever stored.
func Events() []event.Spec {
	return []event.Spec{event.Of[Opened](1), event.Of[Assigned](1), event.Of[Closed](1)}
}

// The faults of conversations.
var (
	ErrReference = fault.New(fault.Invalid, "conversation.invalid-reference", "a reference is one line of at most 200 characters")
	ErrAssignee  = fault.New(fault.Invalid, "conversation.invalid-assignee", "an assignee is a member, or one line of at most 200 characters, not both")
	ErrClosed    = fault.New(fault.Conflict, "conversation.closed", "no conversation is open with this contact")
)

// Faults lists every fault of conversations.
func Faults() []*fault.Fault { return []*fault.Fault{ErrReference, ErrAssignee, ErrClosed} }

const maxLength = 200

// Conversation is the state of the talk with one contact.
type Conversation struct {
	number int // of the last one
	open   bool
	member uuid.UUID
	name   personal.Text
}

// New answers a conversation before its first event.
func New() *Conversation { return &Conversation{} }

// Apply takes over what happened.
func (c *Conversation) Apply(r event.Recorded[Event]) {
	switch e := r.Data.(type) {
	case Opened:
		c.number, c.open, c.member, c.name = e.Number, true, uuid.Nil, personal.Text{}
	case Assigned:
		c.member, c.name = e.Member, e.Name
	case Closed:
		c.open = false
	}
}

// Open decides that a conversation is open. One that is open already is not opened again.
func (c *Conversation) Open(channel uuid.UUID, reference string) ([]Event, error) {
	kept, err := line(reference, ErrReference.At("/reference"))
	if err != nil || c.open {
		return nil, err
	}
	return []Event{Opened{Number: c.number + 1, Channel: channel, Reference: kept}}, nil
}

// Assign decides who is on the open conversation: a member, somebody whom the inbox names, or nobody.
func (c *Conversation) Assign(member uuid.UUID, name string) ([]Event, error) {
	kept, err := line(name, ErrAssignee.At("/assignee"))
	switch {
	case err != nil:
		return nil, err
	case member != uuid.Nil && !kept.IsZero():
		return nil, ErrAssignee.At("/assignee")
	case !c.open:
		return nil, ErrClosed
	case member == c.member && kept == c.name:
		return nil, nil
	}
	return []Event{Assigned{Number: c.number, Member: member, Name: kept}}, nil
}

// Close decides that the conversation came to an end. One that is closed already is not closed again.
func (c *Conversation) Close() ([]Event, error) {
	if !c.open {
		return nil, nil
	}
	return []Event{Closed{Number: c.number}}, nil
}

func line(s string, refused *fault.Fault) (personal.Text, error) {
	if text.IsBlank(s) {
		return personal.Text{}, nil
	}
	kept, err := text.Line(s, maxLength)
	if err != nil {
		return personal.Text{}, refused
	}
	return personal.New(kept), nil
}
