package postgres_test

import (
	"errors"
	"testing"

	"tagtrail/adapters/postgres"
	"tagtrail/commands/reactions"
	"tagtrail/domain/event"
)

func TestCheckpointsOfReactionsMoveUnderOneLeaderAtATime(t *testing.T) {
	t.Parallel()
	ctx, pool := t.Context(), newBench(t).pool
	r := postgres.NewReactions(pool)
	first, err := r.Lead(ctx, "classify", 40)
	if err != nil || first.Position() != 40 {
		t.Fatal(first, err)
	}
	if second, err := r.Lead(ctx, "classify", 90); second != nil || err != nil {
		t.Fatalf("a second leads: %v, %v", second, err)
	}
	if other, err := r.Lead(ctx, "segments", 90); err != nil || other.Position() != 90 {
		t.Errorf("another reaction: %v, %v", other, err)
	} else {
		other.Release(ctx)
	}
	for _, at := range []event.Position{50, 60} {
		if err := first.Move(ctx, at); err != nil {
			t.Fatal(err)
		}
	}
	first.Release(ctx)
	again, err := r.Lead(ctx, "classify", 90)
	if err != nil || again.Position() != 60 {
		t.Fatal(again, err)
	}
	// Whoever lost the lock without noticing moves nothing.
	if _, err := pool.Exec(ctx, `update tagtrail.reactions set epoch = nextval('tagtrail.epochs') where name = 'classify'`); err != nil {
		t.Fatal(err)
	}
	if err := again.Move(ctx, 70); !errors.Is(err, reactions.ErrOvertaken) {
		t.Errorf("a stale leader moved: %v", err)
	}
	again.Release(ctx)
	if err := again.Move(ctx, 70); !errors.Is(err, reactions.ErrOvertaken) {
		t.Errorf("moved after a release: %v", err)
	}
}

func TestOperatorsSeeReactionsAndHaveThemPassEventsBy(t *testing.T) {
	t.Parallel()
	ctx, pool := t.Context(), newBench(t).pool
	r := postgres.NewReactions(pool)
	if err := r.Skip(ctx, "classify", 50, "broken"); !errors.Is(err, postgres.ErrNoReaction) {
		t.Errorf("a reaction that never ran: %v", err)
	}
	lead, err := r.Lead(ctx, "classify", 40)
	if err != nil {
		t.Fatal(err)
	}
	defer lead.Release(ctx)
	if err := r.Skip(ctx, "classify", 40, "broken"); !errors.Is(err, postgres.ErrReactionPassed) {
		t.Errorf("what it is done with: %v", err)
	}
	for range 2 {
		if err := r.Skip(ctx, "classify", 50, "broken"); err != nil {
			t.Fatal(err)
		}
	}
	if passed, err := r.Passed(ctx, "classify"); err != nil || len(passed) != 1 || passed[0] != 50 {
		t.Errorf("passed %v, %v", passed, err)
	}
	if err := r.Report(ctx, reactions.Status{Reaction: "classify", State: reactions.Stopped, Reason: "at 50"}); err != nil {
		t.Fatal(err)
	}
	reports, err := r.Reports(ctx)
	if err != nil || len(reports) != 1 || reports[0].State != "stopped" || reports[0].Reason != "at 50" || reports[0].Position != 40 || len(reports[0].Skipped) != 1 {
		t.Errorf("reported %+v, %v", reports, err)
	}
}
