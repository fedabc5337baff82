package segment

import (
	"tagtrail/domain/event"
	"tagtrail/domain/personal"
)

// Event is any event of a segment.
//
//sumtype:decl
type Event interface {
	event.Event
	ofSegment()
}

// Created says that somebody keeps a filter under a name. What a filter looks for may be a name or a number, so it is
// personal, as is what somebody calls it.
type Created struct {
	Name   personal.Text `json:"name"`
	Kind   Kind          `json:"kind"`
	Filter personal.Text `json:"filter"` // in its canonical form
}

// EventName is the stored name.
func (Created) EventName() string { return "segment.created" }

// Renamed says that a segment got another name.
type Renamed struct {
	Name personal.Text `json:"name"`
}

// EventName is the stored name.
func (Renamed) EventName() string { return "segment.renamed" }

// Redefined says that a segment means others from now on.
type Redefined struct {
	Filter personal.Text `json:"filter"`
}

// EventName is the stored name.
func (Redefined) EventName() string { return "segment.redefined" }

// Deleted says that a segment means nobody any more; it can be restored.
type Deleted struct{}

// EventName is the stored name.
func (Deleted) EventName() string { return "segment.deleted" }

// Restored says that a deleted segment is there again.
type Restored struct{}

// EventName is the stored name.
func (Restored) EventName() string { return "segment.restored" }

func (Created) ofSegment()   {}
func (Renamed) ofSegment()   {}
func (Redefined) ofSegment() {}
func (Deleted) ofSegment()   {}
func (Restored) ofSegment()  {}

// Events declares every event of a segment that was ever stored.
func Events() []event.Spec {
	return []event.Spec{
		event.Of[Created](1), event.Of[Renamed](1), event.Of[Redefined](1), event.Of[Deleted](1), event.Of[Restored](1),
		event.Of[MembersEntered](1), event.Of[MembersLeft](1),
	}
}
