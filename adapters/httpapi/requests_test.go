package httpapi_test

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/google/uuid"

	"tagtrail/adapters/httpapi"
)

// Faults, bad inputs 5, 9 and 11 … 16: what is not one plain JSON document never reaches a command.
func TestBodiesThatCannotBeReadAreRefused(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	before := len(w.Store.All())
	for _, row := range []struct {
		name, body string
		header     http.Header
		status     int
		code       string
	}{
		{"a name twice", `{"name":"a","name":"b"}`, nil, 400, "request.malformed-json"},
		{"a name twice, written in another way", `{"name":"a","n\u0061me":"b"}`, nil, 400, "request.malformed-json"},
		{"bytes that are no text", "{\"name\":\"\xff\"}", nil, 400, "request.malformed-json"},
		{"half a surrogate", `{"name":"\ud800"}`, nil, 400, "request.malformed-json"},
		{"bytes behind", `{"name":"a"} x`, nil, 400, "request.malformed-json"},
		{"two documents", `{"name":"a"}{"name":"b"}`, nil, 400, "request.malformed-json"},
		{"a byte order mark", "\ufeff" + `{"name":"a"}`, nil, 400, "request.malformed-json"},
		{"cut off", `{"name":"a"`, nil, 400, "request.malformed-json"},
		{"too deep", strings.Repeat("[", 100_000) + strings.Repeat("]", 100_000), nil, 400, "request.json-too-deep"},
		{"too deep in a member", `{"name":` + strings.Repeat(`{"a":`, 101) + "1" + strings.Repeat("}", 101) + "}", nil, 400, "request.json-too-deep"},
		{"no number", `{"name":01}`, nil, 400, "request.malformed-json"},
		{"not a number", `{"name":NaN}`, nil, 400, "request.malformed-json"},
		{"a number out of range", `{"name":1e400}`, nil, 400, "request.malformed-json"},
		{"a number for a text", `{"name":-0}`, nil, 422, "request.invalid"},
		{"null", `null`, nil, 422, "request.invalid"},
		{"a list", `[]`, nil, 422, "request.invalid"},
		{"a text", `"x"`, nil, 422, "request.invalid"},
		{"nothing", ``, nil, 400, "request.body-missing"},
		{"a member that there is not", `{"name":"a","organization":"x"}`, nil, 422, "request.invalid"},
		{"too large", `{"name":"` + strings.Repeat("a", 10<<20) + `"}`, nil, 413, "request.too-large"},
		{"another media type", `{"name":"a"}`, header("Content-Type", "text/plain"), 415, "request.unsupported-media-type"},
		{"a patch", `{"name":"a"}`, header("Content-Type", "application/merge-patch+json"), 415, "request.unsupported-media-type"},
		{"another charset", `{"name":"a"}`, header("Content-Type", "application/json; charset=utf-16"), 415, "request.unsupported-media-type"},
		{"no media type", `{"name":"a"}`, header("Content-Type", ""), 415, "request.unsupported-media-type"},
		{"two media types", `{"name":"a"}`, http.Header{"Content-Type": {"application/json", "application/json"}}, 415, "request.unsupported-media-type"},
		{"compressed", `{"name":"a"}`, header("Content-Encoding", "gzip"), 415, "request.unsupported-media-type"},
	} {
		t.Log(row.name)
		w.do(call{method: "POST", path: "/v1/tags", body: row.body, header: row.header}).fails(row.status, row.code)
	}
	if after := len(w.Store.All()); after != before {
		t.Errorf("%d events were written", after-before)
	}
	w.do(call{method: "POST", path: "/v1/tags", body: `{"name":"a"}`, header: header("Content-Type", "application/json; charset=UTF-8")}).must(201)
	w.do(call{method: "GET", path: "/v1/tags", body: `{}`}).fails(400, "request.body-not-expected")
	w.do(call{method: "PATCH", path: "/v1/tags/" + uuid.NewString(), body: `{}`, header: header("Content-Type", "application/json")}).fails(415, "request.unsupported-media-type")
}

