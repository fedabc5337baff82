// Package operation is what is done to many contacts at once, in the background:
// that it was asked for, whether it goes on, and what came of it.
//
// What it does to each contact is said by the contact's own events, which name
// the operation; how far it is at the moment is nobody's history and is kept
// beside the log.
package operation

import (
	"strings"

	"github.com/google/uuid"

	"tagtrail/domain/event"
	"tagtrail/domain/fault"
	"tagtrail/domain/personal"
)

// ID names an operation for ever.
type ID struct{ uuid.UUID }

// Stream answers the stream of the operation.
func (id ID) Stream() string { return "operation-" + id.String() }

// Of answers whose stream the event is on.
func Of[E event.Event](r event.Recorded[E]) ID {
	id, _ := uuid.Parse(strings.TrimPrefix(r.Stream, "operation-"))
	return ID{id}
}

// Kind says what sort of work an operation is.
type Kind string

// The kinds of operations.
const (
	Bulk         Kind = "bulk"          // one action on many contacts
	Import       Kind = "import"        // what a file says of many contacts
	Undo         Kind = "undo"          // takes another operation back
	PersonalData Kind = "personal-data" // gathers what is known of a person
)

// Kinds answers every kind.
func Kinds() []Kind { return []Kind{Bulk, Import, Undo, PersonalData} }

// Phase says whether somebody works at an operation.
type Phase string

// The phases of an operation.
const (
	Unknown    Phase = ""           // nobody asked for it
	Running    Phase = "running"    // somebody works at it, or will
	Pausing    Phase = "paused"     // nobody does until it is resumed
	Cancelling Phase = "cancelling" // whoever works at it stops
	Ended      Phase = "ended"
)

// Result is what came of one of the many.
type Result string

// The results.
const (
	Changed   Result = "changed"
	Unchanged Result = "unchanged" // it was so already
	Refused   Result = "refused"   // a rule was against it, which the report names
	Kept      Result = "kept"      // of what is undone: it was changed since, and stays
)

// Counts says how often there was which result.
type Counts struct {
	Total     int `json:"total"` // how many were meant; more than all results together where it was cancelled
	Changed   int `json:"changed,omitzero"`
	Unchanged int `json:"unchanged,omitzero"`
	Refused   int `json:"refused,omitzero"`
	Kept      int `json:"kept,omitzero"`
}

// Done answers how many have a result.
func (c Counts) Done() int { return c.Changed + c.Unchanged + c.Refused + c.Kept }

// Add counts a result.
func (c *Counts) Add(r Result) {
	switch r {
	case Changed:
		c.Changed++
	case Unchanged:
		c.Unchanged++
	case Refused:
		c.Refused++
	case Kept:
		c.Kept++
	}
}

// MaxThings is how many an operation is about at most.
const MaxThings = 1_000_000

// The faults of operations.
var (
	ErrUnknown     = fault.New(fault.NotFound, "operation.unknown", "there is no such operation")
	ErrEnded       = fault.New(fault.Conflict, "operation.ended", "the operation has ended")
	ErrNotEnded    = fault.New(fault.Conflict, "operation.not-ended", "only an operation that has ended can be undone")
	ErrUndone      = fault.New(fault.Conflict, "operation.undone", "the operation was undone by another already, which can be undone itself")
	ErrNobody      = fault.New(fault.Invalid, "operation.nobody", "an operation names contacts, or a filter that says whom it is about")
	ErrTooMany     = fault.New(fault.Invalid, "operation.too-many", "an operation is about at most 1,000,000 contacts")
	ErrNotUndoable = fault.New(fault.Conflict, "operation.not-undoable", "this cannot be undone")
)

// Faults lists every fault of operations.
func Faults() []*fault.Fault {
	return []*fault.Fault{ErrUnknown, ErrEnded, ErrNotEnded, ErrUndone, ErrNobody, ErrTooMany, ErrNotUndoable}
}

// Operation is the state of one operation.
type Operation struct {
	Kind     Kind
	Action   string
	Asked    personal.Text
	Undoes   ID
	By       event.Metadata // of its first event: who asked, when, why
	Position event.Position // of its first event
	Last     event.Position // of its last

	phase    Phase
	revision event.Revision
	undoneBy ID
}

// New answers an operation before its first event.
func New() *Operation { return &Operation{revision: event.NoStream} }

// Apply takes over what happened.
func (o *Operation) Apply(r event.Recorded[Event]) {
	o.revision, o.Last = r.Revision, r.Position
	switch e := r.Data.(type) {
	case Started:
		o.Kind, o.Action, o.Asked, o.Undoes = e.Kind, e.Action, e.Asked, e.Undoes
		o.By, o.Position = r.Metadata, r.Position
		o.phase = Running
	case Paused:
		o.phase = Pausing
	case Resumed:
		o.phase = Running
	case Cancelled:
		o.phase = Cancelling
	case Finished:
		o.phase = Ended
	case Undone:
		o.undoneBy = e.By
	}
}

// Source answers what the operation's changes are recorded under.
func (o *Operation) Source() event.Source {
	if o.Kind == Import {
		return event.Import
	}
	return event.Bulk
}

// Phase answers whether somebody works, or should work, at the operation.
func (o *Operation) Phase() Phase { return o.phase }

// Start decides that something is to be done to many, under its own id. What takes an operation back is started once.
func (o *Operation) Start(id ID, what Started) ([]Event, error) {
	if what.Undoes != (ID{}) && o.phase != Unknown {
		return nil, ErrUndone.With("operation", id.String())
	}
	return []Event{what}, nil
}

// Pause decides that nothing more is done until it is resumed.
func (o *Operation) Pause() ([]Event, error) {
	return o.move(map[Phase]Event{Running: Paused{}, Pausing: nil})
}

// Resume decides that a paused operation goes on.
func (o *Operation) Resume() ([]Event, error) {
	return o.move(map[Phase]Event{Pausing: Resumed{}, Running: nil})
}

// Cancel decides that the rest is not to be done.
func (o *Operation) Cancel() ([]Event, error) {
	return o.move(map[Phase]Event{Running: Cancelled{}, Pausing: Cancelled{}, Cancelling: nil})
}

// Finish decides that nobody works at the operation any more, once.
func (o *Operation) Finish(counts Counts) ([]Event, error) {
	return o.move(map[Phase]Event{Running: Finished{counts}, Pausing: Finished{counts}, Cancelling: Finished{counts}, Ended: nil})
}

// move answers what happens in the phase that the operation is in; nothing where it is so already.
func (o *Operation) move(from map[Phase]Event) ([]Event, error) {
	if o.phase == Unknown {
		return nil, ErrUnknown
	}
	e, may := from[o.phase]
	switch {
	case !may:
		return nil, ErrEnded
	case e == nil:
		return nil, nil
	}
	return []Event{e}, nil
}

// UndoBy decides that another operation takes this one back. Whoever undoes an undo does again what was undone.
func (o *Operation) UndoBy(other ID) ([]Event, error) {
	switch {
	case o.phase == Unknown:
		return nil, ErrUnknown
	case o.phase != Ended:
		return nil, ErrNotEnded
	case o.undoneBy == other:
		return nil, nil
	case o.undoneBy != ID{}:
		return nil, ErrUndone.With("operation", o.undoneBy.String())
	}
	return []Event{Undone{By: other}}, nil
}
