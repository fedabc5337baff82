package contact

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/rivo/uniseg"
	"golang.org/x/text/unicode/norm"

	"tagtrail/domain/personal"
	"tagtrail/domain/text"
)

// The limits of what is said about a contact.
const (
	MaxNameLength  = 200 // characters as a person counts them
	MaxEmailLength = 254 // octets, as mail servers count them
)

// cleanName answers a name given by hand in the form in which it is kept; "" is none.
func cleanName(s string) (string, error) {
	if s == "" {
		return "", nil
	}
	name, err := text.Line(s, MaxNameLength)
	if err != nil {
		return "", refusal(err, ErrNameRequired, ErrNameTooLong, ErrNameCharacters).At("/name")
	}
	return name, nil
}

// ProfileName answers the name that a person shows on WhatsApp in the form in
// which it is kept. Nobody can be asked for another one, so it is never refused:
// control characters go, and what is too long is cut.
func ProfileName(s string) personal.Text {
	s = strings.Map(func(r rune) rune {
		if unicode.IsControl(r) || r == '\u2028' || r == '\u2029' {
			return ' '
		}
		return r
	}, strings.ToValidUTF8(s, "\ufffd"))
	s = cut(norm.NFC.String(cut(s)))
	if text.IsBlank(s) {
		return personal.Text{}
	}
	return personal.New(strings.TrimSpace(s))
}

// cut answers the first characters of a name, and no more code points than a name that is given by hand may have.
func cut(s string) string {
	points := 0
	for i := range s {
		if points++; points > 8*MaxNameLength {
			s = s[:i]
			break
		}
	}
	graphemes := uniseg.NewGraphemes(s)
	end := 0
	for n := 0; n < MaxNameLength && graphemes.Next(); n++ {
		_, end = graphemes.Positions()
	}
	return s[:end]
}

// cleanEmail answers an e-mail address in the form in which it is kept; "" is
// none. Comments, quotes and display names are grammar of mail headers and not
// of an address that a person has.
func cleanEmail(s string) (string, error) {
	s = norm.NFC.String(strings.TrimSpace(s))
	if s == "" {
		return "", nil
	}
	at := strings.LastIndexByte(s, '@')
	if at < 1 || at > 64 || len(s) > MaxEmailLength || !utf8.ValidString(s) || !isMailbox(s[:at]) || !isDomain(s[at+1:]) {
		return "", ErrInvalidEmail.At("/email")
	}
	return s, nil
}

func isMailbox(s string) bool {
	for atom := range strings.SplitSeq(s, ".") {
		if atom == "" || strings.ContainsFunc(atom, func(r rune) bool {
			return !isWord(r) && !strings.ContainsRune("!#$%&'*+-/=?^_`{|}~", r)
		}) {
			return false
		}
	}
	return true
}

func isDomain(s string) bool {
	labels := strings.Split(s, ".")
	for _, label := range labels {
		if label == "" || len(label) > 63 || label[0] == '-' || label[len(label)-1] == '-' ||
			strings.ContainsFunc(label, func(r rune) bool { return !isWord(r) && r != '-' }) {
			return false
		}
	}
	return len(labels) > 1 && strings.Trim(labels[len(labels)-1], "0123456789") != ""
}

// isWord says whether a code point is a letter or digit of any script.
func isWord(r rune) bool { return unicode.In(r, unicode.L, unicode.M, unicode.Nd) }
