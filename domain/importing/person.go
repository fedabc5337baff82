package importing

import (
	"strings"
	"unicode/utf8"

	"github.com/google/uuid"

	"tagtrail/domain/text"
)

// Person is what somebody is known by, for whoever looks whether a file names them.
type Person struct {
	Contacts   []uuid.UUID // that the person is, or was
	Numbers    []string    // in E.164, or as WhatsApp writes them
	Accounts   []string    // what WhatsApp knows the person by besides
	Emails     []string
	Names      []string // whole ones
	FirstNames []string
	LastNames  []string
}

// Sought is whom files are looked through for, made ready once for all their rows. It is for one reader at a time.
type Sought struct {
	contacts map[uuid.UUID]bool
	accounts map[string]bool
	numbers  numbers
	emails   emails
	names    names
}

// LookFor makes ready to look for persons, all at once.
func LookFor(persons ...Person) *Sought {
	s := &Sought{contacts: map[uuid.UUID]bool{}, accounts: map[string]bool{}, numbers: newNumbers(), emails: emails{all: map[string]bool{}}, names: newNames()}
	for _, p := range persons {
		for _, id := range p.Contacts {
			s.contacts[id] = true
		}
		for _, account := range p.Accounts {
			if account != "" {
				s.accounts[account] = true
			}
		}
		for _, number := range p.Numbers {
			s.numbers.add(number)
		}
		for _, email := range p.Emails {
			s.emails.add(email)
		}
		s.names.add(p)
	}
	return s
}

// Nobody says whether there is nothing to look for.
func (s *Sought) Nobody() bool {
	return len(s.contacts)+len(s.accounts)+len(s.numbers.endings)+len(s.emails.all)+len(s.names.meaning) == 0
}

// In says whether a row names one of the persons: by the id of a contact, by a
// number, in whichever way it is written, by an e-mail address, or, where the row
// has no number of anybody else, by name.
func (s *Sought) In(row Row) bool {
	named, met := false, []meeting(nil)
	for i, cell := range row.Cells {
		written := cell.Text
		if written == "" {
			continue
		}
		if strings.IndexByte(written, '\'') >= 0 {
			written = text.Unguard(written)
		}
		if s.identifies(written) {
			return true
		}
		if !named {
			named, met = s.names.in(written, i, met)
		}
	}
	return named && !hasNumber(row)
}

// identifies says whether a cell has what is one person's alone.
func (s *Sought) identifies(cell string) bool {
	return s.numbers.in(cell) ||
		strings.IndexByte(cell, '@') >= 0 && s.emails.in(cell) ||
		len(cell) >= idLength && s.hasContact(cell) ||
		len(s.accounts) > 0 && s.accounts[strings.TrimSpace(cell)]
}

// idLength is how long an id is written.
const idLength = 36

// hasContact looks for ids anywhere in a cell: links have them too.
func (s *Sought) hasContact(cell string) bool {
	const dash = 8 // comes after so many digits
	for from := dash; from <= len(cell)-idLength+dash; from++ {
		next := strings.IndexByte(cell[from:], '-')
		if next < 0 {
			return false
		}
		from += next
		if begin := from - dash; begin+idLength <= len(cell) {
			if id, err := uuid.Parse(cell[begin : begin+idLength]); err == nil && s.contacts[id] {
				return true
			}
		}
	}
	return false
}

// emails are addresses.
type emails struct {
	all     map[string]bool
	longest int // before the @
}

func (e *emails) add(address string) {
	address = strings.ToLower(strings.TrimSpace(address))
	if at := strings.LastIndexByte(address, '@'); at > 0 {
		e.all[address] = true
		e.longest = max(e.longest, at)
	}
}

// in looks for the addresses in a text. One that goes on to either side is another one.
func (e *emails) in(cell string) bool {
	cell = strings.ToLower(cell)
	for from := 0; ; {
		at := strings.IndexByte(cell[from:], '@')
		if at < 0 {
			return false
		}
		at += from
		host := hostEnd(cell, at+1, false)
		if e.endingAt(cell[:host], at) {
			return true
		}
		if further := hostEnd(cell, at+1, true); further != host && e.endingAt(cell[:further], at) {
			return true
		}
		from = at + 1
	}
}

// hostEnd answers where a host ends that begins somewhere; beyond ASCII it may be a sentence that goes on.
func hostEnd(cell string, from int, anyScript bool) int {
	end := from
	for end < len(cell) && (isHost(cell[end]) || anyScript && cell[end] >= utf8.RuneSelf) {
		end++
	}
	return from + len(strings.TrimRight(cell[from:end], ".-"))
}

func (e *emails) endingAt(cell string, at int) bool {
	for begin := at - 1; begin >= 0 && at-begin <= e.longest; begin-- {
		if (begin == 0 || !isMailbox(cell[begin-1])) && e.all[cell[begin:]] {
			return true
		}
	}
	return false
}

func isHost(b byte) bool {
	return b == '.' || b == '-' || '0' <= b && b <= '9' || 'a' <= b && b <= 'z'
}

// isMailbox says what goes on before an address that is not the one which is looked for. Beyond ASCII it may be a sentence.
func isMailbox(b byte) bool {
	return isHost(b) || b == '_' || b == '+' || b == '%'
}
