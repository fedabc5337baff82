package operation_test

import (
	"testing"

	"github.com/google/uuid"

	"tagtrail/domain/domaintest"
	"tagtrail/domain/fault"
	"tagtrail/domain/operation"
)

func TestOperationsDecide(t *testing.T) {
	t.Parallel()
	started := operation.Started{Kind: operation.Bulk, Action: "add_tag"}
	counts := operation.Counts{Total: 3, Changed: 1, Refused: 1}
	finished := operation.Finished{Counts: counts}
	one, other := operation.ID{UUID: uuid.MustParse("0197a1b2-0000-7000-8000-0000000000e1")}, operation.ID{UUID: uuid.MustParse("0197a1b2-0000-7000-8000-0000000000e2")}
	type decision = func(*operation.Operation) ([]operation.Event, error)
	finish := func(o *operation.Operation) ([]operation.Event, error) { return o.Finish(counts) }
	undo := func(by operation.ID) decision {
		return func(o *operation.Operation) ([]operation.Event, error) { return o.UndoBy(by) }
	}
	var (
		pause  = (*operation.Operation).Pause
		resume = (*operation.Operation).Resume
		cancel = (*operation.Operation).Cancel
	)
	given := func(events ...operation.Event) []operation.Event {
		return append([]operation.Event{started}, events...)
	}
	for _, test := range []struct {
		name   string
		given  []operation.Event
		decide decision
		then   []operation.Event
		fault  *fault.Fault
	}{
		{"it is paused", given(), pause, []operation.Event{operation.Paused{}}, nil},
		{"it is paused again", given(operation.Paused{}), pause, nil, nil},
		{"it is resumed", given(operation.Paused{}), resume, []operation.Event{operation.Resumed{}}, nil},
		{"it is resumed while it runs", given(), resume, nil, nil},
		{"it is cancelled", given(), cancel, []operation.Event{operation.Cancelled{}}, nil},
		{"it is cancelled while it is paused", given(operation.Paused{}), cancel, []operation.Event{operation.Cancelled{}}, nil},
		{"it is cancelled again", given(operation.Cancelled{}), cancel, nil, nil},
		{"it is paused after it was cancelled", given(operation.Cancelled{}), pause, nil, operation.ErrEnded},
		{"it is resumed after it was cancelled", given(operation.Cancelled{}), resume, nil, operation.ErrEnded},
		{"it finishes", given(), finish, []operation.Event{finished}, nil},
		{"it finishes after it was cancelled", given(operation.Cancelled{}), finish, []operation.Event{finished}, nil},
		{"its last piece was done when it was paused", given(operation.Paused{}), finish, []operation.Event{finished}, nil},
		{"it finishes again", given(finished), finish, nil, nil},
		{"it is cancelled after its end", given(finished), cancel, nil, operation.ErrEnded},
		{"it is undone", given(finished), undo(one), []operation.Event{operation.Undone{By: one}}, nil},
		{"it is undone by the same again", given(finished, operation.Undone{By: one}), undo(one), nil, nil},
		{"it is undone by another", given(finished, operation.Undone{By: one}), undo(other), nil, operation.ErrUndone},
		{"it is undone while it runs", given(), undo(one), nil, operation.ErrNotEnded},
		{"an unknown one is paused", nil, pause, nil, operation.ErrUnknown},
		{"an unknown one is undone", nil, undo(one), nil, operation.ErrUnknown},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			outcome := domaintest.When(domaintest.Given(test.given...), operation.New(), test.decide)
			if test.fault != nil {
				outcome.ThenFault(t, test.fault)
				return
			}
			outcome.Then(t, test.then...)
		})
	}
}

func TestEveryResultIsCounted(t *testing.T) {
	t.Parallel()
	counts := operation.Counts{Total: 9}
	for _, r := range []operation.Result{operation.Changed, operation.Unchanged, operation.Refused, operation.Kept, operation.Changed} {
		counts.Add(r)
	}
	if want := (operation.Counts{Total: 9, Changed: 2, Unchanged: 1, Refused: 1, Kept: 1}); counts != want || counts.Done() != 5 {
		t.Errorf("counted %+v, %d done", counts, counts.Done())
	}
}
