package eventstore

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/EventStore/EventStore-Client-Go/v4/esdb"
	"github.com/ThreeDotsLabs/watermill/message"
)

// subscription is one topic on its way to one channel.
type subscription struct {
	*Subscriber
	topic string
	out   chan *message.Message

	// cursor is behind what was acknowledged, in the units of From.
	cursor uint64
	// position is the position that the next batch follows.
	position uint64
	// told is when the last message went out, for the pace of empty ones.
	told time.Time
}

// pace is the shortest time between a message and one that only says that the position moved on.
const pace = time.Second

var (
	errMoved       = errors.New("the place to begin at has moved")
	errAhead       = errors.New("the place to begin at is behind the end of the log: the log is not the one it was read from")
	errUnconfirmed = errors.New("the event store did not confirm the subscription in time")
	errDisorder    = errors.New("the event store sent an event out of order")
)

// run subscribes until ctx ends.
func (s *subscription) run(ctx context.Context) {
	wait := pause(10*time.Millisecond, 5*time.Second)
	for ctx.Err() == nil {
		began := s.cursor
		err := s.begin(ctx)
		if err == nil {
			began = s.cursor
			err = s.follow(ctx)
		}
		if ctx.Err() != nil {
			return
		}
		if s.cursor != began || errors.Is(err, errMoved) {
			wait.Reset()
		}
		s.drops.Add(1)
		s.trouble(s, err)
		s.config.Logger.Warn("subscription dropped", "topic", s.topic, "cursor", s.cursor, "error", err)
		select {
		case <-time.After(wait.NextBackOff()):
		case <-ctx.Done():
		}
	}
}

// begin finds out where to begin.
func (s *subscription) begin(ctx context.Context) error {
	if s.config.From != nil {
		from, err := s.config.From(ctx, s.topic)
		if err != nil {
			return fmt.Errorf("read where to begin: %w", err)
		}
		s.cursor = from
	}
	if s.topic != All {
		return nil
	}
	s.position = s.cursor
	if s.cursor == 0 {
		return nil
	}
	// A subscription behind the end would wait in silence for a log that has lost what was read from it.
	end, err := s.client.end(ctx)
	if err == nil && s.cursor > end {
		err = errAhead
	}
	return err
}

// follow hands out what one subscription brings, until it is dropped.
func (s *subscription) follow(ctx context.Context) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	l, err := s.client.acquire(ctx)
	if err != nil {
		return err
	}
	in := newIntake(max(s.config.BatchMax, 1), s.config.BatchBytes)
	if s.config.BatchMax == 0 {
		in.maxCount = chunk
	}
	s.fills(s, in)
	defer s.fills(s, nil)
	dropped := make(chan error, 1)
	confirmed := func() { s.trouble(s, nil) }
	go func(cursor uint64) {
		dropped <- s.client.run(l, func(db *esdb.Client) error { return s.receive(ctx, db, cursor, in, confirmed) })
	}(s.cursor)

	idle := time.NewTimer(pace)
	defer idle.Stop()
	for {
		var reason error
		select {
		case <-in.arrived:
		case <-idle.C:
		case reason = <-dropped:
		case <-ctx.Done():
			return ctx.Err()
		}
		// What has come is handed out before a drop is looked into: it need not come again.
		if err := s.handOut(ctx, in, idle); err != nil {
			return err
		}
		if reason != nil {
			return reason
		}
	}
}

// receive brings the events of one subscription in.
func (s *subscription) receive(ctx context.Context, db *esdb.Client, cursor uint64, in *intake, confirmed func()) error {
	// The official client waits for the confirmation as long as its context lasts, which is as long as the subscription.
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	overdue := time.AfterFunc(s.client.deadline, cancel)
	sub, err := s.open(ctx, db, cursor)
	if !overdue.Stop() {
		return errors.Join(errUnconfirmed, err)
	}
	if err != nil {
		return err
	}
	defer func() { _ = sub.Close() }()
	confirmed()
	last := uint64(0)
	if s.topic == All {
		last = cursor
	}
	for {
		switch got := sub.Recv(); {
		case got.SubscriptionDropped != nil:
			if got.SubscriptionDropped.Error == nil {
				return errors.New("the subscription ended")
			}
			return got.SubscriptionDropped.Error
		case got.CheckPointReached != nil:
			// A checkpoint in the middle of a record could stand before an event at the same place.
			if at := got.CheckPointReached; at.Commit == at.Prepare && at.Commit > last {
				in.reach(at.Commit)
				last = at.Commit
			}
		case got.EventAppeared != nil:
			e := got.EventAppeared.OriginalEvent()
			if e.Position.Commit <= last {
				return fmt.Errorf("event %d of %s at %d behind %d: %w", e.EventNumber, e.StreamID, e.Position.Commit, last, errDisorder)
			}
			last = e.Position.Commit
			if s.topic == All && isSystem(e.EventType, e.StreamID) {
				in.reach(last)
			} else if err := in.put(ctx, e); err != nil {
				return err
			}
		}
	}
}

