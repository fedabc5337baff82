package projections

import (
	"slices"
	"strings"

	"tagtrail/domain/event"
)

// Changes are what a batch of events does to the tables of a group, folded by
// row: a row is named once, however often the batch touched it. The zero value
// is what events do that nobody asked for: only the checkpoint moves.
type Changes struct {
	tables  []*TableChanges
	byTable map[*Table]*TableChanges
	steps   map[string][]step // that were looked for, by the name of the event
}

// TableChanges are the changes of one table, in rounds that a sink applies one after the other.
// There is one round, but where a batch does to a row what no single change can say; a table with [History] has one or more
// for each event.
type TableChanges struct {
	Table    *Table
	Rounds   []*Round
	position event.Position // of the event at hand, where every version is kept
}

// Round is a set of changes: first those of whole prefixes, in order, then those of rows, in any order.
type Round struct {
	Prefixes []PrefixChange
	Rows     []*RowChange
	Position event.Position // of the event that it belongs to, in a table with History
	byID     map[string]*RowChange
}

// PrefixChange is a change of all rows whose key begins as said.
type PrefixChange struct {
	Key    []any
	Delete bool
	Ops    []Op // each sets a column
}

// RowVerb says what a change of a row is.
type RowVerb int

// The changes of a row.
const (
	PutRow    RowVerb = iota + 1 // the row is Values, whatever was there
	ModifyRow                    // Ops change the row; where there is none, Creates makes it of defaults first
	DeleteRow                    // the row is not there
)

// RowChange is all that a round does to one row.
type RowChange struct {
	Key     []any
	Verb    RowVerb
	Values  []any // of PutRow, one for each column
	Ops     []Op  // of ModifyRow, one for each column that changes, in the order of columns
	Creates bool  // of ModifyRow
	id      string
}

func newChanges(g Group) *Changes {
	c := &Changes{byTable: map[*Table]*TableChanges{}, steps: map[string][]step{}}
	for _, t := range g.Tables() {
		tc := &TableChanges{Table: t}
		c.tables = append(c.tables, tc)
		c.byTable[t] = tc
	}
	return c
}

// Tables answers the tables that change, in the group's order.
func (c *Changes) Tables() []*TableChanges {
	var changed []*TableChanges
	for _, tc := range c.tables {
		if len(tc.Rounds) > 0 {
			changed = append(changed, tc)
		}
	}
	return changed
}

// Rows answers how many changes of rows there are.
func (c *Changes) Rows() int {
	rows := 0
	for _, tc := range c.tables {
		for _, round := range tc.Rounds {
			rows += len(round.Rows)
		}
	}
	return rows
}

func (c *Changes) of(t *Table) *TableChanges { return c.byTable[t] }

func (tc *TableChanges) round() *Round {
	if len(tc.Rounds) == 0 {
		tc.next()
	}
	return tc.Rounds[len(tc.Rounds)-1]
}

func (tc *TableChanges) next() {
	tc.Rounds = append(tc.Rounds, &Round{Position: tc.position, byID: map[string]*RowChange{}})
}

// during says which event the changes to come belong to.
func (tc *TableChanges) during(at event.Position) {
	if !tc.Table.history {
		return
	}
	tc.position = at
	if n := len(tc.Rounds); n > 0 && tc.Rounds[n-1].Position != at {
		tc.next()
	}
}

// row answers the change of a row in this round, which does nothing yet when it is new.
func (tc *TableChanges) row(id string, key []any) *RowChange {
	round := tc.round()
	row, ok := round.byID[id]
	if !ok {
		row = &RowChange{Key: key, Verb: ModifyRow, id: id}
		round.byID[id] = row
		round.Rows = append(round.Rows, row)
	}
	return row
}

func (tc *TableChanges) put(id string, key, values []any) {
	row := tc.row(id, key)
	row.Verb, row.Values, row.Ops, row.Creates = PutRow, values, nil, false
}

func (tc *TableChanges) remove(id string, key []any) {
	row := tc.row(id, key)
	row.Verb, row.Values, row.Ops, row.Creates = DeleteRow, nil, nil, false
}

func (tc *TableChanges) modify(id string, key []any, ops []Op, creates bool) {
	if len(ops) == 0 && !creates {
		return
	}
	row := tc.row(id, key)
	switch row.Verb {
	case DeleteRow:
		if creates {
			row.Verb, row.Values = PutRow, tc.Table.created(key, ops)
		}
	case PutRow:
		for _, op := range ops {
			row.Values[op.Column] = op.Apply(row.Values[op.Column])
		}
	case ModifyRow:
		tc.compose(row, ops, creates)
	}
}

// compose adds to what happens to a row that may be there or not. What cannot be
// said in one step goes to the next round: a row that is only made after it was
// changed has seen nothing of those changes.
func (tc *TableChanges) compose(row *RowChange, ops []Op, creates bool) {
	merged, ok := mergeOps(row.Ops, ops)
	if !ok || creates && !row.Creates && len(row.Ops) > 0 {
		tc.next()
		row = tc.row(row.id, row.Key)
		merged = ops
	}
	row.Ops = merged
	row.Creates = row.Creates || creates
}

// prefix folds the change into the rows that the round touched already, and
// leaves the others to a statement that runs before them: what it writes does
// not depend on what was there, so it can be done first.
func (tc *TableChanges) prefix(id string, change PrefixChange) {
	round := tc.round()
	for _, row := range round.Rows {
		if !strings.HasPrefix(row.id, id) {
			continue
		}
		if change.Delete {
			tc.remove(row.id, row.Key)
			continue
		}
		switch row.Verb {
		case PutRow:
			for _, op := range change.Ops {
				row.Values[op.Column] = op.Value
			}
		case ModifyRow:
			row.Ops, _ = mergeOps(row.Ops, change.Ops)
		case DeleteRow:
		}
	}
	round.Prefixes = append(round.Prefixes, change)
}

func (t *Table) created(key []any, ops []Op) []any {
	values := t.defaults()
	for i, place := range t.key {
		values[place] = key[i]
	}
	for _, op := range ops {
		values[op.Column] = op.Apply(values[op.Column])
	}
	return values
}

// mergeOps answers the ops that do what first does and then what second does, if there are such.
func mergeOps(first, second []Op) ([]Op, bool) {
	if len(first) == 0 {
		return second, true
	}
	merged := slices.Clone(first)
	for _, op := range second {
		at, found := slices.BinarySearchFunc(merged, op.Column, func(o Op, column int) int { return o.Column - column })
		if !found {
			merged = slices.Insert(merged, at, op)
			continue
		}
		both, ok := op.after(merged[at])
		if !ok {
			return nil, false
		}
		merged[at] = both
	}
	return merged, true
}
