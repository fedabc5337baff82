package httpapi_test

import (
	"net/http"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
)

// Faults, bad inputs 4, 5, 9 to 11, 13 to 15, 24, 27 to 29 and 37, of every operation: what is wrong with what is asked is named, and
// nothing is written.
func TestEveryOperationRefusesWhatCannotBeMeant(t *testing.T) {
	t.Parallel()
	w := newWholeWorld(t)
	e := newEstate(w)
	before := len(w.Store.All())
	for _, row := range everyOperation() {
		valid := row.ask(e)
		for name, c := range mistaken(t, valid, w.described(row.operation)) {
			if answer := w.do(c); answer.status < 400 || answer.status >= 500 {
				t.Errorf("%s with %s: %s %s %.200s is answered %d %s", row.operation, name, c.method, c.path, c.body, answer.status, answer.body)
			}
		}
		path, _, _ := strings.Cut(valid.path, "?")
		options := w.do(call{method: "OPTIONS", path: path, token: "-"}).must(http.StatusNoContent)
		allowed := strings.Split(options.header.Get("Allow"), ", ")
		if !slices.Contains(allowed, valid.method) {
			t.Errorf("%s: OPTIONS %s answers %v", row.operation, path, allowed)
		}
		head := w.do(call{method: "HEAD", path: path, token: "-"})
		if want := map[bool]int{true: http.StatusUnauthorized, false: http.StatusMethodNotAllowed}[slices.Contains(allowed, "GET")]; head.status != want || len(head.body) != 0 {
			t.Errorf("%s: HEAD %s is answered %d, not %d", row.operation, path, head.status, want)
		}
	}
	if after := len(w.Store.All()); after != before {
		t.Errorf("%d events were written", after-before)
	}
}

// described answers what the API says of an operation.
func (w *world) described(id string) *openapi3.Operation {
	w.t.Helper()
	for _, path := range w.judge.document.Paths.Map() {
		for _, o := range path.Operations() {
			if o.OperationID == id {
				return o
			}
		}
	}
	w.t.Fatalf("there is no operation %s", id)
	return nil
}

// mistaken answers a request with one thing wrong with it each time.
func mistaken(t *testing.T, valid call, described *openapi3.Operation) map[string]call {
	t.Helper()
	wrong := map[string]call{}
	but := func(name string, change func(*call)) {
		c := valid
		c.header = valid.header.Clone()
		if c.header == nil {
			c.header = http.Header{}
		}
		change(&c)
		wrong[name] = c
	}
	joint := "?"
	if strings.Contains(valid.path, "?") {
		joint = "&"
	}
	but("an unknown parameter", func(c *call) { c.path += joint + "xyzzy=1" })
	but("a query that cannot be read", func(c *call) { c.path += joint + "%zz" })
	but("two keys", func(c *call) { c.header["Authorization"] = []string{"Bearer a", "Bearer b"} })
	if id := regexp.MustCompile(`[0-9a-f-]{36}`).FindString(valid.path); id != "" {
		but("an id in capitals", func(c *call) { c.path = strings.Replace(c.path, id, strings.ToUpper(id[:35])+"F", 1) })
		but("NUL for an id", func(c *call) { c.path = strings.Replace(c.path, id, "%00", 1) })
		but("an id that is no text", func(c *call) { c.path = strings.Replace(c.path, id, "%ff", 1) })
	}
	for header, value := range map[string]string{"Tagtrail-Min-Position": "x", "Idempotency-Key": "", "If-Match": "1"} {
		if described.Parameters.GetByInAndName("header", header) != nil {
			but(header+" of a wrong form", func(c *call) { c.header.Set(header, value) })
		}
	}
	if valid.header.Get("Content-Type") == "text/csv" {
		return wrong
	}
	for name, body := range map[string]string{
		"half of JSON": `{"a":`, "a name twice": `{"a":1,"a":2}`, "no text": "{\"a\":\"\xff\"}",
		"an unknown member": `{"xyzzy":1}`, "a list": `[]`,
	} {
		but(name, func(c *call) { c.body = body })
	}
	if valid.body == "" {
		return wrong
	}
	but("another media type", func(c *call) { c.header.Set("Content-Type", "text/plain") })
	var members map[string]jsontext.Value
	if err := json.Unmarshal([]byte(valid.body), &members); err != nil {
		t.Fatal(err)
	}
	for name := range members {
		for what, value := range map[string]string{
			"an object": `{"xyzzy":1}`, "NUL": `"a\u0000b"`, "a number beyond all": `1e300`, "a long text": `"` + strings.Repeat("x", 20_000) + `"`,
		} {
			but(what+" as "+name, func(c *call) {
				c.body = strings.Replace(c.body, `"`+name+`":`+string(members[name]), `"`+name+`":`+value, 1)
			})
		}
	}
	return wrong
}
