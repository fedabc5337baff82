package text

import (
	"regexp"
	"strings"
)

// e164 is a phone number in international form, the only cell that may begin with a plus.
var e164 = regexp.MustCompile(`^\+[1-9]\d{6,14}$`)

// Guard puts an apostrophe before each line of a cell that a spreadsheet would
// take for a formula, and before each that looks guarded already, so that Unguard
// gives back what was.
func Guard(cell string) string {
	if e164.MatchString(cell) {
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

// startsFormula says whether a line begins with what a spreadsheet acts on, behind
// spaces and apostrophes or not, full-width forms included.
func startsFormula(line string) bool {
	line = strings.TrimLeft(line, " \u00a0'")
	return line != "" && strings.ContainsRune("=+-@\t\r\x00＝＋－＠", []rune(line[:min(len(line), 4)])[0])
}
