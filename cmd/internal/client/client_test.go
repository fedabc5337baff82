package client_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"testing"

	"tagtrail/cmd/internal/client"
	"tagtrail/domain/fault"
)

// What cannot be answered for now is asked again, as the same command; what is refused is not.
func TestWhatIsAskedTooEarlyIsAskedAgain(t *testing.T) {
	t.Parallel()
	for name, row := range map[string]struct {
		first, last, asked int
	}{
		"too many requests":        {http.StatusTooManyRequests, http.StatusCreated, 2},
		"out of reach":             {http.StatusServiceUnavailable, http.StatusCreated, 2},
		"a refusal":                {http.StatusConflict, http.StatusConflict, 1},
		"no end of being too many": {http.StatusTooManyRequests, http.StatusTooManyRequests, 4},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var keys []string
			server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				keys = append(keys, r.Header.Get("Idempotency-Key"))
				status := row.first
				if len(keys) > 1 {
					status = row.last
				}
				w.Header().Set("Retry-After", "0")
				w.WriteHeader(status)
			}))
			defer server.Close()
			_, _, err := client.New(server.URL, "a key").Ask(context.WithoutCancel(t.Context()), client.Request{Method: "POST", Path: "/v1/tags"})
			if (err == nil) != (row.last < 300) || err != nil && fault.Of(err) == nil {
				t.Errorf("answered %v", err)
			}
			if len(keys) != row.asked || keys[0] == "" || keys[0] != keys[len(keys)-1] {
				t.Errorf("asked under %q", keys)
			}
		})
	}
}
