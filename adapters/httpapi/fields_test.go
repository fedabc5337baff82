package httpapi_test

import (
	"strings"
	"testing"

	"github.com/go-json-experiment/json"
	"github.com/google/uuid"

	"tagtrail/adapters/httpapi"
	"tagtrail/commands"
	"tagtrail/domain/organization"
)

// field defines a custom field and answers it.
func (w *world) field(body string) httpapi.Field {
	w.t.Helper()
	return decoded[httpapi.Field](w.do(call{method: "POST", path: "/v1/fields", body: body}).must(201))
}

// member adds somebody to the team.
func (w *world) member(name string) string {
	w.t.Helper()
	id, _, err := w.Service.AddMember(w.Ask(w.t.Context()), commands.AddMember{Name: name, Role: organization.Agent})
	if err != nil {
		w.t.Fatal(err)
	}
	return id.String()
}

// S3-13, S4-14.
func TestCustomFieldsAreDefinedEditedRetiredAndRestored(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	answer := w.do(call{method: "POST", path: "/v1/fields", body: `{"name":" Plan","type":"choice","options":["Gold","Silver"]}`}).must(201)
	plan := decoded[httpapi.Field](answer)
	path := answer.header.Get("Location")
	if plan.Name != "Plan" || plan.Type != "choice" || strings.Join(plan.Options, ",") != "Gold,Silver" || plan.Status != "active" || plan.CreatedBy.Kind != "system" && plan.CreatedBy.Name != "owner" {
		t.Errorf("defined %s", answer.body)
	}
	w.do(call{method: "POST", path: "/v1/fields", body: `{"name":"ｐｌａｎ","type":"text"}`}).fails(409, "field.name-taken")
	edited := w.do(call{method: "PATCH", path: path, body: `{"name":"Tier","options":["Gold","Bronze"]}`, header: header("If-Match", answer.header.Get("ETag"))}).must(200)
	if got := decoded[httpapi.Field](edited); got.Name != "Tier" || strings.Join(got.Options, ",") != "Gold,Bronze" {
		t.Errorf("edited to %s", edited.body)
	}
	w.do(call{method: "PATCH", path: path, body: `{"name":"Plan"}`, header: header("If-Match", answer.header.Get("ETag"))}).fails(412, "field.stale")
	w.do(call{method: "DELETE", path: path}).must(204)
	w.do(call{method: "DELETE", path: path}).must(204)
	w.do(call{method: "PATCH", path: path, body: `{"name":"Plan"}`}).fails(409, "field.retired")
	w.field(`{"name":"visits","type":"number"}`)
	for status, want := range map[string]string{"active": "visits", "retired": "Tier", "all": "Tier, visits"} {
		var names []string
		page := w.do(call{method: "GET", path: "/v1/fields?status=" + status, header: header("Prefer", "return=total-count")}).must(200)
		for _, f := range decoded[httpapi.List[httpapi.Field]](page).Items {
			names = append(names, f.Name)
		}
		if got := strings.Join(names, ", "); got != want {
			t.Errorf("%s are %s, want %s", status, got, want)
		}
	}
	if got := decoded[httpapi.Field](w.get(path).must(200)); got.Status != "retired" || got.RetiredAt == nil {
		t.Errorf("retired as %v", got)
	}
	if got := decoded[httpapi.Field](w.do(call{method: "POST", path: path + "/restore"}).must(200)); got.Status != "active" {
		t.Errorf("restored as %v", got)
	}
	for body, code := range map[string]string{
		`{"name":"","type":"text"}`:                               "field.invalid-name",
		`{"name":"a,b","type":"text"}`:                            "field.invalid-name",
		`{"name":"a","type":"text","options":["x"]}`:              "field.no-options",
		`{"name":"a","type":"choice"}`:                            "field.options-required",
		`{"name":"a","type":"choice","options":["x","X"]}`:        "field.option-twice",
		`{"name":"a","type":"choice","options":["x|y"]}`:          "field.invalid-option",
		`{"name":"a","type":"colour"}`:                            "request.invalid",
		`{"name":"a","type":"text","source":"manual_admin"}`:      "request.invalid",
		`{"name":"a\u0000","type":"text"}`:                        "field.invalid-name",
		`{"name":"` + strings.Repeat("a", 51) + `","type":"url"}`: "field.invalid-name",
	} {
		w.do(call{method: "POST", path: "/v1/fields", body: body}).fails(422, code)
	}
	w.do(call{method: "PATCH", path: "/v1/fields/" + uuid.NewString(), body: `{"name":"x"}`}).fails(404, "field.unknown")
	w.get("/v1/fields/"+uuid.NewString()).fails(404, "request.not-found")
}

