package wire_test

import (
	"context"
	"net"
	"path/filepath"
	"sync/atomic"
	"testing"

	"github.com/EventStore/EventStore-Client-Go/v4/esdb"
	"github.com/google/uuid"

	"tagtrail/adapters/embedded/eventstore/eventlog"
	"tagtrail/adapters/embedded/eventstore/wire"
)

// refusing is a log that answers every append the same way.
type refusing struct {
	wire.Log
	with  error
	asked atomic.Int64
}

func (l *refusing) Append(_ context.Context, _ eventlog.Append, _ func(eventlog.Appended, error)) error {
	l.asked.Add(1)
	return l.with
}

// TestAFullDiskIsSaidAsUnavailable, for it passes: clients that know what they sent may send it again. Nobody sends it
// again by himself: one call asks the log once.
func TestAFullDiskIsSaidAsUnavailable(t *testing.T) {
	t.Parallel()
	for name, row := range map[string]struct {
		with error
		want esdb.ErrorCode
	}{
		"full":    {eventlog.ErrFull, esdb.ErrorUnavailable},
		"stopped": {eventlog.ErrStopped, esdb.ErrorUnavailable},
		"closed":  {eventlog.ErrClosed, esdb.ErrorUnavailable},
		"deleted": {eventlog.ErrStreamDeleted, esdb.ErrorCodeStreamDeleted},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			log := &refusing{with: row.with}
			client := serve(t, log)
			_, err := client.AppendToStream(t.Context(), "s", esdb.AppendToStreamOptions{ExpectedRevision: esdb.Any{}}, esdb.EventData{
				EventID: uuid.New(), EventType: "happened", ContentType: esdb.ContentTypeJson, Data: []byte("{}"),
			})
			if failure, ok := esdb.FromError(err); ok || failure.Code() != row.want {
				t.Errorf("an append ends with %v, want code %v", err, row.want)
			}
			if n := log.asked.Load(); n != 1 {
				t.Errorf("the log was asked %d times", n)
			}
		})
	}
}

func serve(t *testing.T, log wire.Log) *esdb.Client {
	t.Helper()
	socket := filepath.Join(t.TempDir(), "s")
	lis, err := net.Listen("unix", socket)
	if err != nil {
		t.Fatal(err)
	}
	server := wire.NewServer(log, wire.Options{})
	served := make(chan error, 1)
	go func() { served <- server.Serve(lis) }()
	t.Cleanup(func() {
		server.Stop()
		if err := <-served; err != nil {
			t.Error("serve:", err)
		}
	})
	config, err := esdb.ParseConnectionString("esdb://localhost?tls=false")
	if err != nil {
		t.Fatal(err)
	}
	config.Address, config.Logger = "unix:"+socket, esdb.NoopLogging()
	client, err := esdb.NewClient(config)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = client.Close() })
	return client
}
