package eventstore_test

import (
	"slices"
	"testing"

	"tagtrail/adapters/eventstore"
	"tagtrail/domain/event"
)

// F22: an event that nobody can decode is left out of a batch, the others stay as they are, and its place is known.
func TestEventsAreLeftOutOfABatchWithoutBeingDecoded(t *testing.T) {
	t.Parallel()
	srv := startServer(t)
	end := write(t, srv, 5, []byte("nothing that anybody can decode"))
	s := subscriber(t, srv.open(t), eventstore.SubscriberConfig{BatchMax: 100})
	messages := subscribe(t, s, eventstore.All)
	for reached := uint64(0); reached < end; {
		msg := receive(t, messages)
		whole := records(t, msg)
		reached = position(t, msg, eventstore.LastPosition)
		for i, r := range whole {
			stands := func(stream string, revision event.Revision, position event.Position) event.Recorded[event.Event] {
				return event.Recorded[event.Event]{Stream: stream, Revision: revision, Position: position}
			}
			rest, left, err := eventstore.Without(stands)(msg, []event.Position{event.Position(r.Position), event.Position(end + 1)})
			if err != nil || len(left) != 1 || left[0].Stream != r.Stream || uint64(left[0].Revision) != r.Revision || uint64(left[0].Position) != r.Position {
				t.Fatalf("left out is %+v, %v", left, err)
			}
			var want, got []uint64
			for _, other := range slices.Delete(slices.Clone(whole), i, i+1) {
				want = append(want, other.Position)
			}
			for _, other := range records(t, rest) {
				got = append(got, other.Position)
				if string(other.Data) != string(r.Data) || other.Type != r.Type || other.RecordedAt.IsZero() {
					t.Errorf("what is left is %+v", other)
				}
			}
			if !slices.Equal(got, want) || position(t, rest, eventstore.LastPosition) != reached {
				t.Errorf("what is left is at %v, want %v", got, want)
			}
		}
		msg.Ack()
	}
}
