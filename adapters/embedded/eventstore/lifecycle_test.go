package eventstore_test

import (
	"context"
	"errors"
	"net"
	"path/filepath"
	"slices"
	"sync/atomic"
	"testing"
	"time"

	"github.com/EventStore/EventStore-Client-Go/v4/esdb"
	"github.com/EventStore/EventStore-Client-Go/v4/protos/streams"
	"github.com/cockroachdb/pebble/v2/vfs"
	"github.com/cockroachdb/pebble/v2/vfs/errorfs"
	"github.com/google/uuid"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"tagtrail/adapters/embedded/eventstore"
	"tagtrail/adapters/embedded/eventstore/eventlog"
)

// TestServerOnAUnixSocket is how everything in one process talks.
func TestServerOnAUnixSocket(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "s")
	lis, err := net.Listen("unix", path)
	if err != nil {
		t.Fatal(err)
	}
	server, err := eventstore.Open(eventstore.Options{Dir: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	served := make(chan error, 1)
	go func() { served <- server.Serve(lis) }()
	t.Cleanup(func() {
		if err := errors.Join(server.Close(), server.Close(), <-served); err != nil {
			t.Error(err)
		}
	})
	config, err := esdb.ParseConnectionString("esdb://localhost?tls=false")
	if err != nil {
		t.Fatal(err)
	}
	config.Address = "unix:" + path
	appendN(t, dial(t, config), "s", "happened", 1)
	if server.Head() != 1 {
		t.Errorf("the head is %d", server.Head())
	}
}

func TestGossipNamesThisServer(t *testing.T) {
	t.Parallel()
	r := start(t)
	config, err := esdb.ParseConnectionString("esdb+discover://" + r.address + "?tls=false")
	if err != nil {
		t.Fatal(err)
	}
	appendN(t, dial(t, config), "s", "happened", 1)
}

func TestOtherMachinesAreNotServed(t *testing.T) {
	t.Parallel()
	server, err := eventstore.Open(eventstore.Options{Dir: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = server.Close() }()
	if err := server.Serve(elsewhere{}); !errors.Is(err, eventstore.ErrNotLoopback) {
		t.Errorf("serving all addresses: %v", err)
	}
}

// elsewhere claims to listen on all addresses, which no test should really do.
type elsewhere struct{}

func (elsewhere) Accept() (net.Conn, error) { return nil, net.ErrClosed }
func (elsewhere) Close() error              { return nil }
func (elsewhere) Addr() net.Addr            { return &net.TCPAddr{IP: net.IPv4zero, Port: 2113} }

// TestCloseEndsSubscriptionsAsUnavailable and a server on the same address and directory takes over.
func TestCloseEndsSubscriptionsAsUnavailable(t *testing.T) {
	t.Parallel()
	r := start(t)
	client := connect(t, r)
	appendN(t, client, "s", "happened", 1)
	sub, err := client.SubscribeToAll(t.Context(), esdb.SubscribeToAllOptions{From: esdb.End{}})
	if err != nil {
		t.Fatal(err)
	}
	began := time.Now()
	r.stop(t)
	if took := time.Since(began); took > 3*time.Second {
		t.Errorf("stopping took %s", took)
	}
	for {
		e := sub.Recv()
		if e.SubscriptionDropped == nil {
			continue
		}
		if code := status.Code(e.SubscriptionDropped.Error); code != codes.Unavailable {
			t.Errorf("the subscription ended with %v", code)
		}
		break
	}
	again := startIn(t, r.dir, r.address)
	appendN(t, connect(t, again), "s", "happened", 1)
	if again.Head() != 2 {
		t.Errorf("after the restart the head is %d, want 2", again.Head())
	}
}

func TestFaultsAreDeterministic(t *testing.T) {
	t.Parallel()
	r := start(t)
	client := streams.NewStreamsClient(conn(t, r.address))
	one := sent{stream: "s", id: uuid.New()}

	r.Faults().FailNext(2, codes.Unavailable, "away")
	for range 2 {
		if _, err := appendOne(t.Context(), client, one); status.Code(err) != codes.Unavailable {
			t.Errorf("a call that is to fail: %v", err)
		}
	}
	r.Faults().LoseNext(1)
	if _, err := appendOne(t.Context(), client, one); status.Code(err) != codes.Unavailable || r.Head() != 1 {
		t.Errorf("a lost answer: %v, the head is %d", err, r.Head())
	}
	if resp, err := appendOne(t.Context(), client, one); err != nil || resp.GetSuccess() == nil || r.Head() != 1 {
		t.Errorf("the repetition: %v %v, the head is %d", resp, err, r.Head())
	}

	r.Faults().NotLeader("127.0.0.1", 4242)
	call, err := client.Read(t.Context(), asking(&streams.ReadReq_Options{StreamOption: fromStart(), CountOption: &streams.ReadReq_Options_Count{Count: 1}}))
	if err != nil {
		t.Fatal(err)
	}
	if _, err = call.Recv(); status.Code(err) != codes.NotFound || !slices.Equal(call.Trailer()["leader-endpoint-port"], []string{"4242"}) {
		t.Errorf("not the leader: %v with %v", err, call.Trailer())
	}
	r.Faults().Leader()

	sub, err := client.Read(t.Context(), asking(&streams.ReadReq_Options{StreamOption: fromStart(), CountOption: &streams.ReadReq_Options_Subscription{Subscription: &streams.ReadReq_Options_SubscriptionOptions{}}}))
	if err != nil {
		t.Fatal(err)
	}
	if got, want := next(t, sub, 3), []string{"confirmation", "event 1", "caught up"}; !slices.Equal(got, want) {
		t.Fatalf("the subscription says %q, want %q", got, want)
	}
	r.Faults().DropSubscriptions(codes.Aborted, "too slow")
	if _, err := sub.Recv(); status.Code(err) != codes.Aborted {
		t.Errorf("the dropped subscription ended with %v", err)
	}

	r.Faults().Delay(time.Hour)
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
	defer cancel()
	if _, err := appendOne(ctx, client, one); status.Code(err) != codes.DeadlineExceeded {
		t.Errorf("a delayed call: %v", err)
	}
}

// brokenDisk fails every sync once it is broken.
type brokenDisk struct{ broken atomic.Bool }

func (*brokenDisk) String() string { return "broken disk" }

func (d *brokenDisk) MaybeError(op errorfs.Op) error {
	if d.broken.Load() && (op.Kind == errorfs.OpFileSync || op.Kind == errorfs.OpFileSyncData || op.Kind == errorfs.OpFileSyncTo) {
		return errors.New("the disk is gone")
	}
	return nil
}

// TestServerStopsWhenTheDiskFails instead of answering from a log that nobody can trust.
func TestServerStopsWhenTheDiskFails(t *testing.T) {
	t.Parallel()
	disk := &brokenDisk{}
	lis, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	server, err := eventstore.Open(eventstore.Options{Dir: "log", FS: errorfs.Wrap(vfs.NewMem(), disk)})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = server.Close() }()
	served := make(chan error, 1)
	go func() { served <- server.Serve(lis) }()
	client := streams.NewStreamsClient(conn(t, lis.Addr().String()))
	if _, err := appendOne(t.Context(), client, sent{stream: "s", id: uuid.New()}); err != nil {
		t.Fatal(err)
	}
	disk.broken.Store(true)
	if _, err := appendOne(t.Context(), client, sent{stream: "s", revision: 1, id: uuid.New()}); status.Code(err) != codes.Unavailable {
		t.Errorf("an append that cannot be synced: %v", err)
	}
	select {
	case err := <-served:
		if !errors.Is(err, eventlog.ErrStopped) {
			t.Errorf("serving ended with %v", err)
		}
	case <-time.After(10 * time.Second):
		t.Error("the server serves on")
	}
}
