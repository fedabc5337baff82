package httpapi_test

import (
	"slices"
	"testing"

	"github.com/go-json-experiment/json"

	"tagtrail/adapters/httpapi"
)

// S3-2, S3-13, S3-31, S3-33, S4-9, S4-13, S4-14: who is found by what is said of a contact besides its row.
func TestASearchKnowsFieldsLanguagesConsentsAndConversations(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	ana, bob := w.contact("Ana", "+16505550101"), w.contact("Bob", "+16505550102")
	field := func(body string) string {
		return decoded[httpapi.Field](w.do(call{method: "POST", path: "/v1/fields", body: body}).must(201)).ID
	}
	worth := field(`{"name":"Lifetime value","type":"money"}`)
	plan := field(`{"name":"Plan","type":"choice","options":["Basic","Pro"]}`)
	w.do(call{method: "PATCH", path: "/v1/contacts/" + ana.ID, body: `{"language":"pt-BR","fields":{"` + worth + `":"1999.00 EUR","` + plan + `":"Pro"}}`}).must(200)
	w.do(call{method: "POST", path: "/v1/contacts/" + bob.ID + "/consents", body: `{"purpose":"marketing","agrees":false,"evidence":"said so"}`})
	w.do(call{method: "POST", path: "/v1/contacts/" + bob.ID + "/conversation/open", body: `{}`, token: w.key("api")})
	asked := func(written string) map[string]any {
		var f any
		if err := json.Unmarshal([]byte(written), &f); err != nil {
			t.Fatal(err)
		}
		return map[string]any{"filter": f, "sort": "name"}
	}
	for written, want := range map[string][]string{
		`{"field":{"field":"` + worth + `","at_least":"1999 EUR"}}`: {"Ana"},
		`{"field":{"field":"` + worth + `","below":"1999 EUR"}}`:    {},
		`{"field":{"field":"` + plan + `","is":["pro"]}}`:           {"Ana"},
		`{"field":{"field":"` + plan + `","held":false}}`:           {"Bob"},
		`{"language":["pt"]}`: {"Ana"},
		`{"consent":{"purpose":"marketing","is":"withdrawn"}}`:                   {"Bob"},
		`{"consent":{"purpose":"marketing","is":"unknown"}}`:                     {"Ana"},
		`{"conversation":["open"]}`:                                              {"Bob"},
		`{"any":[{"over_limit":true},{"over_plan":true}]}`:                       {},
		`{"field":{"field":"0197a1b2-0000-7000-8000-0000000000d1","held":true}}`: {},
	} {
		if got := w.search(asked(written)); !slices.Equal(got, want) {
			t.Errorf("%s finds %v, want %v", written, got, want)
		}
	}
	for _, written := range []string{
		`{"field":{"field":"` + worth + `","contains":"EUR"}}`, `{"field":{"field":"` + worth + `","is":["a lot"]}}`,
		`{"not":{"field":{"field":"` + plan + `","is":["Gold"]}}}`, `{"field":{"field":"` + plan + `","within_days":3}}`,
	} {
		p := w.do(call{method: "POST", path: "/v1/contacts/search", body: `{"filter":` + written + `}`}).fails(422, "filter.invalid-field")
		if len(p.Errors) != 1 || p.Errors[0].Pointer != "/filter" {
			t.Errorf("%s is refused at %v", written, p.Errors)
		}
		w.do(call{method: "POST", path: "/v1/segments", body: `{"name":"x","filter":` + written + `}`}).fails(422, "filter.invalid-field")
	}
	w.do(call{method: "POST", path: "/v1/contacts/search", body: `{"as_of":"2026-05-30T12:00:00Z","filter":{"language":["pt"]}}`}).fails(422, "filter.not-as-of")
}
