// Package personal is the vocabulary of personal data: values that are sealed
// on their way into the log and opened on their way out.
//
// A Text shows itself to nobody by accident: printed or logged it says
// "[personal]". Its plain JSON form is for the codec, which seals it, and for
// golden files.
package personal

import (
	"errors"
	"fmt"
	"log/slog"

	"github.com/go-json-experiment/json/jsontext"
)

// ErrErased is what opening a sealed value answers when its key was shredded on purpose.
var ErrErased = errors.New("the key of this value was shredded")

// Text is a text about a person: plain, erased, or still sealed, where nobody
// opened it. The zero value is "nothing said".
type Text struct {
	value string // of a sealed text: the JSON that can be opened elsewhere
	state state
}

type state uint8

const (
	plain state = iota
	erased
	sealed
)

// New makes a Text.
func New(value string) Text { return Text{value: value} }

// Erased is what a value opens as once its key is shredded.
func Erased() Text { return Text{state: erased} }

// Sealed is a value that was not opened.
func Sealed(s Seal) Text { return Text{value: string(s.token()), state: sealed} }

// Reveal answers the plain value, "" when erased or sealed.
// Projections never call it: they pass the Text on to the sink.
func (t Text) Reveal() string {
	if t.state != plain {
		return ""
	}
	return t.value
}

// IsErased says whether the value is gone for ever.
func (t Text) IsErased() bool { return t.state == erased }

// IsSealed says whether the value was not opened.
func (t Text) IsSealed() bool { return t.state == sealed }

// IsZero says whether nothing was said; an erased or sealed text is not zero.
func (t Text) IsZero() bool { return t == Text{} }

// String hides the value.
func (t Text) String() string { return "[personal]" }

// Format hides the value from every verb.
func (t Text) Format(f fmt.State, _ rune) { _, _ = f.Write([]byte("[personal]")) }

// LogValue hides the value.
func (t Text) LogValue() slog.Value { return slog.StringValue("[personal]") }

// MarshalJSONTo writes the plain value, and a sealed one as it can be opened elsewhere; the codec of the log puts
// sealing in its place.
func (t Text) MarshalJSONTo(enc *jsontext.Encoder) error {
	switch t.state {
	case erased:
		return enc.WriteValue(jsontext.Value(erasedValue))
	case sealed:
		return enc.WriteValue(jsontext.Value(t.value))
	default:
		return enc.WriteToken(jsontext.String(t.value))
	}
}

const erasedValue = `{"$erased":true}`

// UnmarshalJSONFrom reads a string, {"$erased":true}, or a sealed value that names its event and its place.
func (t *Text) UnmarshalJSONFrom(dec *jsontext.Decoder) error {
	if dec.PeekKind() == '"' {
		token, err := dec.ReadToken()
		if err != nil {
			return err
		}
		*t = New(token.String())
		return nil
	}
	value, err := dec.ReadValue()
	if err != nil {
		return err
	}
	if HoldsSealed(value) {
		*t, err = readSealed(value)
		return err
	}
	if err := value.Compact(); err != nil {
		return err
	}
	if string(value) != erasedValue {
		return errors.New("a personal text is a string, erased or sealed")
	}
	*t = Erased()
	return nil
}
