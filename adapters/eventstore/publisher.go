package eventstore

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"

	"github.com/EventStore/EventStore-Client-Go/v4/esdb"
	"github.com/ThreeDotsLabs/watermill/message"
	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
	"github.com/google/uuid"
)

// Publisher is a Watermill publisher on the log: a topic is a stream, a message
// is an event. A message that is published again under the same UUID is
// recognised by the event store as far as it remembers.
type Publisher struct {
	client *Client
	closed atomic.Bool
}

// NewPublisher makes a publisher on a client; the client must outlive it.
func NewPublisher(client *Client) *Publisher { return &Publisher{client: client} }

// The type of an event whose message names none, and the bounds of one append.
const (
	defaultType = "message"
	appendCount = 500
	appendBytes = 512 << 10
)

var errPublisherClosed = errors.New("the publisher is closed")

// Publish appends the messages in their order, many at once; when it fails, a
// beginning of them may have been appended. The metadata member
// "eventstore_type" names the type of the event.
func (p *Publisher) Publish(topic string, messages ...*message.Message) error {
	for len(messages) > 0 {
		if p.closed.Load() {
			return errPublisherClosed
		}
		n, size := 0, 0
		var events []esdb.EventData
		for n < len(messages) && n < appendCount && (n == 0 || size+len(messages[n].Payload) <= appendBytes) {
			e, err := eventOf(topic, messages[n])
			if err != nil {
				return fmt.Errorf("publish message %s to %s: %w", messages[n].UUID, topic, err)
			}
			events = append(events, e)
			size += len(e.Data)
			n++
		}
		// The context of the first message stands for all of an append.
		if err := p.publish(messages[0].Context(), topic, events); err != nil {
			return fmt.Errorf("publish to %s: %w", topic, err)
		}
		messages = messages[n:]
	}
	return nil
}

func (p *Publisher) publish(ctx context.Context, topic string, events []esdb.EventData) error {
	_, err := p.client.append(ctx, topic, esdb.Any{}, events)
	return err
}

// Close refuses what is published from now on; nothing waits to be sent.
func (p *Publisher) Close() error {
	p.closed.Store(true)
	return nil
}

// eventOf makes the event of a message; what a Subscriber says about an event is not part of its metadata.
func eventOf(topic string, msg *message.Message) (esdb.EventData, error) {
	e := esdb.EventData{EventType: defaultType, ContentType: esdb.ContentTypeBinary, Data: msg.Payload}
	if jsontext.Value(msg.Payload).IsValid() {
		e.ContentType = esdb.ContentTypeJson
	}
	metadata := make(map[string]string, len(msg.Metadata)+1)
	for name, value := range msg.Metadata {
		switch name {
		case eventType:
			e.EventType = value
		case eventID, eventStream, eventRevision, eventPosition, eventRecordedAt, eventMetadata, eventJSON:
		default:
			metadata[name] = value
		}
	}
	id, err := uuid.Parse(msg.UUID)
	switch {
	case msg.UUID == "":
		id, err = uuid.NewRandom()
	case err != nil || id == uuid.Nil || id.String() != msg.UUID:
		id, err = uuid.NewSHA1(uuid.NameSpaceOID, []byte(topic+"\x00"+msg.UUID)), nil
		metadata[messageID] = msg.UUID
	}
	if err != nil {
		return e, err
	}
	e.EventID = id
	e.Metadata, err = json.Marshal(metadata, json.Deterministic(true))
	return e, err
}
