package eventstore

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/EventStore/EventStore-Client-Go/v4/esdb"
	"github.com/go-json-experiment/json"
	"github.com/google/uuid"

	"tagtrail/domain/event"
)

// Sealer keeps the keys of subjects and seals and opens with them.
type Sealer interface {
	// Seal makes and commits the subject's key at its first use.
	Seal(ctx context.Context, org, subject uuid.UUID, plaintext, aad []byte) ([]byte, error)
	// Open answers personal.ErrErased when the key was shredded on purpose; any other error stops the reader.
	Open(ctx context.Context, org, subject uuid.UUID, ciphertext, aad []byte) ([]byte, error)
	// Prefetch fetches the keys of a batch at once; it may do nothing.
	Prefetch(ctx context.Context, org uuid.UUID, subjects []uuid.UUID) error
}

// Codec turns the domain's events into what the log holds, and back. Personal
// values are sealed on the way in, each bound to its organisation, its subject,
// its event and its place in the JSON, and opened in the raw JSON on the way
// out, before any upcast.
type Codec struct {
	Catalog *event.Catalog
	Sealer  Sealer
	Plain   bool // writes personal values unsealed: for the test that must then find them in the log

	sealings sync.Pool // of *sealing
}

// The two parts of an event, as they are named in what a sealed value is bound to.
const (
	inData     = "data"
	inMetadata = "metadata"
)

var (
	errNobody = errors.New("a personal value belongs to nobody")
	errSealed = errors.New("a personal value is sealed already, for another place")
)

// Encode answers the events as the log is to hold them on the stream.
func (c *Codec) Encode(ctx context.Context, stream string, envelopes []event.Envelope) ([]esdb.EventData, error) {
	encoded := make([]esdb.EventData, len(envelopes))
	for i, envelope := range envelopes {
		e, err := c.encode(ctx, stream, envelope)
		if err != nil {
			return nil, fmt.Errorf("encode %s for %s: %w", envelope.Event.EventName(), stream, err)
		}
		encoded[i] = e
	}
	return encoded, nil
}

func (c *Codec) encode(ctx context.Context, stream string, envelope event.Envelope) (esdb.EventData, error) {
	version, err := c.Catalog.Version(envelope.Event)
	if err != nil {
		return esdb.EventData{}, err
	}
	if envelope.ID == uuid.Nil {
		return esdb.EventData{}, errors.New("the event has no id")
	}
	metadata := envelope.Metadata
	metadata.Version = version
	metadata.OccurredAt = metadata.OccurredAt.UTC().Truncate(time.Microsecond)
	bound := binding{org: metadata.Organization, subject: subjectOf(stream, envelope), event: envelope.ID}

	data, err := c.marshal(ctx, envelope.Event, bound, inData)
	if err != nil {
		return esdb.EventData{}, err
	}
	meta, ok := spell(metadata)
	if !ok {
		if meta, err = c.marshal(ctx, metadata, bound, inMetadata); err != nil {
			return esdb.EventData{}, fmt.Errorf("metadata: %w", err)
		}
	}
	return esdb.EventData{
		EventID: envelope.ID, EventType: envelope.Event.EventName(), ContentType: esdb.ContentTypeJson, Data: data, Metadata: meta,
	}, nil
}

// subjectOf answers whose key seals the event: its subject's, or the
// organisation's own where the stream names nobody. An event that says itself
// whom it is about and names nobody has no such way out: its values could not
// be erased with the person.
func subjectOf(stream string, envelope event.Envelope) uuid.UUID {
	subject := event.Subject(stream, envelope.Event)
	if _, says := envelope.Event.(event.Subjected); subject == uuid.Nil && !says {
		return envelope.Metadata.Organization
	}
	return subject
}

// binding is what a sealed value cannot be moved away from.
type binding struct{ org, subject, event uuid.UUID }

// aad spells the binding for one place: the part and the pointer in it. The ids
// have one length and a pointer begins with a slash, so that no two places spell
// the same.
func (b binding) aad(place string) []byte {
	aad := make([]byte, 0, 3*16+len(place))
	aad = append(aad, b.org[:]...)
	aad = append(aad, b.subject[:]...)
	aad = append(aad, b.event[:]...)
	return append(aad, place...)
}

func (c *Codec) marshal(ctx context.Context, value any, bound binding, part string) ([]byte, error) {
	if c.Plain {
		return json.Marshal(value)
	}
	writer, pooled := c.sealings.Get().(*sealing)
	if !pooled {
		writer = newSealing(c)
	}
	defer c.sealings.Put(writer)
	return writer.marshal(ctx, value, bound, part)
}
