package reactions

import (
	"context"
	"fmt"
	"log/slog"
	"math"
	"slices"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"github.com/ThreeDotsLabs/watermill"
	"github.com/ThreeDotsLabs/watermill/message"
	"github.com/ThreeDotsLabs/watermill/message/router/middleware"

	"tagtrail/domain/event"
)

// What a batch's message says of itself.
const (
	afterPosition = "after_position"
	lastPosition  = "last_position"
)

const (
	// idleMove is how often a checkpoint moves behind events that are of no interest: it costs a write, and nothing is
	// done twice when it is a little behind.
	idleMove = time.Second
	// longestRetry is the longest pause before the same is tried again.
	longestRetry = 30 * time.Second
)

// term is the time in which this process leads a reaction.
type term struct {
	*course
	lead     Lead
	passed   []event.Position
	position atomic.Uint64   // up to which everything is done
	moved    time.Time       // when the checkpoint was moved last
	working  sync.Mutex      // held by whoever reacts or reviews
	ctx      context.Context //nolint:containedctx // ends the term
	end      context.CancelCauseFunc
}

func newTerm(ctx context.Context, c *course, lead Lead, passed []event.Position) *term {
	t := &term{course: c, lead: lead, passed: passed}
	t.position.Store(uint64(lead.Position()))
	t.ctx, t.end = context.WithCancelCause(ctx)
	return t
}

// follow runs a router with one handler, and the reviews beside it, until the term ends.
func (t *term) follow() error {
	defer t.end(nil)
	subscriber := t.config.Subscribe(t.Name, func(context.Context) (event.Position, error) {
		return event.Position(t.position.Load()), nil
	})
	defer func() { _ = subscriber.Close() }()
	quiet := watermill.NewSlogLoggerWithLevelMapping(t.log, map[slog.Level]slog.Level{
		slog.LevelError: slog.LevelDebug, slog.LevelInfo: slog.LevelDebug, slog.LevelDebug: watermill.LevelTrace,
	})
	router, err := message.NewRouter(message.RouterConfig{CloseTimeout: 10 * time.Second}, quiet)
	if err != nil {
		return fmt.Errorf("make a router: %w", err)
	}
	router.AddMiddleware(t.endAtFailure, t.retry().Middleware, t.noteFailure, middleware.Recoverer)
	router.AddConsumerHandler(t.Name, Topic, subscriber, t.handle)

	var reviewing sync.WaitGroup
	reviewing.Go(t.review)
	defer reviewing.Wait()
	defer t.end(nil)
	if err := router.Run(t.ctx); err != nil {
		return fmt.Errorf("follow the log: %w: %w", errEnded, err)
	}
	if cause := context.Cause(t.ctx); cause != nil {
		return cause
	}
	return errEnded
}

// retry tries the same batch again for as long as it may work later; nothing overtakes it.
func (t *term) retry() middleware.Retry {
	return middleware.Retry{
		MaxRetries: math.MaxInt32, InitialInterval: 100 * time.Millisecond, MaxInterval: longestRetry, Multiplier: 2, RandomizationFactor: 0.2,
		ShouldRetry: func(p middleware.RetryParams) bool {
			return t.ctx.Err() == nil && passing(p.Err) && !isOvertaken(p.Err)
		},
	}
}

// noteFailure shows that a batch is tried again, and that it worked then.
func (t *term) noteFailure(h message.HandlerFunc) message.HandlerFunc {
	return func(msg *message.Message) ([]*message.Message, error) {
		produced, err := h(msg)
		switch {
		case err == nil:
			t.change(t.ctx, slog.LevelInfo, Running, nil)
		case t.ctx.Err() == nil && passing(err) && !isOvertaken(err):
			t.config.Metrics.ReactionFailed(t.Name, false)
			t.change(t.ctx, slog.LevelWarn, Waiting, err)
		}
		return produced, err
	}
}

// endAtFailure ends the term at the first batch that cannot be handled. It comes again in the next.
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

// handle reacts to those events of a batch that are of interest. It goes on where it was when it is tried again.
func (t *term) handle(msg *message.Message) error {
	upTo, err := t.reachOf(msg)
	if err != nil {
		return err
	}
	from := event.Position(t.position.Load())
	events, err := t.config.Decode(msg.Context(), msg, func(eventType string, at event.Position) bool {
		return at > from && t.Asks(eventType) && !slices.Contains(t.passed, at)
	})
	if err != nil {
		return fmt.Errorf("decode the batch up to %d: %w", upTo, err)
	}
	for some := range slices.Chunk(events, t.Most) {
		if err := t.react(msg.Context(), some); err != nil {
			return err
		}
	}
	if upTo <= event.Position(t.position.Load()) {
		return nil
	}
	t.position.Store(uint64(upTo))
	t.reach(upTo, time.Time{})
	if time.Since(t.moved) < idleMove {
		return nil
	}
	return t.move(msg.Context(), upTo)
}

// react hands events over, and moves the checkpoint behind them.
func (t *term) react(ctx context.Context, events []Event) error {
	began, last := time.Now(), events[len(events)-1]
	if err := t.work(ctx, func(ctx context.Context) error { return t.React(ctx, events) }); err != nil {
		return fmt.Errorf("react to %s, revision %d of %s at position %d: %w", last.Data.EventName(), last.Revision, last.Stream, last.Position, err)
	}
	if err := t.move(ctx, last.Position); err != nil {
		return err
	}
	t.position.Store(uint64(last.Position))
	t.reach(last.Position, last.RecordedAt)
	took := time.Since(began)
	t.config.Metrics.Reacted(t.Name, len(events), took)
	t.log.DebugContext(ctx, "reacted", "events", len(events), "position", uint64(last.Position), "took", took)
	return nil
}

// work does one thing at a time, and not for ever.
func (t *term) work(ctx context.Context, do func(context.Context) error) error {
	t.working.Lock()
	defer t.working.Unlock()
	ctx, cancel := context.WithTimeout(ctx, t.Patience)
	defer cancel()
	return guarded(func() error { return do(ctx) })
}

func (t *term) move(ctx context.Context, upTo event.Position) error {
	if err := t.lead.Move(ctx, upTo); err != nil {
		return err
	}
	t.moved = time.Now()
	return nil
}

// reachOf answers how far a batch reaches. One that does not follow what was handled would leave events out.
func (t *term) reachOf(msg *message.Message) (event.Position, error) {
	upTo, err := strconv.ParseUint(msg.Metadata.Get(lastPosition), 10, 64)
	if err != nil {
		return 0, fmt.Errorf("read how far a batch reaches: %w", err)
	}
	after, err := strconv.ParseUint(msg.Metadata.Get(afterPosition), 10, 64)
	if err != nil {
		return 0, fmt.Errorf("read what a batch follows: %w", err)
	}
	if at := t.position.Load(); after > at {
		return 0, fmt.Errorf("the batch follows %d, and the reaction is at %d: %w", after, at, errEnded)
	}
	return event.Position(upTo), nil
}
