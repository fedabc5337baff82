package eventstore_test

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"tagtrail/adapters/eventstore"
	"tagtrail/domain/event"
)

// TestCallersSurviveAnOutage has 64 patient callers who are all answered when
// the server is back, and 8 impatient ones whose contexts end meanwhile.
func TestCallersSurviveAnOutage(t *testing.T) {
	t.Parallel()
	for _, gap := range []time.Duration{0, 500 * time.Millisecond, 4 * time.Second, 40 * time.Second} {
		t.Run(gap.String(), func(t *testing.T) {
			t.Parallel()
			srv := startServer(t)
			s := srv.store(t)
			const callers, impatient = 64, 8
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
						ctx, cancel := context.WithTimeout(t.Context(), gap+20*time.Second)
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
			for i := range impatient {
				wg.Go(func() { hurry(t, s, time.Duration(200+20*i)*time.Millisecond, stop) })
			}
			eventually(t, 20*time.Second, func() bool { return appended.Load() > callers })
			srv.restart(t, gap)
			after := appended.Load()
			eventually(t, 20*time.Second, func() bool { return appended.Load() > after+callers })
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

// hurry asks again and again under a time limit, and fails when answers come after it. One in twenty may: in hundreds of
// calls, a busy machine keeps some from running when their time comes.
func hurry(t *testing.T, s *eventstore.Store, limit time.Duration, stop <-chan struct{}) {
	t.Helper()
	calls, late, latest := 0, 0, time.Duration(0)
	for {
		select {
		case <-stop:
			if late*20 > calls {
				t.Errorf("of %d calls of %v, %d came back late, one of them %v", calls, limit, late, latest)
			}
			return
		default:
		}
		var err error
		calls++
		if by := lateness(limit, func(ctx context.Context) { _, err = s.Head(ctx) }); by > promptly {
			late, latest = late+1, max(latest, by)
		}
		if err != nil && !errors.Is(err, eventstore.ErrUnavailable) {
			t.Error(err)
		}
	}
}

func TestContextsAreHonouredDuringAnOutage(t *testing.T) {
	t.Parallel()
	srv := startServer(t)
	s := srv.store(t)
	away, back := make(chan struct{}), make(chan struct{})
	var wg sync.WaitGroup
	for i := range 64 {
		wg.Go(func() {
			for refused := false; ; {
				var err error
				late := lateness(time.Duration(100+3*i)*time.Millisecond, func(ctx context.Context) {
					_, err = s.Append(ctx, newContact().Stream(), event.NoStream, names("x", 1))
				})
				if late > promptly {
					t.Errorf("caller %d came back %v late", i, late)
				}
				if err != nil && !errors.Is(err, eventstore.ErrUnavailable) {
					t.Errorf("caller %d: %v", i, err)
				}
				refused = refused || err != nil
				select {
				case <-back:
					if !refused {
						t.Errorf("caller %d noticed no outage", i)
					}
					return
				default:
				}
			}
		})
	}
	go func() {
		defer close(away)
		time.Sleep(200 * time.Millisecond) // under way
		srv.stop(t)
	}()
	<-away
	time.Sleep(time.Second) // the outage
	close(back)
	wg.Wait()
	srv.start(t)
	if _, err := s.Append(t.Context(), newContact().Stream(), event.NoStream, names("x", 1)); err != nil {
		t.Errorf("when the server is back: %v", err)
	}
}

// TestCallersDoNotPileUpDuringAnOutage runs alone: it counts the goroutines of the process.
func TestCallersDoNotPileUpDuringAnOutage(t *testing.T) {
	srv := startServer(t)
	s := srv.store(t)
	if _, err := s.Append(t.Context(), newContact().Stream(), event.NoStream, names("x", 1)); err != nil {
		t.Fatal(err)
	}
	srv.stop(t)
	before := runtime.NumGoroutine()
	for range 500 {
		ctx, cancel := context.WithTimeout(t.Context(), 2*time.Millisecond)
		_, err := s.Append(ctx, newContact().Stream(), event.NoStream, names("x", 1))
		cancel()
		if !errors.Is(err, eventstore.ErrUnavailable) {
			t.Fatal(err)
		}
	}
	if after := runtime.NumGoroutine(); after > before+50 {
		t.Errorf("500 callers in vain left %d goroutines, there were %d", after, before)
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

func TestCallThatIgnoresItsContextIsAbandoned(t *testing.T) {
	t.Parallel()
	client := startServer(t).open(t)
	release := make(chan struct{})
	defer close(release)
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	asked := make(chan error, 1)
	go func() { asked <- client.Stuck(ctx, release) }()
	select {
	case err := <-asked:
		if !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("got %v", err)
		}
	case <-time.After(patience):
		t.Fatal("the call does not return")
	}
}

func TestPanicOfTheOfficialClientFailsOneCallOnly(t *testing.T) {
	t.Parallel()
	client := startServer(t).open(t)
	if err := client.Panicking(t.Context()); err == nil {
		t.Error("the call succeeds")
	}
	codec, _ := newCodec()
	if _, err := eventstore.NewStore(client, codec).Head(t.Context()); err != nil {
		t.Error(err)
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
