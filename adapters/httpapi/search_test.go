package httpapi_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/go-json-experiment/json"
	"github.com/google/uuid"

	"tagtrail/adapters/httpapi"
)

// search asks for a search, page by page, and answers the names that it found.
func (w *world) search(asked map[string]any) []string {
	w.t.Helper()
	names := []string{}
	for range 20 {
		body, err := json.Marshal(asked)
		if err != nil {
			w.t.Fatal(err)
		}
		page := decoded[struct {
			Items []struct {
				DisplayName string `json:"display_name"`
			}
			Next *string
		}](w.do(call{method: "POST", path: "/v1/contacts/search", body: string(body)}).must(200))
		for _, item := range page.Items {
			names = append(names, item.DisplayName)
		}
		if page.Next == nil {
			return names
		}
		asked["cursor"] = *page.Next
	}
	w.t.Fatal("the search has no end")
	return nil
}

// S1-2, S1-31 to S1-35, S2-10 to S2-14, S3-30, S3-31; S2-32: who has no tag is found; S2-33, S3-15: a label is had, what has
// structure is a value under a key; S3-43: who was not heard of is found.
func TestASearchFindsWhomItsFilterMeans(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	dog := w.tag("dog")
	city := decoded[httpapi.Tag](w.do(call{method: "POST", path: "/v1/tags", body: `{"name":"city","kind":"valued"}`}).must(201))
	jane, bob, carl := w.contact("Jane Roe", "+16505550101"), w.contact("Bob", "+5511987654321"), w.contact("Carl", "+34666555444")
	w.do(call{method: "PUT", path: "/v1/contacts/" + jane.ID + "/tags/" + dog.ID, body: `{}`}).must(200)
	w.do(call{method: "PUT", path: "/v1/contacts/" + bob.ID + "/tags/" + dog.ID, body: `{}`}).must(200)
	w.do(call{method: "PUT", path: "/v1/contacts/" + bob.ID + "/tags/" + city.ID, body: `{"value":"São Paulo"}`}).must(200)
	w.do(call{method: "PUT", path: "/v1/contacts/" + carl.ID + "/lead-status", body: `{"status":"hot"}`}).must(200)

	filter := func(written string) map[string]any {
		var f any
		if err := json.Unmarshal([]byte(written), &f); err != nil {
			t.Fatal(err)
		}
		return map[string]any{"filter": f, "sort": "name"}
	}
	for written, want := range map[string][]string{
		`{"text":"roe"}`:                      {"Jane Roe"},
		`{"text":"(11) 98765-4321"}`:          {"Bob"},
		`{"text":"+55 11 8765-4321"}`:         {"Bob"}, // as it was written before Brazil put a 9 before mobile numbers
		`{"text":"0034 666 555 444"}`:         {"Carl"},
		`{"tags_any":["` + dog.ID + `"]}`:     {"Bob", "Jane Roe"},
		`{"country":["ES","BR"]}`:             {"Bob", "Carl"},
		`{"no_tags":true}`:                    {"Carl"},
		`{"lead_status":["hot"]}`:             {"Carl"},
		`{"last_seen":{"never":true}}`:        {"Bob", "Carl", "Jane Roe"},
		`{"created":{"from":"2020-01-01"}}`:   {"Bob", "Carl", "Jane Roe"},
		`{"created":{"before":"2020-01-01"}}`: {},
		`{"all":[{"tags_all":["` + dog.ID + `"]},{"tag_value":{"tag":"` + city.ID + `","is_not":["são paulo"]}}]}`: {"Jane Roe"},
		`{"not":{"any":[{"text":"jane"},{"lead_status":["hot"]}]}}`:                                                {"Bob"},
	} {
		if got := w.search(filter(written)); !slices.Equal(got, want) {
			t.Errorf("%s finds %q, want %q", written, got, want)
		}
	}
}

func TestASearchIsPagedInEachOfItsOrders(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for i, name := range []string{"Bob", "Ana", "Carl"} {
		w.contact(name, fmt.Sprintf("+1650555010%d", i))
	}
	for sort, want := range map[string][]string{"name": {"Ana", "Bob", "Carl"}, "created": {"Carl", "Ana", "Bob"}} {
		if got := w.search(map[string]any{"sort": sort, "limit": 1}); !slices.Equal(got, want) {
			t.Errorf("by %s: %q, want %q", sort, got, want)
		}
	}
	for _, sort := range []string{"last_seen", "last_active", "lead_status"} {
		if got := w.search(map[string]any{"sort": sort, "limit": 2}); len(got) != 3 {
			t.Errorf("by %s: %q", sort, got)
		}
	}
	counted := decoded[struct {
		Total      int
		TotalExact bool `json:"total_exact"`
	}](w.do(call{method: "POST", path: "/v1/contacts/search", body: `{"limit":1,"total":true}`}).must(200))
	if counted.Total != 3 || !counted.TotalExact {
		t.Errorf("counted %+v", counted)
	}
	next := *decoded[httpapi.FoundContacts](w.do(call{method: "POST", path: "/v1/contacts/search", body: `{"limit":1}`}).must(200)).Next
	w.do(call{method: "POST", path: "/v1/contacts/search", body: `{"limit":1,"sort":"name","cursor":"` + next + `"}`}).fails(400, "request.invalid-cursor")
	w.do(call{method: "POST", path: "/v1/contacts/search", body: `{"filter":{"text":"ana"},"cursor":"` + next + `"}`}).fails(400, "request.invalid-cursor")
}

