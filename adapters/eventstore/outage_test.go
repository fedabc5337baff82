package eventstore_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"tagtrail/adapters/eventstore"
	"tagtrail/domain/event"
)

func TestCallersSurviveAnOutage(t *testing.T) {
	t.Parallel()
	for _, gap := range []time.Duration{0, 500 * time.Millisecond, 4 * time.Second} {
		t.Run(gap.String(), func(t *testing.T) {
			t.Parallel()
			srv := startServer(t)
			s := srv.store(t)
			const callers = 64
			var appended atomic.Int64
			stop := make(chan struct{})
			streams := make([]string, callers)
			counts := make([]int, callers)
			var wg sync.WaitGroup
			for i := range callers {
				streams[i] = newContact().Stream()
				wg.Go(func() {
					for n := 0; ; n++ {
						select {
						case <-stop:
							counts[i] = n
							return
						default:
						}
						ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
						_, err := s.Append(ctx, streams[i], event.Revision(n-1), names(fmt.Sprint(n), 1))
						cancel()
						if err != nil {
							t.Errorf("caller %d, append %d: %v", i, n, err)
							counts[i] = -1
							return
						}
						appended.Add(1)
					}
				})
			}
			eventually(t, 10*time.Second, func() bool { return appended.Load() > callers })
			srv.restart(t, gap)
			after := appended.Load()
			eventually(t, 15*time.Second, func() bool { return appended.Load() > after+callers })
			close(stop)
			wg.Wait()
			for i, stream := range streams {
				if got := read(t, s, stream, 0); len(got) != counts[i] {
					t.Errorf("caller %d appended %d events, the stream has %d", i, counts[i], len(got))
				}
			}
		})
	}
}

func TestContextsAreHonouredDuringAnOutage(t *testing.T) {
	t.Parallel()
	srv := startServer(t)
	s := srv.store(t)
	if _, err := s.Append(t.Context(), newContact().Stream(), event.NoStream, names("x", 1)); err != nil {
		t.Fatal(err)
	}
	srv.stop(t)
	var wg sync.WaitGroup
	for i := range 64 {
		wg.Go(func() {
			limit := time.Duration(100+10*i) * time.Millisecond
			ctx, cancel := context.WithTimeout(t.Context(), limit)
			defer cancel()
			began := time.Now()
			_, err := s.Append(ctx, newContact().Stream(), event.NoStream, names("x", 1))
			if late := time.Since(began) - limit; late > 100*time.Millisecond {
				t.Errorf("caller %d came back %v late", i, late)
			}
			if !errors.Is(err, eventstore.ErrUnavailable) {
				t.Errorf("caller %d: %v", i, err)
			}
		})
	}
	wg.Wait()
	srv.start(t)
	if _, err := s.Append(t.Context(), newContact().Stream(), event.NoStream, names("x", 1)); err != nil {
		t.Errorf("when the server is back: %v", err)
	}
}

func TestReadGoesOnWhereAnOutageBrokeIt(t *testing.T) {
	t.Parallel()
	srv := startServer(t)
	s := srv.store(t)
	stream := newContact().Stream()
	const all = 2000
	for n := 0; n < all; n += 500 {
		if _, err := s.Append(t.Context(), stream, event.Revision(n-1), names("x", 500)); err != nil {
			t.Fatal(err)
		}
	}
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	next := event.Revision(0)
	for e, err := range s.ReadStream(ctx, stream, 0) {
		if err != nil {
			t.Fatal(err)
		}
		if e.Revision != next {
			t.Fatalf("got revision %d, want %d", e.Revision, next)
		}
		if next++; next == 5 {
			srv.restart(t, 0)
		}
	}
	if next != all {
		t.Errorf("read %d events", next)
	}
}

func TestClosedClientRefusesAndClosesTwice(t *testing.T) {
	t.Parallel()
	srv := startServer(t)
	client := srv.open(t)
	codec, _ := newCodec()
	s := eventstore.NewStore(client, codec)
	if _, err := s.Head(t.Context()); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if err := client.Close(); err != nil {
			t.Error(err)
		}
	}
	if _, err := s.Head(t.Context()); !errors.Is(err, eventstore.ErrUnavailable) {
		t.Errorf("got %v", err)
	}
}

func TestCloseWhileTheServerIsAwayReturns(t *testing.T) {
	t.Parallel()
	srv := newServer(t)
	client := srv.open(t)
	codec, _ := newCodec()
	asked := make(chan error, 1)
	go func() {
		_, err := eventstore.NewStore(client, codec).Head(context.Background())
		asked <- err
	}()
	time.Sleep(50 * time.Millisecond)
	if err := client.Close(); err != nil {
		t.Error(err)
	}
	if err := <-asked; !errors.Is(err, eventstore.ErrUnavailable) {
		t.Errorf("got %v", err)
	}
}
