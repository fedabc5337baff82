package logstore

import (
	"context"
	"fmt"

	"github.com/cockroachdb/pebble/v2"

	"tagtrail/adapters/embedded/eventstore/eventlog"
)

// A page ends also before it grows too large for memory or takes too long to be interrupted.
const (
	maxPageBytes   = 1 << 20
	maxPageVisited = 1 << 14
)

// read keeps the database open while f uses it.
func (s *Store) read(f func(*pebble.DB) error) error {
	s.using.RLock()
	defer s.using.RUnlock()
	if s.db == nil {
		return eventlog.ErrClosed
	}
	return f(s.db)
}

// durableHead waits until all that the head tells of is durable.
func (s *Store) durableHead(ctx context.Context, owner string) (head, error) {
	for {
		var h head
		err := s.read(func(db *pebble.DB) (err error) {
			h, err = readHead(db, owner)
			return err
		})
		if err != nil || h.position <= s.Head() {
			return h, err
		}
		if err := s.Wait(ctx, h.position-1); err != nil {
			return head{}, err
		}
	}
}

// ReadStream reads one page of a stream. ErrStreamNotFound and ErrStreamDeleted say that there is none.
func (s *Store) ReadStream(ctx context.Context, q eventlog.StreamRead) (eventlog.StreamPage, error) {
	if !eventlog.ValidStream(q.Stream) {
		return eventlog.StreamPage{}, eventlog.ErrInvalidStream
	}
	p := placeOf(q.Stream)
	h, err := s.durableHead(ctx, p.owner)
	if err != nil {
		return eventlog.StreamPage{}, err
	}
	last, metadata := h.end(p), h.visible(p)
	switch {
	case last == eventlog.DeletedRevision:
		return eventlog.StreamPage{}, eventlog.ErrStreamDeleted
	case last < 0 || metadata.SoftDeleted() && !q.Untruncated:
		return eventlog.StreamPage{Last: last}, eventlog.ErrStreamNotFound
	}
	page := eventlog.StreamPage{First: metadata.First(last), Last: last}
	walk := streamWalk{query: q, page: &page, lowest: page.First}
	if q.Untruncated {
		walk.lowest = 0
	} else if metadata.MaxAge > 0 {
		walk.oldest = eventlog.TicksOf(s.now().Add(-metadata.MaxAge))
	}
	if q.Backwards {
		page.Next = min(q.From, last)
	} else {
		page.Next = max(q.From, walk.lowest)
	}
	return page, s.read(walk.run)
}

// streamWalk follows a stream's index and fetches the events that it names.
type streamWalk struct {
	query  eventlog.StreamRead
	page   *eventlog.StreamPage
	lowest int64
	oldest eventlog.Ticks // events before it have expired; zero when none expire
	bytes  int
}

func (w *streamWalk) run(db *pebble.DB) error {
	page := w.page
	if page.Next < w.lowest || page.Next > page.Last {
		page.End = true
		return nil
	}
	bounds := &pebble.IterOptions{
		LowerBound: indexKey(w.query.Stream, w.lowest),
		UpperBound: indexKey(w.query.Stream, page.Last+1),
	}
	index, err := db.NewIter(bounds)
	if err != nil {
		return fmt.Errorf("read %q: %w", w.query.Stream, err)
	}
	defer func() { _ = index.Close() }()
	events, err := db.NewIter(&pebble.IterOptions{LowerBound: []byte{eventKeys}, UpperBound: []byte{eventKeys + 1}})
	if err != nil {
		return fmt.Errorf("read %q: %w", w.query.Stream, err)
	}
	defer func() { _ = events.Close() }()
	if w.oldest != 0 {
		if err := w.skipExpired(index, events); err != nil {
			return fmt.Errorf("read %q: %w", w.query.Stream, err)
		}
	}
	if err := w.follow(index, events); err != nil {
		return fmt.Errorf("read %q: %w", w.query.Stream, err)
	}
	return nil
}

func (w *streamWalk) follow(index, events *pebble.Iterator) error {
	page, step := w.page, index.Next
	ok := false
	if w.query.Backwards {
		step = index.Prev
		ok = index.SeekLT(indexKey(w.query.Stream, page.Next+1))
	} else {
		ok = index.SeekGE(indexKey(w.query.Stream, page.Next))
	}
	for visited := 0; ok; ok = step() {
		revision := revisionOf(index.Key())
		page.Next = revision
		if len(page.Events) >= w.query.Limit || w.bytes >= maxPageBytes || visited >= maxPageVisited {
			return nil
		}
		visited++
		if err := w.take(index, events); err != nil {
			return fmt.Errorf("revision %d: %w", revision, err)
		}
	}
	page.End = true
	return index.Error()
}

func (w *streamWalk) take(index, events *pebble.Iterator) error {
	r, at, err := eventBehind(index, events)
	if err != nil {
		return err
	}
	if w.oldest != 0 && r.created() < w.oldest {
		return nil
	}
	w.bytes += len(r.bytes)
	w.page.Events = append(w.page.Events, r.event(at))
	return nil
}

// ReadAll reads one page of the log, as far as it is durable.
func (s *Store) ReadAll(ctx context.Context, q eventlog.AllRead) (eventlog.AllPage, error) {
	if err := ctx.Err(); err != nil {
		return eventlog.AllPage{}, err
	}
	page := eventlog.AllPage{Next: q.From}
	return page, s.read(func(db *pebble.DB) error { return readAll(db, q, s.Head(), &page) })
}

func readAll(db *pebble.DB, q eventlog.AllRead, last eventlog.Position, page *eventlog.AllPage) error {
	bounds := &pebble.IterOptions{LowerBound: []byte{eventKeys}, UpperBound: eventKey(last + 1)}
	iter, err := db.NewIter(bounds)
	if err != nil {
		return fmt.Errorf("read the log: %w", err)
	}
	defer func() { _ = iter.Close() }()

	step, ok := iter.Next, false
	if q.Backwards {
		step, ok = iter.Prev, iter.SeekLT(eventKey(q.From))
	} else {
		ok = iter.SeekGE(eventKey(q.From))
	}
	for bytes := 0; ok; ok = step() {
		at := positionOf(iter.Key())
		enough := q.Consider > 0 && page.Considered >= q.Consider || page.Considered >= maxPageVisited
		if enough || len(page.Events) >= q.Limit || bytes >= maxPageBytes {
			return nil
		}
		r, err := openRecord(iter.Value())
		if err != nil {
			return fmt.Errorf("decode the event at %d: %w", at, err)
		}
		page.Considered, page.LastConsidered, page.Next = page.Considered+1, at, at
		if !q.Backwards {
			page.Next = at + 1
		}
		if q.Match == nil || q.Match(r.stream, r.kind) {
			bytes += len(r.bytes)
			page.Events = append(page.Events, r.event(at))
		}
	}
	page.End = true
	return iter.Error()
}