// S3-13, S4-14: each type takes and shows its own form, by id or by name.
func TestContactsHoldTypedValues(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	path := "/v1/contacts/" + w.contact("Ana", "+16505550101").ID
	marta := w.member("Marta")
	for _, row := range []struct{ name, definition, value, shown string }{
		{"text", `"type":"text"`, `" two\nlines "`, `"two\nlines"`},
		{"number", `"type":"number"`, `"007.50"`, `"7.5"`},
		{"a plain number", `"type":"number"`, `-3`, `"-3"`},
		{"money", `"type":"money"`, `{"amount_minor":-5,"currency":"eur"}`, `{"amount_minor":-5,"currency":"EUR"}`},
		{"written money", `"type":"money"`, `"19.99 EUR"`, `{"amount_minor":1999,"currency":"EUR"}`},
		{"money without cents", `"type":"money"`, `{"amount_minor":500,"currency":"JPY"}`, `{"amount_minor":500,"currency":"JPY"}`},
		{"date", `"type":"date"`, `"2026-05-30"`, `"2026-05-30"`},
		{"choice", `"type":"choice","options":["Gold","Silver"]`, `"silver"`, `"Silver"`},
		{"choices", `"type":"multi_choice","options":["A","B","C"]`, `["c","A","a"]`, `["A","C"]`},
		{"person", `"type":"person"`, `"` + marta + `"`, `"` + marta + `"`},
		{"boolean", `"type":"boolean"`, `false`, `false`},
		{"url", `"type":"url"`, `"https://example.org/a?b"`, `"https://example.org/a?b"`},
	} {
		id := w.field(`{"name":"` + row.name + `",` + row.definition + `}`).ID
		value := func(body string) string {
			t.Helper()
			for _, f := range decoded[httpapi.Contact](w.do(call{method: "PATCH", path: path, body: body}).must(200)).Fields {
				if f.ID == id {
					shown, err := json.Marshal(f.Value)
					if err != nil {
						t.Fatal(err)
					}
					return string(shown)
				}
			}
			return "nothing"
		}
		if got := value(`{"fields":{"` + id + `":` + row.value + `}}`); got != row.shown {
			t.Errorf("%s: %s is shown as %s, want %s", row.name, row.value, got, row.shown)
		}
		before := len(w.Store.All())
		if got := value(`{"fields":{"` + strings.ToUpper(row.name) + `":` + row.shown + `}}`); got != row.shown || len(w.Store.All()) != before {
			t.Errorf("%s: said again as it is shown, it is %s, with %d events", row.name, got, len(w.Store.All())-before)
		}
		if got := value(`{"fields":{"` + id + `":null}}`); got != "null" {
			t.Errorf("%s: cleared, it is %s", row.name, got)
		}
	}
}

