package httpapi_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/go-json-experiment/json"
	"github.com/google/uuid"

	"tagtrail/adapters/httpapi"
	"tagtrail/commands"
	"tagtrail/commands/commandstest"
	"tagtrail/domain/event"
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
