package commands

import (
	"context"
	"time"

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

// HappenedAt answers a context for a command about something that happened at a time.
func HappenedAt(ctx context.Context, at time.Time) context.Context {
	origin := originOf(ctx)
	origin.At = at
	return WithOrigin(ctx, origin)
}
