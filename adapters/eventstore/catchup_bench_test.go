package eventstore_test

import (
	"log/slog"
	"strconv"
	"testing"

	"github.com/EventStore/EventStore-Client-Go/v4/esdb"

	"tagtrail/adapters/eventstore"
	"tagtrail/domain/contact"
	"tagtrail/domain/event"
)

// BenchmarkCatchUp reads the whole log: by the official client alone, and as
// decoded batches; their ratio is what the way through Watermill costs.
func BenchmarkCatchUp(b *testing.B) {
	const all = 50_000
	codec, _ := newCodec()
	srv := &server{dir: b.TempDir(), socket: socketFor(b)}
	srv.start(b)
	b.Cleanup(func() { srv.stop(b) })
	client, err := eventstore.Open(eventstore.Config{URL: srv.socket, Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { _ = client.Close() })
	store := eventstore.NewStore(client, codec)
	var end event.Position
	for written := 0; written < all; {
		stream, events := newContact().Stream(), make([]event.Envelope, 500)
		for i := range events {
			events[i] = envelope(contact.LeadStatusChanged{From: contact.Cold, To: contact.Warm, Kind: contact.Advance})
		}
		if end, err = store.Append(b.Context(), stream, event.NoStream, events); err != nil {
			b.Fatal(err)
		}
		written += len(events)
	}

	b.Run("official client", func(b *testing.B) {
		db := raw(b, srv)
		for b.Loop() {
			sub, err := db.SubscribeToAll(b.Context(), esdb.SubscribeToAllOptions{From: esdb.Start{}})
			if err != nil {
				b.Fatal(err)
			}
			for {
				e := sub.Recv().EventAppeared
				if e != nil && e.OriginalEvent().Position.Commit >= uint64(end) {
					break
				}
			}
			_ = sub.Close()
		}
		b.ReportMetric(float64(b.N)*all/b.Elapsed().Seconds(), "events/s")
	})
	b.Run("decoded batches", func(b *testing.B) {
		for b.Loop() {
			s := eventstore.NewSubscriber(client, eventstore.SubscriberConfig{BatchMax: 10_000})
			messages, err := s.Subscribe(b.Context(), eventstore.All)
			if err != nil {
				b.Fatal(err)
			}
			for msg := range messages {
				if _, err := codec.Decode(b.Context(), msg); err != nil {
					b.Fatal(err)
				}
				msg.Ack()
				if last, _ := strconv.ParseUint(msg.Metadata[eventstore.LastPosition], 10, 64); last >= uint64(end) {
					break
				}
			}
			_ = s.Close()
		}
		b.ReportMetric(float64(b.N)*all/b.Elapsed().Seconds(), "events/s")
	})
}
