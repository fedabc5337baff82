package main_test

import (
	"context"
	"fmt"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
)

// joining holds the live tables of the group console while a rebuild by command comes to the point at which it joins
// them. It answers the process, and what lets it go on.
func (m *machine) joining(t *testing.T, live string) (p *process, release func()) {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), m.running(t).Postgres)
	if err != nil {
		t.Fatal(err)
	}
	release = func() { _ = conn.Close(context.WithoutCancel(t.Context())) }
	t.Cleanup(release)
	tx, err := conn.Begin(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := tx.Exec(t.Context(), "select from "+live+".checkpoint for update"); err != nil {
		t.Fatal(err)
	}
	p = m.start(t, "projections", "rebuild", "console", "--data-dir", m.data)
	for deadline := time.Now().Add(patience); !strings.Contains(p.Stderr.Text(), "joining"); {
		select {
		case <-p.Ended:
			t.Fatal("it ends before it joins")
		case <-time.After(5 * time.Millisecond):
		}
		if time.Now().After(deadline) {
			t.Fatal("it never joins")
		}
	}
	return p, release
}

// F1: a rebuild by command that is killed goes on by the same command; one that is interrupted leaves nothing.
func TestARebuildByCommandSurvivesAKillAndEndsWithAnInterrupt(t *testing.T) {
	t.Parallel()
	m := newMachine(t)
	s := m.serve(t)
	for i := range 20 {
		if status, err := s.createTag(fmt.Sprint("tag ", i)); err != nil || status != 201 {
			t.Fatal(status, err)
		}
	}
	live := m.generationsOf(t)["live"]

	interrupted, release := m.joining(t, live)
	if code := interrupted.stop(t, syscall.SIGINT); code != 130 {
		t.Errorf("an interrupted rebuild ends with %d", code)
	}
	release()
	if g := m.generationsOf(t); len(g) != 1 || g["live"] != live {
		t.Errorf("after an interrupt there are %v", g)
	}

	killed, release := m.joining(t, live)
	killed.kill()
	release()
	if g := m.generationsOf(t); len(g) != 2 {
		t.Errorf("after a kill there are %v", g)
	}
	if r := m.run(t, "projections", "rebuild", "console", "--data-dir", m.data); r.code != 0 || !strings.Contains(r.stdout, "are equal at position") {
		t.Errorf("the same again: %+v", r)
	}
	if g := m.generationsOf(t); len(g) != 2 || g["live"] != live || g["previous"] != live+"_prev" {
		t.Errorf("there are %v", g)
	}
	if status, err := s.createTag("afterwards"); err != nil || status != 201 || len(s.tags(t)) != 21 {
		t.Errorf("%d %v, there are %v", status, err, s.tags(t))
	}
}
