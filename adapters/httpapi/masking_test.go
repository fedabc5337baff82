package httpapi_test

import (
	"strconv"
	"strings"
	"testing"

	"tagtrail/adapters/httpapi"
)

// found answers how many contacts a text finds, which is the same by whichever door.
func (w *world) found(text string) int {
	w.t.Helper()
	listed := decoded[httpapi.List[httpapi.ListedContact]](w.get("/v1/contacts?q=" + strings.NewReplacer("+", "%2B", "@", "%40", " ", "%20").Replace(text)).must(200))
	searched := decoded[httpapi.FoundContacts](w.do(call{method: "POST", path: "/v1/contacts/search", body: `{"filter":{"text":` + strconv.Quote(text) + `}}`}).must(200))
	if len(listed.Items) != len(searched.Items) {
		w.t.Errorf("%q lists %d and finds %d", text, len(listed.Items), len(searched.Items))
	}
	return len(listed.Items)
}

// Who sees a part of a number cannot try the rest of it digit by digit, and what would be asked later for everybody, or be
// written down whole, is nothing for them.
func TestWhoSeesPeopleInPartLearnsNoMoreOfThem(t *testing.T) {
	t.Parallel()
	w := newWholeWorld(t)
	e := newEstate(w)
	sees := func(masking string) {
		w.do(call{method: "PATCH", path: "/v1/settings", body: `{"masking":{"owner":` + masking + `}}`}).must(200)
	}
	sees(`{"phone":false,"email":true}`)
	for text, want := range map[string]int{
		herAddress: 2, strings.ToUpper(herAddress): 2, "perez": 0, "example.org": 0, "a": 2, "Ana": 2, "0111": 1, "+1 650 555 0111": 1,
	} {
		if got := w.found(text); got != want {
			t.Errorf("%q finds %d of those whose addresses are seen in part, want %d", text, got, want)
		}
	}
	sees(`{"phone":true,"email":false}`)
	for text, want := range map[string]int{
		"+16505550111": 1, "1 (650) 555-0111": 1, "16505550111": 1, // whole, however it is written
		"650555011": 0, "+1650555011": 0, "6505550111": 0, "0111": 0, "1": 0,
		"Ana": 2, "an": 2, "ana.perez": 2, "@example": 2, // names, and addresses, which are seen whole
	} {
		if got := w.found(text); got != want {
			t.Errorf("%q finds %d of those whose numbers are seen in part, want %d", text, got, want)
		}
	}
	says := `"actions":[{"do":"set_lead_status","lead_status":"hot"}]`
	text := `{"not":{"all":[{"no_tags":true},{"text":"16505"}]}}`
	for _, c := range []call{
		{method: "POST", path: "/v1/segments", body: `{"name":"x","filter":` + text + `}`},
		{method: "PATCH", path: e.path("/v1/segments/{segment}"), body: `{"filter":` + text + `}`},
		{method: "POST", path: "/v1/rules", body: `{"name":"x","filter":` + text + `,` + says + `}`},
		{method: "PATCH", path: e.path("/v1/rules/{rule}"), body: `{"filter":` + text + `}`},
		{method: "POST", path: "/v1/rules/preview", body: `{"filter":` + text + `,` + says + `}`},
		{method: "POST", path: "/v1/rules/backtest", body: `{"filter":` + text + `,` + says + `,"from":"2026-05-01T00:00:00Z"}`},
		{method: "POST", path: "/v1/bulk-operations", body: `{"action":"archive","filter":` + text + `}`},
		{method: "POST", path: "/v1/bulk-operations/preview", body: `{"action":"archive","filter":` + text + `}`},
		{method: "POST", path: "/v1/contacts/export", body: `{"profile":"roundtrip"}`},
		{method: "GET", path: e.path("/v1/contacts/{contact}/personal-data")},
		{method: "POST", path: e.path("/v1/contacts/{contact}/personal-data")},
		{method: "GET", path: e.path("/v1/bulk-operations/{gathered}/personal-data")},
	} {
		w.do(c).fails(403, "request.masked")
		if !w.judge.declares(t, c.method, w.server.URL+c.path, "request.masked") {
			t.Errorf("%s %s does not say that it may be answered so", c.method, c.path)
		}
	}
	w.do(call{method: "POST", path: "/v1/segments", body: `{"name":"x","filter":{"not":{"no_tags":true}}}`}).must(201)

	shown := string(w.get(e.path("/v1/segments/{search of her}")).must(200).body)
	if !strings.Contains(shown, `"filter":{"any":[{"text":"+16•••11"},{"text":"`+herAddress+`"}]}`) {
		t.Errorf("what somebody looked for is shown as %s", shown)
	}
	refused := string(w.get(e.path("/v1/imports/{import}/results.csv")).must(200).body)
	if !strings.Contains(refused, "3,refused,\n") || strings.Contains(refused, "0111") {
		t.Errorf("what came of the rows is shown as %q", refused)
	}
}
