package logstore

import (
	"context"
	"fmt"
	"sync"

	"tagtrail/adapters/embedded/eventstore/eventlog"
)

// syncer waits for groups to be durable, one after the other, and only then shows them to readers and answers their writers.
type syncer struct {
	groups  <-chan group
	durable *watch
	mark    *mark
	halt    *halt
	noSync  bool
	failed  func(error)
}

func (s *syncer) run() {
	for g := range s.groups {
		if g.batch != nil && s.halt.get() == nil {
			s.sync(g)
		}
		if err := s.halt.get(); err != nil {
			g = g.refused(err)
		}
		for _, a := range g.answers {
			a.done(a.appended, a.err)
		}
	}
}

func (s *syncer) sync(g group) {
	if !s.noSync {
		if err := s.secure(g); err != nil {
			s.durable.end(s.halt.set(err))
			s.failed(err)
			return
		}
	}
	_ = g.batch.Close()
	s.durable.advance(g.last)
}

// secure returns when the group is durable and the mark says so.
func (s *syncer) secure(g group) error {
	if err := g.batch.SyncWait(); err != nil {
		return fmt.Errorf("sync the log: %w", err)
	}
	return s.mark.reached(g.last)
}

// watch is the last durable position, and wakes who waits for a later one.
type watch struct {
	mu      sync.Mutex
	at      eventlog.Position
	ended   error         // why no later position will be durable
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
	}
	w.wake()
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
