package commandstest

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"

	"tagtrail/commands"
	"tagtrail/domain/contact"
	"tagtrail/domain/event"
	"tagtrail/domain/organization"
	"tagtrail/domain/personal"
	"tagtrail/domain/tag"
)

// Features says what else a log can do.
type Features struct {
	// Reopen closes the log and opens it again; nil for one that does not outlive its process.
	Reopen func(t *testing.T, store commands.Store) commands.Store
}

// RunStore holds a log to everything that commands.Store promises. open answers
// a log to write to; it need not be empty, and each test uses streams of its own.
func RunStore(t *testing.T, open func(t *testing.T) commands.Store, features Features) {
	t.Helper()
	for _, promise := range []struct {
		name string
		test func(*testing.T, commands.Store)
	}{
		{"AMissingStreamHasNoEvents", missingStream},
		{"EventsComeBackAsTheyWereAppended", roundTrip},
		{"EventsComeInTheOrderOfAppending", order},
		{"ReadingBeginsAtTheRevision", readFrom},
		{"AReaderMayStopEarly", stopEarly},
		{"PositionsGrowAcrossStreams", positions},
		{"AWrongRevisionWritesNothing", wrongRevision},
		{"ARepeatedAppendIsAnsweredAsTheFirst", repeatedAppend},
		{"ARepeatedAppendIsAnsweredAfterTheStreamMovedOn", repeatedLater},
		{"OfManyWritersEachLandsOnce", manyWriters},
		{"AnEndedContextEndsTheCall", endedContext},
	} {
		t.Run(promise.name, func(t *testing.T) {
			t.Parallel()
			promise.test(t, open(t))
		})
	}
	if features.Reopen != nil {
		t.Run("WhatWasAnsweredIsThereAfterReopening", func(t *testing.T) {
			t.Parallel()
			reopen(t, open(t), features.Reopen)
		})
	}
}

func missingStream(t *testing.T, store commands.Store) {
	if got := read(t, store, freshStream(), 0); len(got) != 0 {
		t.Errorf("a stream that nobody wrote to has %d events", len(got))
	}
}

func roundTrip(t *testing.T, store commands.Store) {
	id, revision := uuid.New(), event.Revision(7)
	envelope := event.Envelope{
		ID: uuid.New(),
		Metadata: event.Metadata{
			Organization: uuid.New(), Actor: event.Actor{Kind: "agent", ID: uuid.NewString()}, Source: event.ManualAgent,
			OccurredAt: time.Date(2026, time.May, 30, 9, 0, 0, 123456000, time.UTC),
			CommandID:  uuid.New(), RequestHMAC: "q83v", CorrelationID: "c-1", CausationID: "c-0",
			Reason: personal.New("she asked on the phone"), OperationID: uuid.New(),
			AI: &event.AI{Model: "m-1", Confidence: 0.75}, CatalogRevision: &revision,
		},
		Event: contact.Created{
			Origin: contact.OriginManual,
			Identity: contact.Identity{
				Kind: contact.Number, Value: personal.New("+16505550101"), WaID: personal.New("16505550101"), Country: "US",
			},
			Name: personal.New("Ana \"A\" <Ünï>\u2028"), Email: personal.New("ana@example.org"), HasEmail: true, LeadStatus: contact.Cold,
		},
	}
	stream := contact.ID{UUID: id}.Stream()
	position := appendTo(t, store, stream, event.NoStream, envelope)
	want := event.Recorded[event.Event]{
		ID: envelope.ID, Stream: stream, Position: position, Metadata: envelope.Metadata, Data: envelope.Event,
	}
	want.Metadata.Version = 1
	got := read(t, store, stream, 0)
	if len(got) != 1 {
		t.Fatalf("the stream has %d events, want 1", len(got))
	}
	if age := time.Since(got[0].RecordedAt); got[0].RecordedAt.IsZero() || got[0].RecordedAt.Location() != time.UTC {
		t.Errorf("recorded %v ago, in %v; want a time in UTC", age, got[0].RecordedAt.Location())
	}
	got[0].RecordedAt = time.Time{}
	if diff := cmp.Diff(want, got[0], cmp.AllowUnexported(personal.Text{})); diff != "" {
		t.Errorf("the event came back otherwise (- appended, + read):\n%s", diff)
	}
}

