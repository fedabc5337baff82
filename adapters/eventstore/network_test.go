package eventstore_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"sync"
	"testing"
	"time"

	"tagtrail/adapters/eventstore"
	"tagtrail/domain/event"
)

// endless is the budget of a connection that is never cut.
func endless() int64 { return -1 }

// cutAnywhere cuts connections after any number of bytes, also in the middle of a frame or before the first.
func cutAnywhere(t *testing.T) func() int64 {
	t.Helper()
	seed := uint64(time.Now().UnixNano())
	t.Log("seed", seed)
	var mu sync.Mutex
	chance := rand.New(rand.NewPCG(seed, 0))
	return func() int64 {
		mu.Lock()
		defer mu.Unlock()
		return chance.Int64N(8 << 10)
	}
}

func TestConnectionsCutAfterAnyByteLoseAndDoubleNoAppend(t *testing.T) {
	t.Parallel()
	srv := startServer(t)
	p := startProxy(t, srv, cutAnywhere(t))
	codec, _ := newCodec()
	s := eventstore.NewStore(openAt(t, p.url()), codec)
	const callers, each = 16, 30
	streams := make([]string, callers)
	var wg sync.WaitGroup
	for i := range callers {
		streams[i] = newContact().Stream()
		wg.Go(func() {
			ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
			defer cancel()
			for n := range each {
				if _, err := s.Append(ctx, streams[i], event.Revision(n-1), names(fmt.Sprint(n), 1)); err != nil {
					t.Errorf("caller %d, append %d: %v", i, n, err)
					return
				}
			}
		})
	}
	wg.Wait()
	whole := eventstore.NewStore(srv.open(t), codec)
	for i, stream := range streams {
		got := read(t, whole, stream, 0)
		if len(got) != each {
			t.Errorf("caller %d appended %d events, the stream has %d", i, each, len(got))
		}
		for n, e := range got {
			if want := fmt.Sprintf("%d 0", n); nameOf(e) != want {
				t.Fatalf("caller %d: event %d is %q, want %q", i, n, nameOf(e), want)
			}
		}
	}
}

func TestConnectionsCutAfterAnyByteLoseAndDoubleNoDelivery(t *testing.T) {
	t.Parallel()
	srv := startServer(t)
	p := startProxy(t, srv, cutAnywhere(t))
	const all = 500
	end := write(t, srv, all, []byte("0123456789"))
	s := subscriber(t, openAt(t, p.url()), eventstore.SubscriberConfig{BatchMax: 7})
	messages := subscribe(t, s, eventstore.All)
	last, count := uint64(0), 0
	for last < end {
		msg := receive(t, messages)
		if after := position(t, msg, eventstore.AfterPosition); after != last {
			t.Fatalf("a batch follows %d, not %d", after, last)
		}
		for _, r := range records(t, msg) {
			if r.Position <= last {
				t.Fatalf("%d comes behind %d", r.Position, last)
			}
			last = r.Position
			count++
		}
		last = position(t, msg, eventstore.LastPosition)
		msg.Ack()
	}
	if count != all {
		t.Errorf("%d events came", count)
	}
	if s.Drops() == 0 {
		t.Error("no connection was cut")
	}
}

func TestConnectionCutInTheMiddleOfAReadIsGoneOnWith(t *testing.T) {
	t.Parallel()
	srv := startServer(t)
	codec, _ := newCodec()
	stream := newContact().Stream()
	const all = 300
	if _, err := eventstore.NewStore(srv.open(t), codec).Append(t.Context(), stream, event.NoStream, names("x", all)); err != nil {
		t.Fatal(err)
	}
	p := startProxy(t, srv, cutAnywhere(t))
	s := eventstore.NewStore(openAt(t, p.url()), codec)
	next := event.Revision(0)
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	for e, err := range s.ReadStream(ctx, stream, 0) {
		if err != nil {
			t.Fatal(err)
		}
		if e.Revision != next {
			t.Fatalf("got revision %d, want %d", e.Revision, next)
		}
		next++
	}
	if next != all {
		t.Errorf("read %d events", next)
	}
}

// TestServerThatTakesConnectionsAndSaysNothing is a half-open network: what was
// open stays open and dead for ever, and only new connections are answered when it is over.
func TestServerThatTakesConnectionsAndSaysNothing(t *testing.T) {
	t.Parallel()
	srv := startServer(t)
	p := startProxy(t, srv, endless)
	client := openAt(t, p.url()+"&keepAliveTimeout=1000")
	codec, _ := newCodec()
	s := eventstore.NewStore(client, codec)
	stream := newContact().Stream()
	if _, err := s.Append(t.Context(), stream, event.NoStream, names("before", 1)); err != nil {
		t.Fatal(err)
	}
	sub := subscriber(t, client, eventstore.SubscriberConfig{BatchMax: 10})
	messages := subscribe(t, sub, eventstore.All)
	receive(t, messages).Ack()

	p.fallSilent()
	// One caller is patient and is answered in the end.
	patient := make(chan error, 1)
	go func() {
		ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
		defer cancel()
		_, err := s.Append(ctx, stream, 0, names("during", 1))
		patient <- err
	}()
	var wg sync.WaitGroup
	for i := range 64 {
		wg.Go(func() {
			for range 4 {
				var err error
				late := lateness(time.Duration(200+5*i)*time.Millisecond, func(ctx context.Context) {
					_, err = s.Append(ctx, newContact().Stream(), event.NoStream, names("x", 1))
				})
				if late > promptly {
					t.Errorf("caller %d came back %v late", i, late)
				}
				if !errors.Is(err, eventstore.ErrUnavailable) {
					t.Errorf("caller %d: %v", i, err)
				}
			}
		})
	}
	wg.Wait()
	select {
	case err := <-patient:
		t.Errorf("the patient caller came back into silence: %v", err)
	default:
	}
	p.speak()
	select {
	case err := <-patient:
		if err != nil {
			t.Errorf("the patient caller: %v", err)
		}
	case <-time.After(45 * time.Second):
		t.Fatal("the patient caller is not answered when the server is back")
	}
	if got := read(t, s, stream, 0); len(got) != 2 {
		t.Errorf("the stream has %d events", len(got))
	}
	select {
	case msg := <-messages:
		if len(records(t, msg)) == 0 {
			t.Error("the subscription goes on with nothing")
		}
		msg.Ack()
	case <-time.After(45 * time.Second):
		t.Fatal("the subscription does not go on when the server is back")
	}
}

// TestClientThatFindsSilenceFirst has never spoken to the server when it is asked.
func TestClientThatFindsSilenceFirst(t *testing.T) {
	t.Parallel()
	srv := startServer(t)
	p := startProxy(t, srv, endless)
	p.fallSilent()
	codec, _ := newCodec()
	s := eventstore.NewStore(openAt(t, p.url()), codec)
	var err error
	late := lateness(300*time.Millisecond, func(ctx context.Context) { _, err = s.Head(ctx) })
	if late > promptly || !errors.Is(err, eventstore.ErrUnavailable) {
		t.Errorf("it came back %v late: %v", late, err)
	}
	p.speak()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	if _, err := s.Head(ctx); err != nil {
		t.Error(err)
	}
}
