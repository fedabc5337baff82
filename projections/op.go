package projections

import (
	"slices"

	"github.com/google/uuid"
)

// Verb says how an op changes a column.
type Verb int

// The changes of a column.
const (
	SetTo   Verb = iota + 1 // the column is Value
	AddTo                   // Value is added; NULL counts as 0
	RaiseTo                 // the greater of the column and Value; NULL is nothing yet
	LowerTo                 // the lesser of the column and Value; NULL is nothing yet
	Change                  // a set loses the members of Without and then gets those of Value; NULL counts as empty
)

// Op changes one column.
type Op struct {
	Column  int // its place in the table's columns
	Verb    Verb
	Value   any
	Without any // of Change
}

// Apply answers what the op makes of a value.
func (o Op) Apply(value any) any {
	switch o.Verb {
	case AddTo:
		if value == nil {
			return o.Value
		}
		return value.(int64) + o.Value.(int64)
	case RaiseTo:
		if value == nil || compareValues(value, o.Value) < 0 {
			return o.Value
		}
		return value
	case LowerTo:
		if value == nil || compareValues(value, o.Value) > 0 {
			return o.Value
		}
		return value
	case Change:
		return union(minus(value, o.Without), o.Value)
	default:
		return o.Value
	}
}

// after answers the one op that does what the other does and then this, if there is one.
func (o Op) after(other Op) (Op, bool) {
	switch {
	case o.Verb == SetTo:
		return o, true
	case other.Verb == SetTo:
		other.Value = o.Apply(other.Value)
		return other, true
	case o.Verb != other.Verb:
		return Op{}, false
	case o.Verb == Change:
		o.Value = union(minus(other.Value, o.Without), o.Value)
		o.Without = minus(union(other.Without, o.Without), o.Value)
		return o, true
	default:
		o.Value = o.Apply(other.Value)
		return o, true
	}
}

func union(a, b any) any {
	switch b := b.(type) {
	case []int64:
		x, _ := a.([]int64)
		all := slices.Concat(x, b)
		slices.Sort(all)
		return slices.Compact(all)
	default:
		x, _ := a.([]uuid.UUID)
		return sortedIDs(slices.Concat(x, b.([]uuid.UUID)))
	}
}

func minus(a, b any) any {
	switch b := b.(type) {
	case []int64:
		x, _ := a.([]int64)
		return slices.DeleteFunc(slices.Clone(x), func(n int64) bool { return slices.Contains(b, n) })
	default:
		x, _ := a.([]uuid.UUID)
		return slices.DeleteFunc(slices.Clone(x), func(id uuid.UUID) bool { return slices.Contains(b.([]uuid.UUID), id) })
	}
}
