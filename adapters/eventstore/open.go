package eventstore

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"iter"
	"slices"

	"github.com/ThreeDotsLabs/watermill/message"
	"github.com/go-json-experiment/json/jsontext"
	"github.com/google/uuid"

	"tagtrail/domain/event"
	"tagtrail/domain/personal"
)

// Decode answers the events of a message of a Subscriber. An event that the
// catalogue does not know, or that cannot be opened for want of a key, is named
// in the error, with which only the events before it come.
func (c *Codec) Decode(ctx context.Context, msg *message.Message) ([]event.Recorded[event.Event], error) {
	records, err := Records(msg)
	if err != nil {
		return nil, err
	}
	return c.decode(ctx, records)
}

func (c *Codec) decode(ctx context.Context, records []Record) ([]event.Recorded[event.Event], error) {
	if err := c.prefetch(ctx, records); err != nil {
		return nil, err
	}
	return decodeEach(records, func(r *Record) (event.Recorded[event.Event], error) { return c.decodeOne(ctx, r) })
}

// decodeEach decodes all but what the event store wrote for itself, up to the first event at which that fails.
func decodeEach(records []Record, decode func(*Record) (event.Recorded[event.Event], error)) ([]event.Recorded[event.Event], error) {
	decoded := make([]event.Recorded[event.Event], 0, len(records))
	for i := range records {
		if records[i].System() {
			continue
		}
		e, err := decode(&records[i])
		if err != nil {
			return decoded, fmt.Errorf("%s: %w", naming(&records[i]), err)
		}
		decoded = append(decoded, e)
	}
	return decoded, nil
}

// naming says which event an error is about.
func naming(r *Record) string {
	return fmt.Sprintf("event %d of %s, %s, at position %d", r.Revision, r.Stream, r.Type, r.Position)
}

func (c *Codec) decodeOne(ctx context.Context, r *Record) (event.Recorded[event.Event], error) {
	var none event.Recorded[event.Event]
	metadata, err := c.metadata(ctx, r)
	if err != nil {
		return none, fmt.Errorf("metadata: %w", err)
	}
	data, err := c.open(ctx, r.Data, metadata.Organization, r.ID, inData)
	if err != nil {
		return none, err
	}
	return c.recorded(r, metadata, data)
}

// recorded answers the event of a record from its data as it is to be read.
func (c *Codec) recorded(r *Record, metadata event.Metadata, data []byte) (event.Recorded[event.Event], error) {
	e, err := c.Catalog.Decode(r.Type, metadata.Version, data)
	return event.Recorded[event.Event]{
		ID: r.ID, Stream: r.Stream, Revision: event.Revision(r.Revision), Position: event.Position(r.Position),
		RecordedAt: r.RecordedAt, Metadata: metadata, Data: e,
	}, err
}

func (c *Codec) metadata(ctx context.Context, r *Record) (event.Metadata, error) {
	if !personal.HoldsSealed(r.Metadata) {
		return readMetadata(r.Metadata)
	}
	org, err := organizationOf(r.Metadata)
	if err != nil {
		return event.Metadata{}, err
	}
	opened, err := c.open(ctx, r.Metadata, org, r.ID, inMetadata)
	if err != nil {
		return event.Metadata{}, err
	}
	return readMetadata(opened)
}

// open answers the JSON with every sealed value replaced by what it holds. JSON
// without one is answered as it is.
func (c *Codec) open(ctx context.Context, raw []byte, org, id uuid.UUID, part string) ([]byte, error) {
	return personal.ReplaceSealed(raw, func(dst []byte, sealed string, place jsontext.Pointer) ([]byte, error) {
		s, err := personal.ParseSeal(sealed)
		if err != nil {
			return nil, err
		}
		s.Event, s.Place = id, part+string(place)
		plaintext, err := c.unseal(ctx, org, s)
		if errors.Is(err, personal.ErrErased) {
			return append(dst, `{"$erased":true}`...), nil
		}
		if err != nil {
			return nil, err
		}
		return jsontext.AppendQuote(dst, plaintext)
	})
}

func (c *Codec) unseal(ctx context.Context, org uuid.UUID, s personal.Seal) ([]byte, error) {
	bound := binding{org: org, subject: s.Subject, event: s.Event}
	plaintext, err := c.Sealer.Open(ctx, org, s.Subject, s.Ciphertext, bound.aad(s.Place))
	if err != nil {
		return nil, fmt.Errorf("open %s of %s: %w", s.Place, s.Subject, err)
	}
	return plaintext, nil
}

// prefetch asks for the keys of all subjects of a batch, organisation by organisation.
func (c *Codec) prefetch(ctx context.Context, records []Record) error {
	if len(records) < 2 {
		return nil
	}
	var orgs []uuid.UUID
	subjects := map[uuid.UUID][]uuid.UUID{}
	seen := map[uuid.UUID]struct{}{}
	for i := range records {
		r := &records[i]
		if r.System() || !personal.HoldsSealed(r.Data) && !personal.HoldsSealed(r.Metadata) {
			continue
		}
		org, err := organizationOf(r.Metadata)
		if err != nil {
			continue // which is found out again, and told, when it is decoded
		}
		for subject := range sealedSubjects(r.Data, r.Metadata) {
			if _, twice := seen[subject]; twice {
				continue
			}
			seen[subject] = struct{}{}
			if !slices.Contains(orgs, org) {
				orgs = append(orgs, org)
			}
			subjects[org] = append(subjects[org], subject)
		}
	}
	for _, org := range orgs {
		if err := c.Sealer.Prefetch(ctx, org, subjects[org]); err != nil {
			return fmt.Errorf("fetch the keys of %d subjects: %w", len(subjects[org]), err)
		}
	}
	return nil
}

// sealedSubjects answers whose keys the parts need, as far as they are spelt the way that Encode spells them.
func sealedSubjects(parts ...[]byte) iter.Seq[uuid.UUID] {
	prefix := []byte(`"$sealed":"`)
	return func(yield func(uuid.UUID) bool) {
		for _, part := range parts {
			for {
				_, rest, found := bytes.Cut(part, prefix)
				if !found {
					break
				}
				part = rest
				if len(part) < 36 {
					break
				}
				if subject, err := uuid.ParseBytes(part[:36]); err == nil && !yield(subject) {
					return
				}
			}
		}
	}
}
