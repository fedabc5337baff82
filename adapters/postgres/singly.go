package postgres

import (
	"strconv"
	"strings"

	"tagtrail/projections"
)

// few is up to how many rows of a table each is written by a statement of its own. One that takes arrays apart, or merges,
// costs the server three times as much for a single row, which is what most batches hold while little happens; with every
// further row that matters less.
const few = 3

// inserts writes rows that are put.
func (texts statementTexts) inserts(table string, t *projections.Table, puts [][]any) []statement {
	if len(puts) > few {
		return []statement{texts.insert(table, t, puts)}
	}
	all := make([]statement, len(puts))
	for i, row := range puts {
		all[i] = texts.insertOne("insert one ", table, t, row, func() string { return onConflict(t) })
	}
	return all
}

// insertOne writes one row by its values.
func (texts statementTexts) insertOne(what, table string, t *projections.Table, row []any, conflict func() string) statement {
	columns := t.Columns()
	args := make([]any, 0, len(row))
	for place := range columns {
		if !columns[place].Generated {
			args = append(args, argument(row[place]))
		}
	}
	return statement{args: args, sql: texts.text(what+table, func() string {
		var names, values []string
		for _, place := range writable(t) {
			names = append(names, quoted(columns[place].Name))
			values = append(values, parameter(columns[place], len(names)))
		}
		return "insert into " + table + " (" + strings.Join(names, ", ") + ") values (" + strings.Join(values, ", ") + ")" + conflict()
	})}
}

// modifies writes rows that are changed or taken away. Those that no statement for one row can write are merged.
func (texts statementTexts) modifies(table string, t *projections.Table, rows []*projections.RowChange) []statement {
	var all []statement
	var merged []*projections.RowChange
	for _, r := range rows {
		switch {
		case len(rows) > few, r.Creates && !makesWhole(t, r.Ops):
			merged = append(merged, r)
		case r.Verb == projections.DeleteRow:
			all = append(all, texts.deleteOne(table, t, r.Key))
		case r.Creates:
			all = append(all, texts.createOne(table, t, r))
		default:
			all = append(all, texts.updateOne(table, t, r))
		}
	}
	if len(merged) > 0 {
		all = append(all, texts.merge(table, t, merged))
	}
	return all
}

// makesWhole says whether a row that the ops make has all that it must have. A row that is inserted is looked at before
// anybody knows that it is there already and will be changed instead.
func makesWhole(t *projections.Table, ops []projections.Op) bool {
	for place, c := range t.Columns() {
		if c.NotNull && !c.Generated && c.Default == nil && !isKey(t, place) && !changes(ops, place) {
			return false
		}
	}
	return true
}

func changes(ops []projections.Op, place int) bool {
	for _, op := range ops {
		if op.Column == place {
			return true
		}
	}
	return false
}

func (texts statementTexts) deleteOne(table string, t *projections.Table, key []any) statement {
	return statement{args: singles(nil, key), sql: texts.text("delete one "+table, func() string {
		return "delete from " + table + " as t where " + whereKey(t)
	})}
}

func (texts statementTexts) updateOne(table string, t *projections.Table, r *projections.RowChange) statement {
	args := withOps(singles(make([]any, 0, len(r.Key)+2*len(r.Ops)), r.Key), r.Ops)
	return statement{args: args, sql: texts.text("update one "+table+shapeOf(r.Ops), func() string {
		return "update " + table + " as t set " + strings.Join(setOps(t, r.Ops, "t."), ", ") + " where " + whereKey(t)
	})}
}

// createOne changes a row, and makes it where there is none: of what the ops make of defaults.
func (texts statementTexts) createOne(table string, t *projections.Table, r *projections.RowChange) statement {
	args := withOps(singles(make([]any, 0, len(r.Key)+2*len(r.Ops)), r.Key), r.Ops)
	return statement{args: args, sql: texts.text("create one "+table+shapeOf(r.Ops), func() string {
		var names, fresh []string
		for i, place := range t.Key() {
			names = append(names, quoted(t.Columns()[place].Name))
			fresh = append(fresh, parameter(t.Columns()[place], i+1))
		}
		eachOp(t, r.Ops, func(op projections.Op, c projections.Column, value, without string) {
			names = append(names, quoted(c.Name))
			fresh = append(fresh, becomes(c, op.Verb, literal(c), value, without))
		})
		does := " do nothing"
		if len(r.Ops) > 0 {
			does = " do update set " + strings.Join(setOps(t, r.Ops, "t."), ", ")
		}
		return "insert into " + table + " as t (" + strings.Join(names, ", ") + ") values (" + strings.Join(fresh, ", ") + ")" +
			" on conflict (" + strings.Join(keyNames(t, ""), ", ") + ")" + does
	})}
}

// eachOp visits the ops with the parameters that hold their values, which follow those of the key.
func eachOp(t *projections.Table, ops []projections.Op, visit func(op projections.Op, c projections.Column, value, without string)) {
	n := len(t.Key())
	for _, op := range ops {
		c, without := t.Columns()[op.Column], ""
		n++
		value := parameter(c, n)
		if op.Verb == projections.Change {
			n++
			without = parameter(c, n)
		}
		visit(op, c, value, without)
	}
}

func setOps(t *projections.Table, ops []projections.Op, was string) []string {
	var set []string
	eachOp(t, ops, func(op projections.Op, c projections.Column, value, without string) {
		set = append(set, quoted(c.Name)+" = "+becomes(c, op.Verb, was+quoted(c.Name), value, without))
	})
	return set
}

// withOps adds what eachOp names parameters for.
func withOps(args []any, ops []projections.Op) []any {
	for _, op := range ops {
		args = append(args, argument(op.Value))
		if op.Verb == projections.Change {
			args = append(args, argument(op.Without))
		}
	}
	return args
}

// shapeOf spells which columns change, and how: ops of one shape share a text.
func shapeOf(ops []projections.Op) string {
	shape := make([]byte, 0, 64)
	for _, op := range ops {
		shape = append(strconv.AppendInt(append(shape, ' '), int64(op.Column), 10), '0'+byte(op.Verb))
	}
	return string(shape)
}

func whereKey(t *projections.Table) string { return whereParameters(t, t.Key()) }

// whereParameters compares columns with the parameters that come first.
func whereParameters(t *projections.Table, places []int) string {
	var on []string
	for i, place := range places {
		c := t.Columns()[place]
		on = append(on, "t."+quoted(c.Name)+" = "+parameter(c, i+1))
	}
	return strings.Join(on, " and ")
}

// parameter answers a parameter that holds a value of the column.
func parameter(c projections.Column, n int) string {
	return "$" + strconv.Itoa(n) + "::" + travelsAs(c) + cast(c)
}

func singles(args, values []any) []any {
	for _, value := range values {
		args = append(args, argument(value))
	}
	return args
}
