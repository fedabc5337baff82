package reactions

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"time"

	"github.com/ThreeDotsLabs/watermill/message/router/middleware"
	"github.com/cenkalti/backoff/v5"

	"tagtrail/domain/event"
	"tagtrail/domain/fault"
)

var (
	// ErrOvertaken says that another process leads the reaction by now.
	ErrOvertaken = errors.New("another process moved the checkpoint of the reaction")

	errEnded = errors.New("the subscription ended by itself")
)

// reportAgain is when a status is reported although nothing changed, so that others see that somebody leads.
const reportAgain = 10 * time.Second

// course is the way of one reaction along the log.
type course struct {
	standing
	Reaction
	config *Config
	log    *slog.Logger
}

func newCourse(config *Config, r Reaction) *course {
	r.Most = max(r.Most, 1)
	if r.Patience == 0 {
		r.Patience = time.Minute
	}
	c := &course{Reaction: r, config: config, log: config.Logger.With("reaction", r.Name)}
	c.status = Status{Reaction: r.Name, State: Starting}
	return c
}

// run leads the reaction for one term after the other, until ctx ends. One that stopped goes on once an operator has it
// pass by more than it did.
func (c *course) run(ctx context.Context) {
	wait := backoff.NewExponentialBackOff()
	wait.InitialInterval, wait.MaxInterval = 100*time.Millisecond, 30*time.Second
	for ctx.Err() == nil {
		before := c.snapshot().Position
		passed, err := c.lead(ctx)
		if ctx.Err() != nil {
			return
		}
		if c.snapshot().Position > before {
			wait.Reset()
		}
		stops := !passing(err)
		c.config.Metrics.ReactionFailed(c.Name, stops)
		if stops {
			c.change(ctx, slog.LevelError, Stopped, err)
			c.awaitPass(ctx, passed)
			continue
		}
		c.change(ctx, slog.LevelWarn, Waiting, err)
		pause(ctx, wait.NextBackOff())
	}
}

// passing says whether the same may work later.
func passing(err error) bool {
	if f := fault.Of(err); f != nil && f.Kind == fault.Unavailable {
		return true
	}
	return errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) || errors.Is(err, errEnded) || errors.Is(err, ErrOvertaken)
}

// lead stands by until it can lead, and leads then. It answers why that ended, and what it passed by.
func (c *course) lead(ctx context.Context) ([]event.Position, error) {
	begin, err := c.config.Head(ctx)
	if err != nil {
		return nil, fmt.Errorf("look at the head of the log: %w", err)
	}
	var lead Lead
	for lead == nil {
		if lead, err = c.config.Checkpoints.Lead(ctx, c.Name, begin); err != nil {
			return nil, err
		}
		if lead == nil {
			c.change(ctx, slog.LevelInfo, Standby, nil)
			pause(ctx, c.config.Poll)
		}
		if ctx.Err() != nil {
			break
		}
	}
	if lead == nil {
		return nil, ctx.Err()
	}
	defer lead.Release(context.WithoutCancel(ctx))
	passed, err := c.config.Checkpoints.Passed(ctx, c.Name)
	if err != nil {
		return nil, err
	}
	c.reach(lead.Position(), time.Time{})
	c.change(ctx, slog.LevelInfo, Running, nil)
	return passed, newTerm(ctx, c, lead, passed).follow()
}

// awaitPass waits until an operator has a reaction that stopped pass by more than it did.
func (c *course) awaitPass(ctx context.Context, known []event.Position) {
	for ctx.Err() == nil {
		pause(ctx, c.config.Poll)
		if now, err := c.config.Checkpoints.Passed(ctx, c.Name); err == nil && len(now) > len(known) {
			return
		}
	}
}

// change says that the reaction does something else now.
func (c *course) change(ctx context.Context, level slog.Level, state State, why error) {
	reason, attributes := "", []any{"state", string(state), "position", uint64(c.snapshot().Position)}
	if why != nil {
		reason = why.Error()
		if broken, ok := errors.AsType[middleware.RecoveredPanicError](why); ok {
			reason = strings.ReplaceAll(reason, broken.Error(), fmt.Sprintf("a panic: %v", broken.V))
			attributes = append(attributes, "stack", broken.Stacktrace)
		}
		attributes = append(attributes, "reason", reason)
	}
	if c.enter(state, reason) {
		c.log.Log(ctx, level, "reaction is in another state", attributes...)
		c.report(ctx)
	}
}

// report tells others how the reaction is. Whoever stands by has nothing to tell: the leader does.
func (c *course) report(ctx context.Context) {
	s := c.snapshot()
	c.config.Metrics.Reaction(s)
	if s.State == Standby {
		return
	}
	if err := c.config.Checkpoints.Report(ctx, s); err != nil && ctx.Err() == nil {
		c.log.DebugContext(ctx, "cannot report how the reaction is", "reason", err)
	}
}

// watch looks at the head of the log, and reports from time to time.
func (c *course) watch(ctx context.Context) {
	var reported time.Time
	for ctx.Err() == nil {
		if head, err := c.config.Head(ctx); err == nil {
			c.config.Metrics.Reaction(c.see(head))
		}
		if time.Since(reported) >= reportAgain {
			c.report(ctx)
			reported = time.Now()
		}
		pause(ctx, c.config.Poll)
	}
}

func pause(ctx context.Context, d time.Duration) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-ctx.Done():
	}
}
