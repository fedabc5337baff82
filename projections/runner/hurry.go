package runner

import (
	"context"
	"errors"
	"fmt"

	"tagtrail/domain/event"
	"tagtrail/projections"
)

// far is how far from the end of the log a group goes there in stretches. Some logs count bytes, where that is a few
// events: going so costs no more than a subscription of its own.
const far = 10_000

// hurry brings a group that is far behind near to the end of the log in stretches, which are read, projected and written
// beside each other. A batch comes to the router only when the one before it is written: the router alone finds out at
// which event something goes wrong for good, and stops there.
func (t *term) hurry() error {
	head, err := t.config.Head(t.ctx)
	if err != nil || head < t.generation.Position+far {
		return nil //nolint:nilerr // the router waits for a log that is out of reach
	}
	if err := t.config.Sink.WithoutIndexes(t.ctx, t.generation); err != nil {
		t.log.Debug("the tables of a new generation keep their indexes while it catches up", "reason", err)
	}
	w := &way{
		name: t.group.group.Name, config: t.config, group: t.group.group, generation: t.generation, commit: t.within,
		moved: func(s stretch) {
			t.position.Store(uint64(s.upTo))
			t.committed(s.events, s.recordedAt, s.upTo, s.took)
		},
	}
	err = w.read(t.ctx, func() error {
		return near(func() (bool, error) {
			if err := w.advance(t.ctx, head); err != nil {
				return false, err
			}
			head, err = t.config.Head(t.ctx)
			return head < w.at+far, err
		})
	})
	switch {
	case t.ctx.Err() != nil:
		return context.Cause(t.ctx)
	case err == nil, transient(err), errors.Is(err, projections.ErrOvertaken):
		return err
	}
	t.log.Debug("a part of the log cannot be projected in one go", "reason", err)
	return nil
}

// within commits, unless that hangs.
func (t *term) within(ctx context.Context, g projections.Generation, changes *projections.Changes, from, upTo event.Position) error {
	ctx, cancel := context.WithTimeout(ctx, batchLimit)
	defer cancel()
	return t.config.Sink.Commit(ctx, g, changes, from, upTo)
}

// begin brings the generation near the end of the log, with all its indexes: it is ready to be read from then on.
func (t *term) begin() error {
	if err := t.hurry(); err != nil {
		return err
	}
	if err := t.config.Sink.Complete(t.ctx, t.generation); err != nil {
		return fmt.Errorf("make the tables of %s complete: %w", t.generation.Schema, err)
	}
	t.setPrepared()
	return nil
}
