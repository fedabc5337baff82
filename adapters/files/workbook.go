package files

import (
	"archive/zip"
	"encoding/xml"
	"errors"
	"io"
	"math"
	"path"
	"strconv"
	"strings"
	"time"

	"tagtrail/domain/importing"
)

// workbook is the first sheet of a workbook of Excel that is not hidden.
type workbook struct {
	part    io.ReadCloser
	metered *metered
	xml     *xml.Decoder
	strings []string
	dates   []bool // of each style: whether it shows numbers as dates
	since   time.Time
	header  []string
	line    int
	rows    int
}

func openWorkbook(packed *zip.Reader) (*workbook, error) {
	w := &workbook{}
	name, err := w.findSheet(packed)
	if err != nil {
		return nil, err
	}
	if w.strings, err = sharedStrings(packed); err != nil {
		return nil, err
	}
	if w.dates, err = dateStyles(packed); err != nil {
		return nil, err
	}
	if w.part, err = openPart(packed, name); err != nil {
		return nil, err
	}
	w.metered = &metered{of: w.part}
	w.xml = xml.NewDecoder(w.metered)
	row, err := w.row()
	for err == nil && row.Refused == nil && blank(row.Cells) {
		row, err = w.row()
	}
	switch {
	case errors.Is(err, io.EOF):
		err = importing.ErrEmpty
	case err == nil && row.Refused != nil:
		err = at(row.Refused, row.Line, row.Column)
	case err == nil && len(row.Cells) > importing.MaxColumns:
		err = importing.ErrManyColumns
	}
	if err != nil {
		return nil, errors.Join(err, w.part.Close())
	}
	for len(row.Cells) > 0 && row.Cells[len(row.Cells)-1].Text == "" {
		row.Cells = row.Cells[:len(row.Cells)-1]
	}
	w.header = textsOf(row.Cells)
	return w, nil
}

// Header answers the first row.
func (w *workbook) Header() []string { return w.header }

// Close ends reading.
func (w *workbook) Close() error { return w.part.Close() }

// Next answers the next row that is not empty. A workbook has no cells where nothing is, so that a row may end early.
func (w *workbook) Next() (importing.Row, error) {
	for {
		row, err := w.row()
		switch {
		case err != nil:
			return row, err
		case row.Refused == nil && blank(row.Cells):
			continue
		}
		if w.rows++; w.rows > importing.MaxRows {
			return row, importing.ErrManyRows
		}
		for len(row.Cells) < len(w.header) {
			row.Cells = append(row.Cells, importing.Cell{})
		}
		return fitted(row, len(w.header)), nil
	}
}

func blank(cells []importing.Cell) bool {
	for _, cell := range cells {
		if cell != (importing.Cell{}) {
			return false
		}
	}
	return true
}

// openPart opens a part of the package, which cannot be longer than it says.
func openPart(packed *zip.Reader, name string) (io.ReadCloser, error) {
	for _, entry := range packed.File {
		if strings.EqualFold(entry.Name, name) {
			part, err := entry.Open()
			if err != nil {
				return nil, importing.ErrBrokenSheet
			}
			return part, nil
		}
	}
	return nil, importing.ErrBrokenSheet
}

// readPart reads a part whole, which is small or absent.
func readPart(packed *zip.Reader, name string, into any) error {
	part, err := openPart(packed, name)
	if err != nil {
		return nil //nolint:nilerr // what is not there says nothing
	}
	defer func() { _ = part.Close() }()
	const small = 16 << 20
	if err := xml.NewDecoder(io.LimitReader(part, small)).Decode(into); err != nil {
		return importing.ErrBrokenSheet
	}
	return nil
}

// findSheet answers the part that the first visible sheet is in, and from when the workbook counts days.
func (w *workbook) findSheet(packed *zip.Reader) (string, error) {
	var book struct {
		Properties struct {
			From1904 string `xml:"date1904,attr"`
		} `xml:"workbookPr"`
		Sheets []struct {
			State string `xml:"state,attr"`
			Part  string `xml:"http://schemas.openxmlformats.org/officeDocument/2006/relationships id,attr"`
			Exact string `xml:"http://purl.oclc.org/ooxml/officeDocument/relationships id,attr"`
		} `xml:"sheets>sheet"`
	}
	var parts struct {
		All []struct {
			ID     string `xml:"Id,attr"`
			Target string `xml:"Target,attr"`
			Mode   string `xml:"TargetMode,attr"`
		} `xml:"Relationship"`
	}
	if err := readPart(packed, "xl/workbook.xml", &book); err != nil {
		return "", err
	}
	if err := readPart(packed, "xl/_rels/workbook.xml.rels", &parts); err != nil {
		return "", err
	}
	w.since = time.Date(1899, time.December, 30, 0, 0, 0, 0, time.UTC)
	if is1904 := book.Properties.From1904; is1904 == "1" || is1904 == "true" {
		w.since = time.Date(1904, time.January, 1, 0, 0, 0, 0, time.UTC)
	}
	for _, sheet := range book.Sheets {
		if sheet.State != "" && sheet.State != "visible" {
			continue
		}
		for _, part := range parts.All {
			if part.ID != "" && (part.ID == sheet.Part || part.ID == sheet.Exact) && part.Mode != "External" {
				return strings.TrimPrefix(path.Join("/xl", absolute(part.Target)), "/"), nil
			}
		}
	}
	return "", importing.ErrBrokenSheet
}

