package files_test

import (
	"archive/zip"
	"bytes"
	"io"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"tagtrail/adapters/files"
	"tagtrail/domain/fault"
	"tagtrail/domain/importing"
	"tagtrail/domain/text"
)

// packed answers a zip of parts.
func packed(t *testing.T, parts map[string]string) []byte {
	t.Helper()
	out := &bytes.Buffer{}
	w := zip.NewWriter(out)
	for name, content := range parts {
		into, err := w.Create(name)
		if err == nil {
			_, err = io.WriteString(into, content)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

const relations = `<Relationships xmlns="r"><Relationship Id="rId1" Target="worksheets/sheet1.xml"/><Relationship Id="rId2" Target="/xl/worksheets/sheet2.xml"/></Relationships>`

// book answers the parts of a workbook whose second sheet has the rows; the first is hidden.
func book(rows string) map[string]string {
	return map[string]string{
		"xl/workbook.xml": `<workbook xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships"><sheets>
			<sheet name="a" state="hidden" r:id="rId1"/><sheet name="b" r:id="rId2"/></sheets></workbook>`,
		"xl/_rels/workbook.xml.rels": relations,
		"xl/worksheets/sheet1.xml":   `<worksheet><sheetData><row><c t="inlineStr"><is><t>hidden</t></is></c></row></sheetData></worksheet>`,
		"xl/worksheets/sheet2.xml":   `<worksheet><sheetData>` + rows + `</sheetData></worksheet>`,
		"xl/sharedStrings.xml":       `<sst><si><t>id</t></si><si><r><t>na</t></r><r><t>me</t></r><rPh><t>nope</t></rPh></si><si><t>a_x000D_b</t></si></sst>`,
		"xl/styles.xml":              `<styleSheet><numFmts><numFmt numFmtId="164" formatCode="[Red]0 &quot;days&quot;"/><numFmt numFmtId="165" formatCode="dd/mm/yyyy"/></numFmts><cellXfs><xf numFmtId="0"/><xf numFmtId="14"/><xf numFmtId="164"/><xf numFmtId="165"/></cellXfs></styleSheet>`,
	}
}

// Faults, bad inputs 52: what a cell is decides what it says.
func TestCellsOfWorkbooksAreWhatTheyShow(t *testing.T) {
	t.Parallel()
	sheet, err := open(t, packed(t, book(`
		<row r="1"><c r="A1" t="s"><v>0</v></c><c r="B1" t="s"><v>1</v></c></row>
		<row r="2"><c r="A2"><v>3.4666555444E10</v></c><c r="B2" t="s"><v>2</v></c></row>
		<row r="4" hidden="1"><c r="A4"><v>34666555444</v></c><c r="B4" t="b"><v>1</v></c></row>
		<row r="5"><c r="A5"><v>1.5</v></c><c r="B5" t="str"><f>A1&amp;"!"</f><v>id!</v></c></row>
		<row r="6"><c r="A6" s="2"><v>45000</v></c></row>
		<row r="7"><c r="A7" s="1"><v>45000</v></c><c r="B7" t="e"><v>#N/A</v></c></row>
		<row r="8"><c r="A8" s="3"><v>45000.5</v></c><c r="B8" t="inlineStr"><is><t>&lt;b&gt;</t></is></c></row>
		<row r="9"><c r="C9" t="s"><v>0</v></c></row>`)), "")
	if err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(sheet.Header(), []string{"id", "name"}) {
		t.Errorf("the header is %q", sheet.Header())
	}
	want := []importing.Row{
		{Line: 2, Cells: []importing.Cell{{Text: "34666555444"}, {Text: "a\rb"}}},
		{Line: 4, Cells: []importing.Cell{{Text: "34666555444"}, {Text: "true"}}},
		{Line: 5, Cells: []importing.Cell{{Text: "1.5"}, {Text: "id!"}}},
		{Line: 6, Cells: []importing.Cell{{Text: "45000"}, {}}},
		{Line: 7, Cells: []importing.Cell{{Text: "2023-03-15", Refused: importing.ErrDateCell}, {Refused: importing.ErrErrorCell}}},
		{Line: 8, Cells: []importing.Cell{{Text: "2023-03-15T12:00:00Z", Refused: importing.ErrDateCell}, {Text: "<b>"}}},
		{Line: 9, Cells: []importing.Cell{{}, {}, {Text: "id"}}, Refused: importing.ErrExtraCells, Column: 3},
	}
	for _, w := range want {
		got, err := sheet.Next()
		if err != nil || got.Line != w.Line || !slices.Equal(got.Cells, w.Cells) || got.Refused != w.Refused || got.Column != w.Column {
			t.Errorf("read %+v, %v, not %+v", got, err, w)
		}
	}
	if _, err := sheet.Next(); err != io.EOF { //nolint:errorlint // the contract of Sheet
		t.Errorf("behind the last row: %v", err)
	}
}

// Faults, bad inputs 50, 51 and 53: what is no workbook of ours, or only pretends to be small, is refused by its head.
func TestOtherPackagesAreRefused(t *testing.T) {
	t.Parallel()
	with := func(name, content string) map[string]string {
		parts := book("<row><c><v>1</v></c></row>")
		parts[name] = content
		return parts
	}
	for name, c := range map[string]struct {
		parts map[string]string
		code  string
	}{
		"any zip":                         {map[string]string{"a.txt": "a"}, "import.not-a-table"},
		"OpenDocument":                    {map[string]string{"mimetype": "application/vnd.oasis.opendocument.spreadsheet"}, "import.other-spreadsheet"},
		"Numbers":                         {map[string]string{"Index/Document.iwa": ""}, "import.other-spreadsheet"},
		"a binary workbook":               {map[string]string{"xl/workbook.bin": ""}, "import.other-spreadsheet"},
		"macros":                          {with("xl/vbaProject.bin", ""), "import.macros"},
		"a bomb":                          {with("xl/worksheets/sheet2.xml", strings.Repeat(" ", 64<<20)), "import.workbook-too-large"},
		"an endless cell":                 {with("xl/worksheets/sheet2.xml", noise(20<<20)), "import.broken-workbook"},
		"no sheets":                       {with("xl/workbook.xml", "<workbook/>"), "import.broken-workbook"},
		"a sheet elsewhere":               {with("xl/_rels/workbook.xml.rels", strings.ReplaceAll(relations, "Target=", `TargetMode="External" Target=`)), "import.broken-workbook"},
		"a sheet outside the package":     {with("xl/_rels/workbook.xml.rels", strings.ReplaceAll(relations, "/xl/worksheets", "../../../etc")), "import.broken-workbook"},
		"an entity of the machine":        {with("xl/worksheets/sheet2.xml", `<!DOCTYPE a [<!ENTITY b SYSTEM "file:///etc/passwd">]><worksheet><row><c t="str"><v>&b;</v></c></row></worksheet>`), "import.broken-workbook"},
		"a text that is not there":        {with("xl/worksheets/sheet2.xml", `<worksheet><row><c t="s"><v>9</v></c></row></worksheet>`), "import.broken-workbook"},
		"an empty sheet":                  {with("xl/worksheets/sheet2.xml", "<worksheet><sheetData/></worksheet>"), "import.empty-file"},
		"more columns than anybody needs": {with("xl/worksheets/sheet2.xml", `<worksheet><row r="1"><c r="XFD1"><v>9</v></c></row></worksheet>`), "import.extra-cells"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			sheet, err := open(t, packed(t, c.parts), "")
			if err == nil {
				_, _, err = readAll(sheet)
			}
			if f := fault.Of(err); f == nil || f.Code != c.code {
				t.Errorf("answered %v, not %s", err, c.code)
			}
		})
	}
}

// noise is a cell that no compression makes small.
func noise(size int) string {
	b := make([]byte, size)
	x := uint32(1)
	for i := range b {
		x = x*1664525 + 1013904223
		b[i] = 'a' + byte(x>>27)%26
	}
	return `<worksheet><row><c t="str"><v>` + string(b) + `</v></c></row></worksheet>`
}

// Whatever cells hold, both formats give it back; S2-16, and faults, bad inputs 41 and 42.
func TestWhatIsWrittenIsReadAgain(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		cell := rapid.OneOf(
			rapid.StringMatching(`[-=+@'"‘,;|\t _x0-9A-Fa-zé＝]{0,12}`),
			rapid.SampledFrom([]string{"_x0041_", "_x005F_x0041_", "'=1", "''=1", " =1", "\u00a0@a", "+16505550101", "'+16505550101", "=cmd|'/c calc'!A1", "<script>", "👨‍👩‍👧‍👦", "safe\n=1"}),
		)
		rows := [][]string{{"id", "name", "tags"}}
		for range rapid.IntRange(1, 5).Draw(t, "rows") {
			rows = append(rows, []string{"1", cell.Draw(t, "name"), cell.Draw(t, "tags")})
		}
		for _, format := range []files.Format{files.CSV, files.XLSX} {
			out := &bytes.Buffer{}
			w := files.NewWriter(out, format, true)
			for _, row := range rows {
				if err := w.Write(row); err != nil {
					t.Fatal(err)
				}
			}
			if err := w.Close(); err != nil {
				t.Fatal(err)
			}
			sheet, err := files.Open(bytes.NewReader(out.Bytes()), int64(out.Len()), files.Options{})
			if err != nil {
				t.Fatalf("%s: %v", format, err)
			}
			got, refused, err := readAll(unguarded{sheet})
			if err != nil || len(refused) > 0 || !slices.EqualFunc(got, rows, slices.Equal) {
				t.Fatalf("%s: wrote %q, read %q, refused %v, %v", format, rows, got, refused, err)
			}
		}
	})
}

// unguarded is a sheet as whoever imports it reads it.
type unguarded struct{ importing.Sheet }

func (u unguarded) Next() (importing.Row, error) {
	row, err := u.Sheet.Next()
	for i := range row.Cells {
		row.Cells[i].Text = text.Unguard(row.Cells[i].Text)
	}
	return row, err
}
