//go:build planted_ack

package runner

import (
	"context"
	"strconv"
	"sync"

	"github.com/ThreeDotsLabs/watermill/message"

	"tagtrail/domain/event"
	"tagtrail/projections"
)

// planted acknowledges batches before they are committed, and goes on behind what was acknowledged.
type planted struct {
	mu   sync.Mutex // one batch at a time, although the next comes once this one is acknowledged
	upTo event.Position
}

func (t *term) acknowledged(msg *message.Message) error {
	t.planted.mu.Lock()
	defer t.planted.mu.Unlock()
	if t.ctx.Err() != nil {
		return context.Cause(t.ctx)
	}
	upTo, err := strconv.ParseUint(msg.Metadata.Get(lastPosition), 10, 64)
	if err != nil {
		return err
	}
	t.planted.upTo = max(t.planted.upTo, event.Position(upTo))
	msg.Ack()
	return t.handle(msg)
}

// behind answers what a term begins behind: what was acknowledged, committed or not.
func (p *planted) behind(committed event.Position) event.Position {
	p.mu.Lock()
	defer p.mu.Unlock()
	return max(p.upTo, committed)
}

// resume moves the checkpoint to where the term begins.
func (g *group) resume(ctx context.Context, generation projections.Generation) (event.Position, error) {
	from := g.behind(generation.Position)
	if from == generation.Position {
		return from, nil
	}
	nothing, err := g.group.Project(nil)
	if err != nil {
		return 0, err
	}
	return from, g.config.Sink.Commit(ctx, generation, nothing, generation.Position, from)
}
