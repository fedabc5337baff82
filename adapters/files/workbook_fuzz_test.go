package files_test

import (
	"testing"

	"tagtrail/domain/fault"
)

// Whatever the parts of a workbook hold, and wherever its package is broken, it is read or refused by a fault that is named.
func FuzzWorkbook(f *testing.F) {
	whole := book(`<row r="1"><c r="A1" t="s"><v>0</v></c><c r="B1" t="s"><v>1</v></c></row><row r="2"><c r="A2"><v>16505550101</v></c><c r="B2" s="1"><v>45000.5</v></c></row>`)
	f.Add(whole["xl/workbook.xml"], whole["xl/worksheets/sheet2.xml"], whole["xl/sharedStrings.xml"], whole["xl/styles.xml"], uint32(0), byte(0))
	f.Add("<workbook/>", "<worksheet>", "<sst>", "<styleSheet>", uint32(9), byte(1))
	f.Add(whole["xl/workbook.xml"], `<worksheet><row r="9999999999"><c r="ZZZ0" t="e"/><c t="b"><v>2</v></c></row></worksheet>`, "", "", uint32(1), byte(0xff))
	f.Add(whole["xl/workbook.xml"], `<worksheet><row><c t="s"><v>-1</v></c><c><v>NaN</v></c><c s="99"><v>1e400</v></c></row></worksheet>`, whole["xl/sharedStrings.xml"], `<styleSheet><cellXfs><xf numFmtId="-1"/></cellXfs></styleSheet>`, uint32(0), byte(0))
	f.Fuzz(func(t *testing.T, workbook, sheet, shared, styles string, at uint32, flip byte) {
		parts := book("")
		parts["xl/workbook.xml"], parts["xl/worksheets/sheet2.xml"], parts["xl/sharedStrings.xml"], parts["xl/styles.xml"] = workbook, sheet, shared, styles
		content := packed(t, parts)
		content[int(at%uint32(len(content)))] ^= flip //nolint:gosec // a package of a few kilobytes
		table, err := open(t, content, "")
		if err == nil {
			var rows [][]string
			rows, _, err = readAll(table)
			for _, row := range rows {
				if len(row) != len(rows[0]) {
					t.Errorf("a row has %d cells under %d headings", len(row), len(rows[0]))
				}
			}
		}
		if err != nil && fault.Of(err) == nil {
			t.Errorf("refused without a name: %v", err)
		}
	})
}
