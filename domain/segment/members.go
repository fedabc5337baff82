package segment

import (
	"slices"

	"tagtrail/domain/contact"
	"tagtrail/domain/event"
	"tagtrail/domain/fault"
)

// MaxAtOnce is how many contacts one event names at most.
const MaxAtOnce = 1_000

// ErrMembersMoved says that somebody else recorded members of the segment in the meantime.
var ErrMembersMoved = fault.New(fault.Unavailable, "segment.members-moved", "the members of the segment were recorded by somebody else in the meantime")

// Cause says what had whom a segment means looked at.
type Cause string

// The causes.
const (
	OfContacts Cause = "contacts" // something was recorded about them
	OfSegment  Cause = "segment"  // it was created, redefined, deleted or restored
	OfReview   Cause = "review"   // time went by, or tags and fields are others
)

// MembersEvent is any event of who is in a dynamic segment. These have a stream of their own, so that a segment is read
// without all who were ever in it.
//
//sumtype:decl
type MembersEvent interface {
	event.Event
	ofMembers()
}

// MembersEntered says that contacts are meant by the segment that were not before.
type MembersEntered struct {
	Contacts   []contact.ID   `json:"contacts"`
	Definition event.Revision `json:"definition"` // the segment's own revision that said so
	Cause      Cause          `json:"cause"`
}

// EventName is the stored name.
func (MembersEntered) EventName() string { return "segment.members-entered" }

// MembersLeft says that contacts are meant by the segment no longer.
type MembersLeft struct {
	Contacts   []contact.ID   `json:"contacts"`
	Definition event.Revision `json:"definition"`
	Cause      Cause          `json:"cause"`
}

// EventName is the stored name.
func (MembersLeft) EventName() string { return "segment.members-left" }

func (MembersEntered) ofMembers() {}
func (MembersLeft) ofMembers()    {}

// MembersStream answers the stream of who is in the segment.
func (id ID) MembersStream() string { return membersPrefix + id.String() }

const membersPrefix = "segmentmembers-"

// WithMembers answers whose members the event is about.
func WithMembers[E MembersEvent](r event.Recorded[E]) ID {
	return idIn(r.Stream, membersPrefix)
}

// Members are those who are in a segment, by their own events. Nothing that is decided asks for them, since they are many:
// whoever compares knows the members from elsewhere, and says at which revision.
type Members map[contact.ID]bool

// Apply takes over what happened.
func (m Members) Apply(r event.Recorded[MembersEvent]) {
	switch e := r.Data.(type) {
	case MembersEntered:
		for _, id := range e.Contacts {
			m[id] = true
		}
	case MembersLeft:
		for _, id := range e.Contacts {
			delete(m, id)
		}
	}
}

// Turn decides what is recorded of a comparison of whom a segment means with who is in it: who left first, and no more
// than [MaxAtOnce] at once.
func Turn(entered, left []contact.ID, definition event.Revision, cause Cause) []MembersEvent {
	var events []MembersEvent
	for some := range slices.Chunk(left, MaxAtOnce) {
		events = append(events, MembersLeft{Contacts: some, Definition: definition, Cause: cause})
	}
	for some := range slices.Chunk(entered, MaxAtOnce) {
		events = append(events, MembersEntered{Contacts: some, Definition: definition, Cause: cause})
	}
	return events
}
