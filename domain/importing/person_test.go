package importing_test

import (
	"testing"

	"tagtrail/domain/importing"
)

func TestARowNamesAPersonByWhatTheyAreKnownBy(t *testing.T) {
	t.Parallel()
	ana := importing.Person{Numbers: []string{"+5511987654321", "16505550111"}, Emails: []string{"ana@example.com"}, Names: []string{"Ana López"}}
	for name, c := range map[string]struct {
		cells []string
		want  bool
	}{
		"a number":                            {[]string{"+55 11 98765-4321", "x"}, true},
		"as it was written before":            {[]string{"551187654321", "x"}, true},
		"as WhatsApp writes another":          {[]string{"x", "16505550111"}, true},
		"with the digits of abroad":           {[]string{"001 650 555 0111", "x"}, true},
		"in a text":                           {[]string{"nobody", "call 650 555-0111, please"}, true},
		"the end of it":                       {[]string{"505550111"}, true},
		"another number":                      {[]string{"+5511987654322", "x"}, false},
		"an address":                          {[]string{"+16505550199", "Ana <ANA@example.com>"}, true},
		"a name beside no number":             {[]string{"nobody", "ANA LÓPEZ"}, true},
		"a name beside the number of another": {[]string{"+16505550199", "Ana López"}, false},
		"a part of a name":                    {[]string{"nobody", "Ana"}, false},
		"nothing":                             {[]string{"", ""}, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			row := importing.Row{}
			for _, cell := range c.cells {
				row.Cells = append(row.Cells, importing.Cell{Text: cell})
			}
			if got := ana.In(row); got != c.want {
				t.Errorf("%v: %v", c.cells, got)
			}
			if (importing.Person{}).In(row) {
				t.Errorf("%v name nobody's person", c.cells)
			}
		})
	}
}
