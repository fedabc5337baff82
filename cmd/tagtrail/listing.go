package main

import (
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"tagtrail/domain/text"
)

// listing prints a list of any length as it comes: as a table, as JSON or as CSV.
type listing struct {
	command *cobra.Command
	header  []string
	asJSON  bool
	csv     *csv.Writer
	rows    [][]string // of the table, that are not printed yet
	count   int
}

// tableAtOnce is how many rows of a table are aligned with each other.
const tableAtOnce = 200

// listingFlags lets a command be asked for JSON or CSV, and answers how its listing begins.
func listingFlags(c *cobra.Command) func(header ...string) (*listing, error) {
	asJSON := c.Flags().Bool("json", false, "print JSON")
	asCSV := c.Flags().Bool("csv", false, "print CSV, with an apostrophe before what a spreadsheet would take for a formula")
	return func(header ...string) (*listing, error) {
		if *asJSON && *asCSV {
			return nil, usage(errors.New("--json and --csv exclude each other"))
		}
		l := &listing{command: c, header: header, asJSON: *asJSON}
		if *asCSV {
			l.csv = csv.NewWriter(c.OutOrStdout())
			return l, l.csv.Write(header)
		}
		return l, nil
	}
}

// add prints one item: the value as JSON, its cells otherwise.
func (l *listing) add(value any, cells ...string) error {
	l.count++
	switch {
	case l.asJSON:
		return l.addJSON(value)
	case l.csv != nil:
		for i, cell := range cells {
			cells[i] = text.Guard(cell)
		}
		return l.csv.Write(cells)
	}
	if l.rows = append(l.rows, cells); len(l.rows) < tableAtOnce {
		return nil
	}
	return l.printRows()
}

func (l *listing) addJSON(value any) error {
	encoded, err := json.MarshalIndent(value, "  ", "  ")
	if err != nil {
		return err
	}
	before := ",\n  "
	if l.count == 1 {
		before = "[\n  "
	}
	_, err = fmt.Fprintf(l.command.OutOrStdout(), "%s%s", before, encoded)
	return err
}

func (l *listing) printRows() error {
	err := printTable(l.command, l.header, l.rows)
	l.rows = nil
	return err
}

// end prints what is left.
func (l *listing) end() error {
	switch {
	case l.asJSON && l.count == 0:
		_, err := fmt.Fprintln(l.command.OutOrStdout(), "[]")
		return err
	case l.asJSON:
		_, err := fmt.Fprintln(l.command.OutOrStdout(), "\n]")
		return err
	case l.csv != nil:
		l.csv.Flush()
		return l.csv.Error()
	case len(l.rows) > 0 || l.count == 0:
		return l.printRows()
	}
	return nil
}
