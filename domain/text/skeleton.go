package text

import "strings"

// Skeleton answers a folded text with letters and digits that look alike written as one: two names of one skeleton are told
// apart by a machine and hardly by a person. It knows what is mistaken for Latin letters in practice, and is for hints only.
func Skeleton(folded string) string {
	return strings.ReplaceAll(strings.Map(func(r rune) rune {
		if like, ok := lookalikes[r]; ok {
			return like
		}
		return r
	}, folded), "rn", "m")
}

// lookalikes are Cyrillic and Greek letters, and digits, by the Latin letter that they look like, small or large.
var lookalikes = map[rune]rune{
	'а': 'a', 'в': 'b', 'с': 'c', 'ԁ': 'd', 'е': 'e', 'һ': 'h', 'н': 'h', 'і': 'l', 'ј': 'j', 'к': 'k', 'м': 'm', 'о': 'o',
	'р': 'p', 'ԛ': 'q', 'ѕ': 's', 'т': 't', 'у': 'y', 'ѵ': 'v', 'ԝ': 'w', 'х': 'x', 'ӏ': 'l',
	'α': 'a', 'β': 'b', 'ε': 'e', 'ζ': 'z', 'η': 'h', 'ι': 'l', 'κ': 'k', 'μ': 'm', 'ν': 'v', 'ο': 'o', 'ρ': 'p', 'τ': 't', 'υ': 'y', 'χ': 'x',
	'i': 'l', 'ı': 'l', '1': 'l', '0': 'o',
}
