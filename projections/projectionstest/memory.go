package projectionstest

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"

	"tagtrail/domain/event"
	"tagtrail/projections"
)

// Memory is a sink that keeps rows in memory and means by each change what the
// documentation says, one row after the other. It judges the sinks that are
// quicker, and stands in where a test is not about rows.
type Memory struct {
	mu       sync.Mutex
	group    projections.Group
	epoch    int64
	led      bool
	position event.Position
	tables   map[string]map[string][]any // rows by key, values by column
	versions map[string]versioned        // of tables with History
}

// NewMemory makes a sink without rows for one group.
func NewMemory(g projections.Group) *Memory {
	m := &Memory{group: g, tables: map[string]map[string][]any{}, versions: map[string]versioned{}}
	for _, t := range g.Tables() {
		m.tables[t.Name()] = map[string][]any{}
		if t.KeepsHistory() {
			m.versions[t.Name()] = versioned{}
		}
	}
	return m
}

// Prepare has nothing to do.
func (m *Memory) Prepare(context.Context, projections.Group) error { return nil }

// WithoutIndexes has nothing to do.
func (m *Memory) WithoutIndexes(context.Context, projections.Generation) error { return nil }

// Complete has nothing to do.
func (m *Memory) Complete(context.Context, projections.Generation) error { return nil }

// Lead answers the right to commit, if nobody has it.
func (m *Memory) Lead(_ context.Context, g projections.Group) (projections.Generation, bool, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.led {
		return projections.Generation{}, false, nil
	}
	m.led = true
	m.epoch++
	return projections.Generation{Group: g, Schema: g.Name, Epoch: m.epoch, Position: m.position}, true, nil
}

// Release gives the right up.
func (m *Memory) Release(_ context.Context, g projections.Generation) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if g.Epoch == m.epoch {
		m.led = false
	}
}

// LoseLock lets the next one lead beside whoever leads now, as when a lock is lost.
func (m *Memory) LoseLock() {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.led = false
}

// Commit applies the changes if the checkpoint is where it was left.
func (m *Memory) Commit(_ context.Context, g projections.Generation, changes *projections.Changes, from, upTo event.Position) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if g.Epoch != m.epoch || from != m.position {
		return fmt.Errorf("move the checkpoint from %d: %w", from, projections.ErrOvertaken)
	}
	m.apply(changes)
	m.position = upTo
	return nil
}

// Position answers the checkpoint.
func (m *Memory) Position(context.Context, projections.Group) (event.Position, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.position, nil
}

// Whole says that there is no index to wait for.
func (m *Memory) Whole(context.Context, projections.Group) (bool, error) { return true, nil }

// Apply does what the changes say, whatever the checkpoint.
func (m *Memory) Apply(changes *projections.Changes) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.apply(changes)
}

// Rows answers the rows of a table in the order of their keys; of one with
// History every version, in the order of positions.
func (m *Memory) Rows(table string) [][]any {
	m.mu.Lock()
	defer m.mu.Unlock()
	var rows [][]any
	if versions, ok := m.versions[table]; ok {
		return versions.rows(m.tableNamed(table))
	}
	for _, id := range slices.Sorted(maps.Keys(m.tables[table])) {
		rows = append(rows, slices.Clone(m.tables[table][id]))
	}
	return rows
}

func (m *Memory) apply(changes *projections.Changes) {
	for _, table := range changes.Tables() {
		rows := m.tables[table.Table.Name()]
		before := rows
		for i, round := range table.Rounds {
			if table.Table.KeepsHistory() && (i == 0 || table.Rounds[i-1].Position != round.Position) {
				before = copied(rows)
			}
			for _, p := range round.Prefixes {
				applyPrefix(rows, p)
			}
			for _, r := range round.Rows {
				applyRow(rows, table.Table, r)
			}
			if table.Table.KeepsHistory() && (i+1 == len(table.Rounds) || table.Rounds[i+1].Position != round.Position) {
				m.versions[table.Table.Name()].keep(table.Table, before, rows, round.Position)
			}
		}
	}
}

func copied(rows map[string][]any) map[string][]any {
	all := make(map[string][]any, len(rows))
	for id, row := range rows {
		all[id] = slices.Clone(row)
	}
	return all
}

func (m *Memory) tableNamed(name string) *projections.Table {
	for _, t := range m.group.Tables() {
		if t.Name() == name {
			return t
		}
	}
	return nil
}

func applyPrefix(rows map[string][]any, p projections.PrefixChange) {
	for id, row := range rows {
		if !strings.HasPrefix(id, keyText(p.Key)) {
			continue
		}
		if p.Delete {
			delete(rows, id)
			continue
		}
		for _, op := range p.Ops {
			row[op.Column] = op.Apply(row[op.Column])
		}
	}
}

func applyRow(rows map[string][]any, t *projections.Table, r *projections.RowChange) {
	id := keyText(r.Key)
	switch r.Verb {
	case projections.PutRow:
		rows[id] = slices.Clone(r.Values)
	case projections.DeleteRow:
		delete(rows, id)
	case projections.ModifyRow:
		if rows[id] == nil && r.Creates {
			rows[id] = fresh(t, r.Key)
		}
		if row := rows[id]; row != nil {
			for _, op := range r.Ops {
				row[op.Column] = op.Apply(row[op.Column])
			}
		}
	}
}

func fresh(t *projections.Table, key []any) []any {
	row := make([]any, len(t.Columns()))
	for i, c := range t.Columns() {
		row[i] = c.Default
	}
	for i, place := range t.Key() {
		row[place] = key[i]
	}
	return row
}

func keyText(key []any) string {
	var b strings.Builder
	for _, value := range key {
		fmt.Fprintf(&b, "%v|", value)
	}
	return b.String()
}
