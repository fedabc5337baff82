package projections

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
)

// Table is one table of a projection: its key, its columns, and what is found quickly in it.
type Table struct {
	name    string
	key     []int // the key's columns, as places in columns
	columns []Column
	places  map[string]int
	indexes []string
	history bool
	parts   []*Table // of what [Together] answers
}

// Column is one column of a table.
type Column struct {
	Name      string
	Type      string // as PostgreSQL names it
	Kind      Kind
	NotNull   bool
	Default   any    // what a new row holds where nothing was said
	Generated bool   // computed by the table itself, never written
	Kept      bool   // written by what keeps the history of the table, never by a handler
	sql       string // everything after the name
}

// TableOption adds something to a table besides its columns.
type TableOption func(*Table)

// Key names the columns that tell rows apart. The first is always org.
func Key(columns ...string) []string { return columns }

// Index adds an index by its statement, which names the table as {table}; what
// extensions bring is named with its schema, as in ext.gin__int_ops.
func Index(statement string) TableOption {
	return func(t *Table) { t.indexes = append(t.indexes, strings.Join(strings.Fields(statement), " ")) }
}

// NewTable declares a table by its columns, written as in `create table`.
//
// A column may be `not null`, have a constant default, a collation, or be
// generated. Other constraints have no place here: the events have happened.
// A column of integers or of ids (int[], uuid[]) is a set: it is kept sorted and
// without repetitions, so that a row does not depend on the order of arrival.
func NewTable(name string, key []string, columns string, options ...TableOption) *Table {
	t := &Table{name: mustName(name), places: map[string]int{}}
	for _, definition := range splitColumns(columns) {
		c := parseColumn(name, definition)
		if _, twice := t.places[c.Name]; twice {
			panic(fmt.Sprintf("table %s has the column %s twice", name, c.Name))
		}
		t.places[c.Name] = len(t.columns)
		t.columns = append(t.columns, c)
	}
	for _, column := range key {
		place, ok := t.places[column]
		if !ok || t.columns[place].Generated || !t.columns[place].Kind.canBeKey() {
			panic(fmt.Sprintf("table %s cannot have %s in its key", name, column))
		}
		t.columns[place].NotNull = true
		t.key = append(t.key, place)
	}
	if len(key) == 0 || key[0] != "org" || t.columns[t.key[0]].Kind != UUID {
		panic(fmt.Sprintf("the key of table %s does not begin with org uuid", name))
	}
	for _, option := range options {
		option(t)
	}
	if t.history {
		t.keepVersions()
	}
	return t
}

// Name answers the table's name.
func (t *Table) Name() string { return t.name }

// Columns answers the table's columns, in order.
func (t *Table) Columns() []Column { return t.columns }

// Key answers the key's columns, as places in Columns.
func (t *Table) Key() []int { return t.key }

// Create answers the statements that make the table in a schema, which is quoted already.
func (t *Table) Create(schema string) []string {
	table := schema + `."` + t.name + `"`
	statements := []string{fmt.Sprintf("create table %s (%s)", table, strings.Join(t.definition()[:len(t.columns)+1], ", "))}
	for _, index := range t.indexes {
		statements = append(statements, strings.ReplaceAll(index, "{table}", table))
	}
	return statements
}

func (t *Table) definition() []string {
	lines := make([]string, 0, len(t.columns)+1+len(t.indexes))
	for _, c := range t.columns {
		lines = append(lines, `"`+c.Name+`" `+c.sql)
	}
	key := t.PrimaryKey()
	names := make([]string, len(key))
	for i, place := range key {
		names[i] = `"` + t.columns[place].Name + `"`
	}
	lines = append(lines, "primary key ("+strings.Join(names, ", ")+")")
	return append(lines, t.indexes...)
}

func (t *Table) isKey(place int) bool { return slices.Contains(t.key, place) }

func (t *Table) place(column string) int {
	place, ok := t.places[column]
	if !ok {
		panic(fmt.Sprintf("table %s has no column %s", t.name, column))
	}
	if c := &t.columns[place]; c.Generated || c.Kept {
		panic(fmt.Sprintf("%s.%s is not for handlers to write", t.name, column))
	}
	return place
}

var plainName = regexp.MustCompile(`^[a-z][a-z0-9_]{0,49}$`)

func mustName(name string) string {
	if !plainName.MatchString(name) {
		panic(fmt.Sprintf("%q is no name for a table, a view or a column", name))
	}
	return name
}

func splitColumns(columns string) []string {
	var parts []string
	depth, quoted, start := 0, false, 0
	for i, r := range columns {
		switch {
		case r == '\'':
			quoted = !quoted
		case quoted:
		case r == '(':
			depth++
		case r == ')':
			depth--
		case r == ',' && depth == 0:
			parts = append(parts, columns[start:i])
			start = i + 1
		}
	}
	return append(parts, columns[start:])
}
