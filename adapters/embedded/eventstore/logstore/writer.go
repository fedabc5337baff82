package logstore

import (
	"encoding/binary"
	"errors"
	"fmt"
	"runtime"
	"sync/atomic"
	"time"

	"github.com/cockroachdb/pebble/v2"

	"tagtrail/adapters/embedded/eventstore/eventlog"
)

type kind int

const (
	appendEvents kind = iota
	softDelete
	tombstone
)

type request struct {
	kind     kind
	stream   string
	expected eventlog.Expected
	events   []eventlog.Proposed
	done     func(eventlog.Appended, error)
}

// writer is the one goroutine that gives out positions: it decides requests in the order in which they came and hands
// groups to the syncer, so that encoding the next group overlaps the disk's work on this one.
type writer struct {
	db     *pebble.DB
	now    func() time.Time
	queue  <-chan *request
	groups chan<- group
	halt   *halt
	noSync bool

	followers *followers

	heads  heads
	recent *recent
	last   eventlog.Position
	group  group
	trail  trail
}

func (w *writer) run() {
	defer close(w.groups)
	for r := range w.queue {
		w.take(r)
		runtime.Gosched() // whoever was answered together asks together, and shares a group
		w.takeWaiting()
		w.commit()
	}
}

func (w *writer) takeWaiting() {
	for !w.group.full() {
		select {
		case r, open := <-w.queue:
			if !open {
				return
			}
			w.take(r)
		default:
			return
		}
	}
}

func (w *writer) take(r *request) {
	appended, err := eventlog.Appended{}, w.halt.get()
	if err == nil {
		appended, err = w.decide(r)
	}
	if errors.Is(err, errBroken) {
		err = w.halt.set(err)
	}
	w.group.answers = append(w.group.answers, answer{r.done, appended, err})
}

// write puts events at the end of a stream into the group and moves its head. It answers the position of the last event.
func (w *writer) write(stream string, h *head, p place, events []eventlog.Proposed) (eventlog.Position, error) {
	if w.group.batch == nil {
		w.group.batch = w.db.NewBatch()
	}
	batch, created := w.group.batch, eventlog.TicksOf(w.now())
	for i := range events {
		e := &events[i]
		w.last++
		revision := h.end(p) + 1

		record := batch.SetDeferred(eventKeySize, recordSize(stream, e))
		appendEventKey(record.Key[:0], w.last)
		encodeRecord(record.Value, stream, revision, created, e)
		if err := record.Finish(); err != nil {
			return 0, broken(err)
		}
		w.trail.add(step{stream, revision, w.last})
		h.setEnd(p, revision)
		w.recent.add(e.ID, landed{stream, revision, w.last})
	}
	w.heads.begins(h, p.owner)
	if p.meta {
		h.metadata = metadataOf(events[len(events)-1])
	}
	h.position, w.group.last = w.last, w.last
	w.trail.move(h, p.owner)
	return w.last, nil
}

// metadataOf reads a metadata event; what is not JSON is no metadata.
func metadataOf(e eventlog.Proposed) eventlog.Metadata {
	if !e.JSON {
		return eventlog.Metadata{}
	}
	return eventlog.ParseMetadata(e.Data)
}

// commit applies the group and passes it on. What it wrote is visible to the writer's own reads from here on, and to
// readers once it is durable.
func (w *writer) commit() {
	g := w.group
	w.group = group{}
	if g.batch == nil && len(g.answers) == 0 {
		return
	}
	if g.batch != nil && w.halt.get() == nil {
		err := w.trail.into(g.batch)
		if err == nil {
			err = w.apply(g.batch)
		}
		if err != nil {
			_ = w.halt.set(fmt.Errorf("write to the log: %w", err))
		}
		g.bells = w.followers.called(w.trail.heads)
		w.trail.begin()
	}
	if err := w.halt.get(); err != nil {
		g = g.refused(err)
	}
	w.groups <- g
}

func (w *writer) apply(batch *pebble.Batch) error {
	if w.noSync {
		return w.db.Apply(batch, pebble.NoSync)
	}
	return w.db.ApplyNoSyncWait(batch, pebble.Sync)
}

var errBroken = errors.New("the store cannot go on")

func broken(err error) error { return fmt.Errorf("%w: %w", errBroken, err) }

// halt is the first failure that the log cannot recover from by itself; writer and syncer share it.
type halt struct {
	err  atomic.Pointer[error]
	done chan struct{} // closed by the first failure
	tell func(error)   // called with it
}

func (h *halt) set(err error) error {
	err = fmt.Errorf("%w: %w", eventlog.ErrStopped, err)
	if h.err.CompareAndSwap(nil, &err) {
		close(h.done)
		h.tell(err)
	}
	return h.get()
}

func (h *halt) get() error {
	if err := h.err.Load(); err != nil {
		return *err
	}
	return nil
}

func decodePosition(b []byte) (eventlog.Position, error) {
	if len(b) != 8 {
		return 0, errors.New("an index entry does not hold together")
	}
	return eventlog.Position(binary.BigEndian.Uint64(b)), nil
}
