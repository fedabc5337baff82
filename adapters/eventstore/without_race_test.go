//go:build !race

package eventstore_test

import (
	"testing"
	"time"

	"github.com/ThreeDotsLabs/watermill/pubsub/tests"

	"tagtrail/adapters/eventstore"
)

// promptly is how late after its context a call may come back.
const promptly = 100 * time.Millisecond

func runSuite(t *testing.T, features tests.Features, pubSub tests.PubSubConstructor, group tests.ConsumerGroupPubSubConstructor, _ *eventstore.Client) {
	t.Helper()
	tests.TestPubSub(t, features, pubSub, group)
}

func stressSuite(t *testing.T, features tests.Features, pubSub tests.PubSubConstructor, group tests.ConsumerGroupPubSubConstructor, _ *eventstore.Client) {
	t.Helper()
	tests.TestPubSubStressTest(t, features, pubSub, group)
}
