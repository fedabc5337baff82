package postgres

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"tagtrail/projections"
)

// statement is one statement of a batch.
type statement struct {
	sql  string
	args []any
}

// statementTexts remembers the texts of statements, which are the same for the same table and columns.
type statementTexts map[string]string

func (texts statementTexts) text(key string, write func() string) string {
	text, ok := texts[key]
	if !ok {
		text = write()
		texts[key] = text
	}
	return text
}

// statements answers what writes the changes of one table: for each round those of prefixes, then for rows that are put and
// for all others one each, or one for each row where there are few; where every version is kept, what they make of those
// that stand. Rows that are loaded are written before the statements run.
func (texts statementTexts) statements(schema string, changes *projections.TableChanges, standing []projections.Version, loads *loading) []statement {
	t := changes.Table
	if t.KeepsHistory() {
		return texts.versions(schema, changes, standing, loads)
	}
	table := quoted(schema) + "." + quoted(t.Name())
	var all []statement
	for i, round := range changes.Rounds {
		for _, p := range round.Prefixes {
			all = append(all, prefixStatement(table, t, p))
		}
		puts, others := apart(round.Rows)
		copied := i == 0 && len(round.Prefixes) == 0 && loads.take(t, puts)
		if !copied {
			all = append(all, texts.inserts(table, t, puts)...)
		}
		all = append(all, texts.modifies(table, t, others)...)
	}
	return all
}

// apart answers the values of rows that are put, and the changes of all others. What is put needs no look at what was
// there, and nothing of a statement that does.
func apart(rows []*projections.RowChange) (puts [][]any, others []*projections.RowChange) {
	for _, r := range rows {
		if r.Verb == projections.PutRow {
			puts = append(puts, r.Values)
			continue
		}
		others = append(others, r)
	}
	return puts, others
}

func prefixStatement(table string, t *projections.Table, p projections.PrefixChange) statement {
	var st statement
	var set, where []string
	bind := func(place int, value any) string {
		st.args = append(st.args, argument(value))
		return parameter(t.Columns()[place], len(st.args))
	}
	for _, op := range p.Ops {
		set = append(set, quoted(t.Columns()[op.Column].Name)+" = "+bind(op.Column, op.Value))
	}
	for i, value := range p.Key {
		place := t.Key()[i]
		where = append(where, quoted(t.Columns()[place].Name)+" = "+bind(place, value))
	}
	st.sql = "update " + table + " set " + strings.Join(set, ", ")
	if p.Delete {
		st.sql = "delete from " + table
	}
	st.sql += " where " + strings.Join(where, " and ")
	return st
}

// rowKinds says which changes there are among rows that are not put.
type rowKinds struct{ modifies, creates, deletes bool }

// spelt is for the keys of texts.
func (k rowKinds) spelt() string {
	spelt := []byte{' '}
	for _, is := range []bool{k.modifies, k.creates, k.deletes} {
		spelt = strconv.AppendBool(spelt, is)
	}
	return string(spelt)
}

func spelt(columns []int) []byte {
	spelt := make([]byte, 0, 64)
	for _, place := range columns {
		spelt = strconv.AppendInt(append(spelt, ' '), int64(place), 10)
	}
	return spelt
}

func kindsOf(rows []*projections.RowChange) rowKinds {
	var k rowKinds
	for _, r := range rows {
		if r.Verb == projections.DeleteRow {
			k.deletes = true
			continue
		}
		k.modifies = true
		k.creates = k.creates || r.Creates
	}
	return k
}

// insert writes rows that are put: the fastest statement there is to write many.
func (texts statementTexts) insert(table string, t *projections.Table, rows [][]any) statement {
	return texts.insertValues("insert "+table, table, t, rows, func() string { return onConflict(t) })
}

// onConflict has a row that is there take all values of the one that is put.
func onConflict(t *projections.Table) string {
	var set []string
	for _, place := range writable(t) {
		if name := quoted(t.Columns()[place].Name); !isKey(t, place) {
			set = append(set, name+" = excluded."+name)
		}
	}
	does := "do nothing"
	if len(set) > 0 {
		does = "do update set " + strings.Join(set, ", ")
	}
	return " on conflict (" + strings.Join(keyNames(t, ""), ", ") + ") " + does
}

// nothingElse is for rows that are known not to be there.
func nothingElse() string { return "" }

// insertValues writes rows by their values, one for each column.
func (texts statementTexts) insertValues(key, table string, t *projections.Table, rows [][]any, conflict func() string) statement {
	columns := writable(t)
	args := newArguments(t, columns, len(rows))
	for _, r := range rows {
		for i, place := range columns {
			args.add(i, r[place])
		}
	}
	text := texts.text(key, func() string {
		var names, values []string
		for _, place := range columns {
			c := t.Columns()[place]
			names = append(names, quoted(c.Name))
			values = append(values, "v."+quoted(c.Name)+cast(c))
		}
		return fmt.Sprintf("insert into %s (%s) select %s from unnest(%s) as v (%s)%s",
			table, strings.Join(names, ", "), strings.Join(values, ", "), args.placeholders(1), strings.Join(names, ", "), conflict())
	})
	return statement{sql: text, args: args.values()}
}

// The codes that tell a merge what to do with a row.
const (
	codeModify = iota + 1
	codeCreate
	codeDelete
)

