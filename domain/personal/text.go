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

// Text is a text about a person. The zero value is "nothing said".
type Text struct {
	value  string
	erased bool
}

// New makes a Text.
func New(value string) Text { return Text{value: value} }

// Erased is what a value opens as once its key is shredded.
func Erased() Text { return Text{erased: true} }

// Reveal answers the plain value, "" when erased.
// Projections never call it: they pass the Text on to the sink.
func (t Text) Reveal() string { return t.value }

// IsErased says whether the value is gone for ever.
func (t Text) IsErased() bool { return t.erased }

// IsZero says whether nothing was said; an erased text is not zero.
func (t Text) IsZero() bool { return t == Text{} }

// String hides the value.
func (t Text) String() string { return "[personal]" }

// Format hides the value from every verb.
func (t Text) Format(f fmt.State, _ rune) { _, _ = f.Write([]byte("[personal]")) }

// LogValue hides the value.
func (t Text) LogValue() slog.Value { return slog.StringValue("[personal]") }

// MarshalJSONTo writes the plain value; the codec of the log puts sealing in its place.
func (t Text) MarshalJSONTo(enc *jsontext.Encoder) error {
	if t.erased {
		return enc.WriteValue(jsontext.Value(`{"$erased":true}`))
	}
	return enc.WriteToken(jsontext.String(t.value))
}

// UnmarshalJSONFrom reads a string, or {"$erased":true}.
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
	if err := value.Compact(); err != nil {
		return err
	}
	if string(value) != `{"$erased":true}` {
		return errors.New("a personal text is a string or erased")
	}
	*t = Erased()
	return nil
}
