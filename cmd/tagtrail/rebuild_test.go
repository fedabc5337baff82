package main_test

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"syscall"
	"testing"

	"github.com/jackc/pgx/v5"
)

type generationRow struct {
	Group, Generation, Kind, State string
	Current                        bool
}

// generationsOf are those of the group console that `tagtrail projections status` knows.
func (m *machine) generationsOf(t *testing.T) map[string]string {
	t.Helper()
	var found []generationRow
	decode(t, m.must(t, "projections", "status", "--json", "--data-dir", m.data), &found)
	kinds := map[string]string{}
	for _, g := range found {
		if g.Group == "console" {
			kinds[g.Kind] = g.Generation
		}
	}
	return kinds
}

func TestTheTablesAreRebuiltBesideTheService(t *testing.T) {
	t.Parallel()
	m := newMachine(t)
	s := m.serve(t)
	for i := range 20 {
		if status, err := s.createTag(fmt.Sprint("tag ", i)); err != nil || status != 201 {
			t.Fatal(status, err)
		}
	}
	projections := func(args ...string) result {
		return m.run(t, append([]string{"projections", "--data-dir", m.data}, args...)...)
	}
	if r := projections("rebuild", "console"); r.code != 0 || !strings.Contains(r.stdout, "are equal at position") || !strings.Contains(r.stderr, "comparing") {
		t.Errorf("rebuild: %+v", r)
	}
	if g := m.generationsOf(t); g["live"] == "" || g["previous"] != g["live"]+"_prev" {
		t.Errorf("there are %v", g)
	}
	r := projections("verify", "audit", "--json")
	lines := strings.Split(r.stdout, "\n")
	var last struct{ Comparison struct{ Differing *int } }
	if err := json.Unmarshal([]byte(lines[len(lines)-1]), &last); err != nil || r.code != 0 || last.Comparison.Differing == nil || *last.Comparison.Differing != 0 {
		t.Errorf("verify: %+v, %v", r, err)
	}
	if r := projections("rollback", "console"); r.code != 0 {
		t.Errorf("rollback: %+v", r)
	}
	if r := projections("rebuild", "console", "--until", "1", "--as", "first"); r.code != 0 {
		t.Errorf("until: %+v", r)
	}
	projections("rebuild", "console", "--until", "1", "--as", "first").refused(t, 4, "generation of this name")
	projections("rebuild", "console", "--until", "soon", "--as", "later").refused(t, 2, "until is a position")
	projections("rebuild", "console", "--until", "1").refused(t, 2, "--until and --as go together")
	projections("rebuild", "conosle").refused(t, 2, `"conosle"`)
	projections("rebuild").refused(t, 2, "the name of one group")
	projections("rollback", "audit").refused(t, 3, "no previous generation")
	projections("cancel", "console").refused(t, 3, "no such rebuild")
	projections("skip", "console", "1", "--reason", "too late").refused(t, 4, "past this position")
	projections("skip", "console", "99999999", "--reason", "too early").refused(t, 2, "beyond the end")
	projections("skip", "console", "1").refused(t, 2, "reason")
	if r := projections("prune", "console", "--yes"); r.code != 0 || strings.Count(r.stdout, "dropped") != 2 {
		t.Errorf("prune: %+v", r)
	}
	if g := m.generationsOf(t); len(g) != 1 {
		t.Errorf("there are %v", g)
	}
	if len(s.tags(t)) != 20 {
		t.Errorf("there are %v", s.tags(t))
	}
	if code := s.stop(t, syscall.SIGTERM); code != 0 {
		t.Errorf("it ends with %d", code)
	}
}

// A row that was changed behind our back is named by its key, not shown, and nothing is switched.
func TestARebuildThatFindsOtherRowsNamesThem(t *testing.T) {
	t.Parallel()
	m := newMachine(t)
	s := m.serve(t)
	if status, err := s.createTag("VIP"); err != nil || status != 201 {
		t.Fatal(status, err)
	}
	live := m.generationsOf(t)["live"]
	m.execute(t, "update "+live+`.tags set name = 'forged'`)
	r := m.run(t, "projections", "rebuild", "console", "--data-dir", m.data)
	if r.code != 7 || !strings.Contains(r.stdout, "tags") || !strings.Contains(r.stdout, "name") || strings.Contains(r.stdout+r.stderr, "forged") {
		t.Errorf("rebuild: %+v", r)
	}
	if g := m.generationsOf(t); len(g) != 1 || g["live"] != live {
		t.Errorf("there are %v", g)
	}
}

// execute changes the private PostgreSQL as nothing of ours would.
func (m *machine) execute(t *testing.T, sql string) {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), m.running(t).Postgres)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close(context.WithoutCancel(t.Context())) }()
	if _, err := conn.Exec(t.Context(), sql); err != nil {
		t.Fatal(err)
	}
}