// The framework's own problems repeat what was sent, whole bodies included; ours never do.
func TestProblemsNeverRepeatAValue(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	const secret = "xyzzy-0451"
	for _, c := range []call{
		{method: "POST", path: "/v1/tags", body: `{"name":"` + secret + `,"}`},
		{method: "POST", path: "/v1/tags", body: `{"name":["` + secret + `"]}`},
		{method: "POST", path: "/v1/tags", body: `["` + secret + `"]`},
		{method: "POST", path: "/v1/tags", body: `{"name":"a","color":"` + secret + `"}`},
		{method: "POST", path: "/v1/contacts", body: `{"name":"` + secret + `","phone":"` + secret + `","email":"` + secret + `"}`},
		{method: "POST", path: "/v1/tags", body: secret},
		{method: "POST", path: "/v1/tags", body: "{\"name\":\"" + secret + "\xff\"}"},
		{method: "GET", path: "/v1/contacts?owner=" + secret},
		{method: "GET", path: "/v1/contacts?created_from=" + secret},
		{method: "GET", path: "/v1/contacts?limit=" + secret},
		{method: "GET", path: "/v1/contacts?cursor=" + secret},
		{method: "GET", path: "/v1/contacts/" + secret},
		{method: "GET", path: "/v1/contacts", token: secret},
		{method: "GET", path: "/v1/contacts", header: header("Tagtrail-Min-Position", secret)},
		{method: "GET", path: "/" + secret},
	} {
		answer := w.do(c)
		if answer.status < 400 || strings.Contains(string(answer.body), secret) {
			t.Errorf("%s %s answered %d %s", c.method, c.path, answer.status, answer.body)
		}
	}
	if strings.Contains(w.logs.String(), secret) {
		t.Error("the log repeats what was sent")
	}
	answer := w.do(call{method: "POST", path: "/v1/tags", body: `{"` + strings.Repeat("n", 1<<19) + `":1,"` + strings.Repeat("m", 1<<18) + `":1}`}).must(422)
	if len(answer.body) > 4000 {
		t.Errorf("a large name made an answer of %d bytes", len(answer.body))
	}
	many := w.do(call{method: "POST", path: "/v1/tags/bulk-delete", body: `{"tags":[` + strings.TrimSuffix(strings.Repeat(`"x",`, 100_000), ",") + `]}`}).must(422)
	if len(many.body) > 4000 {
		t.Errorf("many mistakes made an answer of %d bytes", len(many.body))
	}
}

// Nothing in an answer is made from the request's Host, or from what a proxy would say (faults, bad inputs 22 and 23).
func TestNothingIsBelievedOfTheHost(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for _, path := range []string{"/v1/tags", "/v1/nowhere", "/docs", "/problems", "/openapi.json", "/v1/tags//"} {
		r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, w.server.URL+path, http.NoBody)
		if err != nil {
			t.Fatal(err)
		}
		r.Host = "evil.example"
		r.Header = header("X-Forwarded-Host", "evil.example", "X-Forwarded-Proto", "gopher", "Authorization", "Bearer "+w.token)
		answer, err := w.server.Client().Transport.RoundTrip(r)
		if err != nil {
			t.Fatal(err)
		}
		body, _ := io.ReadAll(answer.Body)
		_ = answer.Body.Close()
		if all := fmt.Sprint(answer.Header, string(body)); strings.Contains(all, "evil.example") || strings.Contains(all, "gopher") || strings.Contains(string(body), "$schema") {
			t.Errorf("%s answered %.300s", path, all)
		}
	}
}

