package eventstore_test

import (
	"fmt"
	"testing"

	embedded "tagtrail/adapters/embedded/eventstore"
	"tagtrail/adapters/eventstore"
)

// releases are the servers whose subscriptions a Subscriber must get along with: 23.10 drops a live reader that is more
// than 32 events behind, and does not tell it that it caught up with a stream that is not there yet.
var releases = map[string]func(*embedded.Server){
	"23.10":  func(s *embedded.Server) { s.Faults().As2310() },
	"newest": func(s *embedded.Server) { s.Faults().AsNewest() },
}

// TestEveryReleaseDeliversAllInOrder: nothing is lost, doubled or overtaken, whether the server drops the subscription
// or catches up by itself, of a stream and of the whole log, event by event and in batches.
func TestEveryReleaseDeliversAllInOrder(t *testing.T) {
	t.Parallel()
	const rounds, burst = 5, 100
	for release, behave := range releases {
		for _, topic := range []string{eventstore.All, "not-there-yet"} {
			for _, batch := range []int{0, 7} {
				t.Run(fmt.Sprintf("%s, %s, batches of %d", release, topic, batch), func(t *testing.T) {
					t.Parallel()
					srv := startServer(t)
					behave(srv.running)
					s := subscriber(t, srv.open(t), eventstore.SubscriberConfig{BatchMax: batch})
					messages, db := subscribe(t, s, topic), raw(t, srv)
					next := uint64(0)
					for round := range rounds {
						writeTo(t, db, "not-there-yet", burst, []byte("{}"))
						for next < uint64(round+1)*burst {
							msg := receive(t, messages)
							for _, r := range records(t, msg) {
								if r.Revision != next {
									t.Fatalf("revision %d comes where %d should", r.Revision, next)
								}
								next++
							}
							msg.Ack()
						}
					}
					if drops := s.Drops(); (release == "23.10") != (drops > 0) {
						t.Errorf("%d drops", drops)
					}
				})
			}
		}
	}
}
