package personal

import (
	"bytes"
	"encoding/base64"
	"errors"
	"io"
	"strings"

	"github.com/go-json-experiment/json/jsontext"
	"github.com/google/uuid"
)

// ErrMalformed answers what is marked as sealed and is not spelt as a sealed value.
var ErrMalformed = errors.New("a sealed value is malformed")

// A sealed value is {"$sealed":"<subject>:<ciphertext>"} in the log, where its event and
// its place say the rest. Elsewhere it names them itself:
// {"$sealed":"<subject>:<ciphertext>:<event>:<place>"}.
const (
	sealedStart = `{"$sealed":"`
	sealedEnd   = `"}`
	sealedName  = "$sealed"
	idLength    = 36
)

// Seal is a sealed value, and all but the organisation that it takes to open it.
type Seal struct {
	Subject    uuid.UUID // whose key opens it
	Ciphertext []byte
	Event      uuid.UUID // the event that it was written in
	Place      string    // where in the event: the part and the JSON pointer as written, as in "data/name"
}

// ParseSeal reads what is behind "$sealed", of either form.
func ParseSeal(text string) (Seal, error) {
	subject, rest, ok := cutID(text)
	if !ok {
		return Seal{}, ErrMalformed
	}
	s := Seal{Subject: subject}
	ciphertext, rest, further := strings.Cut(rest, ":")
	var err error
	if s.Ciphertext, err = base64.StdEncoding.DecodeString(ciphertext); err != nil {
		return Seal{}, ErrMalformed
	}
	if further {
		if s.Event, s.Place, ok = cutID(rest); !ok {
			return Seal{}, ErrMalformed
		}
	}
	return s, nil
}

func cutID(text string) (id uuid.UUID, rest string, ok bool) {
	if len(text) <= idLength || text[idLength] != ':' {
		return uuid.Nil, "", false
	}
	id, err := uuid.Parse(text[:idLength])
	return id, text[idLength+1:], err == nil
}

// AppendSealed spells a sealed value as the log holds it.
func AppendSealed(dst []byte, subject uuid.UUID, ciphertext []byte) []byte {
	dst = append(dst, sealedStart...)
	dst = append(dst, subject.String()...)
	dst = append(dst, ':')
	dst = base64.StdEncoding.AppendEncode(dst, ciphertext)
	return append(dst, sealedEnd...)
}

// HoldsSealed says whether JSON may hold a sealed value.
func HoldsSealed(raw []byte) bool { return bytes.Contains(raw, []byte(`"`+sealedName+`"`)) }

// ReplaceSealed answers the JSON with every sealed value replaced by what replace
// appends for it; place is its JSON pointer. JSON without one is answered as it is.
func ReplaceSealed(raw []byte, replace func(dst []byte, sealed string, place jsontext.Pointer) ([]byte, error)) ([]byte, error) {
	if !HoldsSealed(raw) {
		return raw, nil
	}
	var replaced []byte
	copied := 0
	dec := jsontext.NewDecoder(bytes.NewBuffer(raw))
	for {
		token, err := dec.ReadToken()
		if errors.Is(err, io.EOF) {
			return append(replaced, raw[copied:]...), nil
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
		if name.String() != sealedName {
			continue
		}
		if token, err = dec.ReadToken(); err != nil || token.Kind() != '"' {
			return nil, errors.Join(ErrMalformed, err)
		}
		sealed := token.String()
		if token, err = dec.ReadToken(); err != nil || token.Kind() != '}' {
			return nil, errors.Join(ErrMalformed, err)
		}
		replaced = append(replaced, raw[copied:start]...)
		if replaced, err = replace(replaced, sealed, place); err != nil {
			return nil, err
		}
		copied = int(dec.InputOffset())
	}
}

// Annotate answers the JSON of one part of an event with every sealed value naming the event and its place,
// so that it can be opened wherever it is kept.
func Annotate(raw []byte, event uuid.UUID, part string) ([]byte, error) {
	return ReplaceSealed(raw, func(dst []byte, sealed string, place jsontext.Pointer) ([]byte, error) {
		s, err := ParseSeal(sealed)
		if err != nil {
			return nil, err
		}
		s.Event, s.Place = event, part+string(place)
		return append(dst, s.token()...), nil
	})
}

// token spells the seal with its event and its place, which may have any character that JSON can quote.
func (s Seal) token() []byte {
	text := s.Subject.String() + ":" + base64.StdEncoding.EncodeToString(s.Ciphertext) + ":" + s.Event.String() + ":" + s.Place
	quoted, _ := jsontext.AppendQuote(nil, text) // places come out of JSON, and are text
	token := append([]byte(sealedStart[:len(sealedStart)-1]), quoted...)
	return append(token, '}')
}

// Seal answers what it takes to open a sealed text, and whether it is one.
func (t Text) Seal() (Seal, bool) {
	if t.state != sealed {
		return Seal{}, false
	}
	var s Seal
	_, err := ReplaceSealed([]byte(t.value), func(dst []byte, text string, _ jsontext.Pointer) (_ []byte, err error) {
		s, err = ParseSeal(text)
		return dst, err
	})
	return s, err == nil
}

// readSealed reads the value of an annotated {"$sealed":…}.
func readSealed(value jsontext.Value) (Text, error) {
	text := Text{}
	_, err := ReplaceSealed(value, func(dst []byte, sealed string, place jsontext.Pointer) ([]byte, error) {
		s, err := ParseSeal(sealed)
		if err == nil && (place != "" || s.Event == uuid.Nil) {
			err = ErrMalformed
		}
		text = Sealed(s)
		return dst, err
	})
	if err == nil && text.IsZero() {
		err = ErrMalformed
	}
	return text, err
}
