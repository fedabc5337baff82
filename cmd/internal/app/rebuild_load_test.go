package app_test

import (
	"context"
	"fmt"
	"net/http"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"tagtrail/adapters/postgres"
	"tagtrail/projections"
)

// rebuilt asks for a rebuild as an analyst, and answers it at its end.
func (s *service) rebuilt(t *testing.T, key, group string, body map[string]string) answer {
	t.Helper()
	asked := s.as(t, key, "POST", "/v1/projections/"+group+"/rebuilds", body)
	if asked.status != http.StatusAccepted {
		t.Fatalf("ask for %v of %s: %d %s", body, group, asked.status, asked.body)
	}
	return s.ended(t, key, asked.header.Get("Location"))
}

func (s *service) ended(t *testing.T, key, location string) answer {
	t.Helper()
	for over := time.Now().Add(time.Minute); ; {
		now := s.as(t, key, "GET", location, nil)
		if now.status != http.StatusOK {
			t.Fatalf("%d %s", now.status, now.body)
		}
		if now.member(t, "finished_at") != nil {
			return now
		}
		if time.Now().After(over) {
			t.Fatalf("it does not end: %s", now.body)
		}
		pauseFor(t.Context(), 20*time.Millisecond)
	}
}

func pauseFor(ctx context.Context, d time.Duration) {
	select {
	case <-ctx.Done():
	case <-time.After(d):
	}
}

func (s *service) analyst(t *testing.T) string {
	t.Helper()
	return s.must(t, "POST", "/v1/api-keys", map[string]string{"kind": "analyst", "name": "Numbers"}).text(t, "token")
}

// Every group is rebuilt, verified and rolled back under 50 reads and 20 writes a second: no read fails, and none shows
// less than one before it did.
func TestNobodyNoticesARebuild(t *testing.T) {
	t.Parallel()
	s := serve(t, t.TempDir())
	live(t, s)
	analyst := s.analyst(t)

	loaded, stop := context.WithCancel(t.Context())
	var busy sync.WaitGroup
	var reads, writes, failed, backward, tags atomic.Int64
	every := func(d time.Duration, does func()) {
		busy.Go(func() {
			tick := time.NewTicker(d)
			defer tick.Stop()
			for {
				select {
				case <-tick.C:
					does()
				case <-loaded.Done():
					return
				}
			}
		})
	}
	every(time.Second/20, func() {
		a, err := s.try(s.key, "POST", "/v1/tags", map[string]string{"name": fmt.Sprint("loaded ", writes.Add(1))})
		if err != nil || a.status/100 != 2 {
			failed.Add(1)
			t.Logf("a write fails: %d %s %v", a.status, a.body, err)
		}
	})
	for range 2 {
		every(time.Second/25, func() {
			least := tags.Load()
			a, err := s.try(s.key, "GET", "/v1/tags?limit=1", nil, "Prefer", "return=total-count")
			seen, malformed := strconv.ParseInt(a.header.Get("Tagtrail-Total-Count"), 10, 64)
			reads.Add(1)
			switch {
			case err != nil || a.status != http.StatusOK || malformed != nil:
				failed.Add(1)
				t.Logf("a read fails: %d %s %v", a.status, a.body, err)
			case seen < least:
				backward.Add(1)
			}
			for most := tags.Load(); seen > most && !tags.CompareAndSwap(most, seen); most = tags.Load() {
			}
		})
	}
	for _, g := range projections.All() {
		for _, kind := range []string{"rebuild", "verify", "rollback"} {
			if end := s.rebuilt(t, analyst, g.Name, map[string]string{"kind": kind}); end.text(t, "phase") != "done" {
				t.Errorf("%s of %s: %s", kind, g.Name, end.body)
			}
		}
	}
	stop()
	busy.Wait()
	t.Logf("%d reads, %d writes, up to %d tags", reads.Load(), writes.Load(), tags.Load())
	if failed.Load() > 0 || backward.Load() > 0 || reads.Load() == 0 || tags.Load() == 0 {
		t.Errorf("of %d reads and %d writes %d failed; %d reads went backward", reads.Load(), writes.Load(), failed.Load(), backward.Load())
	}
}

