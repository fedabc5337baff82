package readmodels

import (
	"context"

	"github.com/go-json-experiment/json/jsontext"
	"github.com/google/uuid"

	"tagtrail/domain/personal"
)

// Opener opens sealed personal values of one organisation, all of a page at once. What was erased comes back as such; a
// key that is missing for no known reason is an error.
type Opener interface {
	Open(ctx context.Context, org uuid.UUID, seals []personal.Seal) ([]personal.Text, error)
}

// unsealing gathers the sealed texts of an answer, and puts what they open as in their places.
type unsealing struct {
	seals  []personal.Seal
	places []*string
	erased []*bool // set where the text is gone; may be nil
	failed error
}

// person adds what is sealed of a person.
func (u *unsealing) person(p *Person, numbers []numberRecord) {
	for _, text := range []*string{&p.Name, &p.ProfileName, &p.Email} {
		u.add(text, &p.Erased)
	}
	for _, text := range p.number {
		u.add(text, &p.Erased)
	}
	for i := range numbers {
		u.add(&numbers[i].value, &p.Erased)
		u.add(&numbers[i].waID, &p.Erased)
	}
}

// add notes a text, where it is sealed.
func (u *unsealing) add(text *string, erased *bool) {
	if text == nil || *text == "" || (*text)[0] != '{' {
		return
	}
	_, err := personal.ReplaceSealed([]byte(*text), func(dst []byte, sealed string, _ jsontext.Pointer) ([]byte, error) {
		seal, err := personal.ParseSeal(sealed)
		u.seals, u.places, u.erased = append(u.seals, seal), append(u.places, text), append(u.erased, erased)
		return dst, err
	})
	if err != nil && u.failed == nil {
		u.failed = err
	}
}

func (u *unsealing) open(ctx context.Context, opener Opener, org uuid.UUID) error {
	if u.failed != nil || len(u.seals) == 0 {
		return u.failed
	}
	texts, err := opener.Open(ctx, org, u.seals)
	if err != nil {
		return err
	}
	for i, text := range texts {
		*u.places[i] = text.Reveal()
		if text.IsErased() && u.erased[i] != nil {
			*u.erased[i] = true
		}
	}
	return nil
}
