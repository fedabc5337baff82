package contact_test

import (
	"errors"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"tagtrail/domain/contact"
	"tagtrail/domain/fault"
)

// S1-12, C3, faults row 39.
func TestPhonesThatPeopleWrite(t *testing.T) {
	t.Parallel()
	for _, row := range []struct {
		written, want, country string
		fault                  *fault.Fault
	}{
		{"+16505550101", "+16505550101", "US", nil},
		{" +34 666 555 444 ", "+34666555444", "ES", nil},
		{"+34-666.555/444", "+34666555444", "ES", nil},
		{"+44 (0)20 7946 0958", "+442079460958", "GB", nil},
		{"+39 02 3661 8300", "+390236618300", "IT", nil},
		{"+٣٤٦٦٦٥٥٥٤٤٤", "+34666555444", "ES", nil},
		{"＋３４６６６５５５４４４", "+34666555444", "ES", nil},
		{"+𝟹𝟺𝟼𝟼𝟼𝟻𝟻𝟻𝟺𝟺𝟺", "+34666555444", "ES", nil},
		{"+34\u00a0666\u200b555\u2060444", "+34666555444", "ES", nil},
		{"\u202a+34 666 555 444\u202c", "+34666555444", "ES", nil},
		{"tel:+34666555444", "+34666555444", "ES", nil},
		{"+15551230000", "+15551230000", "", nil}, // possible, though nobody has it
		{"+551187654321", "+5511987654321", "BR", nil},
		{"+5215512345678", "+525512345678", "MX", nil},
		{"+80012345678", "+80012345678", "", nil},

		{"", "", "", contact.ErrPhoneRequired},
		{" \u200b ", "", "", contact.ErrPhoneRequired},
		{"0034666555444", "", "", contact.ErrPhonePrefix},
		{"34666555444", "", "", contact.ErrPhoneWithoutCountry},
		{"-34666555444", "", "", contact.ErrPhoneWithoutCountry},
		{"=+34666555444", "", "", contact.ErrInvalidPhone},
		{"@+34666555444", "", "", contact.ErrInvalidPhone},
		{"\t+34666555444", "", "", contact.ErrInvalidPhone},
		{"\u0000+34666555444", "", "", contact.ErrInvalidPhone},
		{"+34666555444;ext=9", "", "", contact.ErrInvalidPhone},
		{"+34666555444 ext 9", "", "", contact.ErrInvalidPhone},
		{"+34666555444x9", "", "", contact.ErrInvalidPhone},
		{"+34666555444#9", "", "", contact.ErrInvalidPhone},
		{"1-800-FLOWERS", "", "", contact.ErrInvalidPhone},
		{"+1-800-FLOWERS", "", "", contact.ErrInvalidPhone},
		{"+3️⃣4️⃣666555444", "", "", contact.ErrInvalidPhone},
		{"+34+666555444", "", "", contact.ErrInvalidPhone},
		{"+", "", "", contact.ErrInvalidPhone},
		{"+1", "", "", contact.ErrInvalidPhone},
		{"+12345678", "", "", contact.ErrInvalidPhone},
		{"+999123456789", "", "", contact.ErrInvalidPhone},
		{"+52155123456789", "", "", contact.ErrInvalidPhone},
		{"+" + strings.Repeat("4", 40), "", "", contact.ErrInvalidPhone},
		{"+34" + strings.Repeat(" ", 1<<20) + "666555444", "", "", contact.ErrInvalidPhone},
		{"📞", "", "", contact.ErrInvalidPhone},
	} {
		got, err := contact.ParsePhone(row.written)
		switch {
		case row.fault == nil && (err != nil || got.Value.Reveal() != row.want || got.Country != row.country || got.Kind != contact.Number):
			t.Errorf("%.40q is %s in %q, %v; want %s in %q", row.written, got.Value.Reveal(), got.Country, err, row.want, row.country)
		case row.fault != nil && !errors.Is(err, row.fault):
			t.Errorf("%.40q: %v, want %s", row.written, err, row.fault.Code)
		case row.fault != nil && fault.Of(err).Pointer != "/phone":
			t.Errorf("%.40q: the fault does not name the phone", row.written)
		}
	}
}

func TestNumbersAsWhatsAppWritesThem(t *testing.T) {
	t.Parallel()
	for waID, want := range map[string]string{
		"16505550101": "+16505550101", "5511987654321": "+5511987654321", "551187654321": "+5511987654321", "8613800138000": "+8613800138000",
		"": "", "1650555": "", "1234567890123456": "", "+16505550101": "", "1650555010a": "", "٣٤٦٦٦٥٥٥٤٤٤": "", "52155123456789": "",
	} {
		got, ok := contact.ParseWaID(waID)
		if ok != (want != "") || ok && (got.Value.Reveal() != want || got.WaID.Reveal() != waID) {
			t.Errorf("%q is %q, %v; want %q", waID, got.Value.Reveal(), ok, want)
		}
	}
}

func TestBSUIDsAreKeptAsTheyCome(t *testing.T) {
	t.Parallel()
	for id, want := range map[string]string{
		"US.13491208655302741918": "US", "us.1": "US", "US.ENT.118": "US", "US." + strings.Repeat("1", 128): "US", "13491208655302741918": "", "USA.1": "", "1.2": "", "ÉS.1": "-",
		"": "-", "US. 1": "-", "US.\u0000": "-", strings.Repeat("1", 257): "-",
	} {
		got, ok := contact.ParseBSUID(contact.BSUID, id)
		if ok != (want != "-") || ok && (got.Value.Reveal() != id || got.Country != want) {
			t.Errorf("%.40q is %q of %q, %v", id, got.Value.Reveal(), got.Country, ok)
		}
	}
}

