package importing_test

import (
	"fmt"
	"strings"
	"testing"
	"unicode"

	"github.com/google/uuid"
	"golang.org/x/text/unicode/norm"
	"pgregory.net/rapid"

	"tagtrail/domain/importing"
)

func rowOf(cells ...string) importing.Row {
	row := importing.Row{}
	for _, cell := range cells {
		row.Cells = append(row.Cells, importing.Cell{Text: cell})
	}
	return row
}

// S3-36: whatever a person is known by names them, however it is written, and what is somebody else's does not.
func TestARowNamesAPersonByWhatTheyAreKnownBy(t *testing.T) {
	t.Parallel()
	id := uuid.MustParse("6f9619ff-8b86-4011-b42d-00c04fc964ff")
	ana := importing.Person{
		Contacts: []uuid.UUID{id}, Numbers: []string{"+5511987654321", "16505550111", "+34666555444", "", "12"}, Accounts: []string{"US.13491208655302741918", ""},
		Emails: []string{"ana@example.com", "", "li@bücher.example"}, Names: []string{"Ana López", "", "Zoë"}, FirstNames: []string{"Anna Maria", "", "Annie"}, LastNames: []string{"de la Cruz", ""},
	}
	bo := importing.Person{FirstNames: []string{"Bo", "Kim"}, LastNames: []string{"Kim", "Diddley"}, Emails: []string{"bo@example.com"}}
	sought := importing.LookFor(ana, bo)
	for name, c := range map[string]struct {
		cells []string
		want  bool
	}{
		"a number":                                   {[]string{"+55 11 98765-4321", "x"}, true},
		"as it was written before":                   {[]string{"551187654321", "x"}, true},
		"as WhatsApp writes another":                 {[]string{"x", "16505550111"}, true},
		"with the digits of abroad":                  {[]string{"001 650 555 0111", "x"}, true},
		"with digits of another script":              {[]string{"+٣٤٦٦٦٥٥٥٤٤٤"}, true},
		"in a text":                                  {[]string{"nobody", "call 650 555-0111, please"}, true},
		"behind another in a text":                   {[]string{"16505550199 or 16505550111"}, true},
		"as a spreadsheet rounds it":                 {[]string{"34666555444.0"}, true},
		"the end of it":                              {[]string{"505550111"}, true},
		"another number":                             {[]string{"+5511987654322", "x"}, false},
		"the same end in another country":            {[]string{"+447950555444", "x"}, false},
		"too little of it":                           {[]string{"5550111", "x"}, false},
		"an address":                                 {[]string{"+16505550199", "Ana <ANA@example.com>"}, true},
		"an address in a sentence":                   {[]string{"mail ana@example.com."}, true},
		"an address in a script without spaces":      {[]string{"邮箱ana@example.com，谢谢"}, true},
		"an address of another alphabet":             {[]string{"bo@x.example;LI@BÜCHER.example"}, true},
		"an address that ends so":                    {[]string{"+16505550199", "joana@example.com"}, false},
		"an address that begins so":                  {[]string{"+16505550199", "ana@example.com.br"}, false},
		"the id of the contact":                      {[]string{"+16505550199", strings.ToUpper(id.String())}, true},
		"the id in a link":                           {[]string{"https://example.com/a-b/contacts/" + id.String() + "/notes"}, true},
		"the id of another contact":                  {[]string{"6f9619ff-8b86-4011-b42d-00c04fc964fe"}, false},
		"an account":                                 {[]string{"+16505550199", " US.13491208655302741918 "}, true},
		"a part of an account":                       {[]string{"US.134912086553027419181"}, false},
		"a name beside no number":                    {[]string{"nobody", "ANA LÓPEZ"}, true},
		"a name of another width":                    {[]string{"Ａｎａ  López"}, true},
		"a name with its marks apart":                {[]string{norm.NFD.String("Zoë")}, true},
		"a name that is guarded":                     {[]string{"'=x", "Ana López"}, true},
		"a name beside the number of another":        {[]string{"+16505550199", "Ana López"}, false},
		"a name before the number of another":        {[]string{"Ana López", "1 (650) 555-0199"}, false},
		"a name beside a day":                        {[]string{"31.12.2026", "Ana López"}, true},
		"a name beside a day as of a machine":        {[]string{"2026-11-22", "Ana López"}, true},
		"a name beside an instant":                   {[]string{"2026-11-22 10:15", "Ana López"}, true},
		"a name beside a text with a number":         {[]string{"order 16505550199", "Ana López"}, true},
		"a name in two cells":                        {[]string{"López", "x", "Ana"}, true},
		"the last name first":                        {[]string{"López, Ana"}, true},
		"a part of a name":                           {[]string{"nobody", "Ana"}, false},
		"a name and more":                            {[]string{"Ana López García"}, false},
		"the first name and the last":                {[]string{"anna maria", "DE LA CRUZ"}, true},
		"one that was changed, and the last":         {[]string{"de la Cruz", "", "Annie"}, true},
		"both in one cell":                           {[]string{"Anna Maria de la Cruz"}, true},
		"both in one cell, the last first":           {[]string{"de la Cruz,Anna Maria"}, true},
		"both beside the number of another":          {[]string{"Anna Maria", "de la Cruz", "+16505550199"}, false},
		"the first name alone":                       {[]string{"Anna Maria"}, false},
		"the last name alone":                        {[]string{"x", "de la Cruz"}, false},
		"the first of one and the last of another":   {[]string{"Annie", "Diddley"}, false},
		"one cell that is both a first and a last":   {[]string{"Kim", "x"}, false},
		"two cells that are both a first and a last": {[]string{"Kim", "Kim"}, true},
		"nothing": {[]string{"", ""}, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if got := importing.LookFor(ana, bo).In(rowOf(c.cells...)); got != c.want {
				t.Errorf("%q: %v", c.cells, got)
			}
			if importing.LookFor(importing.Person{}).In(rowOf(c.cells...)) {
				t.Errorf("%q name nobody's person", c.cells)
			}
		})
	}
	if sought.Nobody() || !importing.LookFor(importing.Person{Names: []string{"", " "}, Emails: []string{""}, Numbers: []string{"+"}, FirstNames: []string{"Ana"}}).Nobody() {
		t.Error("there is somebody to look for where nothing is known, or nobody where something is")
	}
}

