package projections_test

import (
	"testing"

	"github.com/google/uuid"

	"tagtrail/domain/operation"
	"tagtrail/projections"
	"tagtrail/projections/projectionstest"
)

// S1-37, S3-17: what was asked for, whether it goes on, what came of it, and what took it back.
func TestOperationsSayWhatCameOfThem(t *testing.T) {
	t.Parallel()
	first := operation.ID{UUID: uuid.MustParse("0193a000-0000-7000-8000-00000000e001")}
	second := operation.ID{UUID: uuid.MustParse("0193a000-0000-7000-8000-00000000e002")}
	rows := projectionstest.Run(t, projectionstest.Group(projections.Operations()), projectionstest.History(org,
		projectionstest.On(first.Stream(), operation.Started{Kind: operation.Bulk, Action: "add_tag"}, operation.Paused{}, operation.Resumed{},
			operation.Finished{Counts: operation.Counts{Total: 9, Changed: 3, Unchanged: 2, Refused: 4}}),
		projectionstest.On(first.Stream(), operation.Undone{By: second}),
		projectionstest.On(second.Stream(), operation.Started{Kind: operation.Undo, Action: "undo", Undoes: first}, operation.Cancelled{}),
	))
	lines(t, rows, "operations", []string{"kind", "phase", "cancelled", "undone_by", "undoes", "total", "changed", "unchanged", "refused", "revision"},
		"bulk | ended | f | "+second.String()+" | NULL | 9 | 3 | 2 | 4 | 4",
		"undo | cancelling | t | NULL | "+first.String()+" | 0 | 0 | 0 | 0 | 1")
}
