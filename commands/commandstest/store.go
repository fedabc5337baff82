// Package commandstest runs commands without a machine: a log and a vault in
// memory that keep every promise of the real ones, and the suite that any log
// has to pass.
package commandstest

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"sync"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/google/uuid"

	"tagtrail/domain"
	"tagtrail/domain/event"
)

// Attempt is one append that was asked of the store.
type Attempt struct {
	Number int // of all appends, from 1
	Stream string
	Events []event.Envelope
}

// Store is a log in memory. What it is given goes through JSON and the
// catalogue, so that what is read is what a real log would answer.
type Store struct {
	catalog *event.Catalog

	mu       sync.Mutex
	streams  map[string][]event.Recorded[event.Event]
	all      []event.Recorded[event.Event]
	attempts int
	before   func(context.Context, Attempt) error
	after    func(context.Context, Attempt) error
}

// NewStore answers an empty log.
func NewStore() *Store {
	return &Store{catalog: domain.Catalog(), streams: map[string][]event.Recorded[event.Event]{}}
}

// Before runs the function ahead of every append from now on: it may write to
// the log itself, so that the append meets a stream that moved, and an error of
// its is the append's, without effect. Appends of its own do not run it again.
func (s *Store) Before(interfere func(context.Context, Attempt) error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.before = interfere
}

// After runs the function behind every append that took effect from now on; an
// error of its is the append's: the answer is lost for good, as when the
// process dies.
func (s *Store) After(interfere func(context.Context, Attempt) error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.after = interfere
}

type interfering struct{}

// Append keeps the promises of commands.Store.
func (s *Store) Append(ctx context.Context, stream string, expected event.Revision, events []event.Envelope) (event.Position, error) {
	if err := ctx.Err(); err != nil {
		return 0, err
	}
	s.mu.Lock()
	s.attempts++
	attempt := Attempt{Number: s.attempts, Stream: stream, Events: events}
	before, after := s.before, s.after
	s.mu.Unlock()
	if ctx.Value(interfering{}) != nil {
		return s.write(stream, expected, events)
	}
	ctx = context.WithValue(ctx, interfering{}, true)
	if before != nil {
		if err := before(ctx, attempt); err != nil {
			return 0, err
		}
	}
	position, err := s.write(stream, expected, events)
	if err == nil && after != nil {
		if err := after(ctx, attempt); err != nil {
			return 0, err
		}
	}
	return position, err
}

func (s *Store) write(stream string, expected event.Revision, events []event.Envelope) (event.Position, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	held := s.streams[stream]
	if position, same := repeated(held, expected, events); same {
		return position, nil
	}
	if event.Revision(len(held))-1 != expected {
		return 0, event.ErrWrongRevision
	}
	added := make([]event.Recorded[event.Event], len(events))
	for i, envelope := range events {
		recorded, err := s.record(envelope)
		if err != nil {
			return 0, err
		}
		recorded.Stream = stream
		recorded.Revision = expected + 1 + event.Revision(i)
		recorded.Position = event.Position(len(s.all) + 1 + i)
		recorded.RecordedAt = firstRecorded.Add(time.Duration(recorded.Position) * time.Millisecond)
		added[i] = recorded
	}
	s.streams[stream] = append(held, added...)
	s.all = append(s.all, added...)
	return s.all[len(s.all)-1].Position, nil
}

// firstRecorded is when this log began.
var firstRecorded = time.Date(2026, time.May, 30, 12, 0, 0, 0, time.UTC)

// repeated says whether the very same append took effect before, and where.
func repeated(held []event.Recorded[event.Event], expected event.Revision, events []event.Envelope) (event.Position, bool) {
	from := int(expected) + 1
	if len(events) == 0 || from < 0 || from+len(events) > len(held) {
		return 0, false
	}
	for i, envelope := range events {
		if held[from+i].ID != envelope.ID {
			return 0, false
		}
	}
	return held[from+len(events)-1].Position, true
}

// record takes an event through JSON and the catalogue.
func (s *Store) record(envelope event.Envelope) (event.Recorded[event.Event], error) {
	version, err := s.catalog.Version(envelope.Event)
	if err != nil {
		return event.Recorded[event.Event]{}, err
	}
	envelope.Metadata.Version = version
	data, err := json.Marshal(envelope.Event)
	if err != nil {
		return event.Recorded[event.Event]{}, err
	}
	read, err := s.catalog.Decode(envelope.Event.EventName(), version, data)
	if err != nil {
		return event.Recorded[event.Event]{}, err
	}
	metadata, err := json.Marshal(envelope.Metadata)
	if err != nil {
		return event.Recorded[event.Event]{}, err
	}
	recorded := event.Recorded[event.Event]{ID: envelope.ID, Data: read}
	return recorded, json.Unmarshal(metadata, &recorded.Metadata, json.RejectUnknownMembers(true))
}

// ReadStream keeps the promises of commands.Store.
func (s *Store) ReadStream(ctx context.Context, stream string, from event.Revision) iter.Seq2[event.Recorded[event.Event], error] {
	return func(yield func(event.Recorded[event.Event], error) bool) {
		s.mu.Lock()
		held := s.streams[stream]
		s.mu.Unlock()
		for _, recorded := range held[min(int(from), len(held)):] {
			if err := ctx.Err(); err != nil {
				yield(event.Recorded[event.Event]{}, fmt.Errorf("read %s: %w", stream, err))
				return
			}
			if !yield(recorded, nil) {
				return
			}
		}
	}
}

// All answers everything that was recorded, in the order of the log.
func (s *Store) All() []event.Recorded[event.Event] {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.all
}

// Events answers what happened on a stream.
func (s *Store) Events(stream string) []event.Event {
	s.mu.Lock()
	defer s.mu.Unlock()
	var events []event.Event
	for _, recorded := range s.streams[stream] {
		events = append(events, recorded.Data)
	}
	return events
}

// Put appends events at the end of a stream, past every rule: history for a test to begin with.
func (s *Store) Put(stream string, metadata event.Metadata, events ...event.Event) event.Position {
	envelopes := make([]event.Envelope, len(events))
	for i, e := range events {
		envelopes[i] = event.Envelope{ID: uuid.New(), Metadata: metadata, Event: e}
	}
	for {
		s.mu.Lock()
		end := event.Revision(len(s.streams[stream])) - 1
		s.mu.Unlock()
		position, err := s.write(stream, end, envelopes)
		if err == nil {
			return position
		}
		if !errors.Is(err, event.ErrWrongRevision) {
			panic(err)
		}
	}
}
