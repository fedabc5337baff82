package eventstore

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"runtime/debug"
	"sync"
	"time"

	"github.com/EventStore/EventStore-Client-Go/v4/esdb"
	"github.com/cenkalti/backoff/v5"
)

// Client is the official client behind guards: its calls end with their
// context, survive a server that comes and goes, and are told apart by what
// their caller can do about them. It is safe for concurrent use.
type Client struct {
	config   esdb.Configuration
	deadline time.Duration
	logger   *slog.Logger
	crew     crew

	stop    context.Context //nolint:containedctx // ends the goroutine that looks for the server
	cancel  context.CancelFunc
	seeking sync.WaitGroup

	mu     sync.Mutex
	link   *link         // nil while the server is not known to be there
	ready  chan struct{} // closed when link is set; not nil while a goroutine looks for the server
	closed bool
	users  int           // calls on any link
	idle   chan struct{} // closed when the last call has returned after Close
}

// Open makes a client; the server is looked for at the first call.
func Open(config Config) (*Client, error) {
	parsed, err := parseURL(config.URL)
	if err != nil {
		return nil, err
	}
	if config.Logger == nil {
		config.Logger = slog.Default()
	}
	if config.Deadline == 0 {
		config.Deadline = 10 * time.Second
	}
	parsed.Logger = clientLog(config.Logger)
	if err := parsed.Validate(); err != nil {
		return nil, fmt.Errorf("read the event store's address: %w", err)
	}
	stop, cancel := context.WithCancel(context.Background())
	return &Client{
		config: parsed, deadline: config.Deadline, logger: config.Logger, crew: newCrew(),
		stop: stop, cancel: cancel, idle: make(chan struct{}),
	}, nil
}

// Close lets go of the server. Calls still running are given five seconds;
// those that take longer close their connection when they return.
func (c *Client) Close() error {
	c.mu.Lock()
	if c.closed {
		c.mu.Unlock()
		return nil
	}
	c.closed = true
	if c.users == 0 {
		close(c.idle)
	}
	c.retire(c.link)
	c.mu.Unlock()
	c.cancel()
	c.seeking.Wait()
	select {
	case <-c.idle:
	case <-time.After(5 * time.Second):
		c.logger.Warn("calls to the event store still run after its client was closed")
	}
	return nil
}

// link is one esdb.Client with a count of the calls on it: closing the client
// under a call can panic, so that the last call to return closes it.
type link struct {
	db      *esdb.Client
	users   int
	retired bool
}

// acquire answers the link, and waits for the server where it is not there.
func (c *Client) acquire(ctx context.Context) (*link, error) {
	for {
		c.mu.Lock()
		if c.closed {
			c.mu.Unlock()
			return nil, errClosed
		}
		if c.link != nil {
			l := c.link
			l.users++
			c.users++
			c.mu.Unlock()
			return l, nil
		}
		if c.ready == nil {
			c.ready = make(chan struct{})
			c.seeking.Add(1)
			go c.seek()
		}
		ready := c.ready
		c.mu.Unlock()
		select {
		case <-ready:
		case <-c.stop.Done():
			return nil, errClosed
		case <-ctx.Done():
			return nil, context.Cause(ctx)
		}
	}
}

func (c *Client) release(l *link) {
	c.mu.Lock()
	defer c.mu.Unlock()
	l.users--
	c.users--
	if l.retired && l.users == 0 {
		_ = l.db.Close()
	}
	if c.closed && c.users == 0 {
		close(c.idle)
	}
}

// lost gives a link up, so that the calls to come wait until the server answers again.
func (c *Client) lost(l *link) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.link == l {
		c.retire(l)
	}
}

// retire is called with the lock held.
func (c *Client) retire(l *link) {
	c.link = nil
	if l == nil || l.retired {
		return
	}
	l.retired = true
	if l.users == 0 {
		_ = l.db.Close()
	}
}

