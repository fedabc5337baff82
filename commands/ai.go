package commands

import (
	"context"

	"tagtrail/domain/event"
	"tagtrail/domain/personal"
)

// WithAI answers a context for a command that a model decided on.
func WithAI(ctx context.Context, ai event.AI) context.Context {
	origin := originOf(ctx)
	origin.AI = &ai
	return WithOrigin(ctx, origin)
}

// WithReason answers a context for a command that says why it is given.
func WithReason(ctx context.Context, reason personal.Text) context.Context {
	origin := originOf(ctx)
	origin.Reason = reason
	return WithOrigin(ctx, origin)
}
