package operation

import (
	"tagtrail/domain/event"
	"tagtrail/domain/personal"
)

// Event is any event of an operation.
//
//sumtype:decl
type Event interface {
	event.Event
	ofOperation()
}

// Started says that something is to be done to many. What exactly was asked may hold what people wrote, such as the text
// that a filter looks for, so it is sealed under the operation's own key.
type Started struct {
	Kind   Kind          `json:"kind"`
	Action string        `json:"action,omitzero"` // a word for what is done to each, such as add_tag
	Asked  personal.Text `json:"asked,omitzero"`  // the whole of it, as JSON that its worker reads
	Undoes ID            `json:"undoes,omitzero"` // the operation that this one takes back
}

// EventName is the stored name.
func (Started) EventName() string { return "operation.started" }

// Paused says that nothing more is done until it is resumed.
type Paused struct{}

// EventName is the stored name.
func (Paused) EventName() string { return "operation.paused" }

// Resumed says that a paused operation goes on where it was.
type Resumed struct{}

// EventName is the stored name.
func (Resumed) EventName() string { return "operation.resumed" }

// Cancelled says that the rest is not to be done; what was done stays.
type Cancelled struct{}

// EventName is the stored name.
func (Cancelled) EventName() string { return "operation.cancelled" }

// Finished says that nobody works at the operation any more, and what came of it.
type Finished struct{ Counts }

// EventName is the stored name.
func (Finished) EventName() string { return "operation.finished" }

// Undone says that another operation takes this one back.
type Undone struct {
	By ID `json:"by"`
}

// EventName is the stored name.
func (Undone) EventName() string { return "operation.undone" }

func (Started) ofOperation()   {}
func (Paused) ofOperation()    {}
func (Resumed) ofOperation()   {}
func (Cancelled) ofOperation() {}
func (Finished) ofOperation()  {}
func (Undone) ofOperation()    {}

// Events declares every event of an operation that was ever stored.
func Events() []event.Spec {
	return []event.Spec{
		event.Of[Started](1), event.Of[Paused](1), event.Of[Resumed](1), event.Of[Cancelled](1), event.Of[Finished](1), event.Of[Undone](1),
	}
}