// absolute answers a target below xl, which may be written from the root of the package on.
func absolute(target string) string { return strings.TrimPrefix(target, "/xl") }

// row reads the next row of the sheet.
func (w *workbook) row() (importing.Row, error) {
	w.metered.left = allowance
	for {
		token, err := w.xml.Token()
		if errors.Is(err, io.EOF) {
			return importing.Row{}, io.EOF
		}
		if err != nil {
			return importing.Row{}, at(importing.ErrBrokenSheet, w.line+1, 0)
		}
		start, ok := token.(xml.StartElement)
		if !ok || start.Name.Local != "row" {
			w.metered.left = allowance
			continue
		}
		w.line++
		if n, err := strconv.Atoi(attribute(start, "r")); err == nil && n >= w.line {
			w.line = n
		}
		return w.cells()
	}
}

// cells reads the cells of a row up to its end.
func (w *workbook) cells() (importing.Row, error) {
	row := importing.Row{Line: w.line}
	read := 0
	for {
		token, err := w.xml.Token()
		if err != nil {
			return row, at(importing.ErrBrokenSheet, w.line, 0)
		}
		switch element := token.(type) {
		case xml.EndElement:
			if element.Name.Local == "row" {
				return row, nil
			}
		case xml.StartElement:
			if element.Name.Local != "c" {
				continue
			}
			column := columnOf(attribute(element, "r"), len(row.Cells)+1)
			cell, err := w.cell(element)
			if err != nil {
				return row, err
			}
			if read += len(cell.Text); read > importing.MaxRow {
				return row, at(importing.ErrRowTooLong, w.line, column)
			}
			switch {
			case cell == importing.Cell{}, column <= len(row.Cells):
				continue
			case column > importing.MaxColumns:
				row.Refused, row.Column = importing.ErrExtraCells, column
				continue
			case len(cell.Text) > importing.MaxCell:
				row.Refused, row.Column = importing.ErrCellTooLong, column
			}
			for len(row.Cells) < column-1 {
				row.Cells = append(row.Cells, importing.Cell{})
			}
			row.Cells = append(row.Cells, cell)
		}
	}
}

// cell reads what a cell shows: its text, a number without an exponent, or the value that a formula came to last.
func (w *workbook) cell(start xml.StartElement) (importing.Cell, error) {
	var held struct {
		Value  string `xml:"v"`
		Inline rich   `xml:"is"`
	}
	if err := w.xml.DecodeElement(&held, &start); err != nil {
		return importing.Cell{}, at(importing.ErrBrokenSheet, w.line, 0)
	}
	switch attribute(start, "t") {
	case "s":
		n, err := strconv.Atoi(strings.TrimSpace(held.Value))
		if err != nil || n < 0 || n >= len(w.strings) {
			return importing.Cell{}, at(importing.ErrBrokenSheet, w.line, 0)
		}
		return importing.Cell{Text: w.strings[n]}, nil
	case "inlineStr":
		return importing.Cell{Text: held.Inline.text()}, nil
	case "str":
		return importing.Cell{Text: unescaped(held.Value)}, nil
	case "b":
		return importing.Cell{Text: map[string]string{"1": "true", "0": "false"}[held.Value]}, nil
	case "e":
		return importing.Cell{Refused: importing.ErrErrorCell}, nil
	case "d":
		return importing.Cell{Text: held.Value, Refused: importing.ErrDateCell}, nil
	}
	return w.number(held.Value, attribute(start, "s")), nil
}

// number answers a number as a person would write it, and the date that a style makes of it as what it is.
func (w *workbook) number(value, style string) importing.Cell {
	n, err := strconv.ParseFloat(value, 64)
	if err != nil || math.IsInf(n, 0) || math.IsNaN(n) {
		return importing.Cell{Text: value}
	}
	if s, err := strconv.Atoi(style); err == nil && s >= 0 && s < len(w.dates) && w.dates[s] && n >= 0 && n < 3_000_000 {
		at := w.since.Add(time.Duration(math.Round(n*24*60*60)) * time.Second)
		shown := at.Format(time.DateOnly)
		if n != math.Trunc(n) {
			shown = at.Format(time.RFC3339)
		}
		return importing.Cell{Text: shown, Refused: importing.ErrDateCell}
	}
	if n == math.Trunc(n) && math.Abs(n) < 1e15 {
		return importing.Cell{Text: strconv.FormatInt(int64(n), 10)}
	}
	return importing.Cell{Text: value}
}

func attribute(of xml.StartElement, name string) string {
	for _, a := range of.Attr {
		if a.Name.Local == name && a.Name.Space == "" {
			return a.Value
		}
	}
	return ""
}

// columnOf answers the column of a reference such as AB12, from 1.
func columnOf(reference string, next int) int {
	column := 0
	for _, r := range reference {
		if r < 'A' || r > 'Z' {
			break
		}
		if column = column*26 + int(r-'A'+1); column > 1<<14 {
			return 1 << 14
		}
	}
	if column == 0 {
		return next
	}
	return column
}
