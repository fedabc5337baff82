// Package projectionstest says what projections must do: given events, then
// rows, on a real PostgreSQL, however the events arrive.
package projectionstest

import (
	"time"

	"github.com/google/uuid"

	"tagtrail/domain/event"
	"tagtrail/projections"
)

// Began is when the first event of every history was recorded; each further one came a second later.
var Began = time.Date(2026, 5, 30, 12, 0, 0, 0, time.UTC)

// Typist is who does what no step says otherwise of: the key of an owner.
var Typist = event.Actor{Kind: "owner", ID: "0193a000-0000-7000-8000-00000000000f"}

// Step is events that go to one stream, one after the other, and who caused them.
type Step struct {
	stream string
	events []event.Event
	actor  event.Actor
	source event.Source
	at     time.Time
	org    uuid.UUID
}

// On is a step on a stream: by the typist, through the console.
func On(stream string, events ...event.Event) Step {
	return Step{stream: stream, events: events, actor: Typist, source: event.ManualAdmin}
}

// By says who caused the step.
func (s Step) By(actor event.Actor) Step { s.actor = actor; return s }

// Through says by which way it came.
func (s Step) Through(source event.Source) Step { s.source = source; return s }

// At says when it occurred, where that is not when it was recorded.
func (s Step) At(occurred time.Time) Step { s.at = occurred; return s }

// Of says that it belongs to another organisation than the history.
func (s Step) Of(org uuid.UUID) Step { s.org = org; return s }

// History answers what the log holds after the steps.
func History(org uuid.UUID, steps ...Step) []event.Recorded[event.Event] {
	var history []event.Recorded[event.Event]
	next := map[string]event.Revision{}
	for _, s := range steps {
		for _, e := range s.events {
			recorded := Began.Add(time.Duration(len(history)) * time.Second)
			meta := event.Metadata{Version: 1, Organization: org, Actor: s.actor, Source: s.source, OccurredAt: recorded}
			if s.org != uuid.Nil {
				meta.Organization = s.org
			}
			if !s.at.IsZero() {
				meta.OccurredAt = s.at
			}
			position := event.Position((len(history) + 1) * 10) //nolint:gosec // a history is short
			history = append(history, event.Recorded[event.Event]{
				ID: uuid.NewSHA1(org, []byte(position.String())), Stream: s.stream, Revision: next[s.stream], Position: position,
				RecordedAt: recorded, Metadata: meta, Data: e,
			})
			next[s.stream]++
		}
	}
	return history
}

// Group is a group of the projections at hand.
func Group(of ...projections.Projection) projections.Group {
	return projections.Group{Name: "spec", Projections: of}
}
