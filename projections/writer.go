package projections

import (
	"encoding/binary"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"

	"tagtrail/domain/event"
)

// Cols are values by column: ids and strings of the domain, numbers, times, personal texts, pointers to them, and for
// jsonb anything that encodes. Nothing said is NULL, and in a column that cannot be NULL its default.
type Cols map[string]any

// At are the key's values, in the key's order: of one row, or the first of them for all rows that begin so.
type At []any

// Writer is all that a handler has: it takes changes to rows, and answers nothing.
type Writer struct {
	changes    *Changes
	projection *Projection
	position   event.Position
}

// Put makes the row what the columns say, whatever was there; columns that are not named hold their default.
func (w *Writer) Put(t *Table, cols Cols) { t.each(cols, w.put) }

func (w *Writer) put(t *Table, cols Cols) {
	at := make(At, len(t.key))
	values := t.defaults()
	for column, value := range cols {
		place := t.place(column)
		if i := slices.Index(t.key, place); i >= 0 {
			at[i] = value
			continue
		}
		values[place] = t.orDefault(place, t.normal(place, value))
	}
	key, id := t.keyOf(at, len(t.key))
	for i, place := range t.key {
		values[place] = key[i]
	}
	w.table(t).put(id, key, values)
}

// Set writes columns of a row that is there, or of all rows whose key begins as said.
func (w *Writer) Set(t *Table, at At, cols Cols) {
	t.each(cols, func(t *Table, cols Cols) { w.set(t, at, cols) })
}

func (w *Writer) set(t *Table, at At, cols Cols) {
	ops := make([]Op, 0, len(cols))
	for column, value := range cols {
		place := t.changeable(column)
		ops = append(ops, Op{Column: place, Verb: SetTo, Value: t.orDefault(place, t.normal(place, value))})
	}
	slices.SortFunc(ops, func(a, b Op) int { return a.Column - b.Column })
	key, id := t.keyOf(at, len(at))
	if len(key) < len(t.key) {
		w.table(t).prefix(id, PrefixChange{Key: key, Ops: ops})
		return
	}
	w.table(t).modify(id, key, ops, false)
}

// Add adds to numbers, and makes the row where there is none.
func (w *Writer) Add(t *Table, at At, cols Cols) { w.change(t, at, cols, AddTo, true) }

// Raise lets numbers and times only grow, in a row that is there; NULL is nothing yet.
func (w *Writer) Raise(t *Table, at At, cols Cols) { w.change(t, at, cols, RaiseTo, false) }

// Lower lets numbers and times only shrink, in a row that is there; NULL is nothing yet.
func (w *Writer) Lower(t *Table, at At, cols Cols) { w.change(t, at, cols, LowerTo, false) }

// Include puts a member into a set, in a row that is there.
func (w *Writer) Include(t *Table, at At, column string, member any) {
	t = t.having(column)
	place, members := t.member(column, member)
	w.one(t, at, Op{Column: place, Verb: Change, Value: members, Without: t.columns[place].empty()})
}

// Exclude takes a member out of a set, in a row that is there.
func (w *Writer) Exclude(t *Table, at At, column string, member any) {
	t = t.having(column)
	place, members := t.member(column, member)
	w.one(t, at, Op{Column: place, Verb: Change, Value: t.columns[place].empty(), Without: members})
}

// Delete takes a row away, or all rows whose key begins as said.
func (w *Writer) Delete(t *Table, at At) {
	for _, part := range t.parts {
		w.Delete(part, at)
	}
	if t.parts != nil {
		return
	}
	key, id := t.keyOf(at, len(at))
	if len(key) < len(t.key) {
		w.table(t).prefix(id, PrefixChange{Key: key, Delete: true})
		return
	}
	w.table(t).remove(id, key)
}

func (w *Writer) change(t *Table, at At, cols Cols, verb Verb, creates bool) {
	t.each(cols, func(t *Table, cols Cols) { w.modify(t, at, cols, verb, creates) })
}

