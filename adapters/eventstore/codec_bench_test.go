package eventstore_test

import (
	"testing"

	"github.com/google/uuid"

	"tagtrail/adapters/eventstore"
	"tagtrail/domain/contact"
	"tagtrail/domain/event"
	"tagtrail/domain/personal"
	"tagtrail/domain/tag"
)

// BenchmarkDecode reads events the way that a projection does, by kind: without and with sealed values.
func BenchmarkDecode(b *testing.B) {
	codec, _ := newCodec()
	for name, e := range map[string]event.Event{
		"nothing sealed": contact.TagAssigned{Tag: tag.ID{UUID: uuid.New()}, Number: 7, Assignment: contact.AssignmentID{UUID: uuid.New()}},
		"three sealed": contact.Created{
			Origin: contact.OriginMessage, LeadStatus: contact.Cold, Name: personal.New("Ana"),
			Identity: contact.Identity{Kind: contact.Number, Value: personal.New("+34666555444"), WaID: personal.New("34666555444")},
		},
	} {
		b.Run(name, func(b *testing.B) {
			stream := newContact().Stream()
			encoded, err := codec.Encode(b.Context(), stream, []event.Envelope{envelope(e)})
			if err != nil {
				b.Fatal(err)
			}
			const batch = 1000
			records := make([]eventstore.Record, batch)
			for i := range records {
				records[i] = recorded(stream, uint64(i), encoded[0])
			}
			b.ReportAllocs()
			for b.Loop() {
				if _, err := codec.DecodeRecords(b.Context(), records); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(b.N)*batch/b.Elapsed().Seconds(), "events/s")
		})
	}
}
