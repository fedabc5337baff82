package postgres

import (
	"strconv"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5/pgtype"

	"tagtrail/projections"
)

// arguments are the values of rows, turned by column into the arrays that unnest takes apart again.
type arguments struct {
	columns []projections.Column
	arrays  []array
	without []array // of a set's column: the members that a change takes out
	rows    int
}

func newArguments(t *projections.Table, columns []int, rows int) *arguments {
	a := &arguments{}
	for _, place := range columns {
		c := t.Columns()[place]
		a.columns = append(a.columns, c)
		a.arrays = append(a.arrays, newArray(c, rows))
		var without array
		if isSet(c) {
			without = newArray(c, rows)
		}
		a.without = append(a.without, without)
	}
	return a
}

func isSet(c projections.Column) bool {
	return c.Kind == projections.IntSet || c.Kind == projections.UUIDSet
}

// add appends a column's value of the row at hand.
func (a *arguments) add(i int, value any) { a.arrays[i].add(value) }

func (a *arguments) change(i int, op projections.Op) {
	a.arrays[i].add(op.Value)
	if op.Verb == projections.Change {
		a.without[i].add(op.Without)
	}
}

// fill ends the row at hand: what it does not say is NULL.
func (a *arguments) fill() {
	a.rows++
	for i := range a.arrays {
		if a.arrays[i].len() < a.rows {
			a.arrays[i].add(nil)
		}
		if a.without[i] != nil && a.without[i].len() < a.rows {
			a.without[i].add(nil)
		}
	}
}

// merging says whether rows were ended one by one, as those of a merge are, which alone can change sets.
func (a *arguments) merging() bool { return a.rows > 0 }

// each visits the arrays in the order in which they are sent.
func (a *arguments) each(visit func(name string, c projections.Column, values array)) {
	for i, c := range a.columns {
		visit(c.Name, c, a.arrays[i])
		if a.merging() && a.without[i] != nil {
			visit("without "+c.Name, c, a.without[i])
		}
	}
}

func (a *arguments) values() []any {
	var all []any
	a.each(func(_ string, _ projections.Column, values array) { all = append(all, values.argument()) })
	return all
}

func (a *arguments) names() []string {
	var all []string
	a.each(func(name string, _ projections.Column, _ array) { all = append(all, quoted(name)) })
	return all
}

func (a *arguments) placeholders(first int) string {
	var all []string
	a.each(func(_ string, c projections.Column, _ array) {
		all = append(all, "$"+strconv.Itoa(first+len(all))+"::"+travelsAs(c)+"[]")
	})
	return strings.Join(all, ", ")
}

// travelsAs answers the type that a column's values are sent as. Arrays are sent as text, because unnest would take
// apart an array of arrays down to its last element.
func travelsAs(c projections.Column) string {
	switch c.Kind {
	case projections.UUID:
		return "uuid"
	case projections.Int:
		return "bigint"
	case projections.Bool:
		return "boolean"
	case projections.Time:
		return "timestamptz"
	case projections.Float:
		return "double precision"
	default:
		return "text"
	}
}

// cast answers what turns a value that came as text into the column's type.
func cast(c projections.Column) string {
	if c.Type == "text" || travelsAs(c) != "text" {
		return ""
	}
	return "::" + c.Type
}

// literal answers a column's default as a constant of SQL.
func literal(c projections.Column) string {
	value := argument(c.Default)
	var text string
	switch v := value.(type) {
	case nil:
		return "null::" + c.Type
	case string:
		text = v
	case int64:
		text = strconv.FormatInt(v, 10)
	case bool:
		text = strconv.FormatBool(v)
	}
	return "'" + strings.ReplaceAll(text, "'", "''") + "'::" + c.Type
}

// argument answers a single value as it is sent.
func argument(value any) any {
	switch v := value.(type) {
	case []int64:
		return intSet(v)
	case []uuid.UUID:
		return uuidSet(v)
	case []string:
		return textList(v)
	default:
		return value
	}
}

func intSet(members []int64) string {
	b := []byte{'{'}
	for i, n := range members {
		if i > 0 {
			b = append(b, ',')
		}
		b = strconv.AppendInt(b, n, 10)
	}
	return string(append(b, '}'))
}

func uuidSet(members []uuid.UUID) string {
	texts := make([]string, len(members))
	for i, id := range members {
		texts[i] = id.String()
	}
	return "{" + strings.Join(texts, ",") + "}"
}

func textList(members []string) string {
	quote := strings.NewReplacer(`\`, `\\`, `"`, `\"`)
	texts := make([]string, len(members))
	for i, s := range members {
		texts[i] = `"` + quote.Replace(s) + `"`
	}
	return "{" + strings.Join(texts, ",") + "}"
}

// array collects the values of one column.
type array interface {
	add(value any)
	len() int
	argument() any
}

func newArray(c projections.Column, rows int) array {
	switch c.Kind {
	case projections.UUID:
		return newColumnArray(rows, func(v any) pgtype.UUID { return pgtype.UUID{Bytes: v.(uuid.UUID), Valid: true} })
	case projections.Int:
		return newColumnArray(rows, func(v any) pgtype.Int8 { return pgtype.Int8{Int64: v.(int64), Valid: true} })
	case projections.Bool:
		return newColumnArray(rows, func(v any) pgtype.Bool { return pgtype.Bool{Bool: v.(bool), Valid: true} })
	case projections.Time:
		return newColumnArray(rows, func(v any) pgtype.Timestamptz { return pgtype.Timestamptz{Time: v.(time.Time), Valid: true} })
	case projections.Float:
		return newColumnArray(rows, func(v any) pgtype.Float8 { return pgtype.Float8{Float64: v.(float64), Valid: true} })
	default:
		return newColumnArray(rows, func(v any) pgtype.Text { return pgtype.Text{String: argument(v).(string), Valid: true} })
	}
}

type columnArray[T any] struct {
	values pgtype.FlatArray[T]
	of     func(any) T
}

func newColumnArray[T any](rows int, of func(any) T) *columnArray[T] {
	return &columnArray[T]{values: make(pgtype.FlatArray[T], 0, rows), of: of}
}

func (a *columnArray[T]) add(value any) {
	var v T
	if value != nil {
		v = a.of(value)
	}
	a.values = append(a.values, v)
}

func (a *columnArray[T]) len() int { return len(a.values) }

func (a *columnArray[T]) argument() any { return a.values }
