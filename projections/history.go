package projections

import (
	"fmt"
	"math"
	"slices"

	"tagtrail/domain/event"
)

// OpenEnd is the to_position of a version that still stands.
const OpenEnd event.Position = math.MaxInt64

// The columns that a table with History keeps itself.
const (
	fromPosition = "from_position"
	toPosition   = "to_position"
)

// History lets a table keep every version of its rows, with the position that it
// stood from, and the one before which it ended.
//
// Handlers write as to any table. What an event does to a row is one version,
// however many changes it takes; one that leaves the row as it was makes none.
func History() TableOption {
	return func(t *Table) { t.history = true }
}

// KeepsHistory says whether the table keeps every version of its rows.
func (t *Table) KeepsHistory() bool { return t.history }

// PrimaryKey answers the columns that tell apart what is stored, as places in Columns: the key, and where versions are
// kept also the position that they stood from.
func (t *Table) PrimaryKey() []int {
	if !t.history {
		return t.key
	}
	return append(slices.Clone(t.key), t.places[fromPosition])
}

// keepVersions adds the columns of History. A column whose values PostgreSQL spells in a way of its own has no place beside
// them: whether it changed could not be told.
func (t *Table) keepVersions() {
	for _, c := range t.columns {
		if c.Kind == JSON || c.Kind == Other {
			panic(fmt.Sprintf("%s.%s is %s, of which no history can be kept", t.name, c.Name, c.Type))
		}
	}
	for _, name := range []string{fromPosition, toPosition} {
		if _, taken := t.places[name]; taken {
			panic(fmt.Sprintf("table %s keeps %s itself", t.name, name))
		}
		t.places[name] = len(t.columns)
		t.columns = append(t.columns, Column{Name: name, Type: "bigint", Kind: Int, NotNull: true, Kept: true, sql: "bigint not null"})
	}
}

// Version is a row as it stood from one position on, up to before another.
type Version struct {
	Values   []any // one for each column
	From, To event.Position
}

// Touched answers which rows the changes may concern: by their keys, and by what their keys begin with.
func (tc *TableChanges) Touched() (keys, prefixes [][]any) {
	seen := map[string]bool{}
	for _, round := range tc.Rounds {
		for _, p := range round.Prefixes {
			prefixes = append(prefixes, p.Key)
		}
		for _, row := range round.Rows {
			if !seen[row.id] {
				seen[row.id] = true
				keys = append(keys, row.Key)
			}
		}
	}
	return keys, prefixes
}

// Versions answers what the changes of a table with History come to, given the versions of the rows that it touches which
// stand so far: those of them that end, and those that begin.
func (tc *TableChanges) Versions(standing []Version) (ended, begun []Version) {
	h := newTimeline(tc.Table, standing)
	for i, round := range tc.Rounds {
		h.apply(round)
		if i+1 == len(tc.Rounds) || tc.Rounds[i+1].Position != round.Position {
			h.settle(round.Position)
		}
	}
	return h.answer()
}