// seek asks for the server until it answers, then opens the link to it.
func (c *Client) seek() {
	defer c.seeking.Done()
	_, err := backoff.Retry(c.stop, func() (struct{}, error) { return struct{}{}, c.probe() },
		backoff.WithBackOff(pause(10*time.Millisecond, 500*time.Millisecond)), backoff.WithMaxElapsedTime(0))
	c.mu.Lock()
	defer c.mu.Unlock()
	if err != nil || c.closed {
		return
	}
	db, err := esdb.NewClient(steadfast(c.config))
	if err == nil {
		c.link = &link{db: db}
	}
	close(c.ready)
	c.ready = nil
}

// probe asks the server for its version with a client of its own, which nobody
// else can be caught in when discovery fails.
func (c *Client) probe() error {
	db, err := esdb.NewClient(once(c.config))
	if err != nil {
		return fmt.Errorf("make a client of the event store: %w", err)
	}
	answer := make(chan error, 1)
	go func() {
		_, err := db.GetServerVersion()
		_ = db.Close()
		answer <- err
	}()
	select {
	case err := <-answer:
		return err
	case <-c.stop.Done():
		return c.stop.Err()
	}
}

// call runs f on the current link and abandons it when ctx ends. An abandoned
// f runs on under its ended context and its answer is dropped.
func call[T any](ctx context.Context, c *Client, f func(context.Context, *esdb.Client) (T, error)) (T, error) {
	var none T
	l, err := c.acquire(ctx)
	if err != nil {
		return none, err
	}
	type answer struct {
		value T
		err   error
	}
	answers := make(chan answer, 1)
	c.crew.do(c.stop, func() {
		var a answer
		a.err = c.run(l, func(db *esdb.Client) (err error) {
			a.value, err = f(ctx, db)
			return err
		})
		answers <- a
	})
	select {
	case a := <-answers:
		return a.value, a.err
	case <-ctx.Done():
		if errors.Is(context.Cause(ctx), errUnanswered) {
			c.lost(l)
		}
		return none, context.Cause(ctx)
	}
}

// run calls f on an acquired link and releases it. The client panics where a
// server says what it does not expect; that fails the call and nothing else.
func (c *Client) run(l *link, f func(*esdb.Client) error) (err error) {
	defer func() {
		if reason := recover(); reason != nil {
			c.logger.Error("event store client panicked", "reason", fmt.Sprint(reason), "stack", string(debug.Stack()))
			err = errPanicked
		}
		if verdictOn(err) == lost {
			c.lost(l)
		}
		c.release(l)
	}()
	return f(l.db)
}

// attempt bounds one sending of a call. A context may last longer: then a call
// that nobody answered is sent again, on a new connection if the server still
// answers there. Without it a connection that is dead and does not know would
// hold its callers until the transport notices.
const attempt = 5 * time.Second

// persist calls until there is an answer or ctx ends. What f does must be the
// same done twice.
func persist[T any](ctx context.Context, c *Client, f func(context.Context, *esdb.Client) (T, error)) (T, error) {
	if _, bounded := ctx.Deadline(); !bounded {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, c.deadline)
		defer cancel()
	}
	var none T
	doubts, wait := 0, pause(2*time.Millisecond, 250*time.Millisecond)
	for {
		within, cancel := context.WithTimeoutCause(ctx, attempt, errUnanswered)
		value, err := call(within, c, f)
		cancel()
		if err == nil {
			return value, nil
		}
		if ctx.Err() != nil {
			return none, unreachable(context.Cause(ctx))
		}
		switch verdictOn(err) {
		case answered:
			return none, err
		case doubtful:
			if doubts++; doubts > maxDoubts {
				return none, err
			}
		case again, lost:
		}
		select {
		case <-time.After(wait.NextBackOff()):
		case <-ctx.Done():
			return none, unreachable(context.Cause(ctx))
		}
	}
}

// pause grows from the shortest wait to the longest and never ends by itself.
func pause(shortest, longest time.Duration) *backoff.ExponentialBackOff {
	b := backoff.NewExponentialBackOff()
	b.InitialInterval, b.MaxInterval, b.Multiplier = shortest, longest, 2
	b.Reset()
	return b
}