func (w *Writer) modify(t *Table, at At, cols Cols, verb Verb, creates bool) {
	ops := make([]Op, 0, len(cols))
	for column, value := range cols {
		place := t.changeable(column)
		c := t.columns[place]
		if isPersonal(value) || !c.Kind.ordered() || verb == AddTo && c.Kind != Int {
			panic(fmt.Sprintf("%s.%s is no number or time that can be changed so", t.name, column))
		}
		if v := t.normal(place, value); v != nil {
			ops = append(ops, Op{Column: place, Verb: verb, Value: v})
		}
	}
	slices.SortFunc(ops, func(a, b Op) int { return a.Column - b.Column })
	key, id := t.keyOf(at, len(t.key))
	w.table(t).modify(id, key, ops, creates)
}

func (w *Writer) one(t *Table, at At, op Op) {
	key, id := t.keyOf(at, len(t.key))
	w.table(t).modify(id, key, []Op{op}, false)
}

func (w *Writer) table(t *Table) *TableChanges {
	if !slices.Contains(w.projection.tables, t) {
		panic("table " + t.name + " belongs to another projection")
	}
	tc := w.changes.of(t)
	tc.during(w.position)
	return tc
}

func (t *Table) defaults() []any {
	values := make([]any, len(t.columns))
	for i := range t.columns {
		values[i] = t.columns[i].Default
	}
	return values
}

// orDefault answers the default in place of NULL where the column cannot hold it.
func (t *Table) orDefault(place int, value any) any {
	if c := &t.columns[place]; value == nil && c.NotNull {
		return c.Default
	}
	return value
}

func (t *Table) changeable(column string) int {
	place := t.place(column)
	if t.isKey(place) {
		panic(fmt.Sprintf("%s.%s is part of the key", t.name, column))
	}
	return place
}

func (t *Table) member(column string, member any) (place int, members any) {
	place = t.changeable(column)
	if !isPersonal(member) {
		if v, ok := t.memberOf(Int, member).(int64); ok && t.columns[place].Kind == IntSet {
			return place, []int64{v}
		}
		if v, ok := t.memberOf(UUID, member).(uuid.UUID); ok && t.columns[place].Kind == UUIDSet {
			return place, []uuid.UUID{v}
		}
	}
	panic(fmt.Sprintf("%s.%s has no member of type %T", t.name, column, member))
}

// keyOf brings the key's values into their form, and encodes them so that one
// key's encoding begins with another's exactly when its values do.
func (t *Table) keyOf(at At, want int) (key []any, id string) {
	if len(at) != want || want == 0 || want > len(t.key) {
		panic(fmt.Sprintf("the key of %s has %d columns, and %d were given", t.name, len(t.key), len(at)))
	}
	key = make([]any, want)
	var b strings.Builder
	for i, value := range at {
		place := t.key[i]
		v := t.normal(place, value)
		if v == nil {
			if t.columns[place].Kind != UUID || value == nil {
				panic(fmt.Sprintf("%s.%s is part of the key and cannot be NULL", t.name, t.columns[place].Name))
			}
			v = uuid.Nil
		}
		key[i] = v
		writeKey(&b, v)
	}
	return key, b.String()
}

func writeKey(b *strings.Builder, value any) {
	var number [8]byte
	switch v := value.(type) {
	case uuid.UUID:
		b.Write(v[:])
		return
	case string:
		binary.BigEndian.PutUint64(number[:], uint64(len(v)))
		b.Write(number[:])
		b.WriteString(v)
		return
	case int64:
		binary.BigEndian.PutUint64(number[:], uint64(v)) //nolint:gosec // only told apart, never ordered
	case time.Time:
		binary.BigEndian.PutUint64(number[:], uint64(v.UnixMicro())) //nolint:gosec // only told apart, never ordered
	}
	b.Write(number[:])
}