// What spares reading a cell never hides a name.
func TestANameIsFoundInWhicheverWayItIsWritten(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		name := rapid.StringOfN(rapid.Rune(), 1, 12, -1).Draw(t, "name")
		sought := importing.LookFor(importing.Person{Names: []string{name}})
		if sought.Nobody() {
			return
		}
		for form, written := range map[string]string{
			"as it is": name, "in capitals": strings.Map(unicode.SimpleFold, name), "apart": norm.NFKD.String(name), "among spaces": "  " + name + "\u00a0",
		} {
			again := importing.LookFor(importing.Person{Names: []string{written}})
			if form == "in capitals" && !again.In(rowOf(name)) != !sought.In(rowOf(written)) {
				t.Errorf("%q and %q are one name only one way round", name, written)
			}
			if form != "in capitals" && !sought.In(rowOf(written)) && !strings.Contains(name, "'") {
				t.Errorf("%q is not found %s: %q", name, form, written)
			}
		}
	})
}

// BenchmarkARowOfManyPersons is a row of a file in which nobody is who is looked for, as almost all are.
func BenchmarkARowOfManyPersons(b *testing.B) {
	for _, persons := range []int{1, 1000} {
		all := make([]importing.Person, persons)
		for i := range all {
			all[i] = importing.Person{
				Contacts: []uuid.UUID{uuid.New()}, Numbers: []string{fmt.Sprintf("+1650556%04d", i), fmt.Sprintf("1650556%04d", i)}, Emails: []string{fmt.Sprintf("ana%d@example.com", i)},
				Names: []string{fmt.Sprintf("Ana López %d", i)}, FirstNames: []string{"Ana"}, LastNames: []string{fmt.Sprintf("López %d", i)},
			}
		}
		sought := importing.LookFor(all...)
		rows, names := make([]importing.Row, 1000), []string{"Somebody %d", "Álvaro Gómez %d", "Jane Doe %d", "Ольга %d"}
		for i := range rows {
			rows[i] = rowOf(fmt.Sprintf("+1650555%04d", i), fmt.Sprintf(names[i%len(names)], i), fmt.Sprintf("somebody%d@example.com", i), "cat, dog", "female", "London", "2026-11-22", uuid.NewString())
		}
		b.Run(fmt.Sprintf("%d", persons), func(b *testing.B) {
			b.ReportAllocs()
			for i := 0; b.Loop(); i++ {
				if sought.In(rows[i%len(rows)]) {
					b.Fatalf("row %d names somebody", i%len(rows))
				}
			}
		})
	}
}
