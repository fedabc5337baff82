// Package importing is what a file of contacts means: which column is what, what
// a row asks for, and what came of it. It reads no file and changes no contact.
package importing

import "tagtrail/domain/fault"

// The limits of a file.
const (
	MaxRows    = 1_000_000
	MaxColumns = 500
	MaxCell    = 64 << 10 // bytes
	MaxRow     = 1 << 20  // bytes
)

// Row is one row of a file.
type Row struct {
	Line  int // where it begins, from 1, as editors and spreadsheets count
	Cells []Cell
	// Refused says why the row cannot be read at all; the rows after it can.
	Refused *fault.Fault
	Column  int // at which Refused is, from 1; 0 is none in particular
}

// Cell is one cell of a row.
type Cell struct {
	Text    string
	Refused *fault.Fault // why the cell has no text, such as a date of a spreadsheet
}

// Sheet is a file that is read row by row.
type Sheet interface {
	// Header answers the first row.
	Header() []string
	// Next answers the next row, io.EOF behind the last, and a fault that names its place where the file ends being readable.
	Next() (Row, error)
}
