package runner

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync/atomic"
	"time"

	"github.com/ThreeDotsLabs/watermill/message"

	"tagtrail/domain/event"
	"tagtrail/projections"
)

// way moves one generation along the log where much of it lies ahead. Batches are acknowledged once they are decoded,
// while those before are projected, and others before those are written: where to go on is known from the checkpoint.
type way struct {
	name       string // of the subscription
	config     *Config
	group      projections.Group
	generation projections.Generation
	commit     func(ctx context.Context, g projections.Generation, changes *projections.Changes, from, upTo event.Position) error
	moved      func(to stretch)
	until      time.Time // where it is not zero, what was recorded later is left out

	skips   []event.Position
	at      event.Position // of the generation's checkpoint
	folded  event.Position // how far events were projected
	taken   atomic.Uint64  // how far events were decoded
	batches chan batch
	open    batch // what was decoded and is not handled
	ended   bool  // the time is reached at which the generation is to stop
}

// batch is a part of the log that was read.
type batch struct {
	events []event.Recorded[event.Event]
	upTo   event.Position
	bytes  int // of the events in the log
	err    error
}

// ahead is how many batches may be read ahead of what is projected.
const ahead = 2

// read reads the log for as long as something is done with it.
func (w *way) read(ctx context.Context, does func() error) (err error) {
	if w.skips, err = w.config.skipsOf(ctx, w.group); err != nil {
		return err
	}
	w.at, w.folded = w.generation.Position, w.generation.Position
	w.taken.Store(uint64(w.at))
	subscriber := w.config.Subscribe(w.name, func(context.Context) (event.Position, error) {
		return event.Position(w.taken.Load()), nil
	})
	reading, stop := context.WithCancel(ctx)
	messages, err := subscriber.Subscribe(reading, Topic)
	if err != nil {
		stop()
		return fmt.Errorf("follow the log: %w: %w", projections.ErrUnavailable, err)
	}
	w.batches, w.open = make(chan batch, ahead), batch{upTo: w.at}
	done := make(chan struct{})
	go func() {
		defer close(done)
		w.decode(reading, messages)
	}()
	err = does()
	stop()
	<-done
	return errors.Join(err, subscriber.Close())
}

// decode turns messages into batches until ctx ends or one cannot be handled.
func (w *way) decode(ctx context.Context, messages <-chan *message.Message) {
	defer close(w.batches)
	order := order{}
	for msg := range messages {
		next, err := w.decodeOne(ctx, msg, order)
		next.err = err
		select {
		case w.batches <- next:
		case <-ctx.Done():
			return
		}
		if err != nil {
			return
		}
		order.remember(next.events)
		w.taken.Store(uint64(next.upTo))
		msg.Ack()
	}
}

func (w *way) decodeOne(ctx context.Context, msg *message.Message, order order) (batch, error) {
	from := event.Position(w.taken.Load())
	upTo, err := reachOf(msg, from)
	if err != nil {
		return batch{}, err
	}
	events, err := w.config.decode(ctx, w.group, msg, w.skips, from, upTo)
	if err != nil {
		return batch{}, err
	}
	events, err = order.check(events, from, upTo)
	return batch{events: events, upTo: upTo, bytes: len(msg.Payload)}, err
}

// next answers what was read behind what was handled, no further than a position, and waits for it. Where the log has
// no more events before the position, that is all: the log tells of a place without events when it pleases.
func (w *way) next(ctx context.Context, to event.Position) (batch, error) {
	wait := time.NewTimer(quiet)
	defer wait.Stop()
	for read := event.Position(0); ; {
		if len(w.open.events) > 0 || w.open.upTo >= to || read >= to {
			return w.cut(max(read, w.open.upTo), to), nil
		}
		select {
		case next, more := <-w.batches:
			if !more {
				return batch{}, errSubscriptionEnded
			}
			if next.err != nil {
				return batch{}, next.err
			}
			w.open = next
			continue
		case <-ctx.Done():
			return batch{}, context.Cause(ctx)
		case <-wait.C:
		}
		head, err := w.config.Head(ctx)
		if err != nil {
			return batch{}, err
		}
		if head <= w.open.upTo {
			read = to
		}
		wait.Reset(w.config.Poll)
	}
}

// quiet is how long nothing comes before the log is asked where it ends.
const quiet = 20 * time.Millisecond

// cut takes from what was read all up to a position, or up to the time at which the generation is to stop.
func (w *way) cut(read, to event.Position) batch {
	events := w.open.events
	after := slices.IndexFunc(events, func(e event.Recorded[event.Event]) bool { return e.Position > to })
	if after < 0 {
		after = len(events)
	}
	taken := batch{events: events[:after], upTo: min(read, to), bytes: w.open.bytes}
	w.open.events, w.open.bytes = events[after:], 0
	if !w.until.IsZero() {
		late := slices.IndexFunc(taken.events, func(e event.Recorded[event.Event]) bool { return e.RecordedAt.After(w.until) })
		if late >= 0 {
			w.ended = true
			taken = batch{events: taken.events[:late], upTo: w.folded}
			if late > 0 {
				taken.upTo = taken.events[late-1].Position
			}
		}
	}
	return taken
}