func TestRebuildsAreAskedForByAnalystsAndOwners(t *testing.T) {
	t.Parallel()
	s := serve(t, t.TempDir())
	live(t, s)
	analyst := s.analyst(t)
	agent := s.must(t, "POST", "/v1/api-keys", map[string]string{"kind": "agent", "name": "Bea"}).text(t, "token")
	if a := s.as(t, agent, "GET", "/v1/projections", nil); a.status != http.StatusForbidden {
		t.Errorf("an agent is answered %d", a.status)
	}
	for name, c := range map[string]struct {
		group  string
		body   map[string]string
		status int
		code   string
	}{
		"a group that there is not":  {"nothing", map[string]string{"kind": "rebuild"}, 422, "projections.unknown-group"},
		"nothing to roll back to":    {"console", map[string]string{"kind": "rollback"}, 404, "projections.no-previous"},
		"until without a name":       {"console", map[string]string{"kind": "until", "until": "2026-01-01T00:00:00Z"}, 422, "request.invalid-until"},
		"a name without until":       {"console", map[string]string{"kind": "verify", "name": "then"}, 422, "request.invalid-until"},
		"until is no time":           {"console", map[string]string{"kind": "until", "until": "tomorrow", "name": "then"}, 422, "request.invalid-until"},
		"a kind that there is not":   {"console", map[string]string{"kind": "renew"}, 422, "request.invalid"},
		"a position of another log":  {"console", map[string]string{"kind": "until", "until": "AAAAAAAAAAAAAAAAAAAAAQ", "name": "then"}, 400, "request.invalid-position"},
		"a name that cannot be kept": {"console", map[string]string{"kind": "until", "until": "2026-01-01T00:00:00Z", "name": "Then"}, 422, "request.invalid"},
	} {
		a := s.as(t, analyst, "POST", "/v1/projections/"+c.group+"/rebuilds", c.body)
		if a.status != c.status || a.text(t, "type") != "/problems/"+c.code {
			t.Errorf("%s: %d %s", name, a.status, a.body)
		}
	}

	// A row that somebody lost is named to its organisation, and to no other.
	console := projections.All()[0]
	s.execute(t, "delete from "+postgres.Schema(console)+".contacts where contact = (select min(contact::text)::uuid from "+postgres.Schema(console)+".contacts)")
	end := s.rebuilt(t, analyst, "console", map[string]string{"kind": "rebuild"})
	rows, _ := end.member(t, "differences").([]any)
	if end.text(t, "phase") != "differs" || end.member(t, "differing") != 1.0 || len(rows) != 1 {
		t.Errorf("a lost row: %s", end.body)
	}
	stranger := s.organization(t)
	other := s.as(t, stranger, "GET", "/v1/projections/console/rebuilds/"+end.text(t, "id"), nil)
	if rows, _ := other.member(t, "differences").([]any); other.status != http.StatusOK || len(rows) != 0 {
		t.Errorf("a stranger is told %s", other.body)
	}

	// Asked for again under the same key, it is the same rebuild.
	body := map[string]string{"kind": "until", "until": "2020-01-01T00:00:00Z", "name": "before"}
	first := s.as(t, analyst, "POST", "/v1/projections/audit/rebuilds", body, "Idempotency-Key", "k1")
	again := s.as(t, analyst, "POST", "/v1/projections/audit/rebuilds", body, "Idempotency-Key", "k1")
	if first.status != http.StatusAccepted || first.text(t, "id") != again.text(t, "id") {
		t.Errorf("%d %s, and again %s", first.status, first.body, again.body)
	}
	if end := s.ended(t, analyst, first.header.Get("Location")); end.text(t, "phase") != "done" {
		t.Errorf("it ended so: %s", end.body)
	}
	named := postgres.Schema(projections.All()[1]) + "_as_before"
	if a := s.as(t, analyst, "DELETE", "/v1/projections/audit/generations/"+named, nil); a.status != http.StatusNoContent {
		t.Errorf("drop the named generation: %d %s", a.status, a.body)
	}
	if a := s.as(t, analyst, "DELETE", "/v1/projections/console/generations/"+postgres.Schema(console), nil); a.status != http.StatusConflict {
		t.Errorf("drop the live generation: %d %s", a.status, a.body)
	}
	if a := s.as(t, analyst, "DELETE", first.header.Get("Location"), nil); a.status != http.StatusAccepted || a.text(t, "phase") != "done" {
		t.Errorf("cancel what is done: %d %s", a.status, a.body)
	}
	listed := s.as(t, s.key, "GET", "/v1/projections", nil)
	if items, _ := listed.member(t, "items").([]any); len(items) != len(projections.All()) {
		t.Errorf("there are %s", listed.body)
	}
}
