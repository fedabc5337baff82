package runner

import (
	"errors"
	"fmt"

	"tagtrail/domain/event"
)

// ErrDisorder stops a group to which the log brings events out of order, or not all of them.
var ErrDisorder = errors.New("the log brings events out of order")

// remembered bounds the streams whose last revision is known; when there are more it is forgotten of all.
const remembered = 10_000

// order knows the last revision of streams, so that an event that a broken store
// leaves out, repeats or moves is noticed before anything is written.
type order map[string]event.Revision

// check answers the events that were not handled yet.
func (o order) check(events []event.Recorded[event.Event], from, upTo event.Position) ([]event.Recorded[event.Event], error) {
	for len(events) > 0 && events[0].Position <= from {
		events = events[1:]
	}
	seen := order{}
	last := from
	for i := range events {
		e := &events[i]
		if e.Position <= last || e.Position > upTo {
			return nil, fmt.Errorf("%s at position %d, behind %d, in a batch up to %d: %w", e.Data.EventName(), e.Position, last, upTo, ErrDisorder)
		}
		last = e.Position
		before, known := seen[e.Stream]
		if !known {
			before, known = o[e.Stream]
		}
		if known && e.Revision != before+1 {
			return nil, fmt.Errorf("%s at position %d is revision %d of %s, behind %d: %w",
				e.Data.EventName(), e.Position, e.Revision, e.Stream, before, ErrDisorder)
		}
		seen[e.Stream] = e.Revision
	}
	return events, nil
}

// remember takes note of events that are committed.
func (o order) remember(events []event.Recorded[event.Event]) {
	if len(o)+len(events) > remembered {
		clear(o)
	}
	for i := range events {
		o[events[i].Stream] = events[i].Revision
	}
}
