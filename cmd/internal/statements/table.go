package main

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"path"
	"strings"
)

// table is all statements, sorted by what is known of them.
type table struct {
	missing, excused, shown []row
}

type row struct {
	statement
	mentions []mention
}

func compare(a, b id) int {
	return cmp.Or(cmp.Compare(a.series, b.series), cmp.Compare(a.number, b.number))
}

// match gives each statement its tests, and refuses a test that names what is no statement.
func match(statements []statement, mentions []mention) (table, error) {
	of := map[id][]mention{}
	for _, m := range mentions {
		of[m.id] = append(of[m.id], m)
	}
	var t table
	for _, s := range statements {
		r := row{s, of[s.id]}
		delete(of, s.id)
		switch {
		case len(r.mentions) > 0:
			t.shown = append(t.shown, r)
		case s.excuse != "":
			t.excused = append(t.excused, r)
		default:
			t.missing = append(t.missing, r)
		}
	}
	var unknown []error
	for _, m := range mentions {
		if _, left := of[m.id]; left {
			unknown = append(unknown, fmt.Errorf("%s: %s names %v, which is no statement", m.file, m.test, m.id))
		}
	}
	return t, errors.Join(unknown...)
}

// print writes what is missing first, and the counts last, where a terminal shows them.
func (t table) print(out io.Writer) error {
	var b strings.Builder
	for _, r := range t.missing {
		fmt.Fprintf(&b, "%-6v MISSING  %s\n", r.id, r.what)
	}
	for _, r := range t.excused {
		fmt.Fprintf(&b, "%-6v excused  %s\n%16s%s\n", r.id, r.what, "", r.excuse)
	}
	for _, r := range t.shown {
		fmt.Fprintf(&b, "%-6v shown    %s\n", r.id, r.what)
		for _, m := range r.mentions {
			fmt.Fprintf(&b, "%16s%s %s\n", "", path.Dir(m.file), m.test)
		}
	}
	fmt.Fprintf(&b, "\n%d missing, %d excused, %d shown by tests\n", len(t.missing), len(t.excused), len(t.shown))
	_, err := io.WriteString(out, b.String())
	return err
}
