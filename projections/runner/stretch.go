package runner

import (
	"cmp"
	"context"
	"fmt"
	"time"

	"tagtrail/domain/event"
	"tagtrail/projections"
)

// stretch is a part of the log that is written at once, and what it comes to.
type stretch struct {
	changes    *projections.Changes
	from, upTo event.Position
	events     int
	bytes      int
	recordedAt time.Time // of the last event
	took       time.Duration
}

// advance projects all events up to a position, each stretch while the one before it is written. After an error, the
// checkpoint is where the last stretch was written whole.
func (w *way) advance(ctx context.Context, to event.Position) error {
	written := make(chan error, 1)
	written <- nil
	for w.folded < to && !w.ended {
		next, err := w.fold(ctx, to)
		if err = cmp.Or(<-written, err); err != nil {
			return err
		}
		go func() { written <- w.write(ctx, next) }()
	}
	return <-written
}

// fold projects events up to a position, but no more than make a stretch.
func (w *way) fold(ctx context.Context, to event.Position) (stretch, error) {
	s := stretch{changes: w.group.Unchanged(), from: w.folded, upTo: w.folded}
	for s.upTo < to && !w.ended && s.changes.Rows() < w.config.Stretch && s.bytes < w.config.StretchBytes {
		next, err := w.next(ctx, to)
		if err == nil {
			err = w.group.Fold(s.changes, projected(next.events))
		}
		if err != nil {
			return s, err
		}
		if n := len(next.events); n > 0 {
			s.recordedAt = next.events[n-1].RecordedAt
			s.events += n
		}
		s.bytes += next.bytes
		s.upTo, w.folded = next.upTo, next.upTo
	}
	return s, nil
}

func (w *way) write(ctx context.Context, s stretch) error {
	began := time.Now()
	if err := w.commit(ctx, w.generation, s.changes, s.from, s.upTo); err != nil {
		return fmt.Errorf("commit %d events up to %d: %w", s.events, s.upTo, err)
	}
	w.at, s.took = s.upTo, time.Since(began)
	w.moved(s)
	return nil
}
