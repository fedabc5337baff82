// Package text is the vocabulary of free text: how it is brought into one form,
// what may not be in it, how long it looks, and when two names are the same.
package text

import (
	"errors"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/rivo/uniseg"
	"golang.org/x/text/cases"
	"golang.org/x/text/unicode/norm"
)

// What is wrong with a text; whoever asked answers a fault of its own.
var (
	ErrBlank     = errors.New("the text shows nothing")
	ErrTooLong   = errors.New("the text is too long")
	ErrForbidden = errors.New("the text has a character that is not allowed")
)

// Line answers one line of text in the form in which it is kept: trimmed, in
// NFC. It has 1 to longest characters as a person counts them.
func Line(s string, longest int) (string, error) {
	kept, err := clean(s, longest, false)
	if err == nil && IsBlank(kept) {
		return "", ErrBlank
	}
	return kept, err
}

// Lines answers text of several lines, or none, in the form in which it is kept.
func Lines(s string, longest int) (string, error) {
	return clean(strings.ReplaceAll(s, "\r\n", "\n"), longest, true)
}

func clean(s string, longest int, multiline bool) (string, error) {
	if !utf8.ValidString(s) {
		return "", ErrForbidden
	}
	// Characters are counted only in what cannot be long already: a caller may send megabytes.
	s = strings.TrimFunc(s, outside)
	if utf8.RuneCountInString(s) > 2*pointsPerCharacter*longest {
		return "", ErrTooLong
	}
	for _, r := range withoutFlags(s) {
		if forbidden(r) && (!multiline || r != '\n' && r != '\t') {
			return "", ErrForbidden
		}
	}
	s = norm.NFC.String(s)
	if utf8.RuneCountInString(s) > pointsPerCharacter*longest || uniseg.GraphemeClusterCount(s) > longest {
		return "", ErrTooLong
	}
	return s, nil
}

// pointsPerCharacter bounds how many code points make up one visible character
// on the average: a family of emoji has seven, a pile of accents has no end.
const pointsPerCharacter = 8

// outside says what is trimmed: white space, and what is drawn with no width and joins nothing.
func outside(r rune) bool {
	switch r {
	case '\u200b', '\u2060', '\ufeff':
		return true
	}
	return unicode.IsSpace(r)
}

// withoutFlags takes out the flags of England, Scotland and Wales: the only ones that tag characters spell.
func withoutFlags(s string) string {
	for _, flag := range []string{
		"\U0001f3f4\U000e0067\U000e0062\U000e0065\U000e006e\U000e0067\U000e007f",
		"\U0001f3f4\U000e0067\U000e0062\U000e0073\U000e0063\U000e0074\U000e007f",
		"\U0001f3f4\U000e0067\U000e0062\U000e0077\U000e006c\U000e0073\U000e007f",
	} {
		s = strings.ReplaceAll(s, flag, "")
	}
	return s
}

// forbidden says what no text may hold: control characters, line separators, the
// controls that turn the direction of what follows, what is no character and
// never will be, and the tag characters, which write what only machines read.
func forbidden(r rune) bool {
	switch {
	case unicode.IsControl(r), r == '\u2028', r == '\u2029':
		return true
	case '\u202a' <= r && r <= '\u202e', '\u2066' <= r && r <= '\u2069':
		return true
	case unicode.Is(unicode.Noncharacter_Code_Point, r), '\U000e0000' <= r && r <= '\U000e007f':
		return true
	}
	return false
}

// IsBlank says whether a text shows nothing: a mark needs something to stand on.
func IsBlank(s string) bool {
	return !strings.ContainsFunc(s, func(r rune) bool { return !unicode.IsSpace(r) && !unicode.IsMark(r) && !invisible(r) })
}

// Fold answers the key under which two texts are the same name: NFKC and case
// folding, without what is not drawn.
func Fold(s string) string {
	fold := cases.Fold()
	s = norm.NFKC.String(fold.String(norm.NFKC.String(fold.String(norm.NFD.String(s)))))
	return norm.NFKC.String(strings.TrimSpace(strings.Map(func(r rune) rune {
		if invisible(r) {
			return -1
		}
		return r
	}, s)))
}

// invisible says which code points are ignored where they cannot be drawn, and the blank of Braille.
func invisible(r rune) bool {
	return unicode.In(r, unicode.Cf, unicode.Variation_Selector, unicode.Other_Default_Ignorable_Code_Point) || r == '\u2800'
}
