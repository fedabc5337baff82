package importing

import (
	"slices"
	"strings"

	"tagtrail/domain/contact"
	"tagtrail/domain/text"
)

// Person is what somebody is known by, for whoever looks whether a file names them.
type Person struct {
	Numbers []string // in E.164, or as WhatsApp writes them
	Emails  []string
	Names   []string
}

// sure is how many digits of a number have to be there for a text that is no number to name it.
const sure = 8

// In says whether a row names the person: by a number, in whichever way it is written, by an e-mail address, or, where the row
// has no number of anybody else, by name.
func (p Person) In(row Row) bool {
	named, other := false, false
	for _, cell := range row.Cells {
		digits := digitsOf(cell.Text)
		number, isNumber := numberIn(digits)
		for _, own := range p.Numbers {
			own = digitsOf(own)
			switch {
			case isNumber && number == representative(own), len(digits) >= sure && strings.HasSuffix(own, digits):
				return true
			case !isNumber && len(own) >= sure && strings.Contains(digits, own[len(own)-sure:]):
				return true
			}
		}
		other = other || isNumber
		for _, own := range p.Emails {
			if own != "" && strings.Contains(strings.ToLower(cell.Text), strings.ToLower(own)) {
				return true
			}
		}
		named = named || cell.Text != "" && slices.ContainsFunc(p.Names, func(own string) bool { return text.Fold(own) == text.Fold(cell.Text) })
	}
	return named && !other
}

func digitsOf(written string) string {
	return strings.Map(func(r rune) rune {
		if r < '0' || r > '9' {
			return -1
		}
		return r
	}, written)
}

// numberIn answers the number that digits are, with their country code.
func numberIn(digits string) (string, bool) {
	i, ok := contact.ParseWaID(strings.TrimPrefix(digits, "00"))
	return contact.Representative(i.Value.Reveal()), ok
}

func representative(digits string) string { return contact.Representative("+" + digits) }
