package eventstore

import (
	"fmt"
	"strconv"
	"time"

	"github.com/ThreeDotsLabs/watermill/message"
	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
	"github.com/google/uuid"
)

// The metadata of a batch.
const (
	AfterPosition = "after_position" // the position that the batch follows
	FirstPosition = "first_position" // the position of its first event; absent where it has none
	LastPosition  = "last_position"  // how far it reaches, at or behind its last event
	LastRevision  = "last_revision"  // of a batch of one stream: the revision of its last event
	Count         = "count"          // how many events it holds
)

// The metadata of a single event, beside the members of its own metadata.
const (
	eventID         = "eventstore_id"
	eventType       = "eventstore_type"
	eventStream     = "eventstore_stream"
	eventRevision   = "eventstore_revision"
	eventPosition   = "eventstore_position"
	eventRecordedAt = "eventstore_recorded_at"
	eventMetadata   = "eventstore_metadata"
	eventJSON       = "eventstore_json"
)

// messageID is the member of an event's metadata that keeps the id of a message whose id is no UUID.
const messageID = "watermill_uuid"

// Records answers the recorded events of a message of a Subscriber, of either mode.
func Records(msg *message.Message) ([]Record, error) {
	if counted, batch := msg.Metadata[Count]; batch {
		count, err := strconv.Atoi(counted)
		if err != nil {
			return nil, fmt.Errorf("read the count of a batch: %w", err)
		}
		return readFrame(msg.Payload, count)
	}
	r, err := recordIn(msg)
	if err != nil {
		return nil, fmt.Errorf("read the event of message %s: %w", msg.UUID, err)
	}
	return []Record{r}, nil
}

// newSingle makes the message of one event: its metadata is the event's own,
// member by member, and what the log says about it.
func newSingle(r Record) *message.Message {
	msg := message.NewMessage(r.ID.String(), r.Data)
	members := map[string]jsontext.Value{}
	if len(r.Metadata) > 0 && json.Unmarshal(r.Metadata, &members) == nil {
		for name, value := range members {
			msg.Metadata[name] = textOf(value)
		}
	}
	if id, renamed := msg.Metadata[messageID]; renamed {
		msg.UUID = id
		delete(msg.Metadata, messageID)
	}
	msg.Metadata[eventType] = r.Type
	msg.Metadata[eventStream] = r.Stream
	msg.Metadata[eventRevision] = strconv.FormatUint(r.Revision, 10)
	msg.Metadata[eventPosition] = strconv.FormatUint(r.Position, 10)
	msg.Metadata[eventRecordedAt] = r.RecordedAt.Format(time.RFC3339Nano)
	msg.Metadata[eventJSON] = strconv.FormatBool(r.JSON)
	msg.Metadata[eventMetadata] = string(r.Metadata)
	msg.Metadata[eventID] = r.ID.String()
	return msg
}

// textOf answers a JSON string as the text that it spells, anything else as it is.
func textOf(value jsontext.Value) string {
	var text string
	if value.Kind() == '"' && json.Unmarshal(value, &text) == nil {
		return text
	}
	return string(value)
}

func recordIn(msg *message.Message) (Record, error) {
	r := Record{Stream: msg.Metadata[eventStream], Type: msg.Metadata[eventType], Data: msg.Payload, Metadata: []byte(msg.Metadata[eventMetadata])}
	var err error
	if r.ID, err = uuid.Parse(msg.Metadata[eventID]); err != nil {
		return r, err
	}
	if r.Revision, err = strconv.ParseUint(msg.Metadata[eventRevision], 10, 64); err != nil {
		return r, err
	}
	if r.Position, err = strconv.ParseUint(msg.Metadata[eventPosition], 10, 64); err != nil {
		return r, err
	}
	if r.JSON, err = strconv.ParseBool(msg.Metadata[eventJSON]); err != nil {
		return r, err
	}
	r.RecordedAt, err = time.Parse(time.RFC3339Nano, msg.Metadata[eventRecordedAt])
	return r, err
}
