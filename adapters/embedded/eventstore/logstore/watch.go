package logstore

import (
	"context"
	"sync"
	"sync/atomic"

	"github.com/cockroachdb/pebble/v2"

	"tagtrail/adapters/embedded/eventstore/eventlog"
)

// watch is the last durable position, and wakes who waits for a later one.
type watch struct {
	mu      sync.Mutex
	at      eventlog.Position
	ended   error         // why no later position will be durable
	over    chan struct{} // closed when it is ended
	changed chan struct{} // closed at the next change; nil while nobody waits
}

func (w *watch) position() eventlog.Position {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.at
}

func (w *watch) advance(to eventlog.Position) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.at = to
	w.wake()
}

func (w *watch) end(why error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.ended == nil {
		w.ended = why
		close(w.over)
	}
	w.wake()
}

func (w *watch) why() error {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.ended
}

func (w *watch) wake() {
	if w.changed != nil {
		close(w.changed)
		w.changed = nil
	}
}

// wait returns when a position after the given one is durable.
func (w *watch) wait(ctx context.Context, after eventlog.Position) error {
	for {
		w.mu.Lock()
		if w.at > after {
			w.mu.Unlock()
			return nil
		}
		if w.ended != nil {
			defer w.mu.Unlock()
			return w.ended
		}
		if w.changed == nil {
			w.changed = make(chan struct{})
		}
		changed := w.changed
		w.mu.Unlock()

		select {
		case <-changed:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// bell is what the followers of one stream wait for.
type bell struct {
	rung    chan struct{}
	waiting int
}

// followers wait for events of single streams. They are not woken for others, and cost an append to those nothing.
type followers struct {
	waiting atomic.Int64
	mu      sync.Mutex
	bells   map[string]*bell // by the owner of the head that must move
}

func (f *followers) join(owner string) *bell {
	f.waiting.Add(1)
	f.mu.Lock()
	defer f.mu.Unlock()
	b := f.bells[owner]
	if b == nil {
		b = &bell{rung: make(chan struct{})}
		f.bells[owner] = b
	}
	b.waiting++
	return b
}

func (f *followers) leave(owner string, b *bell) {
	f.waiting.Add(-1)
	f.mu.Lock()
	defer f.mu.Unlock()
	if b.waiting--; b.waiting == 0 && f.bells[owner] == b {
		delete(f.bells, owner)
	}
}

// called takes down the bells of the heads that a group moved, which readers find moved from here on: who comes later
// sees it by itself. They are to be rung when the group is durable.
func (f *followers) called(heads []moved) (bells []*bell) {
	if f.waiting.Load() == 0 {
		return nil
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, m := range heads {
		if b := f.bells[m.owner]; b != nil {
			bells = append(bells, b)
			delete(f.bells, m.owner)
		}
	}
	return bells
}

// WaitStream returns when an event of the stream, or of the metadata beside it, is durable after a position that Head
// answered earlier. Others do not wake it.
func (s *Store) WaitStream(ctx context.Context, stream string, after eventlog.Position) error {
	owner := placeOf(stream).owner
	b := s.followers.join(owner)
	defer s.followers.leave(owner, b)
	var h head
	err := s.read(func(db *pebble.DB) (err error) {
		h, err = readHead(db, owner)
		return err
	})
	if err != nil {
		return err
	}
	if h.position > after {
		return s.Wait(ctx, h.position-1)
	}
	select {
	case <-b.rung:
		return nil
	case <-s.durable.over:
		return s.durable.why()
	case <-ctx.Done():
		return ctx.Err()
	}
}
