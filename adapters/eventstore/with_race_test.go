//go:build race

package eventstore_test

import (
	"log/slog"
	"os"
	"os/exec"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/ThreeDotsLabs/watermill/message"
	"github.com/ThreeDotsLabs/watermill/pubsub/tests"
	"github.com/google/uuid"

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

// reconnect is what the suite's TestReconnect shows: 100 publishers, a
// subscriber and two restarts, and every message that was published is received.
func reconnect(t *testing.T, client *eventstore.Client, restart []string) {
	t.Helper()
	const publishers, each = 100, 100
	topic := "topic-" + uuid.NewString()
	publisher := eventstore.NewPublisher(client)
	subscriber := eventstore.NewSubscriber(client, eventstore.SubscriberConfig{Logger: slog.New(slog.DiscardHandler)})
	defer func() { _ = subscriber.Close() }()
	messages, err := subscriber.Subscribe(t.Context(), topic)
	if err != nil {
		t.Fatal(err)
	}
	var mu sync.Mutex
	published := map[string]bool{}
	var working sync.WaitGroup
	for range publishers {
		working.Go(func() {
			for range each {
				msg := message.NewMessage(uuid.NewString(), []byte("x"))
				if err := publisher.Publish(topic, msg); err != nil {
					t.Error(err)
					return
				}
				mu.Lock()
				published[msg.UUID] = true
				count := len(published)
				mu.Unlock()
				if count == publishers*each/3 || count == publishers*each/2 {
					working.Go(func() {
						if out, err := exec.Command(restart[0], restart[1:]...).CombinedOutput(); err != nil {
							t.Errorf("restart the server: %v: %s", err, out)
						}
					})
				}
			}
		})
	}
	received := map[string]bool{}
	for deadline := time.After(time.Minute); len(received) < publishers*each; {
		select {
		case msg := <-messages:
			received[msg.UUID] = true
			msg.Ack()
		case <-deadline:
			t.Fatalf("received %d messages", len(received))
		}
	}
	working.Wait()
	for id := range published {
		if !received[id] {
			t.Errorf("message %s was not received", id)
		}
	}
}
