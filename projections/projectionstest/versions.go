package projectionstest

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"tagtrail/domain/event"
	"tagtrail/projections"
)

// versioned are the versions of the rows of a table with History, by key, the oldest first.
type versioned map[string][]projections.Version

// keep compares the rows before an event with those after it.
func (v versioned) keep(t *projections.Table, before, after map[string][]any, at event.Position) {
	ids := maps.Clone(before)
	maps.Copy(ids, after)
	for _, id := range slices.Sorted(maps.Keys(ids)) {
		was, is := before[id], after[id]
		if same(t, was, is) {
			continue
		}
		if was != nil {
			v[id][len(v[id])-1].To = at
		}
		if is != nil {
			v[id] = append(v[id], projections.Version{Values: slices.Clone(is), From: at, To: projections.OpenEnd})
		}
	}
}

func same(t *projections.Table, a, b []any) bool {
	if a == nil || b == nil {
		return a == nil && b == nil
	}
	for i, c := range t.Columns() {
		if !c.Generated && !c.Kept && fmt.Sprintf("%T %v", a[i], a[i]) != fmt.Sprintf("%T %v", b[i], b[i]) {
			return false
		}
	}
	return true
}

// rows answers all versions, by key and then by age, with their positions in the columns that hold them.
func (v versioned) rows(t *projections.Table) [][]any {
	var rows [][]any
	for _, id := range slices.Sorted(maps.Keys(v)) {
		for _, version := range v[id] {
			row := slices.Clone(version.Values)
			for i, c := range t.Columns() {
				switch {
				case !c.Kept:
				case strings.HasPrefix(c.Name, "from"):
					row[i] = int64(version.From) //nolint:gosec // positions stay far below the half of 64 bits
				default:
					row[i] = int64(version.To) //nolint:gosec // as above
				}
			}
			rows = append(rows, row)
		}
	}
	return rows
}
