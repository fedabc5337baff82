package eventstore

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
	"github.com/google/uuid"

	"tagtrail/domain/personal"
)

// sealing writes one value after the other as JSON, with what is personal sealed. Options are made once for many values:
// the JSON package finds out by them what each type takes, and remembers it for the very same options only.
type sealing struct {
	codec   *Codec
	options json.Options

	ctx   context.Context //nolint:containedctx // of the value that is being written; what writes personal values is given none
	bound binding
	part  string
}

func newSealing(codec *Codec) *sealing {
	s := &sealing{codec: codec}
	s.options = json.WithMarshalers(json.MarshalToFunc(s.seal))
	return s
}

// marshal writes a value that is bound to one place.
func (s *sealing) marshal(ctx context.Context, value any, bound binding, part string) ([]byte, error) {
	s.ctx, s.bound, s.part = ctx, bound, part
	defer func() { s.ctx = nil }()
	return json.Marshal(value, s.options)
}

func (s *sealing) seal(enc *jsontext.Encoder, t personal.Text) error {
	if t.IsSealed() {
		return errSealed
	}
	if t.IsErased() {
		return t.MarshalJSONTo(enc)
	}
	if !utf8.ValidString(t.Reveal()) {
		return errors.New("a personal value is not UTF-8")
	}
	about := s.bound.subject
	if about == uuid.Nil {
		return errNobody
	}
	sealed, err := s.codec.Sealer.Seal(s.ctx, s.bound.org, about, []byte(t.Reveal()), s.bound.aad(s.part+string(placeOf(enc))))
	if err != nil {
		return fmt.Errorf("seal for %s: %w", about, err)
	}
	return enc.WriteValue(personal.AppendSealed(nil, about, sealed))
}

// placeOf answers the pointer of the value about to be written. The encoder's
// own pointer is that of the last one written: the same for a member, whose
// name is written already, but the one before for an element of an array.
func placeOf(enc *jsontext.Encoder) jsontext.Pointer {
	pointer := enc.StackPointer()
	kind, length := enc.StackIndex(enc.StackDepth())
	if kind != '[' {
		return pointer
	}
	if length > 0 {
		pointer = pointer[:strings.LastIndexByte(string(pointer), '/')]
	}
	return pointer + "/" + jsontext.Pointer(strconv.FormatInt(length, 10))
}
