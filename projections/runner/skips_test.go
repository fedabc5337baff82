package runner_test

import (
	"errors"
	"strings"
	"testing"

	"tagtrail/adapters/postgres"
	"tagtrail/projections"
	"tagtrail/projections/projectionstest"
	"tagtrail/projections/runner"
)

// F22: a group that stopped goes on when an operator has it pass by the event that it stopped at, and a generation that
// is built anew passes by the same.
func TestARecordedSkipResumesAGroupThatStopped(t *testing.T) {
	t.Parallel()
	s := newShop(t, counting("one", "poison"), projectionstest.NewLog(saying("a", "b", "poison", "a", "c")...))
	r := setup{log: s.log, sink: s.sink, skips: s.sink.Skips, groups: []projections.Group{s.group}}.start(t)
	eventually(t, "it stops", func() bool { return r.Status()[0].State == runner.Stopped })
	if now := r.Status()[0]; now.Position != 20 || !strings.Contains(now.Reason, "at position 30") {
		t.Fatalf("it stopped at %+v", now)
	}
	if err := s.sink.Skip(t.Context(), s.group, 20, "too late"); !errors.Is(err, runner.ErrPassed) {
		t.Errorf("what is shown already is skipped: %v", err)
	}
	if err := s.sink.Skip(t.Context(), s.group, 30, "a word that nobody said"); err != nil {
		t.Fatal(err)
	}
	ready(t, r)
	if n := s.sum(t, postgres.Schema(s.group)); n != 4 {
		t.Errorf("%d events are counted", n)
	}
	if found, err := s.carry(t.Context(), s.ask(t, runner.Verify)); err != nil {
		t.Errorf("built anew: %+v, %v", found, err)
	}
	all, err := s.sink.Skipped(t.Context())
	if err != nil || len(all) != 1 || all[0].Reason != "a word that nobody said" || all[0].Position != 30 {
		t.Errorf("recorded is %+v, %v", all, err)
	}
}
