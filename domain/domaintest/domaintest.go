// Package domaintest is given / when / then for one aggregate:
//
//	domaintest.When(
//		domaintest.Given[tag.Event](created, deleted), tag.NewCatalog(),
//		func(c *tag.Catalog) ([]tag.Event, error) { return c.Restore(vip, nil) },
//	).Then(t, tag.Restored{Tag: vip, Number: 1})
package domaintest

import (
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"

	"tagtrail/domain/event"
	"tagtrail/domain/fault"
	"tagtrail/domain/personal"
)

// Organization is the organisation of every given event.
func Organization() uuid.UUID { return uuid.MustParse("0197a1b2-0000-7000-8000-000000000001") }

// Began is when the first given event occurred; each further one is a minute later.
func Began() time.Time { return time.Date(2026, time.May, 30, 9, 0, 0, 0, time.UTC) }

// Given answers the events as they would be recorded, one a minute, from revision 0.
func Given[E event.Event](history ...E) []event.Recorded[E] {
	recorded := make([]event.Recorded[E], len(history))
	for i, e := range history {
		at := Began().Add(time.Duration(i) * time.Minute)
		recorded[i] = event.Recorded[E]{
			ID: uuid.NewSHA1(Organization(), []byte{byte(i >> 8), byte(i)}), Revision: event.Revision(i), Position: event.Position(i + 1), RecordedAt: at,
			Metadata: event.Metadata{Version: 1, Organization: Organization(), Source: event.System, OccurredAt: at},
			Data:     e,
		}
	}
	return recorded
}

// When lets an aggregate, in the state that the history leaves it in, decide.
func When[E event.Event, S interface{ Apply(event.Recorded[E]) }](history []event.Recorded[E], aggregate S, decision func(S) ([]E, error)) Outcome[E] {
	for _, recorded := range history {
		aggregate.Apply(recorded)
	}
	events, err := decision(aggregate)
	return Outcome[E]{Events: events, Err: err}
}

// Outcome is what was decided.
type Outcome[E event.Event] struct {
	Events []E
	Err    error
}

// Then requires exactly these events; none says that nothing happened.
func (o Outcome[E]) Then(t testing.TB, want ...E) {
	t.Helper()
	if o.Err != nil {
		t.Fatalf("decided: %v, want no fault", o.Err)
	}
	if len(o.Events) == 0 && len(want) == 0 {
		return
	}
	if diff := cmp.Diff(want, o.Events, cmp.AllowUnexported(personal.Text{})); diff != "" {
		t.Errorf("decided otherwise (- want, + got):\n%s", diff)
	}
}

// ThenFault requires a refusal.
func (o Outcome[E]) ThenFault(t testing.TB, want *fault.Fault) {
	t.Helper()
	if !errors.Is(o.Err, want) {
		t.Errorf("decided: %v with %d events, want the fault %s", o.Err, len(o.Events), want.Code)
	}
	if len(o.Events) > 0 {
		t.Errorf("a refusal came with %d events", len(o.Events))
	}
}