// As of then, only what is not known of persons can be asked for.
func TestASearchAsOfThenRefusesWhatIsSealed(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.contact("Ana", "+16505550101")
	ask := func(filter, sort string) reply {
		return w.do(call{method: "POST", path: "/v1/contacts/search", body: `{"as_of":"2099-01-01","sort":"` + sort + `","filter":` + filter + `}`})
	}
	found := decoded[httpapi.FoundContacts](ask(`{"all":[{"lead_status":["cold"]},{"not":{"no_tags":false}},{"created":{"from":"2020-01-01"}}]}`, "last_seen").must(200))
	if len(found.Items) != 1 {
		t.Errorf("found %d", len(found.Items))
	}
	for _, filter := range []string{`{"text":"ana"}`, `{"has_email":true}`, `{"not":{"country":["US"]}}`, `{"tag_value":{"tag":"` + uuid.NewString() + `","is":["x"]}}`} {
		ask(filter, "last_seen").fails(422, "filter.not-as-of")
	}
	ask(`{"no_owner":true}`, "name").fails(422, "filter.not-as-of")
}

// Faults, bad inputs 33 to 36.
func TestASearchRefusesWhatIsNoFilter(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	id := uuid.NewString()
	nested := func(depth int) string {
		return strings.Repeat(`{"not":`, depth) + `{"no_tags":true}` + strings.Repeat(`}`, depth)
	}
	wide := func(n int) string {
		return `{"all":[` + strings.TrimSuffix(strings.Repeat(`{"text":"a"},`, n), ",") + `]}`
	}
	for filter, code := range map[string]string{
		`{"tags_any":[` + strings.TrimSuffix(strings.Repeat(`"`+id+`",`, 10_000), ",") + `]}`: "request.invalid",
		nested(90): "filter.too-deep",
		nested(8):  "filter.too-deep",
		`{"any":[{"all":[` + wide(100) + `]},` + wide(100) + `]}`: "filter.too-many",
		wide(201):                     "request.invalid",
		`{}`:                          "request.invalid",
		`{"all":[]}`:                  "request.invalid",
		`{"regex":"(a+)+$"}`:          "request.invalid",
		`{"text":"a","no_tags":true}`: "request.invalid",
		`{"text":null}`:               "request.invalid",
		`{"text":" "}`:                "filter.invalid-value",
		`{"text":"a\u0000"}`:          "filter.invalid-value",
		`{"tags_all":["` + strings.ToUpper("0197a1b2-0000-7000-8000-0000000000c1") + `"]}`: "filter.invalid-value",
		`{"lead_status":["lukewarm"]}`:                            "request.invalid",
		`{"country":["Spain"]}`:                                   "request.invalid",
		`{"created":{}}`:                                          "request.invalid",
		`{"created":{"from":"2026-02-30"}}`:                       "filter.invalid-time",
		`{"created":{"from":"2026-05-30T10:00:00"}}`:              "filter.invalid-time",
		`{"created":{"from":"2026-05-30","before":"2026-05-29"}}`: "filter.invalid-time",
		`{"created":{"from":"2026-05-30","within_days":3}}`:       "filter.invalid-value",
		`{"last_seen":{"never":true,"within_days":3}}`:            "filter.invalid-value",
		`{"tag_value":{"tag":"` + id + `"}}`:                      "request.invalid",
	} {
		w.do(call{method: "POST", path: "/v1/contacts/search", body: `{"filter":` + filter + `}`}).fails(422, code)
	}
	for _, text := range []string{`%`, `_`, `\\`, `'`, `\"; DROP`, `$$`, "\u0301\u0301"} {
		w.do(call{method: "POST", path: "/v1/contacts/search", body: `{"filter":{"text":"` + text + `"}}`}).must(200)
	}
	w.do(call{method: "POST", path: "/v1/contacts/search", body: `{"filter":{"text":"a"}}`, token: "-"}).fails(401, "request.unauthenticated")
}
