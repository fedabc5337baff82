package projections

import (
	"fmt"
	"slices"
)

// Together lets tables with the same key be written as one: each takes the columns that it has. It is for handlers only;
// what a projection is made of are the tables themselves.
//
// What changes with every event lies apart from what is long and rarely changes, where every version is kept.
func Together(tables ...*Table) *Table {
	all := &Table{name: tables[0].name, parts: tables}
	for _, part := range tables {
		if !slices.Equal(all.parts[0].keyNames(), part.keyNames()) {
			panic(fmt.Sprintf("%s and %s have not the same key", all.name, part.name))
		}
	}
	return all
}

func (t *Table) keyNames() []string {
	names := make([]string, len(t.key))
	for i, place := range t.key {
		names[i] = t.columns[place].Name
	}
	return names
}

// each hands the columns to the tables that have them.
func (t *Table) each(cols Cols, does func(*Table, Cols)) {
	if t.parts == nil {
		does(t, cols)
		return
	}
	for column := range cols {
		if !slices.ContainsFunc(t.parts, func(part *Table) bool { return part.has(column) }) {
			panic(fmt.Sprintf("none of the tables beside %s has a column %s", t.name, column))
		}
	}
	for _, part := range t.parts {
		some := Cols{}
		for column, value := range cols {
			if part.has(column) {
				some[column] = value
			}
		}
		if len(some) > 0 {
			does(part, some)
		}
	}
}

// having answers the table that has the column.
func (t *Table) having(column string) *Table {
	for _, part := range t.parts {
		if part.has(column) {
			return part
		}
	}
	return t
}

func (t *Table) has(column string) bool {
	_, ok := t.places[column]
	return ok
}