func (s *subscription) open(ctx context.Context, db *esdb.Client, cursor uint64) (*esdb.Subscription, error) {
	if s.topic != All {
		options := esdb.SubscribeToStreamOptions{From: esdb.Start{}}
		if cursor > 0 {
			options.From = esdb.Revision(cursor - 1)
		}
		return db.SubscribeToStream(ctx, s.topic, options)
	}
	options := esdb.SubscribeToAllOptions{
		From: esdb.Start{}, Filter: esdb.ExcludeSystemEventsFilter(), MaxSearchWindow: 1024, CheckpointInterval: 4,
	}
	if cursor > 0 {
		options.From = esdb.Position{Commit: cursor, Prepare: cursor}
	}
	return db.SubscribeToAll(ctx, options)
}

// handOut hands out all that has come in by now, in one message or in many.
func (s *subscription) handOut(ctx context.Context, in *intake, idle *time.Timer) error {
	for {
		count, reached := in.waiting()
		if count == 0 {
			if s.config.BatchMax == 0 || s.topic != All || reached <= s.position {
				return nil
			}
			if quiet := time.Since(s.told); quiet < pace {
				idle.Reset(pace - quiet)
				return nil
			}
		}
		taken := in.take()
		if s.config.BatchMax > 0 {
			if err := s.deliver(ctx, func() *message.Message { return s.newBatch(taken) }); err != nil {
				return err
			}
			s.position = taken.reached
			s.cursor = s.behind(taken.reached, taken.lastRevision)
			continue
		}
		records, err := readFrame(taken.frame, taken.count)
		if err != nil {
			return err
		}
		for _, r := range records {
			if err := s.deliver(ctx, func() *message.Message { return newSingle(r) }); err != nil {
				return err
			}
			s.cursor = s.behind(r.Position, r.Revision)
		}
	}
}

func (s *subscription) behind(position, revision uint64) uint64 {
	if s.topic == All {
		return position
	}
	return revision + 1
}

func (s *subscription) newBatch(b batch) *message.Message {
	last := strconv.FormatUint(b.reached, 10)
	after := strconv.FormatUint(s.position, 10)
	msg := message.NewMessage(after+"-"+last, b.frame)
	msg.Metadata[AfterPosition] = after
	msg.Metadata[LastPosition] = last
	msg.Metadata[Count] = strconv.Itoa(b.count)
	if b.count > 0 {
		msg.Metadata[FirstPosition] = strconv.FormatUint(b.first, 10)
		if s.topic != All {
			msg.Metadata[LastRevision] = strconv.FormatUint(b.lastRevision, 10)
		}
	}
	return msg
}

// deliver hands a message out until it is acknowledged. It answers an error
// when ctx ends, or when the place to begin at is no longer where this message
// begins: then somebody else has handled it, or what was handled was lost.
func (s *subscription) deliver(ctx context.Context, newMessage func() *message.Message) error {
	for wait := pause(time.Millisecond, s.config.RedeliverAfter); ; {
		acknowledged, err := s.offer(ctx, newMessage())
		if acknowledged || err != nil {
			return err
		}
		if s.config.From != nil {
			if from, err := s.config.From(ctx, s.topic); err == nil && from != s.cursor {
				return errMoved
			}
		}
		select {
		case <-time.After(wait.NextBackOff()):
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// offer hands a message out once and answers whether it was acknowledged. The message's context ends with its handling.
func (s *subscription) offer(ctx context.Context, msg *message.Message) (bool, error) {
	handling, cancel := context.WithCancel(ctx)
	defer cancel()
	msg.SetContext(handling)
	if ctx.Err() != nil {
		return false, ctx.Err()
	}
	select {
	case s.out <- msg:
		s.told = time.Now()
	case <-ctx.Done():
		return false, ctx.Err()
	}
	select {
	case <-msg.Acked():
		return true, nil
	case <-msg.Nacked():
		return false, nil
	case <-ctx.Done():
		return false, ctx.Err()
	}
}
