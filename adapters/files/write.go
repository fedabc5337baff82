package files

import (
	"bufio"
	"encoding/csv"
	"io"

	"tagtrail/domain/text"
)

// Writer writes rows; Close ends the file and leaves what it is written to open.
type Writer interface {
	Write(cells []string) error
	Close() error
}

// Format is a kind of file that can be written.
type Format string

// The formats.
const (
	CSV  Format = "csv"
	XLSX Format = "xlsx"
)

// atOnce is how many bytes of a file are written at a time: a part of an answer that is sent each time is dear.
const atOnce = 64 << 10

// NewWriter begins a file. With the guard on, no cell of a CSV file is a formula to a spreadsheet; cells of workbooks are
// text by themselves.
func NewWriter(out io.Writer, format Format, guarded bool) Writer {
	if format == XLSX {
		return newWorkbookWriter(out)
	}
	rows := csv.NewWriter(bufio.NewWriterSize(out, atOnce)) // which takes this buffer for its own
	rows.UseCRLF = true
	return &csvWriter{rows: rows, guarded: guarded}
}

type csvWriter struct {
	rows    *csv.Writer
	guarded bool
	cells   []string
}

// Write writes a row.
func (w *csvWriter) Write(cells []string) error {
	if !w.guarded {
		return w.rows.Write(cells)
	}
	w.cells = w.cells[:0]
	for _, cell := range cells {
		w.cells = append(w.cells, text.Guard(cell))
	}
	return w.rows.Write(w.cells)
}

// Close writes what is left.
func (w *csvWriter) Close() error {
	w.rows.Flush()
	return w.rows.Error()
}