// merge writes rows that are changed in any way but put. Each row says by a code what happens to it, and by a byte for
// each column what happens to that; 0 is nothing.
func (texts statementTexts) merge(table string, t *projections.Table, rows []*projections.RowChange) statement {
	columns, kinds := t.Key(), kindsOf(rows)
	for _, place := range writable(t) {
		if !isKey(t, place) && (kinds.creates || touched(rows, place)) {
			columns = append(slices.Clip(columns), place)
		}
	}
	at := make([]int, len(t.Columns())) // of a column: its place among the arguments
	for i, place := range columns {
		at[place] = i
	}
	args := newArguments(t, columns, len(rows))
	codes, verbs := make([]int16, 0, len(rows)), make([][]byte, 0, len(rows))
	for _, r := range rows {
		code, verb := mergeRow(t, r, at, len(columns), args)
		codes, verbs = append(codes, code), append(verbs, verb)
	}
	text := texts.text("merge "+table+kinds.spelt()+string(spelt(columns)), func() string { return mergeText(table, t, columns, kinds, args) })
	return statement{sql: text, args: append([]any{codes, verbs}, args.values()...)}
}

func mergeRow(t *projections.Table, r *projections.RowChange, at []int, columns int, args *arguments) (int16, []byte) {
	verbs := make([]byte, columns)
	for i := range t.Key() {
		args.add(i, r.Key[i])
	}
	code := int16(codeDelete)
	if r.Verb == projections.ModifyRow {
		code = codeModify
		if r.Creates {
			code = codeCreate
		}
		for _, op := range r.Ops {
			verbs[at[op.Column]] = byte(op.Verb)
			args.change(at[op.Column], op)
		}
	}
	args.fill()
	return code, verbs
}

func mergeText(table string, t *projections.Table, columns []int, kinds rowKinds, args *arguments) string {
	var on, names, fresh, set []string
	for i, place := range columns {
		c := t.Columns()[place]
		name := quoted(c.Name)
		names = append(names, name)
		if isKey(t, place) {
			on = append(on, "t."+name+" = v."+name)
			fresh = append(fresh, "v."+name)
			continue
		}
		set = append(set, name+" = "+changed(c, i, "t."+name))
		fresh = append(fresh, changed(c, i, literal(c)))
	}
	var b strings.Builder
	fmt.Fprintf(&b, "merge into %s as t using (select * from unnest($1::smallint[], $2::bytea[], %s) as v (code, verbs, %s)) as v on %s",
		table, args.placeholders(3), strings.Join(args.names(), ", "), strings.Join(on, " and "))
	if kinds.deletes {
		fmt.Fprintf(&b, " when matched and v.code = %d then delete", codeDelete)
	}
	if len(set) > 0 && kinds.modifies {
		fmt.Fprintf(&b, " when matched then update set %s", strings.Join(set, ", "))
	}
	if kinds.creates {
		fmt.Fprintf(&b, " when not matched and v.code = %d then insert (%s) values (%s)",
			codeCreate, strings.Join(names, ", "), strings.Join(fresh, ", "))
	}
	return b.String()
}

// changed answers what a column becomes, from what it was.
func changed(c projections.Column, i int, was string) string {
	v, without := "v."+quoted(c.Name)+cast(c), "v."+quoted("without "+c.Name)+cast(c)
	var b strings.Builder
	fmt.Fprintf(&b, "case get_byte(v.verbs, %d) when 0 then %s", i, was)
	for _, verb := range verbsOf(c) {
		fmt.Fprintf(&b, " when %d then %s", verb, becomes(c, verb, was, v, without))
	}
	return b.String() + " end"
}

// verbsOf answers all that can be done to a column.
func verbsOf(c projections.Column) []projections.Verb {
	switch c.Kind {
	case projections.Int:
		return []projections.Verb{projections.SetTo, projections.AddTo, projections.RaiseTo, projections.LowerTo}
	case projections.Time:
		return []projections.Verb{projections.SetTo, projections.RaiseTo, projections.LowerTo}
	case projections.IntSet, projections.UUIDSet:
		return []projections.Verb{projections.SetTo, projections.Change}
	default:
		return []projections.Verb{projections.SetTo}
	}
}

// becomes answers what a verb makes of a column, from what it was; without is of sets.
func becomes(c projections.Column, verb projections.Verb, was, value, without string) string {
	switch {
	case verb == projections.AddTo:
		return "coalesce(" + was + ", 0) + " + value
	case verb == projections.RaiseTo:
		return "greatest(" + was + ", " + value + ")"
	case verb == projections.LowerTo:
		return "least(" + was + ", " + value + ")"
	case verb == projections.Change && c.Kind == projections.IntSet:
		return "(coalesce(" + was + ", '{}') operator(ext.-) " + without + ") operator(ext.|) " + value
	case verb == projections.Change:
		return "array(select x from unnest(" + was + ") as x where x <> all (" + without + ") union select unnest(" + value + ") order by 1)"
	default:
		return value
	}
}

func touched(rows []*projections.RowChange, place int) bool {
	for _, r := range rows {
		for _, op := range r.Ops {
			if op.Column == place {
				return true
			}
		}
	}
	return false
}

func writable(t *projections.Table) []int {
	var places []int
	for place, c := range t.Columns() {
		if !c.Generated {
			places = append(places, place)
		}
	}
	return places
}

func isKey(t *projections.Table, place int) bool {
	return slices.Contains(t.Key(), place)
}

func keyNames(t *projections.Table, prefix string) []string {
	names := make([]string, 0, len(t.Key()))
	for _, place := range t.Key() {
		names = append(names, prefix+quoted(t.Columns()[place].Name))
	}
	return names
}
