package runner

import (
	"context"
	"fmt"
	"slices"
	"sync/atomic"
	"time"

	"github.com/ThreeDotsLabs/watermill/message"

	"tagtrail/domain/event"
	"tagtrail/projections"
)

// building moves one generation along the log, as far as it is told to. Batches are decoded beside the writing of
// those before.
type building struct {
	*work
	generation projections.Generation
	skips      []event.Position
	at         event.Position // of the generation's checkpoint
	taken      atomic.Uint64  // how far events were read
	batches    chan batch
	open       batch // what was read and is not handled
	ended      bool  // the time is reached at which the generation is to stop
}

// batch is a part of the log that was read.
type batch struct {
	events []event.Recorded[event.Event]
	upTo   event.Position
	err    error
}

// ahead is how many batches may be read ahead of what is written.
const ahead = 2

// read reads the log for as long as something is done with it.
func (b *building) read(ctx context.Context, subscriber message.Subscriber, does func(*building) error) error {
	var err error
	if b.skips, err = b.config.skipsOf(ctx, b.group); err != nil {
		return err
	}
	reading, stop := context.WithCancel(ctx)
	messages, err := subscriber.Subscribe(reading, Topic)
	if err != nil {
		stop()
		return fmt.Errorf("follow the log: %w: %w", projections.ErrUnavailable, err)
	}
	b.batches, b.open = make(chan batch, ahead), batch{upTo: b.at}
	done := make(chan struct{})
	go func() {
		defer close(done)
		b.decode(reading, messages)
	}()
	err = does(b)
	stop()
	<-done
	return err
}

// decode turns messages into batches until ctx ends or one cannot be handled.
func (b *building) decode(ctx context.Context, messages <-chan *message.Message) {
	defer close(b.batches)
	order := order{}
	for msg := range messages {
		next, err := b.decodeOne(ctx, msg, order)
		next.err = err
		select {
		case b.batches <- next:
		case <-ctx.Done():
			return
		}
		if err != nil {
			return
		}
		order.remember(next.events)
		b.taken.Store(uint64(next.upTo))
		msg.Ack()
	}
}

func (b *building) decodeOne(ctx context.Context, msg *message.Message, order order) (batch, error) {
	from := event.Position(b.taken.Load())
	upTo, err := reachOf(msg, from)
	if err != nil {
		return batch{}, err
	}
	events, err := b.config.decode(ctx, b.group, msg, b.skips, from, upTo)
	if err != nil {
		return batch{}, err
	}
	events, err = order.check(events, from, upTo)
	return batch{events: events, upTo: upTo}, err
}

// catchUp goes to where the live generation is by now.
func (b *building) catchUp(ctx context.Context) error {
	live, _, err := b.site.Live(ctx)
	if err != nil {
		return err
	}
	return b.advance(ctx, live)
}

// comeNear catches up until little is left that comes meanwhile, or until that gets no less.
func (b *building) comeNear(ctx context.Context) error {
	const near, tries = 100 * time.Millisecond, 20
	for range tries {
		began := time.Now()
		if err := b.catchUp(ctx); err != nil {
			return err
		}
		if time.Since(began) < near {
			return nil
		}
	}
	return nil
}

// advance projects all events up to a position.
func (b *building) advance(ctx context.Context, to event.Position) error {
	b.progress.Target = to
	for b.at < to && !b.ended {
		next, err := b.next(ctx, to)
		if err != nil {
			return err
		}
		changes, err := b.group.Project(projected(next.events))
		if err != nil {
			return err
		}
		if err := b.sites.Commit(ctx, b.generation, changes, b.at, next.upTo); err != nil {
			return fmt.Errorf("commit %d events up to %d: %w", len(next.events), next.upTo, err)
		}
		b.at = next.upTo
		b.progress.Position = b.at
		b.progress.Events += int64(len(next.events))
		b.note(b.progress)
	}
	return nil
}

// rest answers what the events up to a position change, for one that writes them itself.
func (b *building) rest(ctx context.Context, to event.Position) (*projections.Changes, error) {
	var events []event.Recorded[event.Event]
	for at := b.at; at < to; {
		next, err := b.next(ctx, to)
		if err != nil {
			return nil, err
		}
		events, at = append(events, next.events...), next.upTo
	}
	return b.group.Project(projected(events))
}

// next answers what was read behind what was handled, no further than a position, and waits for it. Where the log has
// no more events before the position, that is all: the log tells of a place without events when it pleases.
func (b *building) next(ctx context.Context, to event.Position) (batch, error) {
	wait := time.NewTimer(quiet)
	defer wait.Stop()
	for read := event.Position(0); ; {
		if len(b.open.events) > 0 || b.open.upTo >= to || read >= to {
			return b.cut(max(read, b.open.upTo), to), nil
		}
		select {
		case next, more := <-b.batches:
			if !more {
				return batch{}, errSubscriptionEnded
			}
			if next.err != nil {
				return batch{}, next.err
			}
			b.open = next
			continue
		case <-ctx.Done():
			return batch{}, context.Cause(ctx)
		case <-wait.C:
		}
		head, err := b.config.Head(ctx)
		if err != nil {
			return batch{}, err
		}
		if head <= b.open.upTo {
			read = to
		}
		wait.Reset(b.config.Poll)
	}
}

// quiet is how long nothing comes before the log is asked where it ends.
const quiet = 20 * time.Millisecond

// cut takes from what was read all up to a position, or up to the time at which the generation is to stop.
func (b *building) cut(read, to event.Position) batch {
	events := b.open.events
	after := slices.IndexFunc(events, func(e event.Recorded[event.Event]) bool { return e.Position > to })
	if after < 0 {
		after = len(events)
	}
	taken := batch{events: events[:after], upTo: min(read, to)}
	b.open.events = events[after:]
	if until := b.rebuild.UntilTime; !until.IsZero() {
		late := slices.IndexFunc(taken.events, func(e event.Recorded[event.Event]) bool { return e.RecordedAt.After(until) })
		if late >= 0 {
			b.ended = true
			taken = batch{events: taken.events[:late], upTo: b.at}
			if late > 0 {
				taken.upTo = taken.events[late-1].Position
			}
		}
	}
	return taken
}