// Faults, bad inputs 4, 10, 13, 36, 37 and 43: what a custom field does not take is named, and nothing is written.
func TestValuesThatAFieldDoesNotTakeAreNamed(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	path := "/v1/contacts/" + w.contact("Ana", "+16505550101").ID
	definitions := map[string]string{
		"text": "", "number": "", "money": "", "date": "", "choice": `,"options":["Gold"]`, "multi_choice": `,"options":["a","b"]`, "person": "", "boolean": "", "url": "",
	}
	for kind, options := range definitions {
		w.field(`{"name":"` + kind + `","type":"` + kind + `"` + options + `}`)
	}
	before := len(w.Store.All())
	for _, row := range []struct{ kind, value, code string }{
		{"text", `7`, "field.not-a-text"}, {"text", `["x"]`, "field.not-a-text"}, {"text", `"a\u0000"`, "field.text-characters"},
		{"text", `"` + strings.Repeat("a", 1001) + `"`, "field.text-too-long"},
		{"number", `"1e3"`, "field.not-a-number"}, {"number", `1e3`, "field.not-a-number"}, {"number", `"NaN"`, "field.not-a-number"}, {"number", `"١٠"`, "field.not-a-number"},
		{"number", `9007199254740993.12345678901`, "field.not-a-number"}, {"number", `true`, "field.not-a-number"},
		{"money", `19.99`, "field.not-money"}, {"money", `"19.999 EUR"`, "field.not-money"}, {"money", `"19.99"`, "field.not-money"}, {"money", `{"amount_minor":1,"currency":"XQX"}`, "field.not-money"},
		{"date", `"2026-02-30"`, "field.not-a-date"}, {"date", `"0000-01-01"`, "field.not-a-date"}, {"date", `"30/05/2026"`, "field.not-a-date"},
		{"choice", `"Bronze"`, "field.not-an-option"}, {"choice", `["Gold"]`, "field.not-an-option"},
		{"multi_choice", `["a,b"]`, "field.not-an-option"}, {"multi_choice", `["a",""]`, "field.not-an-option"},
		{"person", `"` + uuid.NewString() + `"`, "field.not-a-member"}, {"person", `"Marta"`, "field.not-a-member"},
		{"boolean", `"maybe"`, "field.not-a-boolean"}, {"boolean", `1`, "field.not-a-boolean"},
		{"url", `"javascript:alert(1)"`, "field.not-a-url"}, {"url", `"http://"`, "field.not-a-url"},
	} {
		p := w.do(call{method: "PATCH", path: path, body: `{"fields":{"` + row.kind + `":` + row.value + `}}`}).fails(422, row.code)
		if len(p.Errors) != 1 || p.Errors[0].Pointer != "/fields/"+row.kind {
			t.Errorf("%s %s is refused at %v", row.kind, row.value, p.Errors)
		}
	}
	if p := w.do(call{method: "PATCH", path: path, body: `{"fields":{"a/b":"x"}}`}).fails(422, "field.unknown"); p.Errors[0].Pointer != "/fields/a~1b" {
		t.Errorf("an unknown field is refused at %v", p.Errors)
	}
	for _, body := range []string{
		`{"fields":null}`, `{"fields":[]}`, `{"fields":{"money":{"amount_minor":1}}}`, `{"fields":{"money":{"amount_minor":1.5,"currency":"EUR"}}}`,
		`{"fields":{"money":{"amount_minor":1,"currency":"EUR","x":1}}}`, `{"fields":{"multi_choice":[1]}}`, `{"fields":{"url":"` + strings.Repeat("a", 16001) + `"}}`,
		`{"fields":{"text":"a","TEXT":"b"}}`,
	} {
		w.do(call{method: "PATCH", path: path, body: body}).fails(422, "request.invalid")
	}
	w.do(call{method: "DELETE", path: "/v1/fields/" + w.field(`{"name":"gone","type":"text"}`).ID}).must(204)
	w.do(call{method: "PATCH", path: path, body: `{"fields":{"gone":"x"}}`}).fails(409, "field.retired")
	if after := len(w.Store.All()); after != before+2 {
		t.Errorf("%d events were written", after-before-2)
	}
}

// What is held of an option that was taken away, and in a field that was retired, stays and is shown.
func TestWhatIsRetiredIsStillShown(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	path := "/v1/contacts/" + w.contact("Ana", "+16505550101").ID
	plan := "/v1/fields/" + w.field(`{"name":"plan","type":"choice","options":["Gold","Silver"]}`).ID
	w.do(call{method: "PATCH", path: path, body: `{"fields":{"plan":"Gold"}}`}).must(200)
	w.do(call{method: "PATCH", path: plan, body: `{"options":["Silver"]}`}).must(200)
	w.do(call{method: "DELETE", path: plan}).must(204)
	w.do(call{method: "DELETE", path: "/v1/fields/" + w.field(`{"name":"empty","type":"text"}`).ID}).must(204)
	shown := func() string {
		held, err := json.Marshal(decoded[httpapi.Contact](w.get(path).must(200)).Fields)
		if err != nil {
			t.Fatal(err)
		}
		return string(held)
	}
	w.do(call{method: "PATCH", path: path, body: `{"fields":{"plan":"gold"}}`}).must(200)
	if got := shown(); !strings.Contains(got, `"retired":true,"value":"Gold"`) || strings.Contains(got, "empty") {
		t.Errorf("held %s", got)
	}
	w.do(call{method: "PATCH", path: path, body: `{"fields":{"plan":null}}`}).must(200)
	if got := shown(); got != "[]" {
		t.Errorf("held %s", got)
	}
}
