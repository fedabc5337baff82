package runner

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync/atomic"
	"time"

	"github.com/ThreeDotsLabs/watermill/message/router/middleware"
	"github.com/cenkalti/backoff/v5"

	"tagtrail/domain/event"
	"tagtrail/domain/fault"
	"tagtrail/projections"
)

var (
	errSubscriptionEnded = errors.New("the subscription ended by itself")
	errNotReached        = errors.New("the head of the log is out of reach")
	errSetBack           = errors.New("what was committed last is lost")
)

// group is one group on its way.
type group struct {
	*progress
	planted
	config *Config
	group  projections.Group
	skips  []event.Position // of the events that this term passes by
	now    atomic.Pointer[term]
	log    *slog.Logger
}

func newGroup(config *Config, g projections.Group) *group {
	return &group{
		progress: newProgress(g.Name), config: config, group: g,
		log: config.Logger.With("group", g.Name),
	}
}

// run leads the group for one term after the other, until ctx ends. A group that stops waits until an operator has it
// pass by the event that it stopped at.
func (g *group) run(ctx context.Context) {
	wait := backoff.NewExponentialBackOff()
	wait.InitialInterval, wait.MaxInterval = 50*time.Millisecond, 2*time.Second
	for ctx.Err() == nil {
		before := g.snapshot().Position
		err := g.term(ctx)
		if ctx.Err() != nil {
			return
		}
		if g.snapshot().Position > before {
			wait.Reset()
		}
		if final(err) {
			g.config.Metrics.Failed(g.group.Name, true)
			g.change(ctx, slog.LevelError, Stopped, err)
			g.awaitSkip(ctx, g.skips)
			continue
		}
		g.config.Metrics.Failed(g.group.Name, false)
		g.change(ctx, slog.LevelWarn, Waiting, err)
		pause(ctx, wait.NextBackOff())
	}
}

// final says that trying again would come to the same.
func final(err error) bool { return !errors.Is(err, projections.ErrOvertaken) && !transient(err) }

// transient says whether the same may work later.
func transient(err error) bool {
	if f := fault.Of(err); f != nil && f.Kind == fault.Unavailable {
		return true
	}
	return errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) || errors.Is(err, errSubscriptionEnded) || errors.Is(err, errSetBack)
}

func (g *group) change(ctx context.Context, level slog.Level, state State, why error) {
	reason, attributes := "", []any{"state", string(state), "position", uint64(g.snapshot().Position)}
	if why != nil {
		reason = reasonOf(why)
		attributes = append(attributes, "reason", reason)
		if broken, ok := errors.AsType[middleware.RecoveredPanicError](why); ok {
			attributes = append(attributes, "stack", broken.Stacktrace)
		}
	}
	if !g.enter(state, reason) {
		return
	}
	g.config.Metrics.State(g.group.Name, state)
	g.log.Log(ctx, level, "projection group is in another state", attributes...)
}

func reasonOf(err error) string {
	if broken, ok := errors.AsType[middleware.RecoveredPanicError](err); ok {
		return fmt.Sprintf("a panic: %v", broken.V)
	}
	return err.Error()
}

// watch looks at the head of the log, and at the checkpoint while somebody else moves it.
func (g *group) watch(ctx context.Context) {
	for ctx.Err() == nil {
		if err := g.look(ctx); err != nil && ctx.Err() == nil {
			g.log.Debug("cannot see how far the projection group is", "reason", err)
		}
		pause(ctx, g.config.Poll)
	}
}

func (g *group) look(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, max(g.config.Poll, 5*time.Second))
	defer cancel()
	head, err := g.config.Head(ctx)
	if err != nil {
		return errors.Join(errNotReached, err)
	}
	if g.snapshot().State == Standby {
		at, err := g.config.Sink.Position(ctx, g.group)
		if err != nil {
			return err
		}
		g.reach(at, time.Time{})
	}
	if t := g.now.Load(); t != nil {
		if err := t.confirm(ctx); err != nil {
			return err
		}
	}
	s := g.see(head)
	g.config.Metrics.At(g.group.Name, s.Position, s.Head, s.Lag)
	return nil
}

func pause(ctx context.Context, d time.Duration) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-ctx.Done():
	}
}
