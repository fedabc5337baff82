package eventstore

import (
	"context"
	"errors"
	"fmt"

	"github.com/ThreeDotsLabs/watermill/message"
	"github.com/google/uuid"

	"tagtrail/domain/event"
	"tagtrail/domain/personal"
)

// SealedCodec decodes events without opening them: personal values stay sealed,
// each with all that it takes to open it later, and the events keep their JSON as
// the log holds it. It needs no key, so that what it answers is the same whatever
// was shredded.
type SealedCodec struct{ Codec *Codec }

// Decode answers the events of a message of a Subscriber, sealed as they are.
func (c SealedCodec) Decode(_ context.Context, msg *message.Message) ([]event.Recorded[event.Event], error) {
	records, err := Records(msg)
	if err != nil {
		return nil, err
	}
	return decodeEach(records, c.decodeOne)
}

func (c SealedCodec) decodeOne(r *Record) (event.Recorded[event.Event], error) {
	var none event.Recorded[event.Event]
	raw, err := personal.Annotate(r.Metadata, r.ID, inMetadata)
	if err != nil {
		return none, fmt.Errorf("metadata: %w", err)
	}
	metadata, err := readMetadata(raw)
	if err != nil {
		return none, fmt.Errorf("metadata: %w", err)
	}
	data, err := personal.Annotate(r.Data, r.ID, inData)
	if err != nil {
		return none, err
	}
	e, err := c.Codec.recorded(r, metadata, data)
	e.Raw = event.Raw{Data: string(r.Data), Metadata: string(r.Metadata)}
	return e, err
}

// Open opens what was left sealed, for one organisation, and answers the texts in
// the order of the seals. One whose key was shredded is erased. A key that is
// missing without a record of a shred is an error, and so is a seal that is not
// of the organisation, its event and its place.
func (c *Codec) Open(ctx context.Context, org uuid.UUID, seals []personal.Seal) ([]personal.Text, error) {
	if len(seals) > 1 {
		subjects := make([]uuid.UUID, len(seals))
		for i, s := range seals {
			subjects[i] = s.Subject
		}
		if err := c.Sealer.Prefetch(ctx, org, subjects); err != nil {
			return nil, fmt.Errorf("fetch the keys of %d values: %w", len(seals), err)
		}
	}
	texts := make([]personal.Text, len(seals))
	for i, s := range seals {
		plaintext, err := c.unseal(ctx, org, s)
		switch {
		case errors.Is(err, personal.ErrErased):
			texts[i] = personal.Erased()
		case err != nil:
			return nil, err
		default:
			texts[i] = personal.New(string(plaintext))
		}
	}
	return texts, nil
}