func order(t *testing.T, store commands.Store) {
	stream := freshStream()
	appendTo(t, store, stream, event.NoStream, deletion(1), deletion(2), deletion(3))
	appendTo(t, store, stream, 2, deletion(4), deletion(5))
	for i, recorded := range read(t, store, stream, 0) {
		if recorded.Data.(tag.Deleted).Number != tag.Number(i+1) || recorded.Revision != event.Revision(i) || recorded.Stream != stream {
			t.Errorf("event %d is %+v at revision %d of %s", i, recorded.Data, recorded.Revision, recorded.Stream)
		}
	}
}

func readFrom(t *testing.T, store commands.Store) {
	stream := freshStream()
	appendTo(t, store, stream, event.NoStream, deletion(1), deletion(2), deletion(3))
	for from, want := range [][]tag.Number{{1, 2, 3}, {2, 3}, {3}, nil, nil} {
		var got []tag.Number
		for _, recorded := range read(t, store, stream, event.Revision(from)) {
			got = append(got, recorded.Data.(tag.Deleted).Number)
		}
		if !slices.Equal(got, want) {
			t.Errorf("from revision %d: %v, want %v", from, got, want)
		}
	}
}

func stopEarly(t *testing.T, store commands.Store) {
	stream := freshStream()
	appendTo(t, store, stream, event.NoStream, deletion(1), deletion(2), deletion(3))
	for range 3 {
		for _, err := range store.ReadStream(t.Context(), stream, 0) {
			if err != nil {
				t.Fatal(err)
			}
			break
		}
	}
	if got := read(t, store, stream, 0); len(got) != 3 {
		t.Errorf("after readers that stopped early there are %d events, want 3", len(got))
	}
}

func positions(t *testing.T, store commands.Store) {
	last := event.Position(0)
	for i, stream := range []string{freshStream(), freshStream(), freshStream()} {
		position := appendTo(t, store, stream, event.NoStream, deletion(1), deletion(2))
		recorded := read(t, store, stream, 0)
		if recorded[0].Position <= last || recorded[1].Position <= recorded[0].Position {
			t.Errorf("positions %d and %d of append %d come after %d", recorded[0].Position, recorded[1].Position, i, last)
		}
		if recorded[1].Position != position {
			t.Errorf("the append was answered %d, and its last event stands at %d", position, recorded[1].Position)
		}
		last = position
	}
}

func wrongRevision(t *testing.T, store commands.Store) {
	stream := freshStream()
	refuse := func(expected event.Revision) {
		t.Helper()
		if _, err := store.Append(t.Context(), stream, expected, []event.Envelope{deletion(9)}); !errors.Is(err, event.ErrWrongRevision) {
			t.Errorf("append at revision %d: %v, want %v", expected, err, event.ErrWrongRevision)
		}
	}
	refuse(0)
	appendTo(t, store, stream, event.NoStream, deletion(1), deletion(2))
	refuse(event.NoStream)
	refuse(0)
	refuse(2)
	if got := read(t, store, stream, 0); len(got) != 2 {
		t.Errorf("refused appends left %d events, want 2", len(got))
	}
}

func repeatedAppend(t *testing.T, store commands.Store) {
	stream := freshStream()
	events := []event.Envelope{deletion(1), deletion(2)}
	first := appendTo(t, store, stream, event.NoStream, events...)
	if again := appendTo(t, store, stream, event.NoStream, events...); again != first {
		t.Errorf("the repeated append was answered %d, the first %d", again, first)
	}
	if got := read(t, store, stream, 0); len(got) != 2 {
		t.Errorf("a repeated append left %d events, want 2", len(got))
	}
}

func repeatedLater(t *testing.T, store commands.Store) {
	stream := freshStream()
	appendTo(t, store, stream, event.NoStream, deletion(1))
	events := []event.Envelope{deletion(2), deletion(3)}
	first := appendTo(t, store, stream, 0, events...)
	appendTo(t, store, stream, 2, deletion(4))
	if again := appendTo(t, store, stream, 0, events...); again != first {
		t.Errorf("the repeated append was answered %d, the first %d", again, first)
	}
	if got := read(t, store, stream, 0); len(got) != 4 {
		t.Errorf("a repeated append left %d events, want 4", len(got))
	}
}

