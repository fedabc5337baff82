package httpapi

import (
	"reflect"
	"slices"

	"github.com/danielgtaylor/huma/v2"
	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"tagtrail/domain/tag"
)

// member is a member of a merge patch: left out, null, or a value.
type member[T any] struct {
	given bool
	null  bool
	value T // the zero value for null
}

// UnmarshalJSONFrom reads null as the zero value.
func (m *member[T]) UnmarshalJSONFrom(dec *jsontext.Decoder) error {
	m.given, m.null = true, dec.PeekKind() == 'n'
	return json.UnmarshalDecode(dec, &m.value)
}

// Schema is that of the value, or null.
func (m *member[T]) Schema(r huma.Registry) *huma.Schema {
	schema := *r.Schema(reflect.TypeFor[T](), false, "")
	schema.Nullable = true
	if len(schema.Enum) > 0 {
		schema.Enum = append(slices.Clone(schema.Enum), nil)
	}
	return &schema
}

// pointer answers nil for what was left out.
func (m *member[T]) pointer() *T {
	if !m.given {
		return nil
	}
	return &m.value
}

// Color is the colour of a tag.
type Color string

// Schema lists the presets.
func (*Color) Schema(huma.Registry) *huma.Schema {
	schema := &huma.Schema{Type: huma.TypeString, Enum: []any{tag.DefaultColor}}
	for _, preset := range tag.Colors() {
		schema.Enum = append(schema.Enum, preset)
	}
	return schema
}
