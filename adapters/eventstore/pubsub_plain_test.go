//go:build !race

package eventstore_test

import (
	"testing"

	"github.com/ThreeDotsLabs/watermill/pubsub/tests"
)

func runSuite(t *testing.T, features tests.Features, pubSub tests.PubSubConstructor, group tests.ConsumerGroupPubSubConstructor, _ func(*testing.T)) {
	tests.TestPubSub(t, features, pubSub, group)
}
