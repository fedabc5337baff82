package runner

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strconv"
	"sync/atomic"
	"time"

	"github.com/ThreeDotsLabs/watermill"
	"github.com/ThreeDotsLabs/watermill/message"
	"github.com/ThreeDotsLabs/watermill/message/router/middleware"

	"tagtrail/domain/event"
	"tagtrail/projections"
)

// What a batch's message says of itself.
const (
	afterPosition = "after_position" // the position that the batch follows
	lastPosition  = "last_position"  // how far it reaches
)

const (
	// batchLimit ends a batch that hangs, as behind a connection whose other end is gone without a word.
	batchLimit = time.Minute
	// closeLimit is for the batch at hand when a term ends.
	closeLimit = 10 * time.Second
)

// term is the time in which this process is the one projector of a group.
type term struct {
	*group
	generation projections.Generation
	position   atomic.Uint64
	order      order
	ctx        context.Context //nolint:containedctx // ends the term
	end        context.CancelCauseFunc
}

// term leads the group until that ends, and answers why.
func (g *group) term(ctx context.Context) error {
	generation, err := g.lead(ctx)
	if err != nil {
		return err
	}
	defer g.config.Sink.Release(ctx, generation)
	if g.skips, err = g.config.skipsOf(ctx, g.group); err != nil {
		return err
	}
	if generation.Position, err = g.resume(ctx, generation); err != nil {
		return err
	}
	t := &term{group: g, generation: generation, order: order{}}
	t.position.Store(uint64(generation.Position))
	t.ctx, t.end = context.WithCancelCause(ctx)
	defer t.end(nil)
	g.now.Store(t)
	defer g.now.Store(nil)
	g.reach(generation.Position, time.Time{})
	g.change(ctx, slog.LevelInfo, Running, nil)
	if err := t.begin(); err != nil {
		return err
	}
	return t.follow()
}

// lead makes the generation where it is missing, and stands by until it can be led.
func (g *group) lead(ctx context.Context) (projections.Generation, error) {
	if err := g.config.Sink.Prepare(ctx, g.group); err != nil {
		return projections.Generation{}, err
	}
	for {
		generation, led, err := g.config.Sink.Lead(ctx, g.group)
		if led || err != nil {
			return generation, err
		}
		whole, err := g.config.Sink.Whole(ctx, g.group)
		if err != nil {
			return generation, err
		}
		if whole {
			g.setPrepared()
		}
		g.change(ctx, slog.LevelInfo, Standby, nil)
		pause(ctx, g.config.Poll)
		if ctx.Err() != nil {
			return projections.Generation{}, ctx.Err()
		}
	}
}

// follow runs a router with one handler until the term ends.
func (t *term) follow() error {
	subscriber := t.config.Subscribe(t.group.group.Name, func(context.Context) (event.Position, error) {
		return event.Position(t.position.Load()), nil
	})
	defer func() { _ = subscriber.Close() }()
	// What the router says is said here again, once and with the group's name.
	logger := watermill.NewSlogLoggerWithLevelMapping(t.log, map[slog.Level]slog.Level{
		slog.LevelError: slog.LevelDebug, slog.LevelInfo: slog.LevelDebug, slog.LevelDebug: watermill.LevelTrace,
	})
	router, err := message.NewRouter(message.RouterConfig{CloseTimeout: closeLimit}, logger)
	if err != nil {
		return fmt.Errorf("make a router: %w", err)
	}
	retry := middleware.Retry{
		MaxRetries: 3, InitialInterval: 20 * time.Millisecond, MaxInterval: 200 * time.Millisecond, Multiplier: 3,
		ShouldRetry: func(p middleware.RetryParams) bool {
			return t.ctx.Err() == nil && transient(p.Err) && !errors.Is(p.Err, projections.ErrLost)
		},
	}
	router.AddMiddleware(t.endAtFailure, retry.Middleware, middleware.Recoverer)
	router.AddConsumerHandler(t.group.group.Name, Topic, subscriber, t.acknowledged)
	if err := router.Run(t.ctx); err != nil {
		return fmt.Errorf("follow the log: %w: %w", projections.ErrUnavailable, err)
	}
	if cause := context.Cause(t.ctx); cause != nil {
		return cause
	}
	return errSubscriptionEnded
}

// endAtFailure ends the term at the first batch that could not be handled. The
// batch is refused, and comes again in the next term; nothing overtakes it.
func (t *term) endAtFailure(h message.HandlerFunc) message.HandlerFunc {
	return func(msg *message.Message) ([]*message.Message, error) {
		if t.ctx.Err() != nil {
			return nil, context.Cause(t.ctx)
		}
		produced, err := h(msg)
		if err != nil {
			t.end(err)
		}
		return produced, err
	}
}

// handle projects one batch.
func (t *term) handle(msg *message.Message) error {
	began := time.Now()
	ctx, cancel := context.WithTimeout(msg.Context(), batchLimit)
	defer cancel()
	from := event.Position(t.position.Load())
	upTo, err := reachOf(msg, from)
	if err != nil {
		return err
	}
	if upTo <= from {
		return nil // it was handled already, and its acknowledgement was lost
	}
	events, failed := t.config.decode(ctx, t.group.group, msg, t.skips, from, upTo)
	if failed != nil {
		// What goes before an event that cannot be decoded is projected, so that the group stops in front of it.
		if len(events) == 0 || transient(failed) {
			return failed
		}
		if upTo = events[len(events)-1].Position; upTo <= from {
			return failed
		}
	}
	events, err = t.order.check(events, from, upTo)
	if err == nil {
		err = t.project(ctx, events, from, upTo, began)
	}
	return cmp.Or(err, failed)
}

// confirm ends the term when the checkpoint is not as far as it was: a server that crashed forgets what it had not written
// yet. A projector that has nothing to do would never hear of it.
func (t *term) confirm(ctx context.Context) error {
	was := event.Position(t.position.Load())
	at, err := t.config.Sink.Position(ctx, t.group.group)
	if err == nil && at < was {
		t.end(fmt.Errorf("the checkpoint was at %d and is at %d: %w", was, at, errSetBack))
	}
	return err
}

// committed tells of events that are; recordedAt is that of the last, and zero where there is none.
func (t *term) committed(events int, recordedAt time.Time, upTo event.Position, took time.Duration) {
	t.reach(upTo, recordedAt)
	t.config.Metrics.Batch(t.group.group.Name, events, took)
	t.log.Debug("batch projected", "events", events, "position", uint64(upTo), "took", took)
}

// reachOf answers how far a batch reaches. One that does not follow what was
// handled would leave events out, and is refused.
func reachOf(msg *message.Message, from event.Position) (event.Position, error) {
	upTo, err := strconv.ParseUint(msg.Metadata.Get(lastPosition), 10, 64)
	if err != nil {
		return 0, fmt.Errorf("read how far a batch reaches: %w", err)
	}
	if text, said := msg.Metadata[afterPosition]; said {
		after, err := strconv.ParseUint(text, 10, 64)
		if err != nil {
			return 0, fmt.Errorf("read what a batch follows: %w", err)
		}
		if event.Position(after) > from {
			return 0, fmt.Errorf("the batch follows %d, and the checkpoint is at %d: %w", after, from, ErrDisorder)
		}
	}
	return event.Position(upTo), nil
}
