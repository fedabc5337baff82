package logstore

import (
	"fmt"
)

// syncer waits for groups to be durable, one after the other, and only then shows them to readers and answers their writers.
type syncer struct {
	groups  <-chan group
	durable *watch
	mark    *mark
	halt    *halt
	noSync  bool
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
			_ = s.halt.set(err)
			return
		}
	}
	_ = g.batch.Close()
	s.durable.advance(g.last)
	for _, b := range g.bells {
		close(b.rung)
	}
}

// secure returns when the group is durable and the mark says so.
func (s *syncer) secure(g group) error {
	if err := g.batch.SyncWait(); err != nil {
		return fmt.Errorf("sync the log: %w", err)
	}
	return s.mark.reached(g.last)
}
