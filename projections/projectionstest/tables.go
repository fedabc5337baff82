package projectionstest

import (
	"testing"

	"tagtrail/domain/event"
	"tagtrail/projections"
)

// Tables are the tables of a group on a PostgreSQL of their own, for tests that project many histories.
type Tables struct{ projector *projector }

// NewTables makes the tables.
func NewTables(t *testing.T, g projections.Group) Tables {
	t.Helper()
	return Tables{open(t, g)}
}

// After answers the rows once empty tables have seen the history.
func (s Tables) After(history []event.Recorded[event.Event]) Rows {
	s.projector.t.Helper()
	return s.projector.fresh(func() { s.projector.deliver(history) })
}
