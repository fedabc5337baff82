package files

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"strconv"
	"strings"

	"tagtrail/domain/fault"
	"tagtrail/domain/importing"
)

// table is a CSV file: cells apart by a comma, a semicolon or a tab, rows apart by CR, LF or both.
type table struct {
	text      *bufio.Reader
	separator byte
	header    []string
	line      int // of the next character
	column    int // of the cell, from 1
	read      int // bytes of the row
	rows      int
	cell      []byte
}

func openCSV(file io.Reader, head []byte, options Options) (*table, error) {
	text, err := decoded(file, head, options.Encoding)
	if err != nil {
		return nil, err
	}
	t := &table{text: text, line: 1}
	t.sniffSeparator()
	row, err := t.row()
	for err == nil && row.Refused == nil && isEmpty(row) {
		row, err = t.row()
	}
	switch {
	case errors.Is(err, io.EOF):
		return nil, importing.ErrEmpty
	case err != nil:
		return nil, err
	case row.Refused != nil:
		return nil, at(row.Refused, row.Line, row.Column)
	case len(row.Cells) > importing.MaxColumns:
		return nil, importing.ErrManyColumns
	}
	t.header = textsOf(row.Cells)
	return t, nil
}

// sniffSeparator finds what separates cells in the first line, which may say so itself.
func (t *table) sniffSeparator() {
	t.separator = ','
	first, _ := t.text.Peek(32 << 10)
	if end := bytes.IndexAny(first, "\r\n"); end >= 0 {
		first = first[:end]
	}
	if said := strings.ToLower(string(first)); len(said) == 5 && strings.HasPrefix(said, "sep=") && strings.ContainsAny(said[4:], ",;\t|") {
		t.separator = said[4]
		_, _ = t.text.Discard(len(first))
		_, _ = t.endOfLine()
		return
	}
	counts, quoted := map[byte]int{}, false
	for _, b := range first {
		if b == '"' {
			quoted = !quoted
		} else if !quoted {
			counts[b]++
		}
	}
	for _, separator := range []byte(";\t") {
		if counts[separator] > counts[t.separator] {
			t.separator = separator
		}
	}
}

// Header answers the first row.
func (t *table) Header() []string { return t.header }

// Close has nothing to end.
func (t *table) Close() error { return nil }

// Next answers the next row that is not empty.
func (t *table) Next() (importing.Row, error) {
	for {
		row, err := t.row()
		switch {
		case err != nil:
			return row, err
		case row.Refused == nil && isEmpty(row):
			continue
		}
		if t.rows++; t.rows > importing.MaxRows {
			return row, importing.ErrManyRows
		}
		return fitted(row, len(t.header)), nil
	}
}

// fitted holds a row to the header. Cells that are missing are not blank ones, which would clear something.
func fitted(row importing.Row, columns int) importing.Row {
	for len(row.Cells) > columns && row.Cells[len(row.Cells)-1].Text == "" {
		row.Cells = row.Cells[:len(row.Cells)-1]
	}
	switch {
	case row.Refused != nil:
	case len(row.Cells) > columns:
		row.Refused, row.Column = importing.ErrExtraCells, columns+1
	case len(row.Cells) < columns:
		row.Refused, row.Column = importing.ErrShortRow, len(row.Cells)+1
	}
	return row
}

func isEmpty(row importing.Row) bool {
	return len(row.Cells) == 1 && row.Cells[0] == importing.Cell{}
}

func textsOf(cells []importing.Cell) []string {
	texts := make([]string, len(cells))
	for i, cell := range cells {
		texts[i] = cell.Text
	}
	return texts
}

// at answers a fault that names its place.
func at(f *fault.Fault, line, column int) *fault.Fault {
	f = f.With("line", strconv.Itoa(line))
	if column > 0 {
		f = f.With("column", strconv.Itoa(column))
	}
	return f
}

// row reads one row. An error ends the file; what is wrong with one row alone stands in it.
func (t *table) row() (importing.Row, error) {
	row := importing.Row{Line: t.line}
	t.column, t.read = 1, 0
	if _, err := t.text.Peek(1); err != nil {
		return row, err
	}
	for {
		ended, refused, err := t.readCell(row.Line)
		if err != nil {
			return row, err
		}
		switch {
		case refused != nil:
		case !isText(t.cell):
			return row, at(importing.ErrEncoding, row.Line, t.column)
		case len(t.cell) > importing.MaxCell:
			refused = importing.ErrCellTooLong
		}
		if refused != nil && row.Refused == nil {
			row.Refused, row.Column = refused, t.column
		}
		if len(row.Cells) <= importing.MaxColumns {
			row.Cells = append(row.Cells, importing.Cell{Text: string(t.cell)})
		}
		if ended {
			return row, nil
		}
		t.column++
	}
}

// readCell reads one cell and what ends it: a separator, or the end of the row.
func (t *table) readCell(began int) (ended bool, refused *fault.Fault, err error) {
	t.cell = t.cell[:0]
	if first, _ := t.text.Peek(1); len(first) == 1 && first[0] == '"' {
		if _, err := t.take(); err != nil {
			return true, nil, err
		}
		if err := t.readQuoted(began); err != nil {
			return true, nil, err
		}
		if next, _ := t.text.Peek(1); len(next) == 1 && next[0] != t.separator && next[0] != '\r' && next[0] != '\n' {
			refused = importing.ErrQuote
		}
	}
	for {
		b, err := t.take()
		switch {
		case errors.Is(err, io.EOF):
			return true, refused, nil
		case err != nil:
			return true, nil, err
		case b == t.separator:
			return false, refused, nil
		case b == '\n', b == '\r':
			t.skipFeed(b)
			t.line++
			return true, refused, nil
		}
		t.cell = append(t.cell, b)
	}
}

// readQuoted reads up to the closing quote.
func (t *table) readQuoted(began int) error {
	opened := t.column
	for {
		b, err := t.take()
		switch {
		case errors.Is(err, io.EOF), errors.Is(err, importing.ErrRowTooLong):
			return at(importing.ErrOpenQuote, began, opened)
		case err != nil:
			return err
		case b == '"':
			if next, _ := t.text.Peek(1); len(next) == 0 || next[0] != '"' {
				return nil
			}
			_, _ = t.text.Discard(1)
		case b == '\n', b == '\r':
			t.skipFeed(b)
			t.line++
			b = '\n'
		}
		t.cell = append(t.cell, b)
	}
}

// take answers the next byte of a row that is not endless.
func (t *table) take() (byte, error) {
	if t.read++; t.read > importing.MaxRow {
		return 0, at(importing.ErrRowTooLong, t.line, t.column)
	}
	return t.text.ReadByte()
}

// skipFeed takes the second half of CRLF.
func (t *table) skipFeed(b byte) {
	if next, _ := t.text.Peek(1); b == '\r' && len(next) == 1 && next[0] == '\n' {
		_, _ = t.text.Discard(1)
	}
}

// endOfLine takes the end of the line that was just read.
func (t *table) endOfLine() (byte, error) {
	b, err := t.text.ReadByte()
	if err == nil {
		t.skipFeed(b)
		t.line++
	}
	return b, err
}