// Faults, bad inputs 20, 21, 22 and 24: every path and method has an answer, and none leads elsewhere.
func TestEveryPathAndMethodHasAnAnswer(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for _, path := range []string{"/", "//", "/v1", "/v1/tags/", "//v1/tags", "/v1//tags", "/v1/../v1/tags", "/v1/%2e%2e/tags", "/V1/tags", "/v1/tags;x", "/v1/tags%00", "/v1/contacts/a%2fb/messages", "/problems/none"} {
		w.do(call{method: "GET", path: path}).fails(404, "request.not-found")
	}
	for path, allow := range map[string]string{
		"/v1/tags":                                  "GET, POST, HEAD, OPTIONS",
		"/v1/tags/" + uuid.NewString():              "GET, PATCH, DELETE, HEAD, OPTIONS",
		"/v1/tags/" + uuid.NewString() + "/restore": "POST, OPTIONS",
		"/v1/contacts/export.csv":                   "GET, HEAD, OPTIONS",
		"/v1/tags/bulk-delete":                      "POST, OPTIONS",
		"/openapi.json":                             "GET, HEAD, OPTIONS",
	} {
		for _, method := range []string{"PUT", "TRACE", "PROPFIND", "get", "LOCK"} {
			answer := w.do(call{method: method, path: path})
			answer.fails(405, "request.method-not-allowed")
			if got := answer.header.Get("Allow"); got != allow {
				t.Errorf("%s %s is refused with Allow: %s, not %s", method, path, got, allow)
			}
		}
		if answer := w.do(call{method: "OPTIONS", path: path}).must(204); answer.header.Get("Allow") != allow {
			t.Errorf("OPTIONS %s answers %s, not %s", path, answer.header.Get("Allow"), allow)
		}
	}
	w.do(call{method: "OPTIONS", path: "/nowhere"}).fails(404, "request.not-found")
	w.do(call{method: "HEAD", path: "/v1/tags/" + uuid.NewString() + "/restore"}).must(405)
	if head := w.do(call{method: "HEAD", path: "/v1/tags"}).must(200); len(head.body) != 0 || head.header.Get("Content-Type") != "application/json" {
		t.Errorf("HEAD answered %v %s", head.header, head.body)
	}
	w.do(call{method: "GET", path: "/v1/tags", header: header("X-HTTP-Method-Override", "DELETE", "Accept", "*/*;q=abc")}).must(200)
	w.do(call{method: "GET", path: "/v1/tags", header: header("Accept", strings.Repeat("a/b;,", 2000))}).must(200)
	w.get("/v1/tags?"+strings.Repeat("a", 100_000)).fails(414, "request.uri-too-long")
}

// Faults, bad inputs 17 and 19, over a bare connection.
func TestBrokenFramingEndsTheConnection(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for name, rest := range map[string]string{
		"shorter than it says":   "Content-Length: 100\r\n\r\n{\"name\":\"a\"}",
		"two lengths":            "Content-Length: 2\r\nContent-Length: 3\r\n\r\n{}",
		"broken chunks":          "Transfer-Encoding: chunked\r\n\r\nzz\r\n{}\r\n0\r\n\r\n",
		"an unknown encoding":    "Transfer-Encoding: gzip\r\n\r\n{}",
		"a length below nothing": "Content-Length: -1\r\n\r\n{}",
	} {
		conn, err := (&net.Dialer{}).DialContext(t.Context(), "tcp", w.server.Listener.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		_, _ = fmt.Fprintf(conn, "POST /v1/tags HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer %s\r\nContent-Type: application/json\r\n%s", w.token, rest)
		_ = conn.(*net.TCPConn).CloseWrite()
		answer, err := http.ReadResponse(bufio.NewReader(conn), nil)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if !slices.Contains([]int{400, 408, 501}, answer.StatusCode) || !answer.Close {
			t.Errorf("%s answered %d, closing: %v", name, answer.StatusCode, answer.Close)
		}
		_ = answer.Body.Close()
		_ = conn.Close()
	}
}

func TestAPanicIsAnsweredAndLoggedWithoutWhatWasThrown(t *testing.T) {
	t.Parallel()
	w := newWorld(t, func(c *httpapi.Config) {
		c.Live = http.HandlerFunc(func(http.ResponseWriter, *http.Request) { panic("xyzzy of Ana") })
		c.WhatsApp = func(problem func(http.ResponseWriter, *http.Request, error)) func(http.ResponseWriter, *http.Request, uuid.UUID) {
			return func(w http.ResponseWriter, r *http.Request, _ uuid.UUID) { problem(w, r, fmt.Errorf("%s", r.Method)) }
		}
	})
	p := w.do(call{method: "GET", path: "/livez"}).fails(500, "request.failed")
	if log := w.logs.String(); !strings.Contains(log, p.Instance) || !strings.Contains(log, "request panicked") || strings.Contains(log, "xyzzy") {
		t.Errorf("logged %s", log)
	}
	w.do(call{method: "POST", path: "/webhooks/whatsapp/" + uuid.NewString(), body: "{}", token: "-"}).fails(500, "request.failed")
	w.do(call{method: "POST", path: "/webhooks/whatsapp/no-uuid", body: "{}", token: "-"}).fails(404, "request.not-found")
}
