package readmodels_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/google/uuid"

	"tagtrail/domain/contact"
	"tagtrail/domain/event"
	"tagtrail/domain/personal"
	"tagtrail/domain/tag"
	"tagtrail/readmodels"
)

// Whatever happens to the catalogue is seen on the next page, however many pages its tags were kept for before.
func TestATagIsCalledOnAPageAsTheCatalogueOfThatMomentCallsIt(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	ana, bob := w.contact("Ana", "+16505550101"), w.contact("Bob", "+16505550102")
	shows := func(after string, anas, bobs []string) {
		t.Helper()
		w.project()
		var pages [2][]readmodels.ListedContact
		for i, kept := range []*readmodels.Catalogues{w.kept, nil} {
			var err error
			if pages[i], _, err = (readmodels.Contacts{DB: w.reader, Catalogues: kept}).PageIn(t.Context(), w.org.UUID, readmodels.ContactFilter{}, readmodels.ByName, nil, 10); err != nil {
				t.Fatal(err)
			}
		}
		if diff := cmp.Diff([][]string{anas, bobs}, [][]string{worn(pages[0][0]), worn(pages[0][1])}); diff != "" {
			t.Errorf("after %s (want, got):\n%s", after, diff)
		}
		if diff := cmp.Diff(pages[1], pages[0], cmpopts.IgnoreUnexported(readmodels.ListedContact{}, readmodels.Person{})); diff != "" {
			t.Errorf("after %s a catalogue that is kept says something else than one that is asked for:\n%s", after, diff)
		}
	}
	shows("no tag was created", []string{}, []string{})
	vip := w.tags("Vip")[0]
	w.assign(ana, vip)
	shows("the first tag was created", []string{"Vip"}, []string{})

	dog := w.tags("dog")[0]
	tier := tag.Created{Tag: tag.ID{UUID: uuid.New()}, Number: 3, Name: "tier", Color: "red", Kind: tag.Valued, Policy: tag.FixedList, Values: []tag.Value{{Number: 1, Name: "gold"}}}
	city := tag.Created{Tag: tag.ID{UUID: uuid.New()}, Number: 4, Name: "city", Color: "red", Kind: tag.Valued}
	w.happened(w.org.CatalogStream(), tier, city)
	w.assign(ana, dog)
	stay := contact.AssignmentID{UUID: uuid.New()}
	w.happened(ana.Stream(), contact.TagAssigned{Tag: tier.Tag, Number: 3, Assignment: stay, Value: &contact.TagValue{Number: 1}},
		contact.TagAssigned{Tag: city.Tag, Number: 4, Assignment: contact.AssignmentID{UUID: uuid.New()}, Value: &contact.TagValue{Text: personal.New("Lima")}})
	w.assign(bob, dog)
	shows("all tags were created", []string{"city=Lima", "dog", "tier=gold", "Vip"}, []string{"dog"})

	gold, silver := &contact.TagValue{Number: 1}, &contact.TagValue{Number: 2}
	catalog, anas := w.org.CatalogStream(), ana.Stream()
	for _, test := range []struct {
		stream string
		happen event.Event
		anas   []string // in use, then deleted
		bobs   []string
	}{
		{catalog, tag.Renamed{Tag: dog.Tag, Number: 2, From: "dog", To: "zebra"}, []string{"city=Lima", "tier=gold", "Vip", "zebra"}, []string{"zebra"}},
		{catalog, tag.ValueAdded{Tag: tier.Tag, Number: 3, Value: tag.Value{Number: 2, Name: "silver"}}, []string{"city=Lima", "tier=gold", "Vip", "zebra"}, []string{"zebra"}},
		{anas, contact.TagValueChanged{Tag: tier.Tag, Number: 3, Ended: stay, Assignment: contact.AssignmentID{UUID: uuid.New()}, From: gold, To: silver}, []string{"city=Lima", "tier=silver", "Vip", "zebra"}, []string{"zebra"}},
		{catalog, tag.ValueRetired{Tag: tier.Tag, Number: 3, Value: tag.Value{Number: 2, Name: "silver"}}, []string{"city=Lima", "tier=silver", "Vip", "zebra"}, []string{"zebra"}},
		{catalog, deleted(vip), []string{"city=Lima", "tier=silver", "zebra", "-Vip"}, []string{"zebra"}},
		{catalog, restored(vip), []string{"city=Lima", "tier=silver", "Vip", "zebra"}, []string{"zebra"}},
		{catalog, merged(dog, vip), []string{"city=Lima", "tier=silver", "Vip"}, []string{"Vip"}},
		{catalog, tag.Renamed{Tag: vip.Tag, Number: 1, From: "Vip", To: "all"}, []string{"all", "city=Lima", "tier=silver"}, []string{"all"}},
		{catalog, deleted(vip), []string{"city=Lima", "tier=silver", "-all"}, []string{"-all"}},
		{catalog, unmerged(dog, vip), []string{"city=Lima", "tier=silver", "zebra", "-all"}, []string{"zebra"}},
	} {
		w.happened(test.stream, test.happen)
		shows(test.happen.EventName(), test.anas, test.bobs)
	}
}

// worn answers the tags of a contact with their values, those that are deleted last.
func worn(c readmodels.ListedContact) []string {
	all := []string{}
	for _, chip := range c.ActiveTags {
		text := chip.Tag.Name
		if chip.Value != "" {
			text += "=" + chip.Value
		}
		all = append(all, text)
	}
	for _, chip := range c.DeletedTags {
		all = append(all, "-"+chip.Tag.Name)
	}
	return all
}
