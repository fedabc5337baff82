package projectionstest

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"sync"

	"github.com/ThreeDotsLabs/watermill/message"

	"tagtrail/domain/event"
	"tagtrail/projections/runner"
)

// Log is a log in memory, and all that a runner asks of one: subscribers, what
// their messages hold, and where it ends.
type Log struct {
	// BatchMax is the most events of one message; all that there are when zero.
	BatchMax int
	// EventBytes is how many bytes an event takes in a message.
	EventBytes int

	mu     sync.Mutex
	events []event.Recorded[event.Event]
	grown  chan struct{}
}

// NewLog makes a log of events in the order of their positions.
func NewLog(events ...event.Recorded[event.Event]) *Log {
	return &Log{events: events, grown: make(chan struct{})}
}

// Append adds events at the end.
func (l *Log) Append(events ...event.Recorded[event.Event]) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.events = append(l.events, events...)
	close(l.grown)
	l.grown = make(chan struct{})
}

// Head answers the position of the last event.
func (l *Log) Head(context.Context) (event.Position, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if len(l.events) == 0 {
		return 0, nil
	}
	return l.events[len(l.events)-1].Position, nil
}

// Subscribe answers a subscriber that begins behind a position.
func (l *Log) Subscribe(_ string, from func(context.Context) (event.Position, error)) message.Subscriber {
	return &subscriber{log: l, from: from, closed: make(chan struct{})}
}

// Decode answers the events of a message.
func (l *Log) Decode(_ context.Context, msg *message.Message) ([]event.Recorded[event.Event], error) {
	after, err := strconv.ParseUint(msg.Metadata.Get("after_position"), 10, 64)
	if err != nil {
		return nil, fmt.Errorf("read a batch: %w", err)
	}
	last, err := strconv.ParseUint(msg.Metadata.Get("last_position"), 10, 64)
	if err != nil {
		return nil, fmt.Errorf("read a batch: %w", err)
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	var events []event.Recorded[event.Event]
	for _, e := range l.events {
		if _, left := msg.Metadata[without+e.Position.String()]; !left && e.Position > event.Position(after) && e.Position <= event.Position(last) {
			events = append(events, e)
		}
	}
	return events, nil
}

// Without answers a message that leaves events out, and what stands for them.
func (l *Log) Without(msg *message.Message, at []event.Position) (*message.Message, []event.Recorded[event.Event], error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	rest := msg.Copy()
	var passed []event.Recorded[event.Event]
	for _, e := range l.events {
		if slices.Contains(at, e.Position) {
			passed = append(passed, runner.Passed(e.Stream, e.Revision, e.Position))
			rest.Metadata.Set(without+e.Position.String(), "")
		}
	}
	return rest, passed, nil
}

// without begins the metadata of messages that leave an event out.
const without = "without "

// behind answers the events of the next batch, and what is closed when there are more.
func (l *Log) behind(position event.Position) ([]event.Recorded[event.Event], <-chan struct{}) {
	l.mu.Lock()
	defer l.mu.Unlock()
	at := slices.IndexFunc(l.events, func(e event.Recorded[event.Event]) bool { return e.Position > position })
	if at < 0 {
		return nil, l.grown
	}
	batch := slices.Clone(l.events[at:])
	if l.BatchMax > 0 {
		batch = batch[:min(len(batch), l.BatchMax)]
	}
	return batch, l.grown
}

type subscriber struct {
	log    *Log
	from   func(context.Context) (event.Position, error)
	once   sync.Once
	closed chan struct{}
	ending sync.WaitGroup
}

// Subscribe hands out one batch after the other; the topic is the whole log.
func (s *subscriber) Subscribe(ctx context.Context, _ string) (<-chan *message.Message, error) {
	out := make(chan *message.Message)
	s.ending.Go(func() {
		defer close(out)
		s.run(ctx, out)
	})
	return out, nil
}

// Close ends the subscription.
func (s *subscriber) Close() error {
	s.once.Do(func() { close(s.closed) })
	s.ending.Wait()
	return nil
}

func (s *subscriber) run(ctx context.Context, out chan<- *message.Message) {
	for {
		cursor, err := s.from(ctx)
		if err != nil {
			return
		}
		batch, grown := s.log.behind(cursor)
		if len(batch) == 0 {
			select {
			case <-grown:
				continue
			case <-ctx.Done():
			case <-s.closed:
			}
			return
		}
		if !s.deliver(ctx, out, cursor, batch) {
			return
		}
	}
}

// deliver hands out a batch, and answers whether there may be another: after an
// acknowledgement or a refusal the cursor tells where to go on.
func (s *subscriber) deliver(ctx context.Context, out chan<- *message.Message, cursor event.Position, batch []event.Recorded[event.Event]) bool {
	last := batch[len(batch)-1].Position
	msg := message.NewMessage(cursor.String()+"-"+last.String(), make([]byte, s.log.EventBytes*len(batch)))
	msg.Metadata.Set("after_position", cursor.String())
	msg.Metadata.Set("first_position", batch[0].Position.String())
	msg.Metadata.Set("last_position", last.String())
	msg.Metadata.Set("count", strconv.Itoa(len(batch)))
	handling, cancel := context.WithCancel(ctx)
	defer cancel()
	msg.SetContext(handling)
	select {
	case out <- msg:
	case <-ctx.Done():
		return false
	case <-s.closed:
		return false
	}
	select {
	case <-msg.Acked():
	case <-msg.Nacked():
	case <-ctx.Done():
		return false
	case <-s.closed:
		return false
	}
	return true
}
