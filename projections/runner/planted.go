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

// acknowledged handles a batch. It is acknowledged by the router when that is done.
func (t *term) acknowledged(msg *message.Message) error { return t.handle(msg) }

// resume answers where a term begins, which is where the checkpoint stands.
func (g *group) resume(_ context.Context, generation projections.Generation) (event.Position, error) {
	return generation.Position, nil
}
