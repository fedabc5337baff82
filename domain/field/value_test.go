package field_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/google/uuid"
	"pgregory.net/rapid"

	"tagtrail/domain/fault"
	"tagtrail/domain/field"
)

var marta = uuid.MustParse("0197a1b2-0000-7000-8000-000000000015")

func isMember(id uuid.UUID) bool { return id == marta }

func of(t field.Type) field.Definition {
	return field.Definition{
		Type: t, Active: true,
		Options: []field.Option{{Number: 1, Name: "Monthly"}, {Number: 3, Name: "Yearly"}},
		Retired: []field.Option{{Number: 2, Name: "Weekly"}},
	}
}

// S3-13, S4-14.
func TestAValueHasOneForm(t *testing.T) {
	t.Parallel()
	for _, row := range []struct {
		kind          field.Type
		written, kept string
	}{
		{field.Text, " two\r\nlines ", "two\nlines"},
		{field.Text, "\u3164", ""},
		{field.Number, "007.500", "7.5"},
		{field.Number, "-0.0", "0"},
		{field.Number, "+12", "12"},
		{field.Money, "1999.00 EUR", "199900 EUR"},
		{field.Money, "eur 19.9", "1990 EUR"},
		{field.Money, "-0.05 USD", "-5 USD"},
		{field.Money, "1999 JPY", "1999 JPY"},
		{field.Money, "1.234 BHD", "1234 BHD"},
		{field.Date, "2028-02-29", "2028-02-29"},
		{field.Choice, "YEARLY", "3"},
		{field.MultiChoice, "yearly, monthly|Yearly", "1,3"},
		{field.Person, strings.ToUpper(marta.String()), marta.String()},
		{field.Boolean, "Yes", "true"},
		{field.Boolean, "0", "false"},
		{field.URL, "https://example.org/a?b=c", "https://example.org/a?b=c"},
		{field.URL, " ", ""},
	} {
		if got, err := of(row.kind).Parse(row.written, "", isMember); err != nil || got != row.kept {
			t.Errorf("a %s of %q is kept as %q (%v), want %q", row.kind, row.written, got, err, row.kept)
		}
	}
}

func TestWhatIsNoValueIsRefusedByName(t *testing.T) {
	t.Parallel()
	for _, row := range []struct {
		kind    field.Type
		written string
		fault   *fault.Fault
	}{
		{field.Text, strings.Repeat("x", field.MaxTextLength+1), field.ErrTextTooLong},
		{field.Text, "a\x00b", field.ErrTextCharacters},
		{field.Number, "1e400", field.ErrNotANumber},
		{field.Number, "NaN", field.ErrNotANumber},
		{field.Number, "1,5", field.ErrNotANumber},
		{field.Number, ".5", field.ErrNotANumber},
		{field.Number, strings.Repeat("9", 19), field.ErrNotANumber},
		{field.Number, "١٠", field.ErrNotANumber},
		{field.Money, "10", field.ErrNotMoney},
		{field.Money, "1.999 EUR", field.ErrNotMoney},
		{field.Money, "1 XX", field.ErrNotMoney},
		{field.Money, "99999999999999999 EUR", field.ErrNotMoney},
		{field.Date, "2026-02-30", field.ErrNotADate},
		{field.Date, "0000-01-01", field.ErrNotADate},
		{field.Date, "10000-01-01", field.ErrNotADate},
		{field.Choice, "Weekly", field.ErrNotAnOption},
		{field.Choice, "Yearly,Monthly", field.ErrNotAnOption},
		{field.MultiChoice, "Yearly,Daily", field.ErrNotAnOption},
		{field.Person, uuid.Nil.String(), field.ErrNotAMember},
		{field.Person, "{" + marta.String() + "}", field.ErrNotAMember},
		{field.Boolean, "maybe", field.ErrNotABoolean},
		{field.URL, "javascript:alert(1)", field.ErrNotAURL},
		{field.URL, "https://ana:secret@example.org", field.ErrNotAURL},
		{field.URL, "https://" + strings.Repeat("x", field.MaxURLLength), field.ErrNotAURL},
		{"colour", "red", field.ErrUnknownType},
	} {
		if got, err := of(row.kind).Parse(row.written, "", isMember); !errors.Is(err, row.fault) {
			t.Errorf("a %s of %.30q is %q, %v; want the fault %s", row.kind, row.written, got, err, row.fault.Code)
		}
	}
}

func TestWhatIsHeldMayBeSaidAgainThoughItsOptionIsRetired(t *testing.T) {
	t.Parallel()
	several := of(field.MultiChoice)
	if got, err := several.Parse("Weekly,Yearly", "2,3", isMember); err != nil || got != "2,3" {
		t.Errorf("what is held is %q, %v", got, err)
	}
	if _, err := several.Parse("Weekly", "2,3", isMember); !errors.Is(err, field.ErrNotAnOption) {
		t.Errorf("a retired option was chosen anew: %v", err)
	}
}

// What is shown can be written into a file and read back: the same value.
func TestWhatIsShownIsReadAsItWasKept(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		kind := rapid.SampledFrom([]field.Type{field.Number, field.Money, field.Choice, field.MultiChoice, field.Boolean}).Draw(t, "type")
		written := map[field.Type]*rapid.Generator[string]{
			field.Number:      rapid.StringMatching(`-?[0-9]{1,18}(\.[0-9]{1,9})?`),
			field.Money:       rapid.StringMatching(`-?[0-9]{1,12} (EUR|USD|JPY|BHD|CLP)`),
			field.Choice:      rapid.SampledFrom([]string{"Monthly", "yearly"}),
			field.MultiChoice: rapid.SampledFrom([]string{"Monthly", "yearly,monthly"}),
			field.Boolean:     rapid.SampledFrom([]string{"true", "no"}),
		}[kind].Draw(t, "written")
		d := of(kind)
		kept, err := d.Parse(written, "", isMember)
		if err != nil {
			t.Fatalf("%q is refused: %v", written, err)
		}
		again, err := d.Parse(d.Show(kept), kept, isMember)
		if err != nil || again != kept {
			t.Fatalf("%q is kept as %q, shown as %q, and read again as %q, %v", written, kept, d.Show(kept), again, err)
		}
	})
}

func TestNamesAndOptionsOfFields(t *testing.T) {
	t.Parallel()
	for name, fine := range map[string]bool{
		"Lifetime value": true, " Plan ": true, "": false, "a,b": false, "a|b": false, strings.Repeat("x", 51): false,
	} {
		if _, err := field.CleanName(name); (err == nil) != fine {
			t.Errorf("the name %.20q: %v", name, err)
		}
	}
	for _, row := range []struct {
		name    string
		kind    field.Type
		options []string
		fault   *fault.Fault
	}{
		{"a text takes none", field.Text, []string{"a"}, field.ErrNoOptions},
		{"a choice takes some", field.Choice, nil, field.ErrOptionsRequired},
		{"each once, however it is written", field.Choice, []string{"Gold", "ｇｏｌｄ"}, field.ErrOptionTwice},
		{"without what separates them in files", field.MultiChoice, []string{"a,b"}, field.ErrOption},
		{"not too many", field.Choice, strings.Split(strings.Repeat("x ", field.MaxOptions+1), " "), field.ErrTooManyOptions},
	} {
		if _, err := field.CleanOptions(row.kind, row.options); !errors.Is(err, row.fault) {
			t.Errorf("%s: %v, want %s", row.name, err, row.fault.Code)
		}
	}
}
