package readmodels_test

import (
	"slices"
	"testing"
	"time"

	"github.com/google/uuid"

	"tagtrail/domain/contact"
	"tagtrail/domain/filter"
	"tagtrail/domain/organization"
	"tagtrail/domain/personal"
	"tagtrail/domain/tag"
	"tagtrail/readmodels"
)

// merged lets a tag be another one.
func merged(t, into tag.Created, with ...tag.Created) tag.Merged {
	m := tag.Merged{Tag: t.Tag, Number: t.Number, Into: into.Tag, IntoNumber: into.Number}
	for _, each := range with {
		m.With = append(m.With, each.Tag)
	}
	return m
}

// unmerged lets a tag stand for itself again.
func unmerged(t, from tag.Created, with ...tag.Created) tag.Unmerged {
	u := tag.Unmerged{Tag: t.Tag, Number: t.Number, From: from.Tag, FromNumber: from.Number}
	for _, each := range with {
		u.With = append(u.With, each.Tag)
	}
	return u
}

// Whoever carried a tag that was merged carries the one that stands for it, in lists, counts and filters, and no longer when that is undone.
func TestAMergedTagIsReadAsTheOneThatStandsForIt(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	p := newPast(t, w)
	tags := w.tags("Vip", "VIPs", "Gold", "other")
	vip, vips, gold, other := tags[0], tags[1], tags[2], tags[3]
	ana, bob, carl := w.contact("Ana", "+16505550101"), w.contact("Bob", "+16505550102"), w.contact("Carl", "+16505550103")
	open := w.assign(ana, vip, vips, other)
	w.assign(bob, vips)
	w.assign(carl, other)
	before := w.position
	w.happened(w.org.CatalogStream(), merged(vips, vip), merged(vip, gold, vips))
	p.project(w.project())

	for name, test := range map[string]struct {
		filter readmodels.ContactFilter
		want   []string
	}{
		"the survivor":             {readmodels.ContactFilter{Tags: ids(gold)}, []string{"Ana", "Bob"}},
		"the one that was merged":  {readmodels.ContactFilter{Tags: ids(vips)}, []string{"Ana", "Bob"}},
		"with another":             {readmodels.ContactFilter{Tags: ids(vip, other)}, []string{"Ana"}},
		"two that are one":         {readmodels.ContactFilter{Tags: ids(vip, vips)}, []string{"Ana", "Bob"}},
		"without it":               {readmodels.ContactFilter{ExcludeTags: ids(gold)}, []string{"Carl"}},
		"without one that was":     {readmodels.ContactFilter{ExcludeTags: ids(vip)}, []string{"Carl"}},
		"all of them, in a filter": {readmodels.ContactFilter{Where: filter.Not{Filter: filter.IDs{Of: filter.TagsAll, IDs: ids(gold, other)}}}, []string{"Bob", "Carl"}},
		"any of them, in a filter": {readmodels.ContactFilter{Where: filter.Any{filter.IDs{Of: filter.TagsAny, IDs: ids(vip, vips)}}}, []string{"Ana", "Bob"}},
	} {
		if got := w.names(test.filter); !slices.Equal(slices.Sorted(slices.Values(got)), test.want) {
			t.Errorf("%s: %q, want %q", name, got, test.want)
		}
		if n, err := (readmodels.Contacts{DB: w.reader}).Count(t.Context(), w.org.UUID, test.filter, 10); err != nil || n != len(test.want) {
			t.Errorf("%s: counted %d, %v", name, n, err)
		}
		now := p.at(w.org.UUID, w.position)
		then, _, err := p.contacts().Page(t.Context(), w.org.UUID, now, test.filter, nil, 10)
		if err != nil || len(then) != len(test.want) {
			t.Errorf("%s, as of now: %d, %v", name, len(then), err)
		}
	}
	for _, c := range w.listed() {
		want := map[string][]string{"Ana": {"Gold", "other"}, "Bob": {"Gold"}, "Carl": {"other"}}[c.DisplayName]
		if got := chips(c.ActiveTags); !slices.Equal(got, want) {
			t.Errorf("the list shows %q on %s, want %q", got, c.DisplayName, want)
		}
	}
	c := w.get(ana)
	if got := reasons(c.ActiveTags); !slices.Equal(got, []string{"Gold ", "other "}) || c.ActiveTags[0].ID != open[0].UUID {
		t.Errorf("active are %+v", c.ActiveTags)
	}
	if got := reasons(c.HistoricalTags); !slices.Equal(got, []string{"Gold tag_merged"}) || c.HistoricalTags[0].ID != open[1].UUID || !c.HistoricalTags[0].EndedAt.Equal(w.now.Add(-time.Minute)) {
		t.Errorf("historical are %+v", c.HistoricalTags)
	}
	if got := w.tag(gold); got.Contacts != 2 || got.MergedInto != nil {
		t.Errorf("the survivor is %+v", got)
	}
	if got := w.tag(vips); got.Contacts != 2 || got.MergedInto == nil || *got.MergedInto != gold.Tag.UUID || got.MergedAt == nil {
		t.Errorf("what was merged is %+v", got)
	}
	listed := func(status readmodels.TagStatus) (names []string) {
		items, _, err := readmodels.Tags{DB: w.reader}.List(t.Context(), w.org.UUID, status, nil, 10)
		if err != nil {
			t.Fatal(err)
		}
		for _, item := range items {
			names = append(names, item.Name)
		}
		return names
	}
	if got := listed(readmodels.ActiveTags); !slices.Equal(got, []string{"Gold", "other"}) {
		t.Errorf("active are %q", got)
	}
	if got := listed(readmodels.MergedTags); !slices.Equal(got, []string{"Vip", "VIPs"}) {
		t.Errorf("merged are %q", got)
	}

	w.happened(w.org.CatalogStream(), deleted(gold))
	p.project(w.project())
	if got := w.names(readmodels.ContactFilter{Where: filter.Flag{Of: filter.NoTags, Is: true}}); !slices.Equal(got, []string{"Bob"}) {
		t.Errorf("with the survivor deleted nobody but %q is without tags", got)
	}
	past, err := p.contacts().Get(t.Context(), w.org.UUID, p.at(w.org.UUID, before), ana.UUID)
	if err != nil {
		t.Fatal(err)
	}
	if got := reasons(past.ActiveTags); !slices.Equal(got, []string{"Vip ", "VIPs ", "other "}) {
		t.Errorf("before the merge active were %q", got)
	}
	if today := past.ActiveTags[1].Tag.Today; today.Name != "Gold" || !today.Deleted {
		t.Errorf("what was VIPs is today %+v", today)
	}

	w.happened(w.org.CatalogStream(), restored(gold), unmerged(vip, gold, vips))
	p.project(w.project())
	if got := w.names(readmodels.ContactFilter{Tags: ids(gold)}); got != nil {
		t.Errorf("after the merge was undone %q carry the survivor", got)
	}
	if got := w.names(readmodels.ContactFilter{Tags: ids(vip)}); len(got) != 2 {
		t.Errorf("after the merge was undone %q carry the tag", got)
	}
}

