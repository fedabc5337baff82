package eventstore_test

import (
	"context"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	embedded "tagtrail/adapters/embedded/eventstore"
	"tagtrail/adapters/eventstore"
)

// server is an embedded event store on a Unix socket, which can be stopped and started again.
type server struct {
	dir, socket string
	address     string // of its TCP port as well, once started

	mu      sync.Mutex
	running *embedded.Server
	served  chan error
}

func newServer(t testing.TB) *server {
	t.Helper()
	s := &server{dir: t.TempDir(), socket: socketFor(t)}
	t.Cleanup(func() { s.stop(t) })
	return s
}

// socketFor answers a path for a socket: it must be short, and the test's own directory is not.
func socketFor(t testing.TB) string {
	t.Helper()
	run, err := os.MkdirTemp("", "es") //nolint:usetesting // for its shortness
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(run) })
	return filepath.Join(run, "s")
}

func startServer(t *testing.T) *server {
	t.Helper()
	s := newServer(t)
	s.start(t)
	return s
}

func (s *server) start(t testing.TB) {
	t.Helper()
	s.mu.Lock()
	defer s.mu.Unlock()
	running, err := embedded.Open(embedded.Options{Dir: s.dir})
	if err != nil {
		t.Error("open the server:", err)
		return
	}
	lis, err := net.Listen("unix", s.socket)
	if err != nil {
		t.Error("listen:", err)
		_ = running.Close()
		return
	}
	port, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Error("listen:", err)
		_ = running.Close()
		return
	}
	s.running, s.served, s.address = running, make(chan error, 2), port.Addr().String()
	for _, l := range []net.Listener{lis, port} {
		go func(served chan error) { served <- running.Serve(l) }(s.served)
	}
}

func (s *server) stop(t testing.TB) {
	t.Helper()
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.running == nil {
		return
	}
	if err := s.running.Close(); err != nil {
		t.Error("close the server:", err)
	}
	for range 2 {
		if err := <-s.served; err != nil {
			t.Error("serve:", err)
		}
	}
	s.running = nil
}

func (s *server) restart(t *testing.T, gap time.Duration) {
	t.Helper()
	s.stop(t)
	time.Sleep(gap)
	s.start(t)
}

// open makes a client of the server that is closed before the server stops.
func (s *server) open(t *testing.T) *eventstore.Client {
	t.Helper()
	return openAt(t, s.socket)
}

func openAt(t *testing.T, url string) *eventstore.Client {
	t.Helper()
	client, err := eventstore.Open(eventstore.Config{URL: url, Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = client.Close() })
	return client
}

// openPatient makes a client that waits so long where a call has no deadline.
func openPatient(t *testing.T, url string, deadline time.Duration) *eventstore.Client {
	t.Helper()
	client, err := eventstore.Open(eventstore.Config{URL: url, Deadline: deadline, Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = client.Close() })
	return client
}

// panics is a log that counts what the client says about panics of the official one.
type panics struct {
	slog.Handler
	said atomic.Int64
}

func (p *panics) Enabled(_ context.Context, level slog.Level) bool { return level >= slog.LevelError }

func (p *panics) Handle(context.Context, slog.Record) error {
	p.said.Add(1)
	return nil
}

func (p *panics) count() int64 { return p.said.Load() }

func openLogged(t *testing.T, url string, log slog.Handler) *eventstore.Client {
	t.Helper()
	client, err := eventstore.Open(eventstore.Config{URL: url, Logger: slog.New(log)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = client.Close() })
	return client
}

// store makes a store on a client of its own.
func (s *server) store(t *testing.T) *eventstore.Store {
	t.Helper()
	codec, _ := newCodec()
	return eventstore.NewStore(s.open(t), codec)
}

// eventually waits until a condition holds.
func eventually(t *testing.T, within time.Duration, holds func() bool) {
	t.Helper()
	for deadline := time.Now().Add(within); !holds(); {
		if time.Now().After(deadline) {
			t.Fatalf("it does not hold after %v", within)
		}
		time.Sleep(5 * time.Millisecond)
	}
}

// hops is how many goroutines hand on the word that a call's time is up, more or less.
const hops = 10

// lateness answers how much later than a bare timer a call under a time limit
// comes back, when the timer's word goes through as many goroutines: on a busy
// machine the timer is late too.
func lateness(limit time.Duration, call func(ctx context.Context)) time.Duration {
	ctx, cancel := context.WithTimeout(context.Background(), limit)
	defer cancel()
	began := time.Now()
	timer := make(chan time.Duration, 1)
	bare := time.AfterFunc(limit, func() {
		for range hops {
			hop := make(chan struct{})
			go close(hop)
			<-hop
		}
		timer <- time.Since(began)
	})
	call(ctx)
	took := time.Since(began)
	if bare.Stop() || took < limit {
		return 0
	}
	return took - <-timer
}
