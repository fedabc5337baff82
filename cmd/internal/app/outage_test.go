package app_test

import (
	"net/http"
	"path/filepath"
	"strconv"
	"syscall"
	"testing"
	"time"

	"tagtrail/cmd/internal/processtest"
)

// F5: reads and writes are answered 503 at the worst while PostgreSQL is gone,
// and everything goes on by itself, with nothing acknowledged lost.
func TestAKilledPostgresIsStartedAgainAndTheTablesCatchUp(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	s := serve(t, dir)
	created := s.must(t, "POST", "/v1/contacts", map[string]string{"name": "Ana", "phone": "+16505550101"})
	known, position := created.text(t, "id"), created.header.Get("Tagtrail-Position")

	killPostmaster(t, dir)
	acknowledged := map[string]string{} // their positions
	deadline := time.Now().Add(40 * time.Second)
	for phone := 16505550110; ; phone++ {
		if time.Now().After(deadline) {
			t.Fatal("tagtrail did not recover")
		}
		written, err := s.try(s.key, "POST", "/v1/contacts", map[string]string{"name": "Bo", "phone": "+" + strconv.Itoa(phone%100+16505550100)})
		if err != nil {
			t.Fatal(err)
		}
		switch written.status {
		case http.StatusCreated, http.StatusAccepted:
			acknowledged[written.text(t, "id")] = written.header.Get("Tagtrail-Position")
		case http.StatusConflict: // the number was claimed before
		case http.StatusServiceUnavailable:
			if written.header.Get("Retry-After") == "" {
				t.Error("a 503 does not say when to come again")
			}
		default:
			t.Fatalf("a write was answered %d %s", written.status, written.body)
		}
		// What a crash takes from the tables, the log gives back: who names a position never sees less.
		read, err := s.try(s.key, "GET", "/v1/contacts/"+known, nil, "Tagtrail-Min-Position", position, "Prefer", "wait=1")
		if err != nil {
			t.Fatal(err)
		}
		if read.status != http.StatusOK && read.status != http.StatusServiceUnavailable {
			t.Fatalf("a read was answered %d %s", read.status, read.body)
		}
		if read.status == http.StatusOK && len(acknowledged) > 0 {
			break
		}
	}
	for id, position := range acknowledged {
		if a := s.do(t, "GET", "/v1/contacts/"+id, nil, "Tagtrail-Min-Position", position, "Prefer", "wait=10"); a.status != http.StatusOK {
			t.Errorf("an acknowledged contact is answered %d %s", a.status, a.body)
		}
	}
}

func killPostmaster(t *testing.T, dir string) {
	t.Helper()
	pid, err := processtest.Postmaster(filepath.Join(dir, "postgres"))
	if err != nil {
		t.Fatal(err)
	}
	if err := syscall.Kill(pid, syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
}
