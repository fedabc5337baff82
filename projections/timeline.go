package projections

import (
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"

	"tagtrail/domain/event"
)

// timeline applies changes to rows one event after the other, and keeps what the rows were in between.
type timeline struct {
	table   *Table
	rows    map[string]*course
	touched []*course // by the event at hand
	ended   []Version
	begun   []*Version
}

// course is what becomes of one row.
type course struct {
	key     []any
	stands  *Version // nil while the row is not there
	before  bool     // whether that version stood before the batch
	values  []any    // as the event at hand leaves them; nil is no row
	changes bool     // whether the event at hand touches it
}

func newTimeline(t *Table, standing []Version) *timeline {
	h := &timeline{table: t, rows: make(map[string]*course, len(standing))}
	for i := range standing {
		v := &standing[i]
		key := make(At, len(t.key))
		for j, place := range t.key {
			key[j] = v.Values[place]
		}
		normal, id := t.keyOf(key, len(t.key))
		h.rows[id] = &course{key: normal, stands: v, before: true}
	}
	return h
}

// apply does what a round says: first to rows whose keys begin as said, then to single ones.
func (h *timeline) apply(round *Round) {
	for _, p := range round.Prefixes {
		var id strings.Builder
		for _, value := range p.Key {
			writeKey(&id, value)
		}
		for key, row := range h.rows {
			if strings.HasPrefix(key, id.String()) {
				h.change(row, p.Delete, p.Ops)
			}
		}
	}
	for _, change := range round.Rows {
		row, known := h.rows[change.id]
		if !known {
			row = &course{key: change.Key}
			h.rows[change.id] = row
		}
		h.touch(row)
		switch change.Verb {
		case PutRow:
			row.values = slices.Clone(change.Values)
		case DeleteRow:
			row.values = nil
		case ModifyRow:
			if row.values == nil && change.Creates {
				row.values = h.table.created(change.Key, nil)
			}
			h.change(row, false, change.Ops)
		}
	}
}

func (h *timeline) change(row *course, away bool, ops []Op) {
	h.touch(row)
	if away {
		row.values = nil
	}
	if row.values == nil {
		return
	}
	for _, op := range ops {
		row.values[op.Column] = op.Apply(row.values[op.Column])
	}
}

func (h *timeline) touch(row *course) {
	if row.changes {
		return
	}
	row.changes, row.values = true, nil
	if row.stands != nil {
		row.values = slices.Clone(row.stands.Values)
	}
	h.touched = append(h.touched, row)
}

// settle ends the event at hand: where it left a row otherwise than it was, one version ends and another begins.
func (h *timeline) settle(at event.Position) {
	for _, row := range h.touched {
		row.changes = false
		was := row.stands
		if was == nil && row.values == nil || was != nil && row.values != nil && h.table.sameRow(was.Values, row.values) {
			continue
		}
		if was != nil {
			was.To = at
			if row.before {
				h.ended = append(h.ended, *was)
			}
		}
		row.stands, row.before = nil, false
		if row.values != nil {
			row.stands = &Version{Values: row.values, From: at, To: OpenEnd}
			h.begun = append(h.begun, row.stands)
		}
	}
	h.touched = h.touched[:0]
}

// answer writes the positions into the columns that hold them.
func (h *timeline) answer() (ended, begun []Version) {
	from, to := h.table.places[fromPosition], h.table.places[toPosition]
	begun = make([]Version, len(h.begun))
	for i, v := range h.begun {
		v.Values[from], v.Values[to] = int64(v.From), int64(v.To) //nolint:gosec // positions stay far below the half of 64 bits
		begun[i] = *v
	}
	return h.ended, begun
}

// sameRow says whether two rows hold the same, but for what the table itself makes of it.
func (t *Table) sameRow(a, b []any) bool {
	for place, c := range t.columns {
		if !c.Generated && !c.Kept && !sameValue(a[place], b[place]) {
			return false
		}
	}
	return true
}

func sameValue(a, b any) bool {
	switch x := a.(type) {
	case []int64:
		y, ok := b.([]int64)
		return ok && slices.Equal(x, y)
	case []uuid.UUID:
		y, ok := b.([]uuid.UUID)
		return ok && slices.Equal(x, y)
	case []string:
		y, ok := b.([]string)
		return ok && slices.Equal(x, y)
	case time.Time:
		y, ok := b.(time.Time)
		return ok && x.Equal(y)
	default:
		return a == b
	}
}
