package httpapi_test

import (
	"net/http"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/go-json-experiment/json"
	"github.com/google/uuid"

	"tagtrail/adapters/httpapi"
	"tagtrail/commands"
	"tagtrail/domain"
	"tagtrail/domain/fault"
)

// The type of every problem leads to a page.
func TestEveryFaultHasAPage(t *testing.T) {
	t.Parallel()
	extra := fault.New(fault.Unavailable, "elsewhere.unavailable", "something else is out of reach")
	w := newWorld(t, func(c *httpapi.Config) { c.Faults = []*fault.Fault{extra} })
	list := string(w.get("/problems").must(200).body)
	seen := map[string]bool{}
	for _, f := range slices.Concat(domain.Faults(), commands.Faults(), httpapi.Faults(), []*fault.Fault{extra}) {
		if seen[f.Code] {
			t.Errorf("%s stands for two faults", f.Code)
		}
		seen[f.Code] = true
		page := string(w.do(call{method: "GET", path: "/problems/" + f.Code, token: "-"}).must(200).body)
		if !strings.Contains(page, f.Code) || !strings.Contains(page, "What to do") || !strings.Contains(list, "/problems/"+f.Code) {
			t.Errorf("%s has no page", f.Code)
		}
	}
}

// Pages come from the binary alone: no script, nothing from another host, and a policy that would stop both.
func TestPagesAskNothingOfOtherHosts(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for _, path := range []string{"/docs", "/docs/reporting", "/problems", "/problems/tag.name-taken"} {
		answer := w.do(call{method: "GET", path: path, token: "-"}).must(200)
		if elsewhere := regexp.MustCompile(`(?i)<script|(src|href)="?(https?:)?//|url\(|@import`).Find(answer.body); elsewhere != nil {
			t.Errorf("%s has %s", path, elsewhere)
		}
		if policy := answer.header.Get("Content-Security-Policy"); !strings.Contains(policy, "default-src 'self'") || strings.Contains(policy, "unsafe") {
			t.Errorf("%s is served under %s", path, policy)
		}
	}
	analysts := string(w.get("/docs/reporting").must(200).body)
	for _, shown := range []string{"assignment_periods", "tag_deleted", "reporting connect", "How many contacts carry each tag now?"} {
		if !strings.Contains(analysts, shown) {
			t.Errorf("the page for analysts does not show %s", shown)
		}
	}
	docs := string(w.get("/docs").must(200).body)
	for _, shown := range []string{"Create a tag", "/v1/contacts/{id}/tags/{tag_id}", "tag.name-taken", "NewContact", "v1.2.3"} {
		if !strings.Contains(docs, shown) {
			t.Errorf("the page does not show %s", shown)
		}
	}
}

// The description is whole: each operation has an id, a summary, its refusals and its key, and nothing is left of what
// the framework puts in by itself.
func TestTheDescriptionIsWhole(t *testing.T) {
	t.Parallel()
	well := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/plain; charset=utf-8")
		_, _ = w.Write([]byte("well"))
	})
	w := newWorld(t, func(c *httpapi.Config) {
		c.Live, c.Ready, c.Metrics = well, well, well
		c.WhatsApp = func(func(http.ResponseWriter, *http.Request, error)) func(http.ResponseWriter, *http.Request, uuid.UUID) {
			return func(w http.ResponseWriter, r *http.Request, _ uuid.UUID) { well(w, r) }
		}
	})
	answer := w.do(call{method: "GET", path: "/openapi.json", token: "-"}).must(200)
	if strings.Contains(string(answer.body), "ErrorModel") || strings.Contains(string(answer.body), "$schema") {
		t.Error("the framework's own schemas are in it")
	}
	var document struct {
		OpenAPI string
		Paths   map[string]map[string]struct {
			OperationID, Summary string
			Tags                 []string
			Security             []map[string][]string
			Responses            map[string]struct {
				Description string
				Content     map[string]any
			}
		}
	}
	if err := json.Unmarshal(answer.body, &document, json.MatchCaseInsensitiveNames(true)); err != nil {
		t.Fatal(err)
	}
	operations, besides := 0, 0
	for path, methods := range document.Paths {
		for method, o := range methods {
			if o.OperationID == "" || o.Summary == "" || len(o.Tags) != 1 {
				t.Errorf("%s %s is not described", method, path)
			}
			if !strings.HasPrefix(path, "/v1/") {
				besides++
				if len(o.Security) != 0 || o.Responses["200"].Description == "" || o.Responses["default"].Content["application/problem+json"] == nil {
					t.Errorf("%s %s is not described as what takes no key", method, path)
				}
				continue
			}
			operations++
			if len(o.Security) != 1 {
				t.Errorf("%s %s does not say that it takes a key", method, path)
			}
			for _, status := range []string{"400", "401", "403", "422", "500", "503", "default"} {
				if o.Responses[status].Content["application/problem+json"] == nil {
					t.Errorf("%s %s does not describe %s", method, path, status)
				}
			}
		}
	}
	if !strings.HasPrefix(document.OpenAPI, "3.1") || operations < 50 || besides != 10 {
		t.Errorf("OpenAPI %s with %d operations and %d beside them", document.OpenAPI, operations, besides)
	}
	for _, path := range []string{"/livez", "/readyz?verbose", "/metrics", "/docs", "/problems", "/problems/tag.unknown", "/webhooks/whatsapp/" + uuid.NewString() + "?hub.mode=subscribe&hub.verify_token=t&hub.challenge=c"} {
		w.do(call{method: "GET", path: path, token: "-"}).must(200)
	}
}

// Links are made from the configured address, where there is one.
func TestProblemsLeadToTheConfiguredAddress(t *testing.T) {
	t.Parallel()
	w := newWorld(t, func(c *httpapi.Config) { c.PublicURL = "https://tags.example/" })
	if p := decoded[problem](w.get("/nowhere").must(404)); p.Type != "https://tags.example/problems/request.not-found" {
		t.Errorf("the type is %s", p.Type)
	}
}
