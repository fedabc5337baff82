package text

import "strings"

// Guard puts an apostrophe before each line of a cell that a spreadsheet would
// take for a formula, and before each that looks guarded already, so that Unguard
// gives back what was.
func Guard(cell string) string {
	if isNumber(cell) {
		return cell
	}
	return eachLine(cell, func(line string) string {
		if startsFormula(line) {
			return "'" + line
		}
		return line
	})
}

// Unguard takes one apostrophe from each line that Guard would have put it before.
func Unguard(cell string) string {
	return eachLine(cell, func(line string) string {
		if rest, guarded := strings.CutPrefix(line, "'"); guarded && startsFormula(rest) {
			return rest
		}
		return line
	})
}

func eachLine(cell string, change func(string) string) string {
	if !strings.Contains(cell, "\n") {
		return change(cell)
	}
	lines := strings.SplitAfter(cell, "\n")
	for i, line := range lines {
		lines[i] = change(line)
	}
	return strings.Join(lines, "")
}

// isNumber says whether a cell is a phone number in international form, the only one that may begin with a plus.
func isNumber(cell string) bool {
	const fewest, most = 8, 16 // the plus among them
	return len(cell) >= fewest && len(cell) <= most && cell[0] == '+' && cell[1] != '0' && strings.Trim(cell[1:], "0123456789") == ""
}

// startsFormula says whether a line begins with what a spreadsheet acts on, behind
// spaces and apostrophes or not, full-width forms included.
func startsFormula(line string) bool {
	for _, r := range line {
		switch r {
		case ' ', '\u00a0', '\'':
			continue
		case '=', '+', '-', '@', '\t', '\r', 0, '＝', '＋', '－', '＠':
			return true
		}
		return false
	}
	return false
}
