package eventstore

import (
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"math"
	"time"

	"github.com/EventStore/EventStore-Client-Go/v4/esdb"

	"tagtrail/domain/event"
)

// Store reads and appends the streams of the log.
type Store struct {
	client *Client
	codec  *Codec
}

// NewStore makes a store on a client.
func NewStore(client *Client, codec *Codec) *Store { return &Store{client: client, codec: codec} }

// Append appends the events, all or none, when the stream is at the expected
// revision, and answers the position of the last. It answers
// event.ErrWrongRevision when the stream is elsewhere. An append whose outcome
// is unknown is sent again as it was until ctx ends: what was written already
// is answered, not written twice.
func (s *Store) Append(ctx context.Context, stream string, expected event.Revision, events []event.Envelope) (event.Position, error) {
	if len(events) == 0 {
		return 0, fmt.Errorf("append to %s: there is no event", stream)
	}
	encoded, err := s.codec.Encode(ctx, stream, events)
	if err != nil {
		return 0, err
	}
	position, err := s.client.append(ctx, stream, expectation(expected), encoded)
	if err != nil {
		return 0, fmt.Errorf("append to %s: %w", stream, err)
	}
	return event.Position(position), nil
}

func expectation(revision event.Revision) esdb.ExpectedRevision {
	if anyRevision {
		return esdb.Any{}
	}
	if revision < 0 {
		return esdb.NoStream{}
	}
	return esdb.Revision(uint64(revision))
}

func (c *Client) append(ctx context.Context, stream string, expected esdb.ExpectedRevision, events []esdb.EventData) (uint64, error) {
	result, err := persist(ctx, c, func(ctx context.Context, db *esdb.Client) (*esdb.WriteResult, error) {
		return db.AppendToStream(ctx, stream, esdb.AppendToStreamOptions{ExpectedRevision: expected}, events...)
	})
	if err != nil {
		return 0, meaning(err)
	}
	return result.CommitPosition, nil
}

// chunk is how many events a read decodes at once when they are there already.
const chunk = 256

// ReadStream answers the events of a stream from a revision on, in order; a
// missing stream has none. A read that breaks off goes on where it was.
func (s *Store) ReadStream(ctx context.Context, stream string, from event.Revision) iter.Seq2[event.Recorded[event.Event], error] {
	return func(yield func(event.Recorded[event.Event], error) bool) {
		records := make([]Record, 0, 8)
		for read, err := range s.client.readStream(ctx, stream, uint64(max(from, 0))) {
			if err != nil {
				yield(event.Recorded[event.Event]{}, fmt.Errorf("read %s: %w", stream, err))
				return
			}
			records = records[:0]
			for _, e := range read {
				records = append(records, recordOf(e))
			}
			events, err := s.codec.decode(ctx, records)
			if err != nil {
				yield(event.Recorded[event.Event]{}, err)
				return
			}
			for _, e := range events {
				if !yield(e, nil) {
					return
				}
			}
		}
	}
}

// readStream answers the events of a stream in chunks of what has come so far.
// Where ctx has no deadline, the client's own bounds the wait for each chunk.
func (c *Client) readStream(ctx context.Context, stream string, from uint64) iter.Seq2[[]*esdb.RecordedEvent, error] {
	return func(yield func([]*esdb.RecordedEvent, error) bool) {
		ctx, cancel := context.WithCancelCause(ctx)
		defer cancel(nil)
		overdue := time.AfterFunc(c.deadline, func() { cancel(context.DeadlineExceeded) })
		if _, bounded := ctx.Deadline(); bounded {
			overdue.Stop()
			overdue = nil
		}
		wait := pause(2*time.Millisecond, 250*time.Millisecond)
		for doubts := 0; ; {
			err := c.readOnce(ctx, stream, from, func(events []*esdb.RecordedEvent) bool {
				from = events[len(events)-1].EventNumber + 1
				doubts = 0
				wait.Reset()
				if overdue == nil {
					return yield(events, nil)
				}
				overdue.Stop()
				defer overdue.Reset(c.deadline)
				return yield(events, nil)
			})
			switch {
			case err == nil || missing(err):
				return
			case ctx.Err() != nil:
				yield(nil, unreachable(context.Cause(ctx)))
				return
			}
			v := verdictOn(err)
			if v == doubtful {
				doubts++
			}
			if v == answered || doubts > maxDoubts {
				yield(nil, meaning(err))
				return
			}
			select {
			case <-time.After(wait.NextBackOff()):
			case <-ctx.Done():
			}
		}
	}
}

// readOnce reads until the end of the stream, the first error, or until take has enough.
func (c *Client) readOnce(ctx context.Context, stream string, from uint64, take func([]*esdb.RecordedEvent) bool) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	l, err := c.acquire(ctx)
	if err != nil {
		return err
	}
	events, failed := make(chan *esdb.RecordedEvent, chunk), make(chan error, 1)
	go func() {
		failed <- c.run(l, func(db *esdb.Client) error { return receive(ctx, db, stream, from, events) })
		close(events)
	}()
	stalled := time.NewTimer(attempt)
	defer stalled.Stop()
	read := make([]*esdb.RecordedEvent, 0, 8)
	for {
		stalled.Reset(attempt)
		select {
		case e, open := <-events:
			if !open {
				return <-failed
			}
			read = append(read[:0], e)
		case <-stalled.C:
			c.lost(l)
			return errUnanswered
		case <-ctx.Done():
			return context.Cause(ctx)
		}
		for more := true; more && len(read) < chunk; {
			select {
			case e, open := <-events:
				if more = open; open {
					read = append(read, e)
				}
			default:
				more = false
			}
		}
		if !take(read) {
			return nil
		}
	}
}

func receive(ctx context.Context, db *esdb.Client, stream string, from uint64, events chan<- *esdb.RecordedEvent) error {
	reading, err := db.ReadStream(ctx, stream, esdb.ReadStreamOptions{From: esdb.Revision(from)}, math.MaxInt64)
	if err != nil {
		return err
	}
	defer reading.Close()
	for {
		e, err := reading.Recv()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		select {
		case events <- e.OriginalEvent():
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}
