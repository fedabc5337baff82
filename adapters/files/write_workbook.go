package files

import (
	"archive/zip"
	"bufio"
	"encoding/xml"
	"errors"
	"io"
	"strconv"

	"tagtrail/domain/text"
)

// ErrWorkbookFull says that a sheet of Excel holds no more rows.
var ErrWorkbookFull = errors.New("a sheet of a workbook holds at most 1,048,576 rows")

// parts are what a workbook consists of besides its sheet.
var parts = [][2]string{
	{"[Content_Types].xml", `<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"><Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/><Override PartName="/xl/workbook.xml" ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml"/><Override PartName="/xl/styles.xml" ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.styles+xml"/><Override PartName="/xl/worksheets/sheet1.xml" ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.worksheet+xml"/></Types>`},
	{"_rels/.rels", `<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="rId1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument" Target="xl/workbook.xml"/></Relationships>`},
	{"xl/workbook.xml", `<workbook xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main" xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships"><sheets><sheet name="Contacts" sheetId="1" r:id="rId1"/></sheets></workbook>`},
	{"xl/_rels/workbook.xml.rels", `<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="rId1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/worksheet" Target="worksheets/sheet1.xml"/><Relationship Id="rId2" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/styles" Target="styles.xml"/></Relationships>`},
	// The second style is that of text, so that a cell that somebody edits stays one.
	{"xl/styles.xml", `<styleSheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><fonts count="1"><font/></fonts><fills count="1"><fill/></fills><borders count="1"><border/></borders><cellStyleXfs count="1"><xf/></cellStyleXfs><cellXfs count="2"><xf numFmtId="0"/><xf numFmtId="49" applyNumberFormat="1"/></cellXfs></styleSheet>`},
}

const declaration = `<?xml version="1.0" encoding="UTF-8" standalone="yes"?>` + "\n"

// workbookWriter writes a sheet whose cells are all text, row by row.
type workbookWriter struct {
	packed *zip.Writer
	sheet  *bufio.Writer
	rows   int
	err    error
}

func newWorkbookWriter(out io.Writer) *workbookWriter {
	w := &workbookWriter{packed: zip.NewWriter(out)}
	for _, part := range parts {
		into := w.part(part[0])
		_, w.err = into.WriteString(part[1])
		w.err = errors.Join(w.err, into.Flush())
	}
	w.sheet = w.part("xl/worksheets/sheet1.xml")
	_, err := w.sheet.WriteString(`<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>`)
	w.err = errors.Join(w.err, err)
	return w
}

func (w *workbookWriter) part(name string) *bufio.Writer {
	into, err := w.packed.Create(name)
	if err != nil {
		w.err = errors.Join(w.err, err)
		into = io.Discard
	}
	buffered := bufio.NewWriterSize(into, atOnce)
	_, _ = buffered.WriteString(declaration)
	return buffered
}

// Write writes a row.
func (w *workbookWriter) Write(cells []string) error {
	const most = 1_048_576
	if w.err != nil {
		return w.err
	}
	if w.rows++; w.rows > most {
		return ErrWorkbookFull
	}
	row := strconv.Itoa(w.rows)
	_, _ = w.sheet.WriteString(`<row r="` + row + `">`)
	for i, cell := range cells {
		if cell == "" {
			continue
		}
		if text.Unguard(cell) != cell {
			cell = text.Guard(cell) // whoever reads it takes one apostrophe away
		}
		_, _ = w.sheet.WriteString(`<c r="` + letters(i) + row + `" s="1" t="inlineStr"><is><t xml:space="preserve">`)
		_ = xml.EscapeText(w.sheet, []byte(escaped(cell)))
		_, _ = w.sheet.WriteString(`</t></is></c>`)
	}
	_, err := w.sheet.WriteString("</row>")
	return err
}

// letters answers the name of a column, from 0.
func letters(column int) string {
	name := ""
	for column++; column > 0; column = (column - 1) / 26 {
		name = string(rune('A'+(column-1)%26)) + name
	}
	return name
}

// Close ends the workbook.
func (w *workbookWriter) Close() error {
	_, err := w.sheet.WriteString("</sheetData></worksheet>")
	return errors.Join(w.err, err, w.sheet.Flush(), w.packed.Close())
}
