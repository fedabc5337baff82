package files_test

import (
	"bytes"
	"errors"
	"io"
	"slices"
	"strings"
	"testing"

	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/unicode"

	"tagtrail/adapters/files"
	"tagtrail/domain/fault"
	"tagtrail/domain/importing"
)

func open(t *testing.T, content []byte, encoding string) (files.Sheet, error) {
	t.Helper()
	sheet, err := files.Open(bytes.NewReader(content), int64(len(content)), files.Options{Encoding: encoding})
	if err == nil {
		t.Cleanup(func() { _ = sheet.Close() })
	}
	return sheet, err
}

// readAll answers all rows as texts, the header first, and what ended the file.
func readAll(sheet importing.Sheet) (rows [][]string, refused []importing.Row, err error) {
	rows = append(rows, sheet.Header())
	for {
		row, err := sheet.Next()
		if errors.Is(err, io.EOF) {
			return rows, refused, nil
		}
		if err != nil {
			return rows, refused, err
		}
		if row.Refused != nil {
			refused = append(refused, row)
			continue
		}
		var texts []string
		for _, cell := range row.Cells {
			texts = append(texts, cell.Text)
		}
		rows = append(rows, texts)
	}
}

func encoded(t *testing.T, s string, as interface{ String(string) (string, error) }) []byte {
	t.Helper()
	out, err := as.String(s)
	if err != nil {
		t.Fatal(err)
	}
	return []byte(out)
}

// Faults, bad inputs 45: whatever the encoding, the separators and the ends of lines, the cells are the same. S2-21, S2-31.
func TestCSVIsReadInEveryDialect(t *testing.T) {
	t.Parallel()
	const text = "id,name,tags\n34666555444,José,\"cat, dog\"\n44687985632,\"say \"\"a\"\"\",\n"
	want := [][]string{{"id", "name", "tags"}, {"34666555444", "José", "cat, dog"}, {"44687985632", `say "a"`, ""}}
	little := unicode.UTF16(unicode.LittleEndian, unicode.UseBOM).NewEncoder()
	big := unicode.UTF16(unicode.BigEndian, unicode.UseBOM).NewEncoder()
	bare := unicode.UTF16(unicode.LittleEndian, unicode.IgnoreBOM).NewEncoder()
	for name, c := range map[string]struct {
		content  []byte
		encoding string
	}{
		"UTF-8":                       {[]byte(text), ""},
		"UTF-8 with a mark":           {[]byte("\xef\xbb\xbf" + text), ""},
		"UTF-16, little end first":    {encoded(t, text, little), ""},
		"UTF-16, big end first":       {encoded(t, text, big), ""},
		"UTF-16 without a mark":       {encoded(t, text, bare), ""},
		"Windows-1252":                {encoded(t, text, charmap.Windows1252.NewEncoder()), "windows-1252"},
		"rows end with CR":            {[]byte(strings.ReplaceAll(text, "\n", "\r")), ""},
		"rows end with CRLF":          {[]byte(strings.ReplaceAll(text, "\n", "\r\n")), ""},
		"rows end with this and that": {[]byte("id,name,tags\r34666555444,José,\"cat, dog\"\r\n44687985632,\"say \"\"a\"\"\",\n"), ""},
		"the last row does not end":   {[]byte(strings.TrimSuffix(text, "\n")), ""},
		"empty lines between":         {[]byte("\n\n" + strings.ReplaceAll(text, "\n", "\n\n")), ""},
		"semicolons":                  {[]byte("id;name;tags\n34666555444;José;\"cat, dog\"\n44687985632;\"say \"\"a\"\"\";\n"), ""},
		"semicolons by word":          {[]byte("sep=;\r\nid;name;tags\n34666555444;José;cat, dog\n44687985632;\"say \"\"a\"\"\";\n"), ""},
		"tabs":                        {[]byte("id\tname\ttags\n34666555444\tJosé\tcat, dog\n44687985632\t\"say \"\"a\"\"\"\t\n"), ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			sheet, err := open(t, c.content, c.encoding)
			if err != nil {
				t.Fatal(err)
			}
			got, refused, err := readAll(sheet)
			if err != nil || len(refused) > 0 || !slices.EqualFunc(got, want, slices.Equal) {
				t.Errorf("read %q, refused %v, %v", got, refused, err)
			}
		})
	}
}

