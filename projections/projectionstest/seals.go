package projectionstest

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"strings"
	"sync"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
	"github.com/google/uuid"

	"tagtrail/domain"
	"tagtrail/domain/event"
	"tagtrail/domain/personal"
)

// Seals stand in for the keys of personal data where events are not opened: what they sealed they can open again, for the
// same organisation and at the same place, until the subject is shredded or lost.
type Seals struct {
	mu       sync.Mutex
	texts    map[[sha256.Size]byte]sealedText // by what stands for the ciphertext
	shredded map[uuid.UUID]bool
	lost     map[uuid.UUID]bool
}

// sealedText is a text and what it is bound to.
type sealedText struct {
	text  string
	org   uuid.UUID
	event uuid.UUID
	part  string
}

// NewSeals answers seals that have sealed nothing yet.
func NewSeals() *Seals {
	return &Seals{texts: map[[sha256.Size]byte]sealedText{}, shredded: map[uuid.UUID]bool{}, lost: map[uuid.UUID]bool{}}
}

// Seal answers a history as it is read without being opened.
func (s *Seals) Seal(history []event.Recorded[event.Event]) []event.Recorded[event.Event] {
	catalog := domain.Catalog()
	sealed := make([]event.Recorded[event.Event], len(history))
	for i, e := range history {
		about := event.Subject(e.Stream, e.Data)
		if about == uuid.Nil {
			about = e.Org()
		}
		sealed[i] = e
		sealed[i].Raw = event.Raw{Data: s.part(e, about, "data", e.Data), Metadata: s.part(e, about, "metadata", e.Metadata)}
		must(json.Unmarshal(annotated(e, sealed[i].Raw.Metadata, "metadata"), &sealed[i].Metadata))
		version, err := catalog.Version(e.Data)
		must(err)
		sealed[i].Data, err = catalog.Decode(e.Data.EventName(), version, annotated(e, sealed[i].Raw.Data, "data"))
		must(err)
	}
	return sealed
}

// part answers one part of an event as the log holds it.
func (s *Seals) part(e event.Recorded[event.Event], about uuid.UUID, part string, value any) string {
	plain, err := json.Marshal(value, json.WithMarshalers(json.MarshalToFunc(func(enc *jsontext.Encoder, t personal.Text) error {
		if t.IsErased() {
			return t.MarshalJSONTo(enc)
		}
		sum := sha256.Sum256([]byte(fmt.Sprint(e.ID, part, enc.StackPointer(), t.Reveal())))
		s.mu.Lock()
		s.texts[sum] = sealedText{text: t.Reveal(), org: e.Org(), event: e.ID, part: part}
		s.mu.Unlock()
		return enc.WriteValue(personal.AppendSealed(nil, about, sum[:]))
	})))
	must(err)
	return string(plain)
}

func annotated(e event.Recorded[event.Event], raw, part string) []byte {
	read, err := personal.Annotate([]byte(raw), e.ID, part)
	must(err)
	return read
}

// must is for what can only be a mistake of the test.
func must(err error) {
	if err != nil {
		panic(err)
	}
}

// errLost is what a key that is missing without a reason comes to.
var errLost = errors.New("there is no such key")

// Open opens what was sealed.
func (s *Seals) Open(_ context.Context, org uuid.UUID, seals []personal.Seal) ([]personal.Text, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	texts := make([]personal.Text, len(seals))
	for i, seal := range seals {
		var sum [sha256.Size]byte
		copy(sum[:], seal.Ciphertext)
		held, known := s.texts[sum]
		known = known && held.org == org && held.event == seal.Event && strings.HasPrefix(seal.Place, held.part+"/")
		switch {
		case s.shredded[seal.Subject]:
			texts[i] = personal.Erased()
		case !known || s.lost[seal.Subject]:
			return nil, fmt.Errorf("open %s of %s: %w", seal.Place, seal.Subject, errLost)
		default:
			texts[i] = personal.New(held.text)
		}
	}
	return texts, nil
}

// Shred makes all that was sealed for a subject erased.
func (s *Seals) Shred(subject uuid.UUID) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.shredded[subject] = true
}

// Lose takes a subject's key away without a record of it.
func (s *Seals) Lose(subject uuid.UUID) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.lost[subject] = true
}
