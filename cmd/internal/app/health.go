package app

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"time"
)

// check asks one thing that the process needs; nil is well.
type check struct {
	name string
	ask  func(ctx context.Context) error
}

// checkLimit is how long all checks together may take.
const checkLimit = 3 * time.Second

// livez answers as long as the process can answer at all.
func livez(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	_, _ = fmt.Fprintln(w, "ok")
}

// readyz answers 200 when every check is well and 503 otherwise; with ?verbose it
// says how each one is.
func readyz(checks []check) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		ctx, cancel := context.WithTimeout(r.Context(), checkLimit)
		defer cancel()
		answers := make([]error, len(checks))
		var asking sync.WaitGroup
		for i, c := range checks {
			asking.Go(func() { answers[i] = c.ask(ctx) })
		}
		asking.Wait()

		ready := true
		var report strings.Builder
		for i, c := range checks {
			if answers[i] == nil {
				fmt.Fprintf(&report, "[+] %s ok\n", c.name)
				continue
			}
			ready = false
			fmt.Fprintf(&report, "[-] %s: %s\n", c.name, printableReason(answers[i]))
		}
		w.Header().Set("Content-Type", "text/plain; charset=utf-8")
		w.Header().Set("Cache-Control", "no-store")
		status, verdict := http.StatusOK, "ready"
		if !ready {
			status, verdict = http.StatusServiceUnavailable, "not ready"
			w.Header().Set("Retry-After", "1")
		}
		w.WriteHeader(status)
		if r.URL.Query().Has("verbose") {
			_, _ = fmt.Fprint(w, report.String())
		}
		_, _ = fmt.Fprintln(w, verdict)
	})
}

// printableReason is an error on one line.
func printableReason(err error) string {
	return strings.Join(strings.Fields(err.Error()), " ")
}
