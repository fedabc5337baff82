package httpapi

import (
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/danielgtaylor/huma/v2"
	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
)

// findings are what is wrong with a request, one by one; they refuse it.
type findings []ProblemError

// Error answers the first.
func (f findings) Error() string {
	if f[0].Parameter != "" {
		return f[0].Parameter + ": " + f[0].Detail
	}
	return f[0].Detail
}

// passedOver finds the members of a body that the framework's own check passes over: one whose name is written in another
// case, which nobody would read then, and null for one that may be left out and is never null.
func passedOver(registry huma.Registry, op *huma.Operation, body []byte) findings {
	if op.RequestBody == nil || len(body) == 0 {
		return nil
	}
	var value any
	if json.Unmarshal(body, &value) != nil {
		return nil // what cannot be read at all is refused elsewhere
	}
	var found findings
	for _, media := range op.RequestBody.Content {
		found = found.within(registry, media.Schema, "", value)
	}
	return found
}

// within adds what is found in one value, whose place in the body is the pointer.
func (f findings) within(registry huma.Registry, schema *huma.Schema, at jsontext.Pointer, value any) findings {
	schema = followed(registry, schema)
	if schema == nil {
		return f
	}
	switch value := value.(type) {
	case map[string]any:
		for _, name := range slices.Sorted(maps.Keys(value)) {
			f = f.member(registry, schema, at.AppendToken(name), name, value[name])
		}
	case []any:
		for i, item := range value {
			f = f.within(registry, schema.Items, at.AppendToken(strconv.Itoa(i)), item)
		}
	}
	return f
}

func (f findings) member(registry huma.Registry, of *huma.Schema, at jsontext.Pointer, name string, value any) findings {
	if len(f) >= maxProblemErrors {
		return f
	}
	schema, known := of.Properties[name]
	if !known {
		for meant := range of.Properties {
			if strings.EqualFold(meant, name) {
				return append(f, ProblemError{Pointer: bounded(string(at)), Detail: "unexpected property; there is one that is written " + meant})
			}
		}
		others, _ := of.AdditionalProperties.(*huma.Schema)
		return f.within(registry, others, at, value)
	}
	if value == nil && !slices.Contains(of.Required, name) && !followed(registry, schema).Nullable {
		return append(f, ProblemError{Pointer: string(at), Detail: "expected a value, or nothing at all, and not null"})
	}
	return f.within(registry, schema, at, value)
}

// followed answers what a schema refers to.
func followed(registry huma.Registry, schema *huma.Schema) *huma.Schema {
	for schema != nil && schema.Ref != "" {
		schema = registry.SchemaFromRef(schema.Ref)
	}
	return schema
}