// people are the numbers of one person each, in every way that they are written.
func people() [][]string {
	return [][]string{
		{"+5511987654321", "+551187654321"},
		{"+5585991234567", "+558591234567"},
		{"+5511966665555", "+551166665555"},
		{"+551133334444"},                   // a landline
		{"+5511933334444"},                  // a mobile number that never had eight digits
		{"+5511944445555"},                  // the same
		{"+551144445555"},                   // a landline
		{"+551187654322", "+5511987654322"}, // the neighbour
		{"+525512345678", "+5215512345678"},
		{"+528112345678", "+5218112345678"},
		{"+525512345679", "+5215512345679"},
		{"+5491123456789", "+541123456789", "+54111523456789"},
		{"+5492234567890", "+542234567890", "+54223154567890"},
		{"+5492966412345", "+542966412345", "+54296615412345"},
		{"+5492202412345", "+542202412345", "+54220215412345"},
		{"+5493482412345", "+543482412345", "+54348215412345"},
		{"+5491123456780", "+541123456780", "+54111523456780"},
		{"+548001234567"}, // toll-free
		{"+34666555444"},
		{"+16505550101"},
		{"+16505550102"},
		{"+5215551234"}, // nine digits behind a 1 are no old mobile number
		{"+8613800138000"},
		{"+59899123456"},   // Uruguay, whose numbers begin like those of none of the three
		{"+5612345678901"}, // Chile
	}
}

// Faults row 40: nobody is two contacts, and no two people are one.
func TestVariantsMeetInOnePerson(t *testing.T) {
	t.Parallel()
	whose := map[string]int{}
	for person, numbers := range people() {
		for _, number := range numbers {
			if got := contact.Representative(number); got != numbers[0] && len(numbers) > 1 && got != contact.Representative(numbers[0]) {
				t.Errorf("%s is claimed as %s, %s as %s", number, got, numbers[0], contact.Representative(numbers[0]))
			}
			if other, taken := whose[contact.Representative(number)]; taken && other != person {
				t.Errorf("%s is the number of two people, the other has %s", number, people()[other][0])
			}
			whose[contact.Representative(number)] = person
		}
	}
}

func TestEveryVariantHasTheSameRepresentative(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		number := "+" + rapid.SampledFrom([]string{"55", "52", "521", "54", "549", "1", "34", "598"}).Draw(t, "country") +
			rapid.StringMatching(`[0-9]{6,12}`).Draw(t, "national")
		r := contact.Representative(number)
		if again := contact.Representative(r); again != r {
			t.Fatalf("%s is claimed as %s, and that as %s", number, r, again)
		}
		for _, variant := range otherwise(r) {
			if got := contact.Representative(variant); got != r {
				t.Fatalf("%s is claimed as %s, its variant %s as %s", number, r, variant, got)
			}
		}
	})
}

// otherwise answers how else a representative is written, where that takes no table of areas.
func otherwise(r string) []string {
	switch {
	case len(r) == 14 && strings.HasPrefix(r, "+549") && (r[4] == '2' || r[4] == '3' || r[4:6] == "11"):
		return []string{"+54" + r[4:]}
	case len(r) == 14 && strings.HasPrefix(r, "+55") && r[3] != '0' && r[4] != '0' && r[5] == '9' && r[6] >= '6':
		return []string{r[:5] + r[6:]}
	case len(r) == 13 && strings.HasPrefix(r, "+52") && r[3] >= '2':
		return []string{"+521" + r[3:]}
	}
	return nil
}

func TestWhatWasParsedParsesToItself(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		written := "+" + rapid.StringMatching(`[0-9 ()-]{4,20}`).Draw(t, "written")
		parsed, err := contact.ParsePhone(written)
		if err != nil {
			return
		}
		again, err := contact.ParsePhone(parsed.Value.Reveal())
		if err != nil || again != parsed {
			t.Fatalf("%q is %s, which is %s, %v", written, parsed.Value.Reveal(), again.Value.Reveal(), err)
		}
		if waID, ok := contact.ParseWaID(parsed.Value.Reveal()[1:]); ok && waID.Value != parsed.Value {
			t.Fatalf("%s is %s to WhatsApp", parsed.Value.Reveal(), waID.Value.Reveal())
		}
	})
}

func FuzzParsePhone(f *testing.F) {
	for _, seed := range []string{"+16505550101", "=+34666555444", "+٣٤٦٦٦٥٥٥٤٤٤", "0034666555444", "tel:+54 9 11 2345-6789", "+3️⃣", "\xff+1", "+34666555444;ext=9"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, written string) {
		i, err := contact.ParsePhone(written)
		if err != nil {
			if fault.Of(err) == nil {
				t.Errorf("%q: %v is no fault", written, err)
			}
			return
		}
		number := i.Value.Reveal()
		if len(number) < 6 || len(number) > 16 || number[0] != '+' || strings.Trim(number[1:], "0123456789") != "" {
			t.Errorf("%q is kept as %q", written, number)
		}
		if contact.Representative(number) != number {
			t.Errorf("%q is kept as %q, which is claimed as %q", written, number, contact.Representative(number))
		}
	})
}
