//go:build race

package eventstore_test

import (
	"os"
	"strconv"
	"testing"
	"time"

	"github.com/ThreeDotsLabs/watermill/pubsub/tests"

	"tagtrail/adapters/eventstore"
)

// promptly is how late after its context a call may come back; the race
// detector makes everything that much slower.
const promptly = 500 * time.Millisecond

// runSuite runs the tests of the suite one by one, so that the one of them that
// has a data race of its own, in its list of what it published, is replaced by
// the same test without it. The suite's larger figures are for the run without
// the race detector, under which its timeouts are close.
func runSuite(t *testing.T, features tests.Features, pubSub tests.PubSubConstructor, group tests.ConsumerGroupPubSubConstructor, client *eventstore.Client) {
	t.Helper()
	features.ForceShort = true
	for name, test := range map[string]func(*testing.T, tests.TestContext, tests.PubSubConstructor){
		"TestPublishSubscribe":                  tests.TestPublishSubscribe,
		"TestConcurrentSubscribe":               tests.TestConcurrentSubscribe,
		"TestConcurrentSubscribeMultipleTopics": tests.TestConcurrentSubscribeMultipleTopics,
		"TestResendOnError":                     tests.TestResendOnError,
		"TestNoAck":                             tests.TestNoAck,
		"TestContinueAfterSubscribeClose":       tests.TestContinueAfterSubscribeClose,
		"TestConcurrentClose":                   tests.TestConcurrentClose,
		"TestContinueAfterErrors":               tests.TestContinueAfterErrors,
		"TestPublishSubscribeInOrder":           tests.TestPublishSubscribeInOrder,
		"TestPublisherClose":                    tests.TestPublisherClose,
		"TestTopic":                             tests.TestTopic,
		"TestMessageCtx":                        tests.TestMessageCtx,
		"TestSubscribeCtx":                      tests.TestSubscribeCtx,
		"TestNewSubscriberReceivesOldMessages":  tests.TestNewSubscriberReceivesOldMessages,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			test(t, tests.TestContext{TestID: tests.NewTestID(), Features: features}, pubSub)
		})
	}
	t.Run("TestConsumerGroups", func(t *testing.T) {
		t.Parallel()
		tests.TestConsumerGroups(t, tests.TestContext{TestID: tests.NewTestID(), Features: features}, group)
	})
	t.Run("TestReconnect", func(t *testing.T) { reconnect(t, client, features.RestartServiceCommand) })
}

// stressSuite is the suite's stress test on the tests as runSuite runs them.
func stressSuite(t *testing.T, features tests.Features, pubSub tests.PubSubConstructor, group tests.ConsumerGroupPubSubConstructor, client *eventstore.Client) {
	t.Helper()
	count, err := strconv.Atoi(os.Getenv(stressCount))
	if err != nil {
		t.Fatal(err)
	}
	for i := range count {
		t.Run(strconv.Itoa(i), func(t *testing.T) {
			t.Parallel()
			runSuite(t, features, pubSub, group, client)
		})
	}
}
