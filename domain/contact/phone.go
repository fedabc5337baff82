package contact

import (
	"strings"
	"unicode"

	"github.com/nyaruka/phonenumbers"

	"tagtrail/domain/fault"
	"tagtrail/domain/personal"
)

// ParsePhone answers the identity of a phone number that somebody wrote, with +
// and the country code. It takes digits of any script and what people put
// between them, and refuses what a phone would dial otherwise than it reads:
// letters, extensions, and formulas of spreadsheets.
func ParsePhone(raw string) (Identity, error) {
	digits, err := readPhone(raw)
	if err != nil {
		return Identity{}, err.At("/phone")
	}
	i, ok := number(digits)
	if !ok {
		return Identity{}, ErrInvalidPhone.At("/phone")
	}
	return i, nil
}

// ParseWaID answers the identity of a number as WhatsApp writes it: 8 to 15
// digits with the country code. WhatsApp's own number need not be valid by
// today's numbering plans, only possible.
func ParseWaID(waID string) (Identity, bool) {
	if len(waID) < 8 || len(waID) > 15 || strings.Trim(waID, "0123456789") != "" {
		return Identity{}, false
	}
	i, ok := number(waID)
	i.WaID = personal.New(waID)
	return i, ok
}

// longestPhone bounds what is looked at, in bytes; a number has at most 15 digits.
const longestPhone = 250

// readPhone answers the digits after the +.
func readPhone(raw string) (string, *fault.Fault) {
	s := strings.TrimFunc(raw, isFiller)
	switch {
	case s == "":
		return "", ErrPhoneRequired
	case len(s) > longestPhone, raw[0] == '\t', raw[0] == '\r': // a cell that begins so is a formula to some spreadsheets
		return "", ErrInvalidPhone
	}
	if len(s) > 4 && strings.EqualFold(s[:4], "tel:") {
		s = strings.TrimFunc(s[4:], isFiller)
	}
	s, international := strings.CutPrefix(strings.Replace(s, "＋", "+", 1), "+")
	var digits strings.Builder
	for _, r := range s {
		switch value, isDigit := Digit(r); {
		case isDigit:
			digits.WriteByte('0' + value)
		case !isFiller(r) && !isSeparator(r):
			return "", ErrInvalidPhone
		}
	}
	switch read := digits.String(); {
	case read == "":
		return "", ErrInvalidPhone
	case !international && strings.HasPrefix(read, "00"):
		return "", ErrPhonePrefix
	case !international:
		return "", ErrPhoneWithoutCountry
	default:
		return read, nil
	}
}

// isFiller says what shows nothing: white space, and the invisible marks that come along when a number is copied.
func isFiller(r rune) bool {
	return unicode.IsSpace(r) || unicode.Is(unicode.Cf, r)
}

// isSeparator says what people put between the digits.
func isSeparator(r rune) bool {
	return unicode.Is(unicode.Pd, r) || strings.ContainsRune("()./\u2212", r)
}

// Digit answers the value of a decimal digit of any script. The digits of a script follow one another from zero.
func Digit(r rune) (byte, bool) {
	if !unicode.Is(unicode.Nd, r) {
		return 0, false
	}
	for _, block := range unicode.Nd.R16 {
		if lo, hi := rune(block.Lo), rune(block.Hi); lo <= r && r <= hi {
			return byte((r - lo) % 10), true
		}
	}
	for _, block := range unicode.Nd.R32 {
		if lo, hi := rune(block.Lo), rune(block.Hi); lo <= r && r <= hi {
			return byte((r - lo) % 10), true
		}
	}
	return 0, false
}

// number answers the identity of a number with its country code: the
// representative of its variants, so that one person is not two contacts. A
// number that is read otherwise once it is written down, such as one of zeros
// only, is nobody's.
func number(digits string) (Identity, bool) {
	parsed, written, ok := canonical(digits)
	if !ok {
		return Identity{}, false
	}
	if written[1:] != digits { // else it would be read as it just was
		if _, again, ok := canonical(written[1:]); !ok || again != written {
			return Identity{}, false
		}
	}
	i := Identity{Kind: Number, Value: personal.New(written)}
	if region := phonenumbers.GetRegionCodeForNumber(parsed); len(region) == 2 && region != "ZZ" {
		i.Country = region
	}
	return i, true
}

// canonical answers a number and how it is written, with + and the country code.
func canonical(digits string) (*phonenumbers.PhoneNumber, string, bool) {
	parsed, err := phonenumbers.Parse(Representative("+"+digits), "")
	if err != nil || parsed.GetExtension() != "" || phonenumbers.IsPossibleNumberWithReason(parsed) != phonenumbers.IS_POSSIBLE {
		return nil, "", false
	}
	return parsed, Representative(phonenumbers.Format(parsed, phonenumbers.E164)), true
}

// ParseBSUID answers the identity of a business-scoped user id, kept as it
// came. It begins with the country of the person's account and a dot.
func ParseBSUID(kind IdentityKind, id string) (Identity, bool) {
	const longest = 256
	if id == "" || len(id) > longest || strings.ContainsFunc(id, func(r rune) bool { return r <= ' ' || r > '~' }) {
		return Identity{}, false
	}
	i := Identity{Kind: kind, Value: personal.New(id)}
	if country, _, ok := strings.Cut(id, "."); ok && len(country) == 2 && isLatin(country) {
		i.Country = strings.ToUpper(country)
	}
	return i, true
}

func isLatin(s string) bool {
	return !strings.ContainsFunc(s, func(r rune) bool { return (r < 'a' || r > 'z') && (r < 'A' || r > 'Z') })
}
