package httpapi

import (
	"reflect"
	"testing"

	"github.com/danielgtaylor/huma/v2"
)

// No body has objects within objects yet; the first that has is looked into. (From within the package, because no route can show it.)
func TestNestedMembersAreLookedInto(t *testing.T) {
	t.Parallel()
	type inner struct {
		Name string `json:"name,omitempty"`
	}
	type outer struct {
		One  inner            `json:"one"`
		Many []inner          `json:"many,omitempty" nullable:"false"`
		Free map[string]inner `json:"free,omitempty"`
	}
	registry := huma.NewMapRegistry("#/components/schemas/", huma.DefaultSchemaNamer)
	op := &huma.Operation{RequestBody: &huma.RequestBody{Content: map[string]*huma.MediaType{
		plainJSON: {Schema: registry.Schema(reflect.TypeFor[outer](), true, "")},
	}}}
	for body, want := range map[string]string{
		`{"one":{"name":"a"},"many":[{"name":"a"}],"free":{"x":{}}}`: "",
		`{"one":{"Name":"a"}}`:                   "/one/Name",
		`{"one":{"name":null}}`:                  "/one/name",
		`{"one":{},"many":[{},{"NAME":1}]}`:      "/many/1/NAME",
		`{"one":{},"free":{"a/b":{"Name":"a"}}}`: "/free/a~1b/Name",
		`{"one":{"x":{"Name":"a"}},"y":1}`:       "",
	} {
		found := passedOver(registry, op, []byte(body))
		if want == "" && found != nil || want != "" && (len(found) != 1 || found[0].Pointer != want) {
			t.Errorf("in %s %v is found, not %s", body, found, want)
		}
	}
}
