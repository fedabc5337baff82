package importing

import (
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"tagtrail/domain/contact"
	"tagtrail/domain/text"
)

const (
	sure        = 8 // how many digits of a number have to be there for a text that is no number to name it
	shared      = 6 // how many digits at the end are the same in whichever way a number is written
	fewest      = 7
	most        = 15 // digits of a number, without those that are dialled to get abroad
	windowScale = 100_000_000
)

// numbers are those that are looked for, by how they end.
type numbers struct {
	endings map[string][]knownNumber // by the last digits, as many as are shared
	ends    map[uint32]bool          // what the last digits are worth, as many as are sure
}

type knownNumber struct{ digits, representative string }

func newNumbers() numbers {
	return numbers{endings: map[string][]knownNumber{}, ends: map[uint32]bool{}}
}

func (n *numbers) add(written string) {
	digits := string(digitsOf(nil, written))
	if len(digits) < fewest {
		return
	}
	own := knownNumber{digits, contact.Representative("+" + digits)}
	ending := digits[len(digits)-shared:]
	if !slices.Contains(n.endings[ending], own) {
		n.endings[ending] = append(n.endings[ending], own)
	}
	if len(digits) >= sure {
		n.ends[worth(digits[len(digits)-sure:])] = true
	}
}

func worth(digits string) uint32 {
	value := uint32(0)
	for i := range len(digits) {
		value = value*10 + uint32(digits[i]-'0')
	}
	return value
}

// in says whether one of the numbers is in a cell. What the digits mean by themselves is asked only where they could be one.
func (n *numbers) in(cell string) bool {
	if len(cell) < fewest || len(n.endings) == 0 {
		return false
	}
	var held [32]byte
	digits := digitsOf(held[:0], cell)
	if len(digits) < fewest {
		return false
	}
	if same := n.endings[string(digits[len(digits)-shared:])]; same != nil {
		number, isNumber := numberIn(string(digits))
		for _, own := range same {
			if string(digits) == own.digits || isNumber && number == own.representative || len(digits) >= sure && strings.HasSuffix(own.digits, string(digits)) {
				return true
			}
		}
	}
	if !n.mentioned(digits) {
		return false
	}
	_, another := numberIn(string(digits))
	return !another
}

// mentioned says whether the end of one of the numbers is somewhere in a text.
func (n *numbers) mentioned(digits []byte) bool {
	window := uint32(0)
	for i, digit := range digits {
		window = (window%(windowScale/10))*10 + uint32(digit-'0')
		if i >= sure-1 && n.ends[window] {
			return true
		}
	}
	return false
}

// digitsOf appends the digits of a text, of any script, as ASCII.
func digitsOf(digits []byte, written string) []byte {
	for i := 0; i < len(written); {
		b := written[i]
		if b < utf8.RuneSelf {
			if '0' <= b && b <= '9' {
				digits = append(digits, b)
			}
			i++
			continue
		}
		r, size := utf8.DecodeRuneInString(written[i:])
		if value, ok := contact.Digit(r); ok {
			digits = append(digits, '0'+value)
		}
		i += size
	}
	return digits
}

// numberIn answers the number that digits are, with their country code.
func numberIn(digits string) (string, bool) {
	digits = strings.TrimPrefix(digits, "00")
	if len(digits) < fewest || len(digits) > most {
		return "", false
	}
	i, ok := contact.ParseWaID(digits)
	return contact.Representative(i.Value.Reveal()), ok
}

// hasNumber says whether a row has a cell that is a number and nothing else.
func hasNumber(row Row) bool {
	return slices.ContainsFunc(row.Cells, func(c Cell) bool {
		written := strings.TrimSpace(text.Unguard(c.Text))
		if len(written) < fewest || len(written) > 4*most || strings.ContainsFunc(written, isNoPartOfNumber) || isDate(written) {
			return false
		}
		_, isNumber := numberIn(string(digitsOf(nil, written)))
		return isNumber
	})
}

func isNoPartOfNumber(r rune) bool {
	if _, isDigit := contact.Digit(r); isDigit {
		return false
	}
	return !strings.ContainsRune(" \u00a0()-.+", r)
}

// isDate says whether a text is a day, as people and spreadsheets write one.
func isDate(written string) bool {
	for _, layout := range []string{"2006-1-2", "2006.1.2", "2.1.2006", "2-1-2006", "1-2-2006", "1.2.2006"} {
		if day, err := time.Parse(layout, written); err == nil && day.Year() > 1000 {
			return true
		}
	}
	return false
}
