package httpapi_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/go-json-experiment/json"
	"github.com/google/uuid"

	"tagtrail/adapters/httpapi"
	"tagtrail/commands"
	"tagtrail/commands/commandstest"
	"tagtrail/domain/event"
	"tagtrail/domain/fault"
	"tagtrail/domain/organization"
)

// nowhere are tables that show nothing yet.
type nowhere struct{}

func (nowhere) Position(context.Context) (event.Position, error) { return 0, nil }
func (nowhere) Wait(context.Context, event.Position) error       { return errors.New("not yet") }
func (nowhere) head(context.Context) (event.Position, error)     { return 0, nil }
func (nowhere) logID(context.Context) (uuid.UUID, error)         { return logID, nil }

// serves answers the status, and whether the answer is what an answer may be: no failure of ours, and JSON.
func serves(handler http.Handler, r *http.Request) (int, bool) {
	answer := httptest.NewRecorder()
	handler.ServeHTTP(answer, r)
	var v any
	return answer.Code, answer.Code != 500 && (answer.Body.Len() == 0 || json.Unmarshal(answer.Body.Bytes(), &v) == nil)
}

// bare is the API over a log in memory, without tables, and a key that opens it.
func bare(f *testing.F) (http.Handler, string) {
	f.Helper()
	w := commandstest.New(f)
	key, _, err := w.Service.CreateKey(w.Ask(f.Context()), commands.CreateKey{Kind: organization.Owner, Name: "first"})
	if err != nil {
		f.Fatal(err)
	}
	return httpapi.New(httpapi.Config{
		Commands: w.Service, Reads: &broken{err: io.ErrUnexpectedEOF}, Positions: nowhere{},
		Head: nowhere{}.head, LogID: nowhere{}.logID, CursorKey: []byte("k"),
	}), key.Token
}

// Whatever the body, the answer is a success or a named refusal, in JSON.
func FuzzBodies(f *testing.F) {
	handler, token := bare(f)
	for _, seed := range []string{
		`{"name":"VIP"}`, `{"name":"a","color":"red","kind":"valued","values":["x","y"]}`, `{"name":"\ud800"}`, "{\"name\":\"\xff\"}",
		`{"name":null,"email":null,"owner":null}`, `[]`, `null`, `{"tags":["x"]}`, `{"name":1e400}`, strings.Repeat("[", 200), `{"a":1,"a":2}`,
		`{"name":"Ana","phone":"+16505550101","tags":[]}`, `{"status":"hot","reason":"x"}`,
	} {
		f.Add(seed, uint8(0))
		f.Add(seed, uint8(3))
	}
	f.Fuzz(func(t *testing.T, body string, which uint8) {
		paths := []struct{ method, path, media string }{
			{"POST", "/v1/tags", "application/json"},
			{"POST", "/v1/contacts", "application/json"},
			{"PATCH", "/v1/tags/" + logID.String(), "application/merge-patch+json"},
			{"PATCH", "/v1/contacts/" + logID.String(), "application/merge-patch+json"},
			{"PUT", "/v1/contacts/" + logID.String() + "/lead-status", "application/json"},
			{"POST", "/v1/tags/bulk-delete", "application/json"},
		}
		to := paths[int(which)%len(paths)]
		r := httptest.NewRequestWithContext(t.Context(), to.method, to.path, strings.NewReader(body))
		r.Header.Set("Authorization", "Bearer "+token)
		r.Header.Set("Content-Type", to.media)
		if status, fine := serves(handler, r); !fine {
			t.Errorf("%s %s answered %d to %q", to.method, to.path, status, body)
		}
	})
}

// No text is taken for a cursor but those that the API made, of which it made none here.
func FuzzCursors(f *testing.F) {
	handler, token := bare(f)
	for _, seed := range []string{"AQ", "a b", "\xff", "%", strings.Repeat("A", 60), strings.Repeat("A", 20_000), "AQ==", "-_", "null"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, made string) {
		r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/v1/tags?cursor=x"+url.QueryEscape(made), http.NoBody)
		r.Header.Set("Authorization", "Bearer "+token)
		if status, fine := serves(handler, r); !fine || status < 400 || status == http.StatusServiceUnavailable {
			t.Errorf("the cursor %q is answered %d", made, status)
		}
	})
}

// Whatever a refusal has to say, it is said in JSON, under the status of its kind.
func FuzzProblems(f *testing.F) {
	var thrown error
	handler := httpapi.New(httpapi.Config{
		WhatsApp: func(problem func(http.ResponseWriter, *http.Request, error)) func(http.ResponseWriter, *http.Request, uuid.UUID) {
			return func(w http.ResponseWriter, r *http.Request, _ uuid.UUID) { problem(w, r, thrown) }
		},
	})
	f.Add("tag.name-taken", "another tag has this name", "/name", "tag", "1", uint8(5))
	f.Add("", "", "", "", "", uint8(200))
	f.Add("a\r\nb", "<script>\x00", "/~0~1", "\u2028", `"`, uint8(0))
	f.Add("\xff", "\xff\xfe", "\xff", "\xff", "\xff", uint8(11))
	f.Fuzz(func(t *testing.T, code, message, pointer, name, value string, kind uint8) {
		refused := fault.New(fault.Kind(kind), code, message).At(pointer)
		refused.Details = map[string]string{name: value}
		for _, thrown = range []error{refused, fmt.Errorf("append to %s: %w", name, refused), errors.New(message)} {
			answer := httptest.NewRecorder()
			handler.ServeHTTP(answer, httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/webhooks/whatsapp/"+logID.String(), http.NoBody))
			var p httpapi.Problem
			if err := json.Unmarshal(answer.Body.Bytes(), &p); err != nil || p.Status != answer.Code || answer.Code < 400 || p.Instance == "" {
				t.Errorf("answered %d %s: %v", answer.Code, answer.Body, err)
			}
			if media := answer.Header().Get("Content-Type"); media != "application/problem+json" {
				t.Errorf("answered as %s", media)
			}
		}
	})
}

// Whatever the query and the headers, cursors and positions among them, the answer is a success or a named refusal.
func FuzzQuestions(f *testing.F) {
	handler, token := bare(f)
	for _, seed := range [][3]string{
		{"limit=1&cursor=AQ", "", ""}, {"q=%zz", "wait=2", "AAAA"}, {"tag=x&tag=y", "return=total-count", ""}, {"created_from=2026-02-30", "", ""},
		{"cursor=" + strings.Repeat("A", 60), "wait=;;,,=", "Bd-Gx7GoRg2AAAAAAAAAAA"}, {"created_to=2026-05-30T00:00:00Z", "wait=-9999999999999999999", ""},
	} {
		f.Add(seed[0], seed[1], seed[2])
	}
	f.Fuzz(func(t *testing.T, query, prefer, position string) {
		r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/v1/contacts", http.NoBody)
		r.URL.RawQuery = query
		r.Header = http.Header{"Authorization": {"Bearer " + token}, "Prefer": {prefer}, "If-Match": {position}, "Accept": {prefer}}
		if position != "" {
			r.Header["Tagtrail-Min-Position"] = []string{position}
		}
		if status, fine := serves(handler, r); !fine {
			t.Errorf("GET ?%s answered %d", query, status)
		}
	})
}
