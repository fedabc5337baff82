package projections

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"strings"

	"tagtrail/domain/event"
	"tagtrail/domain/fault"
)

// What a sink answers, and a runner reacts to.
var (
	// ErrUnavailable says that what the group needs is out of reach for now: the same batch may succeed later.
	ErrUnavailable = fault.New(fault.Unavailable, "projections.unavailable", "the read models are out of reach")
	// ErrLost comes with ErrUnavailable when the lead itself is lost: only who takes it again can go on.
	ErrLost = errors.New("the lead of the generation is lost")
	// ErrOvertaken says that the checkpoint is not where this projector left it: another one moved it.
	ErrOvertaken = errors.New("another projector moved the checkpoint")
)

// Group is the set of projections that share a subscription, a transaction and
// a checkpoint, so that all its tables show the same position.
type Group struct {
	Name        string
	Projections []Projection
	// Sealed says that the group never sees what personal values are: they stay sealed in its tables as they are in the
	// log, are opened by whoever may read them, and need no rebuild to be erased.
	Sealed bool
}

// Tables answers every table of the group.
func (g Group) Tables() []*Table {
	var all []*Table
	for _, p := range g.Projections {
		all = append(all, p.tables...)
	}
	return all
}

// Views answers every view of the group, in the order in which they can be made.
func (g Group) Views() []*View {
	var all []*View
	for _, p := range g.Projections {
		all = append(all, p.views...)
	}
	return all
}

// Check says whether the group can be kept in one schema: no name is there twice.
func (g Group) Check() error {
	seen := map[string]bool{"checkpoint": true}
	for _, name := range g.names() {
		if seen[name] {
			return fmt.Errorf("group %s: the name %s is taken", g.Name, name)
		}
		seen[name] = true
	}
	return nil
}

func (g Group) names() []string {
	var names []string
	for _, p := range g.Projections {
		names = append(names, "projection "+p.name)
	}
	for _, t := range g.Tables() {
		names = append(names, t.name)
	}
	for _, v := range g.Views() {
		names = append(names, v.name)
	}
	return names
}

// Fingerprint names what the group's tables are and what fills them: two builds
// with one fingerprint can share a generation, two with different ones cannot.
func (g Group) Fingerprint() string {
	var b strings.Builder
	fmt.Fprintf(&b, "layout %d\n", layout)
	if g.Sealed {
		b.WriteString("sealed\n")
	}
	for _, p := range g.Projections {
		fmt.Fprintf(&b, "projection %s %d\n", p.name, p.version)
		for _, t := range p.tables {
			fmt.Fprintf(&b, "table %s %s\n", t.name, strings.Join(t.definition(), "\n"))
		}
		for _, v := range p.views {
			fmt.Fprintf(&b, "view %s %s\n", v.name, v.sql)
		}
	}
	sum := sha256.Sum256([]byte(b.String()))
	return hex.EncodeToString(sum[:6])
}

// Project folds what events do, in order, into changes. It is pure: the same
// events are the same changes. An error names the event that could not be
// projected; the group must not go past it.
func (g Group) Project(events []event.Recorded[event.Event]) (*Changes, error) {
	changes := g.Unchanged()
	if err := g.Fold(changes, events); err != nil {
		return nil, err
	}
	return changes, nil
}

// Unchanged answers changes that do nothing yet, for [Group.Fold].
func (g Group) Unchanged() *Changes { return newChanges(g) }

// Fold adds to changes what events do that come after those in there. After an error the changes are good for nothing.
func (g Group) Fold(changes *Changes, events []event.Recorded[event.Event]) error {
	for i := range events {
		if err := g.projectOne(changes, events[i]); err != nil {
			return err
		}
	}
	return nil
}

func (g Group) projectOne(changes *Changes, e event.Recorded[event.Event]) error {
	for _, s := range changes.stepsOf(g, e.Data.EventName()) {
		if err := s.projection.handle(s.does, &Writer{changes: changes, projection: s.projection, position: e.Position}, e); err != nil {
			return err
		}
	}
	return nil
}

// step is what one projection does with an event.
type step struct {
	projection *Projection
	does       func(*Writer, event.Recorded[event.Event])
}

// stepsOf answers what the projections do with an event of this name, in their order; most of them do nothing with it.
func (c *Changes) stepsOf(g Group, name string) []step {
	steps, known := c.steps[name]
	if known {
		return steps
	}
	for i := range g.Projections {
		p := &g.Projections[i]
		for _, does := range []func(*Writer, event.Recorded[event.Event]){p.handlers[name], p.every} {
			if does != nil {
				steps = append(steps, step{p, does})
			}
		}
	}
	c.steps[name] = steps
	return steps
}

func (p *Projection) handle(does func(*Writer, event.Recorded[event.Event]), w *Writer, e event.Recorded[event.Event]) (err error) {
	defer func() {
		if broken := recover(); broken != nil {
			err = &HandlerError{
				Projection: p.name, Event: e.Data.EventName(), Stream: e.Stream,
				Revision: e.Revision, Position: e.Position, Broken: fmt.Sprint(broken),
			}
		}
	}()
	does(w, e)
	return nil
}

// HandlerError says which event a projection could not handle.
type HandlerError struct {
	Projection string
	Event      string
	Stream     string
	Revision   event.Revision
	Position   event.Position
	Broken     string
}

// Error names the event and what broke.
func (e *HandlerError) Error() string {
	return fmt.Sprintf("%s cannot handle %s, revision %d of %s at position %d: %s",
		e.Projection, e.Event, e.Revision, e.Stream, e.Position, e.Broken)
}
