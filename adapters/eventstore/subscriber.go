package eventstore

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"github.com/ThreeDotsLabs/watermill/message"
)

// All is the topic of every event of the log, in its order, but for those that
// the event store writes for itself. Any other topic is the name of a stream.
const All = "$all"

// SubscriberConfig says how events are handed out.
type SubscriberConfig struct {
	// BatchMax makes one message of all events that have already come, up to so
	// many. Zero makes one message of each event.
	BatchMax int
	// BatchBytes bounds the payload of a batch; 8 MiB when zero. An event that is
	// larger comes alone.
	BatchBytes int
	// From answers where to begin: of All, the position behind which; of a
	// stream, the revision at which; 0 is the beginning of either. It is read at
	// each start, after each drop, and when a message was refused: should it have
	// moved, the subscription begins again there. Where it is nil, a subscription
	// begins at the beginning and remembers by itself what was acknowledged.
	From func(ctx context.Context, topic string) (uint64, error)
	// RedeliverAfter is the longest pause before a refused message comes again; a second when zero.
	RedeliverAfter time.Duration
	// Logger is slog.Default() when nil.
	Logger *slog.Logger
}

// Subscriber is a Watermill subscriber on the log.
//
// A subscription hands out one message at a time: the next is held back until
// the one before is acknowledged, and a refused one comes again before any
// other. It never ends by itself: after any drop it begins again, behind what
// was handled, until its context ends or the subscriber is closed.
type Subscriber struct {
	client *Client
	config SubscriberConfig

	closing context.Context //nolint:containedctx // ends all subscriptions
	cancel  context.CancelFunc
	running sync.WaitGroup
	drops   atomic.Int64

	mu       sync.Mutex
	closed   bool
	troubles map[*subscription]error
	intakes  map[*subscription]*intake
}

// NewSubscriber makes a subscriber on a client; the client must outlive it.
func NewSubscriber(client *Client, config SubscriberConfig) *Subscriber {
	if config.BatchBytes == 0 {
		config.BatchBytes = 8 << 20
	}
	if config.RedeliverAfter == 0 {
		config.RedeliverAfter = time.Second
	}
	if config.Logger == nil {
		config.Logger = slog.Default()
	}
	closing, cancel := context.WithCancel(context.Background())
	return &Subscriber{client: client, config: config, closing: closing, cancel: cancel,
		troubles: map[*subscription]error{}, intakes: map[*subscription]*intake{}}
}

var errSubscriberClosed = errors.New("the subscriber is closed")

// Subscribe answers the channel of the topic's messages. It is closed when ctx ends or the subscriber is closed.
func (s *Subscriber) Subscribe(ctx context.Context, topic string) (<-chan *message.Message, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return nil, errSubscriberClosed
	}
	ctx, cancel := context.WithCancel(ctx)
	stop := context.AfterFunc(s.closing, cancel)
	sub := &subscription{Subscriber: s, topic: topic, out: make(chan *message.Message)}
	s.running.Go(func() {
		defer cancel()
		defer stop()
		defer close(sub.out)
		sub.run(ctx)
		s.trouble(sub, nil)
	})
	return sub.out, nil
}

// Close ends all subscriptions and waits for them. Messages that were not
// acknowledged come again at the next subscription.
func (s *Subscriber) Close() error {
	s.mu.Lock()
	s.closed = true
	s.mu.Unlock()
	s.cancel()
	s.running.Wait()
	return nil
}

// Drops answers how often a subscription was dropped or could not begin.
func (s *Subscriber) Drops() int64 { return s.drops.Load() }

// Trouble answers why a subscription is not running at the moment, or nil when all are.
func (s *Subscriber) Trouble() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, err := range s.troubles {
		return err
	}
	return nil
}

// Waiting answers how many events have come and were not handed out yet, of all subscriptions.
func (s *Subscriber) Waiting() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	all := 0
	for _, in := range s.intakes {
		count, _ := in.waiting()
		all += count
	}
	return all
}

// fills says from where a subscription hands out; nil is from nowhere.
func (s *Subscriber) fills(sub *subscription, in *intake) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if in == nil {
		delete(s.intakes, sub)
		return
	}
	s.intakes[sub] = in
}

func (s *Subscriber) trouble(sub *subscription, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if err == nil {
		delete(s.troubles, sub)
		return
	}
	s.troubles[sub] = err
}
