package eventstore_test

import (
	"testing"

	"github.com/EventStore/EventStore-Client-Go/v4/esdb"
	"github.com/google/uuid"
)

// raw is the official client without guards, for what only a test writes.
func raw(t testing.TB, srv *server) *esdb.Client {
	t.Helper()
	client, err := esdb.NewClient(&esdb.Configuration{
		Address: "unix:" + srv.socket, DisableTLS: true, MaxDiscoverAttempts: 10, DiscoveryInterval: 10, GossipTimeout: 5,
		KeepAliveInterval: -1, Logger: esdb.NoopLogging(),
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = client.Close() })
	return client
}

// writeMetadata writes the metadata of streams, which the filter of subscriptions keeps back.
func writeMetadata(t *testing.T, srv *server, n int) {
	t.Helper()
	client := raw(t, srv)
	for range n {
		_, err := client.SetStreamMetadata(t.Context(), "contact-"+uuid.NewString(), esdb.AppendToStreamOptions{}, esdb.StreamMetadata{})
		if err != nil {
			t.Fatal(err)
		}
	}
}

// writeSystemEvents writes what an event store writes for itself: metadata of
// streams, and events of an ordinary type on a stream of its own.
func writeSystemEvents(t *testing.T, srv *server, n int) {
	t.Helper()
	client := raw(t, srv)
	for i := range n {
		stream, eventType := "$$contact-"+uuid.NewString(), "$metadata"
		if i%2 == 0 {
			stream, eventType = "$persistentSubscriptionConfig", "PersistentConfig1"
		}
		_, err := client.AppendToStream(t.Context(), stream, esdb.AppendToStreamOptions{ExpectedRevision: esdb.Any{}},
			esdb.EventData{EventID: uuid.New(), EventType: eventType, ContentType: esdb.ContentTypeJson, Data: []byte("{}")})
		if err != nil {
			t.Fatal(err)
		}
	}
}

// tombstone ends a stream for ever.
func tombstone(t *testing.T, srv *server, stream string) {
	t.Helper()
	if _, err := raw(t, srv).TombstoneStream(t.Context(), stream, esdb.TombstoneStreamOptions{ExpectedRevision: esdb.Any{}}); err != nil {
		t.Fatal(err)
	}
}
