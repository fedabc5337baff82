package runner_test

import (
	"context"
	"errors"
	"slices"
	"testing"

	"tagtrail/adapters/postgres"
	"tagtrail/domain/event"
	"tagtrail/projections"
	"tagtrail/projections/projectionstest"
	"tagtrail/projections/runner"
)

// An erasure drops every generation that no projector feeds, and no other: not the live one, not the one that it feeds,
// and not that of another build that runs.
func TestAnErasureDropsWhatNobodyFeeds(t *testing.T) {
	t.Parallel()
	s := newShop(t, counting("one", ""), projectionstest.NewLog(manyWords(100)...))
	s.live(t)
	if _, err := s.carry(t.Context(), s.ask(t, runner.Replace)); err != nil {
		t.Fatal(err)
	}
	if _, err := s.carry(t.Context(), s.ask(t, runner.Until, func(r *runner.Rebuild) { r.UntilPosition = 10 })); err != nil {
		t.Fatal(err)
	}
	running, gone := ofAnotherBuild(2), ofAnotherBuild(3)
	for _, g := range []projections.Group{running, gone} {
		if err := s.sink.Prepare(t.Context(), g); err != nil {
			t.Fatal(err)
		}
	}
	led, ok, err := s.sink.Lead(t.Context(), running)
	if err != nil || !ok {
		t.Fatal(ok, err)
	}
	t.Cleanup(func() { s.sink.Release(context.WithoutCancel(t.Context()), led) })
	dying, die := context.WithCancel(t.Context())
	_, err = s.builder.Carry(dying, s.sink, s.group, s.ask(t, runner.Replace), func(p runner.Progress) {
		if p.Phase == runner.Comparing {
			die()
		}
	})
	if !errors.Is(err, context.Canceled) {
		t.Fatal(err)
	}
	live := postgres.Schema(s.group)
	unfed, err := s.sink.Unfed(t.Context(), s.group)
	if err != nil || len(unfed) != 3 {
		t.Errorf("unfed are %+v, %v", unfed, err)
	}
	dropped, err := s.sink.DropUnfed(t.Context(), s.group)
	slices.Sort(dropped)
	want := []string{live + "_as_then", live + "_prev", postgres.Schema(gone)}
	slices.Sort(want)
	if err != nil || !slices.Equal(dropped, want) {
		t.Errorf("dropped are %v, want %v: %v", dropped, want, err)
	}
	left := []string{live, live + "_next", postgres.Schema(running)}
	slices.Sort(left)
	if got := s.generations(t); !slices.Equal(got, left) {
		t.Errorf("left are %v, want %v", got, left)
	}
}

func ofAnotherBuild(version int) projections.Group {
	words := projections.NewTable("words", projections.Key("org", "word"), `org uuid, word text, times int not null default 0`)
	return projections.Group{Name: "one", Projections: []projections.Projection{projections.Define("words", version, words,
		projections.On(func(*projections.Writer, event.Recorded[said]) {}))}}
}
