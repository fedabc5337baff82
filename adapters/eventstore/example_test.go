package eventstore_test

import (
	"context"
	"fmt"
	"log"
	"log/slog"
	"net"
	"os"
	"path/filepath"

	"github.com/ThreeDotsLabs/watermill"
	"github.com/ThreeDotsLabs/watermill/message"

	embedded "tagtrail/adapters/embedded/eventstore"
	"tagtrail/adapters/eventstore"
)

// serve starts an event store for an example and answers where it is.
func serve() (url string, stop func()) {
	dir, err := os.MkdirTemp("", "es")
	if err != nil {
		log.Fatal(err)
	}
	server, err := embedded.Open(embedded.Options{Dir: filepath.Join(dir, "log")})
	if err != nil {
		log.Fatal(err)
	}
	socket := filepath.Join(dir, "s")
	lis, err := net.Listen("unix", socket)
	if err != nil {
		log.Fatal(err)
	}
	served := make(chan error, 1)
	go func() { served <- server.Serve(lis) }()
	return socket, func() {
		if err := server.Close(); err != nil {
			log.Fatal(err)
		}
		if err := <-served; err != nil {
			log.Fatal(err)
		}
		_ = os.RemoveAll(dir)
	}
}

// One message is one event: what is published to a stream comes back in its order.
func ExampleSubscriber() {
	url, stop := serve() // or esdb://localhost:2113?tls=false
	defer stop()
	client, err := eventstore.Open(eventstore.Config{URL: url})
	if err != nil {
		log.Fatal(err)
	}
	defer func() { _ = client.Close() }()

	publisher := eventstore.NewPublisher(client)
	for _, text := range []string{`{"total":3}`, `{"total":5}`} {
		msg := message.NewMessage(watermill.NewUUID(), []byte(text))
		msg.Metadata.Set("eventstore_type", "order-placed")
		msg.Metadata.Set("customer", "4711")
		if err := publisher.Publish("orders", msg); err != nil {
			log.Fatal(err)
		}
	}

	subscriber := eventstore.NewSubscriber(client, eventstore.SubscriberConfig{Logger: slog.New(slog.DiscardHandler)})
	defer func() { _ = subscriber.Close() }()
	messages, err := subscriber.Subscribe(context.Background(), "orders")
	if err != nil {
		log.Fatal(err)
	}
	for range 2 {
		msg := <-messages
		fmt.Println(msg.Metadata.Get("eventstore_revision"), msg.Metadata.Get("eventstore_type"), msg.Metadata.Get("customer"), string(msg.Payload))
		msg.Ack()
	}
	// Output:
	// 0 order-placed 4711 {"total":3}
	// 1 order-placed 4711 {"total":5}
}

// One message is a batch of all streams, and the reader keeps its own checkpoint.
func ExampleSubscriber_batches() {
	url, stop := serve()
	defer stop()
	client, err := eventstore.Open(eventstore.Config{URL: url})
	if err != nil {
		log.Fatal(err)
	}
	defer func() { _ = client.Close() }()

	publisher := eventstore.NewPublisher(client)
	for _, stream := range []string{"orders-1", "orders-2", "orders-1"} {
		if err := publisher.Publish(stream, message.NewMessage(watermill.NewUUID(), []byte("{}"))); err != nil {
			log.Fatal(err)
		}
	}

	var checkpoint uint64 // in a database, moved in the transaction of what was handled
	subscriber := eventstore.NewSubscriber(client, eventstore.SubscriberConfig{
		BatchMax: 1000,
		From:     func(context.Context, string) (uint64, error) { return checkpoint, nil },
		Logger:   slog.New(slog.DiscardHandler),
	})
	messages, err := subscriber.Subscribe(context.Background(), eventstore.All)
	if err != nil {
		log.Fatal(err)
	}
	for seen := 0; seen < 3; {
		msg := <-messages
		records, err := eventstore.Records(msg)
		if err != nil {
			log.Fatal(err)
		}
		for _, r := range records {
			fmt.Println(r.Stream, r.Revision)
			checkpoint = r.Position
			seen++
		}
		msg.Ack()
	}
	_ = subscriber.Close()
	// Output:
	// orders-1 0
	// orders-2 0
	// orders-1 1
}
