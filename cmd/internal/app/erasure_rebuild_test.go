package app_test

import (
	"context"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"tagtrail/cmd/internal/app"
	"tagtrail/projections/runner"
)

// Faults, matrix F20, and bad inputs 82: who is erased while tables are built anew is in none of them afterwards, neither in
// those that had been built already nor in those that are kept to go back to, and the tables equal the log's.
func TestAPersonIsErasedWhileTablesAreBuiltAnew(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	s := serve(t, dir, app.Uncompressed)
	who := map[string]string{}
	for name, phone := range map[string]string{"Zenobia Quux": "+16505550177", "Bartholomew Quartermain": "+16505550178", "Nora Neighbour": "+16505550179"} {
		who[name] = s.must(t, "POST", "/v1/contacts", map[string]string{"name": name, "phone": phone}).text(t, "id")
	}
	search(t, s, "zenobia")
	b, err := app.Open(t.Context(), silent(dir))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = b.Close() }()
	erase := func(name string) string {
		t.Helper()
		return s.must(t, "POST", "/v1/contacts/"+who[name]+"/erase", map[string]string{"reason": "asked for it by letter"}).text(t, "id")
	}
	build := func(observe func(runner.Progress)) error {
		wanted := app.Wanted{ID: uuid.New(), Group: "console", Kind: runner.Replace, By: runner.ByCommand}
		_, err := b.Rebuild(t.Context(), slog.New(slog.DiscardHandler), wanted, func(_ runner.Rebuild, p runner.Progress) { observe(p) })
		return err
	}

	// The tables before are kept, and nobody tells them anything any more.
	if err := build(func(runner.Progress) {}); err != nil {
		t.Fatal(err)
	}
	awaitErasure(t, s, erase("Bartholomew Quartermain"))

	reached, goOn, built := make(chan struct{}), make(chan struct{}), make(chan error, 1)
	go func() {
		built <- build(func(p runner.Progress) {
			if p.Phase == runner.Indexing { // all that happened until now is in the new tables
				close(reached)
				<-goOn
			}
		})
	}()
	select {
	case <-reached:
	case err := <-built:
		t.Fatalf("the tables are built without a stop: %v", err)
	}
	id := erase("Zenobia Quux")
	awaitShredded(t, s, who["Zenobia Quux"])
	if found := s.must(t, "GET", "/v1/erasures/"+id, nil); found.text(t, "state") == "completed" {
		t.Errorf("it is completed while tables show the person: %s", found.body)
	}
	close(goOn)
	if err := <-built; err != nil {
		t.Errorf("the tables are not built: %v", err)
	}
	if done := awaitErasure(t, s, id); !strings.Contains(done.text(t, "certificate"), "erasure "+id) {
		t.Errorf("there is no certificate: %s", done.body)
	}
	kept := readFiles(t, dir)
	for _, name := range []string{"Zenobia Quux", "Bartholomew Quartermain"} {
		if form := formIn(kept, name); form != "" {
			t.Errorf("%s is on the disk, %s", name, form)
		}
		if shown := s.must(t, "GET", "/v1/contacts/"+who[name], nil); !strings.Contains(string(shown.body), `"erased":true`) {
			t.Errorf("%s is %s", name, shown.body)
		}
	}
	if formIn(kept, "Nora Neighbour") == "" {
		t.Error("the neighbour is not found on the disk: this test would find nobody")
	}
	verifyTables(t, s, "console")
}

// awaitShredded waits until somebody's key is gone.
func awaitShredded(t *testing.T, s *service, subject string) {
	t.Helper()
	conn := s.connect(t)
	defer func() { _ = conn.Close(context.Background()) }()
	for over := time.Now().Add(time.Minute); ; pauseFor(t.Context(), 20*time.Millisecond) {
		var gone bool
		if err := conn.QueryRow(t.Context(), `select wrapped is null from vault.keys where subject = $1`, subject).Scan(&gone); err != nil {
			t.Fatal(err)
		}
		if gone {
			return
		}
		if time.Now().After(over) {
			t.Fatal("the key is still there")
		}
	}
}
