package commands

import (
	"context"

	"tagtrail/domain/event"
)

// WithAI answers a context for a command that a model decided on.
func WithAI(ctx context.Context, ai event.AI) context.Context {
	origin := originOf(ctx)
	origin.AI = &ai
	return WithOrigin(ctx, origin)
}