func manyWriters(t *testing.T, store commands.Store) {
	const writers = 20
	stream := freshStream()
	errs := make(chan error, writers)
	var group sync.WaitGroup
	for i := range writers {
		group.Go(func() { errs <- writeUntilItLands(t.Context(), store, stream, deletion(tag.Number(i+1))) })
	}
	group.Wait()
	close(errs)
	for err := range errs {
		if err != nil {
			t.Error(err)
		}
	}
	landed := map[tag.Number]int{}
	for _, recorded := range read(t, store, stream, 0) {
		landed[recorded.Data.(tag.Deleted).Number]++
	}
	for i := range writers {
		if landed[tag.Number(i+1)] != 1 {
			t.Errorf("writer %d landed %d times, want once", i+1, landed[tag.Number(i+1)])
		}
	}
}

func writeUntilItLands(ctx context.Context, store commands.Store, stream string, envelope event.Envelope) error {
	for {
		end := event.NoStream
		for recorded, err := range store.ReadStream(ctx, stream, 0) {
			if err != nil {
				return err
			}
			end = recorded.Revision
		}
		_, err := store.Append(ctx, stream, end, []event.Envelope{envelope})
		if !errors.Is(err, event.ErrWrongRevision) {
			return err
		}
	}
}

func endedContext(t *testing.T, store commands.Store) {
	stream := freshStream()
	appendTo(t, store, stream, event.NoStream, deletion(1))
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := store.Append(ctx, stream, 0, []event.Envelope{deletion(2)}); err == nil {
		t.Error("an append whose context has ended was answered")
	}
	for _, err := range store.ReadStream(ctx, stream, 0) {
		if err == nil {
			t.Error("a read whose context has ended was answered")
		}
		break
	}
}

func reopen(t *testing.T, store commands.Store, again func(*testing.T, commands.Store) commands.Store) {
	stream := freshStream()
	events := []event.Envelope{deletion(1), deletion(2)}
	position := appendTo(t, store, stream, event.NoStream, events...)
	before := read(t, store, stream, 0)
	store = again(t, store)
	if diff := cmp.Diff(before, read(t, store, stream, 0), cmp.AllowUnexported(personal.Text{})); diff != "" {
		t.Errorf("after reopening there is something else (- before, + after):\n%s", diff)
	}
	if repeated := appendTo(t, store, stream, event.NoStream, events...); repeated != position {
		t.Errorf("the repeated append was answered %d, the first %d", repeated, position)
	}
	if later := appendTo(t, store, stream, 1, deletion(3)); later <= position {
		t.Errorf("an append after reopening stands at %d, one before at %d", later, position)
	}
}

func freshStream() string { return organization.ID{UUID: uuid.New()}.CatalogStream() }

func deletion(number tag.Number) event.Envelope {
	return event.Envelope{
		ID: uuid.New(),
		Metadata: event.Metadata{
			Organization: uuid.New(), Actor: event.Actor{Kind: "system"}, Source: event.System,
			OccurredAt: time.Date(2026, time.May, 30, 9, 0, 0, 0, time.UTC), CommandID: uuid.New(),
		},
		Event: tag.Deleted{Tag: tag.ID{UUID: uuid.New()}, Number: number},
	}
}

func appendTo(t *testing.T, store commands.Store, stream string, expected event.Revision, events ...event.Envelope) event.Position {
	t.Helper()
	position, err := store.Append(t.Context(), stream, expected, events)
	if err != nil {
		t.Fatal(fmt.Errorf("append at %d: %w", expected, err))
	}
	return position
}

func read(t *testing.T, store commands.Store, stream string, from event.Revision) []event.Recorded[event.Event] {
	t.Helper()
	var events []event.Recorded[event.Event]
	for recorded, err := range store.ReadStream(t.Context(), stream, from) {
		if err != nil {
			t.Fatal(err)
		}
		events = append(events, recorded)
	}
	return events
}
