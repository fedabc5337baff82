package importing

import (
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"

	"tagtrail/domain/text"
)

// longestName bounds what is looked at as a name, in bytes.
const longestName = 16 << 10

// names are those that are looked for, by how they read.
type names struct {
	meaning  map[string][]part
	initials map[rune]bool // with which one of them begins
	folded   map[rune]rune // the initials that were asked for already
	pairs    int
	words    int // of the longest
}

// part is what a text is of a name.
type part struct {
	side side
	pair int
}

type side int

const (
	whole side = iota
	first
	last
)

func (s side) isOther(than side) bool { return s != than && s != whole && than != whole }

// meeting is a part of a name that is in a cell.
type meeting struct {
	part
	cell int
}

func newNames() names {
	return names{meaning: map[string][]part{}, initials: map[rune]bool{}, folded: map[rune]rune{}}
}

// add takes in a person's names. A whole name of several words may be in two cells, too.
func (n *names) add(p Person) {
	for _, name := range p.Names {
		key := spelled(name)
		n.learn(key, part{side: whole})
		for at := range len(key) {
			if key[at] == ' ' {
				n.pair([]string{key[:at]}, []string{key[at+1:]})
			}
		}
	}
	if len(p.FirstNames) > 0 && len(p.LastNames) > 0 {
		n.pair(p.FirstNames, p.LastNames)
	}
}

func (n *names) pair(firsts, lasts []string) {
	n.pairs++
	for _, name := range firsts {
		n.learn(spelled(name), part{first, n.pairs})
	}
	for _, name := range lasts {
		n.learn(spelled(name), part{last, n.pairs})
	}
}

func (n *names) learn(key string, means part) {
	if key == "" || slices.Contains(n.meaning[key], means) {
		return
	}
	n.meaning[key] = append(n.meaning[key], means)
	n.words = max(n.words, 2*(strings.Count(key, " ")+1))
	initial, _ := n.initial(key)
	n.initials[initial] = true
}

// in says whether a cell completes a name, beside the parts of names that cells before it had, and answers those with its own.
func (n *names) in(cell string, at int, met []meeting) (bool, []meeting) {
	if len(n.meaning) == 0 || len(cell) > longestName {
		return false, met
	}
	if initial, known := n.initial(cell); known && !n.initials[initial] {
		return false, met
	}
	key := spelled(cell)
	for _, p := range n.meaning[key] {
		if p.side == whole || slices.ContainsFunc(met, func(m meeting) bool { return m.pair == p.pair && m.side.isOther(p.side) && m.cell != at }) {
			return true, met
		}
		met = append(met, meeting{p, at})
	}
	return n.together(key), met
}

// together says whether a text is the two parts of a name, whichever is first.
func (n *names) together(key string) bool {
	if words := strings.Count(key, " ") + 1; words == 1 || words > n.words {
		return false
	}
	for at := range len(key) {
		if key[at] != ' ' {
			continue
		}
		behind := n.meaning[key[at+1:]]
		for _, p := range n.meaning[key[:at]] {
			if slices.ContainsFunc(behind, func(other part) bool { return other.pair == p.pair && other.side.isOther(p.side) }) {
				return true
			}
		}
	}
	return false
}

// initial answers what a text begins with, in the form in which all ways of writing it are the same, and whether that can be
// told: a mark may go behind others. It spares reading most cells to their end.
func (n *names) initial(written string) (rune, bool) {
	for _, r := range written {
		switch {
		case 'a' <= r && r <= 'z', '0' <= r && r <= '9':
			return r, true
		case 'A' <= r && r <= 'Z':
			return r + 'a' - 'A', true
		case r == ' ', r == ',', r == '\t':
			continue
		}
		folded, known := n.folded[r]
		if !known {
			folded, _ = utf8.DecodeRuneInString(norm.NFD.String(spelled(string(r))))
			n.folded[r] = folded
		}
		if folded == utf8.RuneError { // nothing of it is drawn
			continue
		}
		return folded, !unicode.IsMark(folded)
	}
	return 0, true
}

// spelled answers a name as it is compared: however it is written, and with nothing but a space between its words.
func spelled(name string) string {
	if plain, ok := plainly(name); ok {
		return plain
	}
	return strings.Join(strings.FieldsFunc(text.Fold(name), func(r rune) bool { return r == ',' || unicode.IsSpace(r) }), " ")
}

// plainly is spelled where there is nothing but ASCII, which has no more than two ways of writing a letter.
func plainly(name string) (string, bool) {
	var held [64]byte
	words, between := held[:0], false
	for i := range len(name) {
		switch b := name[i]; {
		case b >= utf8.RuneSelf:
			return "", false
		case b == ' ', b == ',', '\t' <= b && b <= '\r':
			between = len(words) > 0
			continue
		case 'A' <= b && b <= 'Z':
			words = appendWord(words, b+'a'-'A', between)
		default:
			words = appendWord(words, b, between)
		}
		between = false
	}
	return string(words), true
}

func appendWord(words []byte, b byte, between bool) []byte {
	if between {
		words = append(words, ' ')
	}
	return append(words, b)
}
