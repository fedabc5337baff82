// Package erasure is how a person is forgotten: who asked for it and why, and what it left.
//
// The reason is sealed under the erasure's own key, so that it outlives the
// keys of the person; who that was is said by ids alone.
package erasure

import (
	"github.com/google/uuid"

	"tagtrail/domain/contact"
	"tagtrail/domain/event"
	"tagtrail/domain/fault"
)

// ErrReason refuses an erasure that says not why.
var ErrReason = fault.New(fault.Invalid, "erasure.reason-required", "whoever erases a person says why")

// Faults lists every fault of erasures.
func Faults() []*fault.Fault { return []*fault.Fault{ErrReason} }

// ID names an erasure.
type ID struct{ uuid.UUID }

// Of answers the one erasure that a contact can have: whoever asks for it again asks for the same.
func Of(id contact.ID) ID { return ID{uuid.NewSHA1(id.UUID, []byte("erasure"))} }

// Stream answers the erasure's stream.
func (id ID) Stream() string { return "erasure-" + id.String() }

// On answers the erasure whose stream an event is on.
func On[E Event](r event.Recorded[E]) ID { return ID{event.Subject(r.Stream, r.Data)} }

// Event is any event of an erasure.
//
//sumtype:decl
type Event interface {
	event.Event
	ofErasure()
}

// Asked says that a person is to be forgotten.
type Asked struct {
	Contact contact.ID   `json:"contact"`
	With    []contact.ID `json:"with,omitzero"` // contacts that it stands for, which are the same person
}

// EventName is the stored name.
func (Asked) EventName() string { return "erasure.asked" }

// Forgotten says that nobody can read the person any more once the keys of the contacts are shredded, which comes next:
// what else led to the person is gone.
type Forgotten struct {
	Identities int `json:"identities"`          // that are known no more
	Deliveries int `json:"deliveries,omitzero"` // kept bodies that named the person, and are sealed for good
}

// EventName is the stored name.
func (Forgotten) EventName() string { return "erasure.forgotten" }

// Completed says that nothing of the person is left where this installation keeps things.
type Completed struct {
	Events int      `json:"events"`        // that stay on the contacts' streams, without anybody
	Digest string   `json:"digest"`        // SHA-256 over where and what those events are, in hexadecimal digits
	Left   []string `json:"left,omitzero"` // what is not this installation's to clean
}

// EventName is the stored name.
func (Completed) EventName() string { return "erasure.completed" }

// GivenUp says that nobody is forgotten: a legal hold was in the log before the erasure was asked for. It may be asked for again.
type GivenUp struct{}

// EventName is the stored name.
func (GivenUp) EventName() string { return "erasure.given-up" }

func (Asked) ofErasure()     {}
func (GivenUp) ofErasure()   {}
func (Forgotten) ofErasure() {}
func (Completed) ofErasure() {}

// Events declares every event of an erasure that was ever stored.
func Events() []event.Spec {
	return []event.Spec{event.Of[Asked](1), event.Of[GivenUp](1), event.Of[Forgotten](1), event.Of[Completed](1)}
}

// Erasure is the state of one erasure.
type Erasure struct {
	contacts  []contact.ID
	askedAt   event.Position
	forgotten bool
	completed bool
}

// New answers an erasure that nobody asked for.
func New() *Erasure { return &Erasure{} }

// Apply takes over what happened.
func (e *Erasure) Apply(r event.Recorded[Event]) {
	switch data := r.Data.(type) {
	case Asked:
		e.contacts, e.askedAt = append([]contact.ID{data.Contact}, data.With...), r.Position
	case GivenUp:
		e.contacts = nil
	case Forgotten:
		e.forgotten = true
	case Completed:
		e.completed = true
	}
}

// Contacts answers whom it is about, the one that stands for all first.
func (e *Erasure) Contacts() []contact.ID { return e.contacts }

// IsAsked says whether somebody is to be forgotten, or is.
func (e *Erasure) IsAsked() bool { return e.contacts != nil }

// AskedAt answers where in the log it was asked for.
func (e *Erasure) AskedAt() event.Position { return e.askedAt }

// IsForgotten says whether nothing leads to the person any more but the contacts' own keys.
func (e *Erasure) IsForgotten() bool { return e.forgotten }

// Forget decides that nothing leads to the person any more but the contacts' own keys, once.
func (e *Erasure) Forget(what Forgotten) ([]Event, error) {
	if e.contacts == nil || e.forgotten {
		return nil, nil
	}
	return []Event{what}, nil
}

// IsCompleted says whether nothing is left to be done.
func (e *Erasure) IsCompleted() bool { return e.completed }

// Ask decides that a person is to be forgotten. Asking again records nothing.
func (e *Erasure) Ask(id contact.ID, with []contact.ID) ([]Event, error) {
	if e.contacts != nil {
		return nil, nil
	}
	return []Event{Asked{Contact: id, With: with}}, nil
}

// GiveUp decides that nobody is forgotten, as long as nobody is.
func (e *Erasure) GiveUp() ([]Event, error) {
	if e.contacts == nil || e.forgotten {
		return nil, nil
	}
	return []Event{GivenUp{}}, nil
}

// Complete decides that nothing is left to be done, once.
func (e *Erasure) Complete(what Completed) ([]Event, error) {
	if e.contacts == nil || e.completed {
		return nil, nil
	}
	return []Event{what}, nil
}
