package readmodels_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"tagtrail/domain/contact"
	"tagtrail/domain/personal"
	"tagtrail/readmodels"
)

// pairs answers all pairs, so many at a time, by the names of the two.
func (w *world) pairs(limit int) []string {
	w.t.Helper()
	var all []string
	var after *readmodels.PairKey
	for range 5_000 {
		found, next, err := readmodels.Duplicates{DB: w.reader}.List(w.t.Context(), w.org.UUID, after, limit)
		if err != nil {
			w.t.Fatal(err)
		}
		for _, p := range found {
			names := []string{p.Contacts[0].DisplayName, p.Contacts[1].DisplayName}
			slices.Sort(names)
			all = append(all, strings.Join(append(names, p.Shared...), " "))
		}
		if after = next; next == nil {
			return all
		}
	}
	w.t.Fatal("the list has no end")
	return nil
}

// S3-37: where a person is a contact for each channel, the number tells; every pair is listed once, however pages are cut.
func TestEveryPairIsListedOnce(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	var want []string
	for i := range 30 {
		phone := fmt.Sprintf("+165055502%02d", i)
		w.contact(fmt.Sprintf("One %02d", i), phone)
		if i%3 == 0 {
			w.contact(fmt.Sprintf("Two %02d", i), phone)
			want = append(want, fmt.Sprintf("One %02d Two %02d number", i, i))
		}
	}
	three := w.contact("Three 00", "+16505550200")
	want = append(want, "One 00 Three 00 number", "Three 00 Two 00 number")
	left := w.contact("Left", "+16505550203")
	w.happened(left.Stream(),
		contact.IdentityLinked{Identity: contact.Identity{Kind: contact.Number, Value: personal.New("+16505550299"), Country: "US"}},
		contact.IdentityUnlinked{Identity: contact.Identity{Kind: contact.Number, Value: personal.New("+16505550203")}})
	gone := w.contact("Gone", "+16505550206")
	w.happened(gone.Stream(), contact.Archived{})
	w.project()
	slices.Sort(want)
	for _, limit := range []int{1, 3, 100} {
		got := w.pairs(limit)
		slices.Sort(got)
		if !slices.Equal(got, want) {
			t.Errorf("%d at a time:\n%q, want\n%q", limit, got, want)
		}
	}
	w.happened(three.Stream(), contact.Erased{})
	w.project()
	if got := w.pairs(100); len(got) != len(want)-2 {
		t.Errorf("after one was erased there are %q", got)
	}
}

// S3-37: an address or a company tells only of those whose names are similar, and a street only where it is in one place.
func TestAnAddressTellsOfSimilarNames(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for i, who := range []struct{ name, street, code, city string }{
		{"Sheena Nunez", "1 High Street", "28001", "Madrid"},
		{"Sheena Nuñez", "1 HIGH street", "28001", ""},
		{"Robert Oak", "1 High Street", "28001", "Madrid"},      // a neighbour
		{"Sheena Nunes", "1 High Street", "08001", "Barcelona"}, // the street of another city
		{"Sheena Nunezz", "1 High Street", "", ""},              // of wherever
		{"Ana Lopez", "2 Low Road", "", "Porto"},
		{"Anna Lopez", "2 Low Road", "", "Porto"},
		{"Ana Lopes", "2 Low Road", "", "Lisboa"},
	} {
		id := w.contact(who.name, fmt.Sprintf("+165055503%02d", i))
		w.happened(id.Stream(), contact.AddressChanged{Address: contact.Address{
			Street: personal.New(who.street), PostalCode: personal.New(who.code), City: personal.New(who.city),
		}})
	}
	w.project()
	for _, limit := range []int{1, 50} {
		got := w.pairs(limit)
		slices.Sort(got)
		if want := []string{"Ana Lopez Anna Lopez address", "Sheena Nunez Sheena Nuñez address"}; !slices.Equal(got, want) {
			t.Errorf("%d at a time: %q, want %q", limit, got, want)
		}
	}
}

// Of a street there is one in many cities: only who lives in one and the same counts against how many share an address.
func TestAStreetOfManyCitiesHidesNoPair(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	live := func(name, phone, code string) {
		id := w.contact(name, phone)
		w.happened(id.Stream(), contact.AddressChanged{Address: contact.Address{
			Street: personal.New("1 High Street"), PostalCode: personal.New(code), City: personal.New(""),
		}})
	}
	for i := range 25 {
		live("Sheena Nunez", fmt.Sprintf("+165055504%02d", i), fmt.Sprint(10_000+i))
		live("Sheena Nunez", fmt.Sprintf("+165055505%02d", i), "") // of wherever
	}
	var want []string
	for i := range 3 {
		name := []string{"Ana Lopez", "Bob Stone", "Cleo Marsh"}[i]
		live(name, fmt.Sprintf("+165055506%02d", i), fmt.Sprint(20_000+i))
		live(name+"e", fmt.Sprintf("+165055507%02d", i), fmt.Sprint(20_000+i))
		want = append(want, name+" "+name+"e address")
	}
	w.project()
	for _, limit := range []int{1, 50} {
		got := w.pairs(limit)
		slices.Sort(got)
		if !slices.Equal(got, want) {
			t.Errorf("%d at a time: %q, want %q", limit, got, want)
		}
	}
}

// What is shared is looked for in an order that an index has.
func TestDuplicatesAreLookedForInTheOrderOfAnIndex(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.tags("a", "b", "c")
	w.project()
	w.crowd()
	for shared, index := range map[string]string{"number": "contact_identities_by_print", "email": "contacts_by_email", "address": "contact_details_by_print", "company": "contact_details_by_print"} {
		plans := &every{explainer: explainer{w.reader, new(string)}}
		if _, _, err := (readmodels.Duplicates{DB: plans}).List(t.Context(), w.org.UUID, &readmodels.PairKey{Shared: shared}, 50); err != nil {
			t.Fatal(err)
		}
		if !strings.Contains(plans.all[0], index) {
			t.Errorf("who shares a %s wants %s:\n%s", shared, index, plans.all[0])
		}
	}
}