// Of two values of tags that were merged the one counts whose tag stands for both, in chips as in filters.
func TestOfTwoMergedValuesOneCounts(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	valued := func(number tag.Number, name string) tag.Created {
		created := tag.Created{Tag: tag.ID{UUID: uuid.New()}, Number: number, Name: name, Color: "red", Kind: tag.Valued, Policy: tag.FreeText}
		w.happened(w.org.CatalogStream(), created)
		return created
	}
	town, city := valued(1, "town"), valued(2, "city")
	put := func(id contact.ID, t tag.Created, value string) {
		w.happened(id.Stream(), contact.TagAssigned{
			Tag: t.Tag, Number: t.Number, Assignment: contact.AssignmentID{UUID: uuid.New()}, Value: &contact.TagValue{Text: personal.New(value)},
		})
	}
	ana, bob := w.contact("Ana", "+16505550101"), w.contact("Bob", "+16505550102")
	put(ana, town, "Lima")
	put(ana, city, "Quito")
	put(bob, town, "Lima")
	w.happened(w.org.CatalogStream(), merged(town, city))
	w.project()

	with := func(value string) []string {
		return w.names(readmodels.ContactFilter{Where: filter.Value{Tag: city.Tag.UUID, Is: []string{value}}})
	}
	if lima, quito := with("lima"), with("Quito"); !slices.Equal(lima, []string{"Bob"}) || !slices.Equal(quito, []string{"Ana"}) {
		t.Errorf("in Lima are %q, in Quito %q", lima, quito)
	}
	for _, c := range w.listed() {
		if got, want := chips(c.ActiveTags), map[string]string{"Ana": "city:Quito", "Bob": "city:Lima"}[c.DisplayName]; !slices.Equal(got, []string{want}) {
			t.Errorf("the list shows %q on %s", got, c.DisplayName)
		}
	}
	if got := w.get(ana).ActiveTags; len(got) != 1 || got[0].Value != "Quito" {
		t.Errorf("active are %+v", got)
	}
}

// C11: whoever carries tags that are one by now carries one, and is beyond the limit by as many as a command would count.
func TestTagsThatAreOneCountOnceAgainstTheLimit(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	tags := w.tags("Vip", "VIPs", "Gold", "other")
	ana, bob := w.contact("Ana", "+16505550101"), w.contact("Bob", "+16505550102")
	w.assign(ana, tags[0], tags[1], tags[3])
	w.assign(bob, tags...)
	w.happened(w.org.CatalogStream(), merged(tags[1], tags[0]))
	for limit, want := range map[int][]string{1: {"Ana", "Bob"}, 2: {"Bob"}, 3: nil} {
		w.happened(w.org.Stream(), organization.TagLimitChanged{From: 20, To: limit})
		w.project()
		got := w.names(readmodels.ContactFilter{Where: filter.Flag{Of: filter.OverLimit, Is: true}})
		if !slices.Equal(slices.Sorted(slices.Values(got)), want) {
			t.Errorf("beyond %d tags are %q, want %q", limit, got, want)
		}
	}
}
