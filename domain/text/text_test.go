package text_test

import (
	"errors"
	"strings"
	"testing"

	"golang.org/x/text/unicode/norm"
	"pgregory.net/rapid"

	"tagtrail/domain/text"
)

func TestLine(t *testing.T) {
	t.Parallel()
	const family = "👨‍👩‍👧‍👦"
	for _, c := range []struct {
		name, in, want string
		err            error
	}{
		{"is trimmed", "\u00a0 VIP\u3000\u200b", "VIP", nil},
		{"keeps case and width as typed", "ＶＩＰ Gold", "ＶＩＰ Gold", nil},
		{"is brought to NFC", "Jose\u0301", "José", nil},
		{"of 50 families is not too long", strings.Repeat(family, 50), strings.Repeat(family, 50), nil},
		{"of 51 families is too long", strings.Repeat(family, 51), "", text.ErrTooLong},
		{"of 50 decomposed letters is not too long", strings.Repeat("e\u0301", 50), strings.Repeat("é", 50), nil},
		{"of 51 letters is too long", strings.Repeat("é", 51), "", text.ErrTooLong},
		{"of one letter under ten thousand accents is too long", "a" + strings.Repeat("\u0301", 10000), "", text.ErrTooLong},
		{"that is empty is blank", "", "", text.ErrBlank},
		{"of spaces is blank", " \u00a0\u3000", "", text.ErrBlank},
		{"of zero-width spaces is blank", "\u200b\u200b", "", text.ErrBlank},
		{"of a Hangul filler is blank", "\u3164", "", text.ErrBlank},
		{"of fillers between spaces is blank", "\u3164 \u115f \u2800", "", text.ErrBlank},
		{"of a combining mark alone is blank", "\u0301", "", text.ErrBlank},
		{"of combining marks is blank", "\u0301 \u20dd\u0903", "", text.ErrBlank},
		{"may begin with a combining mark", "\u0301a", "\u0301a", nil},
		{"of a keycap is not blank", "#\ufe0f\u20e3", "#\ufe0f\u20e3", nil},
		{"has no noncharacter of the end of a plane", "a\uffffb", "", text.ErrForbidden},
		{"has no noncharacter of another plane", "a\U0010fffeb", "", text.ErrForbidden},
		{"has no noncharacter of the Arabic forms", "a\ufdd0b", "", text.ErrForbidden},
		{"has no tag character", "VIP\U000e0041", "", text.ErrForbidden},
		{"has no tag character behind a flag that is none", "\U0001f3f4\U000e0067\U000e0062\U000e0041\U000e007f", "", text.ErrForbidden},
		{"may have the flag of Wales", "\U0001f3f4\U000e0067\U000e0062\U000e0077\U000e006c\U000e0073\U000e007f VIP",
			"\U0001f3f4\U000e0067\U000e0062\U000e0077\U000e006c\U000e0073\U000e007f VIP", nil},
		{"has no NUL", "a\x00b", "", text.ErrForbidden},
		{"has no C1 control", "a\u0085b", "", text.ErrForbidden},
		{"has no DEL", "a\x7fb", "", text.ErrForbidden},
		{"has no line break inside", "a\nb", "", text.ErrForbidden},
		{"has no line separator", "a\u2028b", "", text.ErrForbidden},
		{"has no override of direction", "a\u202eb", "", text.ErrForbidden},
		{"has no isolate of direction", "a\u2066b", "", text.ErrForbidden},
		{"may have a mark of direction", "א\u200fב", "א\u200fב", nil},
		{"is valid UTF-8", "a\xff", "", text.ErrForbidden},
		{"has no encoded surrogate", "a\xed\xa0\x80", "", text.ErrForbidden},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			got, err := text.Line(c.in, 50)
			if !errors.Is(err, c.err) || err == nil && got != c.want {
				t.Errorf("Line answers %q, %v; want %q, %v", got, err, c.want, c.err)
			}
		})
	}
}

func TestLinesMayBeSeveralOrNone(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{"": "", " a\r\n\tb ": "a\n\tb", "\u200b": ""} {
		if got, err := text.Lines(in, 500); err != nil || got != want {
			t.Errorf("Lines(%q) answers %q, %v; want %q", in, got, err, want)
		}
	}
	if _, err := text.Lines("a\rb", 500); !errors.Is(err, text.ErrForbidden) {
		t.Errorf("a carriage return alone: %v, want %v", err, text.ErrForbidden)
	}
}

// C13: names are compared after NFKC and case folding.
func TestFoldMakesOneNameOfItsSpellings(t *testing.T) {
	t.Parallel()
	for _, spellings := range [][]string{
		{"VIP", "vip", "ＶＩＰ", " Vip ", "V\u200bIP", "V\u00adIP"},
		{"Straße", "STRASSE", "strasse"},
		{"José", "JOSE\u0301"},
		{"ſtar", "STAR"},
		{"❤", "❤\ufe0f"},
		{"ﬁt", "FIT"},
		{"Σίσυφος", "ΣΊΣΥΦΟΣ"},
	} {
		for _, spelling := range spellings[1:] {
			if text.Fold(spelling) != text.Fold(spellings[0]) {
				t.Errorf("%+q folds to %+q, %+q to %+q", spelling, text.Fold(spelling), spellings[0], text.Fold(spellings[0]))
			}
		}
	}
	for _, others := range [][2]string{{"VIP", "VІP"}, {"i", "ı"}, {"a", "á"}, {"a b", "ab"}} {
		if text.Fold(others[0]) == text.Fold(others[1]) {
			t.Errorf("%+q and %+q fold to the same", others[0], others[1])
		}
	}
}

func TestFoldOfAFoldIsItself(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		s := rapid.String().Draw(t, "s")
		once := text.Fold(s)
		if twice := text.Fold(once); twice != once {
			t.Fatalf("%+q folds to %+q and that to %+q", s, once, twice)
		}
		if other := text.Fold(norm.NFD.String(s)); other != once {
			t.Fatalf("%+q folds to %+q, its decomposition to %+q", s, once, other)
		}
	})
}

func TestALineThatWasCleanedIsClean(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		s := rapid.String().Draw(t, "s")
		once, err := text.Line(s, 50)
		if err != nil {
			return
		}
		if twice, err := text.Line(once, 50); err != nil || twice != once {
			t.Fatalf("%+q is cleaned to %+q, and that to %+q, %v", s, once, twice, err)
		}
	})
}
