package runner

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/ThreeDotsLabs/watermill/message"

	"tagtrail/domain/event"
	"tagtrail/projections"
)

// passedBy stands for an event that an operator had a group pass by: it has its place in its stream, and nothing of it
// is projected, or so much as decoded.
type passedBy struct{}

// EventName is that of no event.
func (passedBy) EventName() string { return "" }

// Passed answers what stands for an event that is passed by.
func Passed(stream string, revision event.Revision, position event.Position) event.Recorded[event.Event] {
	return event.Recorded[event.Event]{Stream: stream, Revision: revision, Position: position, Data: passedBy{}}
}

// skipsOf answers the positions of the events that the group passes by.
func (c *Config) skipsOf(ctx context.Context, g projections.Group) ([]event.Position, error) {
	if c.Skips == nil {
		return nil, nil
	}
	return c.Skips(ctx, g.Name)
}

// decode answers the events of a message, with those that are passed by as [Passed]; with an error, those before the one
// at fault.
func (c *Config) decode(ctx context.Context, g projections.Group, msg *message.Message, skips []event.Position, from, upTo event.Position) ([]event.Recorded[event.Event], error) {
	decoder := c.Decoder
	if g.Sealed {
		decoder = c.Sealed
	}
	skips = slices.DeleteFunc(slices.Clone(skips), func(p event.Position) bool { return p <= from || p > upTo })
	var passed []event.Recorded[event.Event]
	if len(skips) > 0 {
		var err error
		if msg, passed, err = c.Without(msg, skips); err != nil {
			return nil, fmt.Errorf("leave out events of the batch up to %d: %w", upTo, err)
		}
	}
	events, err := decoder.Decode(ctx, msg)
	if err != nil {
		err = fmt.Errorf("decode the batch up to %d: %w", upTo, err)
		if len(events) == 0 {
			return nil, err
		}
		last := events[len(events)-1].Position
		passed = slices.DeleteFunc(passed, func(e event.Recorded[event.Event]) bool { return e.Position > last })
	}
	if len(passed) > 0 {
		events = slices.Concat(events, passed)
		slices.SortFunc(events, func(a, b event.Recorded[event.Event]) int { return cmp.Compare(a.Position, b.Position) })
	}
	return events, err
}

// projected answers the events without those that are passed by.
func projected(events []event.Recorded[event.Event]) []event.Recorded[event.Event] {
	passed := func(e event.Recorded[event.Event]) bool { _, is := e.Data.(passedBy); return is }
	if !slices.ContainsFunc(events, passed) {
		return events
	}
	return slices.DeleteFunc(slices.Clone(events), passed)
}

// project commits events one after the other in as few batches as can be. Where that fails for good, what goes before
// the event at fault is committed, so that the group stops in front of it and names it.
func (t *term) project(ctx context.Context, events []event.Recorded[event.Event], from, upTo event.Position, began time.Time) error {
	changes, err := t.group.group.Project(projected(events))
	if err == nil {
		err = t.config.Sink.Commit(ctx, t.generation, changes, from, upTo)
	}
	if err == nil {
		t.order.remember(events)
		t.position.Store(uint64(upTo))
		var last time.Time
		if len(events) > 0 {
			last = events[len(events)-1].RecordedAt
		}
		t.committed(len(events), last, upTo, time.Since(began))
		return nil
	}
	switch {
	case transient(err) || errors.Is(err, projections.ErrOvertaken):
	case isHandlerError(err) && len(events) == 1:
		return err
	case len(events) == 1:
		e := events[0]
		return fmt.Errorf("project %s, revision %d of %s at position %d: %w", e.Data.EventName(), e.Revision, e.Stream, e.Position, err)
	case len(events) > 1:
		half := len(events) / 2
		between := events[half-1].Position
		if err := t.project(ctx, events[:half], from, between, began); err != nil {
			return err
		}
		return t.project(ctx, events[half:], between, upTo, time.Now())
	}
	return fmt.Errorf("commit %d events up to %d: %w", len(events), upTo, err)
}

func isHandlerError(err error) bool {
	_, is := errors.AsType[*projections.HandlerError](err)
	return is
}

// awaitSkip waits until an operator has a group that stopped pass by more than it did.
func (g *group) awaitSkip(ctx context.Context, known []event.Position) {
	for ctx.Err() == nil {
		pause(ctx, g.config.Poll)
		if skips, err := g.config.skipsOf(ctx, g.group); err == nil && len(skips) > len(known) {
			return
		}
	}
}
