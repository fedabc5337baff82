package eventstore_test

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/ThreeDotsLabs/watermill/message"
	"github.com/ThreeDotsLabs/watermill/pubsub/tests"
	"go.uber.org/goleak"

	"tagtrail/adapters/eventstore"
)

// restartArgument makes the test binary a command that asks the running tests to restart their server.
const restartArgument = "restart-server"

func TestMain(m *testing.M) {
	if len(os.Args) == 3 && os.Args[1] == restartArgument {
		os.Exit(askForRestart(os.Args[2]))
	}
	goleak.VerifyTestMain(m,
		// The suite leaves the goroutines of its multiplied subscriber and of its TestReconnect behind.
		goleak.IgnoreAnyFunction("github.com/ThreeDotsLabs/watermill/internal/subscriber.(*multiplier).Subscribe.func2"),
		goleak.IgnoreAnyFunction("github.com/ThreeDotsLabs/watermill/internal/subscriber.(*multiplier).Subscribe.func3"),
		goleak.IgnoreAnyFunction("github.com/ThreeDotsLabs/watermill/pubsub/tests.TestReconnect.func2"),
		// The official client drops the connection of a server that went away without closing it, when another
		// call asks for a new one before its Client is given up.
		goleak.IgnoreAnyFunction("google.golang.org/grpc/internal/grpcsync.(*CallbackSerializer).run"),
		goleak.IgnoreAnyFunction("google.golang.org/grpc.(*addrConn).connect"),
	)
}

// askForRestart returns when the server is back, which the other side says by hanging up.
func askForRestart(socket string) int {
	conn, err := net.Dial("unix", socket)
	if err == nil {
		_, err = io.Copy(io.Discard, conn)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	return 0
}

// restartable listens for requests to restart the server, and answers the command that makes one.
func restartable(t *testing.T, srv *server) []string {
	t.Helper()
	socket := filepath.Join(filepath.Dir(srv.socket), "restart")
	lis, err := net.Listen("unix", socket)
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		for {
			conn, err := lis.Accept()
			if err != nil {
				return
			}
			srv.restart(t, 200*time.Millisecond)
			_ = conn.Close()
		}
	}()
	t.Cleanup(func() {
		_ = lis.Close()
		<-done
	})
	return []string{os.Args[0], restartArgument, socket}
}

// TestPubSub is Watermill's own suite, with one message per event.
func TestPubSub(t *testing.T) {
	t.Parallel()
	srv := startServer(t)
	client := srv.open(t)
	features := suiteFeatures
	features.RestartServiceCommand = restartable(t, srv)
	runSuite(t, features, pubSubOn(client), groupsOn(client), client)
}

// suiteFeatures are what the suite is to hold the log to.
var suiteFeatures = tests.Features{
	ConsumerGroups: true, GuaranteedOrder: true, GuaranteedOrderWithSingleSubscriber: true, Persistent: true,
	NewSubscriberReceivesOldMessages: true,
}

// pubSubOn makes the suite's publishers and subscribers on a client.
func pubSubOn(client *eventstore.Client) tests.PubSubConstructor {
	return func(t *testing.T) (message.Publisher, message.Subscriber) {
		t.Helper()
		var subscriber message.Subscriber = eventstore.NewSubscriber(client, eventstore.SubscriberConfig{
			RedeliverAfter: 10 * time.Millisecond, Logger: slog.New(slog.DiscardHandler),
		})
		t.Cleanup(func() { _ = subscriber.Close() }) // the suite forgets one
		if strings.Contains(t.Name(), "TestReconnect") {
			subscriber = &late{Subscriber: subscriber}
		}
		return eventstore.NewPublisher(client), subscriber
	}
}

// groupsOn is the same for consumer groups: each subscriber sees everything, and so does each group.
func groupsOn(client *eventstore.Client) tests.ConsumerGroupPubSubConstructor {
	return func(t *testing.T, _ string) (message.Publisher, message.Subscriber) {
		t.Helper()
		return pubSubOn(client)(t)
	}
}

// late hands a message on a tenth of a second after it was recorded. The
// suite's TestReconnect counts what was received before its publishers had the
// time to write down what they published, and an event comes back in less than that.
type late struct {
	message.Subscriber
	running sync.WaitGroup
}

func (l *late) Subscribe(ctx context.Context, topic string) (<-chan *message.Message, error) {
	in, err := l.Subscriber.Subscribe(ctx, topic)
	if err != nil {
		return nil, err
	}
	out := make(chan *message.Message)
	l.running.Go(func() {
		defer close(out)
		for msg := range in {
			recorded, _ := time.Parse(time.RFC3339Nano, msg.Metadata["eventstore_recorded_at"])
			select {
			case <-time.After(time.Until(recorded.Add(100 * time.Millisecond))):
			case <-msg.Context().Done():
			}
			select {
			case out <- msg:
			case <-msg.Context().Done():
			}
		}
	})
	return out, nil
}

func (l *late) Close() error {
	err := l.Subscriber.Close()
	l.running.Wait()
	return err
}
