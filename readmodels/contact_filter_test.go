package readmodels_test

import (
	"slices"
	"testing"
	"time"

	"github.com/google/uuid"

	"tagtrail/domain/contact"
	"tagtrail/domain/personal"
	"tagtrail/readmodels"
)

// S0-10, S0-46, S1-31 to S1-35, S2-9 to S2-11, S2-13, S3-30, S4-15.
func TestFiltersNarrowTheListAndAllMustHold(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	tags := w.tags("dog", "cat", "gone", "unused")
	dog, cat, gone, unused := tags[0], tags[1], tags[2], tags[3]
	owner, channel, other := uuid.New(), uuid.New(), uuid.New()

	ana := w.contact("Ana López", "+34666555444")
	w.assign(ana, dog, cat, gone)
	w.happened(ana.Stream(), contact.OwnerChanged{To: owner}, contact.LeadStatusChanged{From: contact.Cold, To: contact.Hot, Kind: contact.Skip})
	w.wrote(ana, channel, noon.Add(3*time.Hour), "hi")
	bob := w.contact("Bob", "+16505550102")
	bobs := w.assign(bob, dog, cat)
	w.happened(bob.Stream(), contact.TagRemoved{Tag: cat.Tag, Number: cat.Number, Assignment: bobs[1]})
	w.wrote(bob, other, noon.Add(2*time.Hour), "hi")
	w.now = noon.Add(48 * time.Hour)
	carl := w.contact("100% _Carl_", "+16505550103")
	carls := w.now
	w.happened(carl.Stream(), contact.EmailChanged{Email: personal.New("carl@anaconda.example"), HasEmail: true})
	w.happened(w.org.CatalogStream(), deleted(gone))
	w.project()

	day := noon.Add(24 * time.Hour)
	for _, test := range []struct {
		name   string
		filter readmodels.ContactFilter
		want   []string
	}{
		{"nothing is said", readmodels.ContactFilter{}, []string{"Ana", "Bob", "Carl"}},
		{"a tag", readmodels.ContactFilter{Tags: ids(dog)}, []string{"Ana", "Bob"}},
		{"a tag that one contact no longer carries", readmodels.ContactFilter{Tags: ids(cat)}, []string{"Ana"}},
		{"two tags", readmodels.ContactFilter{Tags: ids(dog, cat)}, []string{"Ana"}},
		{"the same tag twice", readmodels.ContactFilter{Tags: ids(dog, dog)}, []string{"Ana", "Bob"}},
		{"a tag that nobody carries", readmodels.ContactFilter{Tags: ids(unused)}, nil},
		{"a deleted tag is carried by nobody", readmodels.ContactFilter{Tags: ids(gone)}, nil},
		{"an unknown tag is carried by nobody", readmodels.ContactFilter{Tags: append(ids(dog), uuid.New())}, nil},
		{"without a tag", readmodels.ContactFilter{ExcludeTags: ids(cat)}, []string{"Bob", "Carl"}},
		{"without two tags", readmodels.ContactFilter{ExcludeTags: ids(cat, dog)}, []string{"Carl"}},
		{"without a deleted tag", readmodels.ContactFilter{ExcludeTags: ids(gone)}, []string{"Ana", "Bob", "Carl"}},
		{"with one and without another", readmodels.ContactFilter{Tags: ids(dog), ExcludeTags: ids(cat)}, []string{"Bob"}},
		{"a lead status", readmodels.ContactFilter{LeadStatus: "hot"}, []string{"Ana"}},
		{"an owner", readmodels.ContactFilter{Owner: &owner}, []string{"Ana"}},
		{"created before", readmodels.ContactFilter{CreatedTo: &day}, []string{"Ana", "Bob"}},
		{"created from", readmodels.ContactFilter{CreatedFrom: &day}, []string{"Carl"}},
		{"created at the very instant", readmodels.ContactFilter{CreatedFrom: &carls}, []string{"Carl"}},
		{"created before that instant", readmodels.ContactFilter{CreatedTo: &carls}, []string{"Ana", "Bob"}},
		{"a channel", readmodels.ContactFilter{Channel: &channel}, []string{"Ana"}},
		{"all at once", readmodels.ContactFilter{
			Q: "lópez", Tags: ids(dog), ExcludeTags: ids(unused), LeadStatus: "hot", Owner: &owner, CreatedTo: &day, Channel: &channel,
		}, []string{"Ana"}},
		{"part of a name", readmodels.ContactFilter{Q: "lóp"}, []string{"Ana"}},
		{"an accent that is a code point of its own", readmodels.ContactFilter{Q: "lo\u0301pez"}, []string{"Ana"}},
		{"two letters, one with such an accent", readmodels.ContactFilter{Q: "lo\u0301"}, []string{"Ana"}},
		{"whatever its case", readmodels.ContactFilter{Q: "ANA L"}, []string{"Ana"}},
		{"in a name or an address", readmodels.ContactFilter{Q: "ana"}, []string{"Ana", "Carl"}},
		{"two names are not one text", readmodels.ContactFilter{Q: "carl carl"}, nil},
		{"a phone as it is written", readmodels.ContactFilter{Q: "+34 666 555-444"}, []string{"Ana"}},
		{"part of a phone", readmodels.ContactFilter{Q: "666 555"}, []string{"Ana"}},
		{"the beginning of a phone", readmodels.ContactFilter{Q: "+34 666"}, []string{"Ana"}},
		{"two letters begin a word", readmodels.ContactFilter{Q: "lo"}, nil},
		{"or do, with their accents", readmodels.ContactFilter{Q: "ló"}, []string{"Ana"}},
		{"two letters inside a word", readmodels.ContactFilter{Q: "ob"}, nil},
		{"one letter", readmodels.ContactFilter{Q: "b"}, []string{"Bob"}},
		{"two digits begin a number", readmodels.ContactFilter{Q: "+34"}, []string{"Ana"}},
		{"spaces say nothing", readmodels.ContactFilter{Q: "  "}, []string{"Ana", "Bob", "Carl"}},
		{"a percent sign is itself", readmodels.ContactFilter{Q: "%"}, nil},
		{"a percent sign where it is", readmodels.ContactFilter{Q: "00%"}, []string{"Carl"}},
		{"an underscore is itself", readmodels.ContactFilter{Q: "_carl_"}, []string{"Carl"}},
		{"an underscore is not any letter", readmodels.ContactFilter{Q: "_ana"}, nil},
		{"a backslash is itself", readmodels.ContactFilter{Q: `a\na`}, nil},
		{"an apostrophe is itself", readmodels.ContactFilter{Q: `'; drop`}, nil},
		{"what no text can hold", readmodels.ContactFilter{Q: "ana\x00"}, nil},
		{"what is no text", readmodels.ContactFilter{Q: "ana\xff"}, nil},
	} {
		t.Run(test.name, func(t *testing.T) {
			names := w.names(test.filter)
			for i, name := range names {
				names[i] = map[string]string{"Ana López": "Ana", "100% _Carl_": "Carl"}[name]
				if names[i] == "" {
					names[i] = name
				}
			}
			if !slices.Equal(names, test.want) {
				t.Errorf("%v, want %v", names, test.want)
			}
			n, err := readmodels.Contacts{DB: w.reader}.Count(t.Context(), w.org.UUID, test.filter, 10)
			if err != nil || n != len(test.want) {
				t.Errorf("counted %d, %v", n, err)
			}
		})
	}
}

// S0-47, S0-48: deleting a tag ends its assignments for every filter at once, and restoring it begins them again.
func TestARestoredTagCountsAgain(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	tags := w.tags("VIP")
	w.assign(w.contact("Ana", "+16505550101"), tags...)
	w.project()
	filter := readmodels.ContactFilter{Tags: ids(tags...)}
	before := w.names(filter)
	w.happened(w.org.CatalogStream(), deleted(tags[0]))
	w.project()
	between := w.names(filter)
	w.happened(w.org.CatalogStream(), restored(tags[0]))
	w.project()
	if after := w.names(filter); len(before) != 1 || len(between) != 0 || len(after) != 1 {
		t.Errorf("%v, then %v, then %v", before, between, after)
	}
}
