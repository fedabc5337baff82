package eventstore_test

import (
	"net"
	"testing"

	"github.com/EventStore/EventStore-Client-Go/v4/esdb"

	"tagtrail/adapters/embedded/eventstore"
)

// running is a server on a loopback port of its own.
type running struct {
	*eventstore.Server
	address string
	dir     string
	served  chan error
}

func start(t *testing.T) *running {
	t.Helper()
	return startIn(t, t.TempDir(), "127.0.0.1:0")
}

func startIn(t *testing.T, dir, address string) *running {
	t.Helper()
	lis, err := net.Listen("tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	server, err := eventstore.Open(eventstore.Options{Dir: dir})
	if err != nil {
		t.Fatal(err)
	}
	r := &running{Server: server, address: lis.Addr().String(), dir: dir, served: make(chan error, 1)}
	go func() { r.served <- server.Serve(lis) }()
	t.Cleanup(func() { r.stop(t) })
	return r
}

// stop may be called again by the test's own end.
func (r *running) stop(t *testing.T) {
	t.Helper()
	if err := r.Close(); err != nil {
		t.Error("close the server:", err)
	}
	if r.served == nil {
		return
	}
	if err := <-r.served; err != nil {
		t.Error("serve:", err)
	}
	r.served = nil
}

// connect answers a client that is closed before the server.
func connect(t *testing.T, r *running) *esdb.Client {
	t.Helper()
	config, err := esdb.ParseConnectionString("esdb://" + r.address + "?tls=false")
	if err != nil {
		t.Fatal(err)
	}
	return dial(t, config)
}

func dial(t *testing.T, config *esdb.Configuration) *esdb.Client {
	t.Helper()
	config.Logger = esdb.NoopLogging()
	client, err := esdb.NewClient(config)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = client.Close() })
	return client
}