// Faults, bad inputs 46 and 47: what is wrong names its line and its column, and the rows around it are read.
func TestCSVNamesThePlaceOfWhatIsWrong(t *testing.T) {
	t.Parallel()
	sheet, err := open(t, []byte("id,name\n1,a,x\n2\n3,\"b\"c\n\"4\n\",d\n5,e,,\n"+strings.Repeat("6", importing.MaxCell+1)+",f\n7,g\n"), "")
	if err != nil {
		t.Fatal(err)
	}
	got, refused, err := readAll(sheet)
	if want := [][]string{{"id", "name"}, {"4\n", "d"}, {"5", "e"}, {"7", "g"}}; err != nil || !slices.EqualFunc(got, want, slices.Equal) {
		t.Errorf("read %q, %v", got, err)
	}
	type place struct {
		line, column int
		code         string
	}
	var places []place
	for _, row := range refused {
		places = append(places, place{row.Line, row.Column, row.Refused.Code})
	}
	want := []place{{2, 3, "import.extra-cells"}, {3, 2, "import.missing-cells"}, {4, 2, "import.quote"}, {8, 1, "import.cell-too-long"}}
	if !slices.Equal(places, want) {
		t.Errorf("refused %v, not %v", places, want)
	}
}

// Faults, bad inputs 45 and 46.
func TestABrokenCSVFileSaysWhere(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		content  string
		encoding string
		code     string
		line     string
	}{
		"a quote that does not end":       {"id,name\n1,\"a\n" + strings.Repeat("2,b\n", 500_000), "", "import.open-quote", "2"},
		"a quote at the end":              {"id,name\n1,a\n2,\"", "", "import.open-quote", "3"},
		"an endless row":                  {"id,name\n1,a\n" + strings.Repeat("x", importing.MaxRow+1), "", "import.row-too-long", "3"},
		"Latin-1 taken for UTF-8":         {"id,name\n1,a\n2,Jos\xe9\n", "", "import.encoding", "3"},
		"an encoding that nobody knows":   {"id,name\n", "ebcdic", "import.unknown-encoding", ""},
		"nothing":                         {"", "", "import.empty-file", ""},
		"white space":                     {" \r\n\t ", "", "import.empty-file", ""},
		"a hundred thousand columns":      {strings.Repeat("c,", 100_000) + "\n1\n", "", "import.too-many-columns", ""},
		"a page of the web":               {"<!DOCTYPE html><html><table>", "", "import.not-a-table", ""},
		"a page of the web behind a mark": {"\xef\xbb\xbf <HTML>", "", "import.not-a-table", ""},
		"PDF":                             {"%PDF-1.7\n", "", "import.not-a-table", ""},
		"JSON":                            {`[{"id":1}]`, "", "import.not-a-table", ""},
		"zeros":                           {"id,name\n1,a\x00\n", "", "import.not-a-table", ""},
		"an old or protected Excel file":  {"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1\x00\x00", "", "import.old-excel", ""},
		"a very old Excel file":           {"\x09\x08\x10\x00\x00\x06\x05\x00\xbb\x0d", "", "import.old-excel", ""},
		"the head of a zip and nothing":   {"PK\x03\x04", "", "import.broken-workbook", ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			sheet, err := open(t, []byte(c.content), c.encoding)
			if err == nil {
				_, _, err = readAll(sheet)
			}
			if f := fault.Of(err); f == nil || f.Code != c.code || f.Details["line"] != c.line {
				t.Errorf("answered %v %+v", err, f)
			}
		})
	}
}

func FuzzCSV(f *testing.F) {
	for _, seed := range []string{"id,name\n1,a\n", "sep=;\nid;name\n1;\"a\n", "\xff\xfei\x00d\x00", "PK\x03\x04", "a\tb\r1\t2"} {
		f.Add([]byte(seed), "")
		f.Add([]byte(seed), "windows-1252")
	}
	f.Fuzz(func(t *testing.T, content []byte, encoding string) {
		sheet, err := open(t, content, encoding)
		if err != nil {
			return
		}
		rows, _, _ := readAll(sheet)
		for _, row := range rows {
			if len(row) != len(rows[0]) {
				t.Errorf("a row has %d cells under %d headings", len(row), len(rows[0]))
			}
		}
	})
}
