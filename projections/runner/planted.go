//go:build !planted_ack

package runner

import (
	"context"

	"github.com/ThreeDotsLabs/watermill/message"

	"tagtrail/domain/event"
	"tagtrail/projections"
)

// planted is a fault that a build can be given, so that the harness that kills processes shows that it would find it.
type planted struct{}

// behind answers what a term begins behind, which is what was committed.
func (planted) behind(committed event.Position) event.Position { return committed }

func (g *group) resume(_ context.Context, generation projections.Generation) (event.Position, error) {
	return g.behind(generation.Position), nil
}

// acknowledged handles a batch. It is acknowledged by the router when that is done.
func (t *term) acknowledged(msg *message.Message) error { return t.handle(msg) }
