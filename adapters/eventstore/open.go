package eventstore

import (
	"bytes"
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"iter"
	"slices"

	"github.com/ThreeDotsLabs/watermill/message"
	"github.com/go-json-experiment/json/jsontext"
	"github.com/google/uuid"

	"tagtrail/domain/event"
	"tagtrail/domain/personal"
)

var errMalformed = errors.New("a sealed value is malformed")

// Decode answers the events of a message of a Subscriber. An event that the
// catalogue does not know, or that cannot be opened for want of a key, fails
// the whole message and is named in the error.
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
	decoded := make([]event.Recorded[event.Event], 0, len(records))
	for i := range records {
		if records[i].System() {
			continue
		}
		e, err := c.decodeOne(ctx, &records[i])
		if err != nil {
			return nil, fmt.Errorf("%s: %w", naming(&records[i]), err)
		}
		decoded = append(decoded, e)
	}
	return decoded, nil
}

// naming says which event an error is about.
func naming(r *Record) string {
	return fmt.Sprintf("event %d of %s, %s", r.Revision, r.Stream, r.Type)
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
	e, err := c.Catalog.Decode(r.Type, metadata.Version, data)
	if err != nil {
		return none, err
	}
	return event.Recorded[event.Event]{
		ID: r.ID, Stream: r.Stream, Revision: event.Revision(r.Revision), Position: event.Position(r.Position),
		RecordedAt: r.RecordedAt, Metadata: metadata, Data: e,
	}, nil
}

func (c *Codec) metadata(ctx context.Context, r *Record) (event.Metadata, error) {
	if !holdsSealed(r.Metadata) {
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

var sealedName = []byte(`"$sealed"`)

func holdsSealed(raw []byte) bool { return bytes.Contains(raw, sealedName) }

// open answers the JSON with every sealed value replaced by what it holds. JSON
// without one is answered as it is.
func (c *Codec) open(ctx context.Context, raw []byte, org, id uuid.UUID, part string) ([]byte, error) {
	if !holdsSealed(raw) {
		return raw, nil
	}
	var opened []byte
	copied := 0
	dec := jsontext.NewDecoder(bytes.NewBuffer(raw))
	for {
		token, err := dec.ReadToken()
		if errors.Is(err, io.EOF) {
			return append(opened, raw[copied:]...), nil
		}
		if err != nil {
			return nil, err
		}
		if token.Kind() != '{' || dec.PeekKind() != '"' {
			continue
		}
		start, place := int(dec.InputOffset())-1, dec.StackPointer()
		name, err := dec.ReadToken()
		if err != nil {
			return nil, err
		}
		if name.String() != "$sealed" {
			continue
		}
		if token, err = dec.ReadToken(); err != nil || token.Kind() != '"' {
			return nil, errors.Join(errMalformed, err)
		}
		sealed := token.String()
		if token, err = dec.ReadToken(); err != nil || token.Kind() != '}' {
			return nil, errors.Join(errMalformed, err)
		}
		opened = append(opened, raw[copied:start]...)
		if opened, err = c.appendOpened(ctx, opened, sealed, org, id, part, place); err != nil {
			return nil, err
		}
		copied = int(dec.InputOffset())
	}
}

func (c *Codec) appendOpened(ctx context.Context, dst []byte, sealed string, org, id uuid.UUID, part string, place jsontext.Pointer) ([]byte, error) {
	if len(sealed) < 37 || sealed[36] != ':' {
		return nil, errMalformed
	}
	subject, err := uuid.Parse(sealed[:36])
	if err != nil {
		return nil, errMalformed
	}
	ciphertext, err := base64.StdEncoding.DecodeString(sealed[37:])
	if err != nil {
		return nil, errMalformed
	}
	bound := binding{org: org, subject: subject, event: id}
	plaintext, err := c.Sealer.Open(ctx, org, subject, ciphertext, bound.aad(part, place))
	if errors.Is(err, personal.ErrErased) {
		return append(dst, `{"$erased":true}`...), nil
	}
	if err != nil {
		return nil, fmt.Errorf("open %s of %s: %w", place, subject, err)
	}
	return jsontext.AppendQuote(dst, plaintext)
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
		if r.System() || !holdsSealed(r.Data) && !holdsSealed(r.Metadata) {
			continue
		}
		org, err := organizationOf(r.Metadata)
		if err != nil {
			return fmt.Errorf("%s: metadata: %w", naming(r), err)
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
