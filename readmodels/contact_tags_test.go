package readmodels_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"tagtrail/domain/contact"
	"tagtrail/domain/event"
	"tagtrail/domain/organization"
	"tagtrail/domain/personal"
	"tagtrail/domain/tag"
	"tagtrail/readmodels"
)

// S0-42, S0-46, C15, C16: active tags with source and date; in the list a deleted tag follows them; of one contact all
// that ever ended is told.
func TestAContactShowsItsActiveTagsAndWhatBecameOfTheOthers(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	key := uuid.New()
	w.happened(w.org.Stream(), organization.KeyCreated{Key: key, Kind: organization.Agent, Name: personal.New("Front desk"), Hash: "00"})
	tags := w.tags("first", "second", "deleted", "removed")
	ana := w.contact("Ana", "+16505550101")
	w.actor, w.source = event.Actor{Kind: "agent", ID: key.String()}, event.ManualAgent
	open := w.assign(ana, tags...)
	secondAt := w.now.Add(-2 * time.Minute)
	w.happened(ana.Stream(), contact.TagRemoved{Tag: tags[3].Tag, Number: tags[3].Number, Assignment: open[3]})
	removedAt := w.now
	w.happened(w.org.CatalogStream(), deleted(tags[2]))
	deletedAt := w.now
	w.happened(w.org.CatalogStream(), tag.Renamed{Tag: tags[1].Tag, Number: 2, From: "second", To: "Second"}, tag.Recolored{Tag: tags[1].Tag, Number: 2, From: "red", To: "blue"})
	w.project()

	listed := w.listed()[0]
	if got := chips(listed.ActiveTags); !slices.Equal(got, []string{"first", "Second"}) {
		t.Errorf("the list shows %q", got)
	}
	if got := chips(listed.DeletedTags); !slices.Equal(got, []string{"deleted"}) || !listed.DeletedTags[0].DeletedAt.Equal(deletedAt) {
		t.Errorf("behind the active ones the list shows %+v", listed.DeletedTags)
	}
	c := w.get(ana)
	if got := reasons(c.ActiveTags); !slices.Equal(got, []string{"first ", "Second "}) {
		t.Fatalf("active are %q", got)
	}
	called, second := readmodels.AssignedTag{ID: tags[1].Tag.UUID, Name: "Second", Color: "blue", Number: 2}, c.ActiveTags[1]
	want := readmodels.Assignment{
		ID: open[1].UUID, Tag: called,
		Source: "manual_agent", AssignedAt: secondAt, AssignedBy: readmodels.Actor{Kind: "agent", ID: second.AssignedBy.ID, Name: "Front desk"},
	}
	if second != want || *second.AssignedBy.ID != key || listed.ActiveTags[1] != (readmodels.Chip{Tag: called}) {
		t.Errorf("the second is %+v, want %+v; in the list %+v", second, want, listed.ActiveTags[1])
	}
	historical := c.HistoricalTags
	if got := reasons(historical); !slices.Equal(got, []string{"deleted tag_deleted", "removed removed"}) {
		t.Fatalf("historical are %q", got)
	}
	if *historical[0].EndedAt != deletedAt || *historical[1].EndedAt != removedAt {
		t.Errorf("they ended at %v and %v", historical[0].EndedAt, historical[1].EndedAt)
	}
}

// C29: putting a tag on again is another assignment; the old one stays in history.
func TestATagThatComesBackIsAnotherAssignment(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	tags := w.tags("VIP")
	ana := w.contact("Ana", "+16505550101")
	first := w.assign(ana, tags...)
	w.happened(ana.Stream(), contact.TagRemoved{Tag: tags[0].Tag, Number: 1, Assignment: first[0]})
	second := w.assign(ana, tags...)
	w.project()
	c := w.get(ana)
	if len(c.ActiveTags) != 1 || c.ActiveTags[0].ID != second[0].UUID || len(c.HistoricalTags) != 1 || c.HistoricalTags[0].ID != first[0].UUID {
		t.Errorf("active %+v, historical %+v", c.ActiveTags, c.HistoricalTags)
	}
	if n := w.tag(tags[0]).Contacts; n != 1 {
		t.Errorf("%d contacts carry it", n)
	}
}

// C14: changing a value ends one assignment and begins the next; a fixed value is shown as the catalogue calls it, also
// when it can no longer be chosen.
func TestValuesOfTagsAreShownAndTheirChangesTold(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	city := tag.Created{Tag: tag.ID{UUID: uuid.New()}, Number: 1, Name: "city", Color: "red", Kind: tag.Valued, Policy: tag.FreeText}
	tier := tag.Created{
		Tag: tag.ID{UUID: uuid.New()}, Number: 2, Name: "tier", Color: "red", Kind: tag.Valued, Policy: tag.FixedList,
		Values: []tag.Value{{Number: 1, Name: "gold"}, {Number: 2, Name: "silver"}},
	}
	w.happened(w.org.CatalogStream(), city, tier)
	ana := w.contact("Ana", "+16505550101")
	one, two, three := contact.AssignmentID{UUID: uuid.New()}, contact.AssignmentID{UUID: uuid.New()}, contact.AssignmentID{UUID: uuid.New()}
	barcelona, lima := &contact.TagValue{Text: personal.New("Barcelona")}, &contact.TagValue{Text: personal.New("Lima")}
	w.happened(ana.Stream(),
		contact.TagAssigned{Tag: city.Tag, Number: 1, Assignment: one, Value: barcelona},
		contact.TagAssigned{Tag: tier.Tag, Number: 2, Assignment: two, Value: &contact.TagValue{Number: 2}},
		contact.TagValueChanged{Tag: city.Tag, Number: 1, Ended: one, Assignment: three, From: barcelona, To: lima})
	w.happened(w.org.CatalogStream(), tag.ValueRetired{Tag: tier.Tag, Number: 2, Value: tag.Value{Number: 2, Name: "silver"}})
	w.project()

	c := w.get(ana)
	var active []string
	for _, a := range c.ActiveTags {
		active = append(active, a.Tag.Name+":"+a.Value)
	}
	if !slices.Equal(active, []string{"tier:silver", "city:Lima"}) {
		t.Errorf("active are %q", active)
	}
	if got := chips(w.listed()[0].ActiveTags); !slices.Equal(got, []string{"city:Lima", "tier:silver"}) {
		t.Errorf("the list shows %q", got)
	}
	if got := reasons(c.HistoricalTags); !slices.Equal(got, []string{"city value_changed"}) || c.HistoricalTags[0].Value != "Barcelona" {
		t.Errorf("historical are %q", got)
	}
	if n := w.tag(city).Contacts; n != 1 {
		t.Errorf("%d contacts carry the key", n)
	}
}

// C15: on each row of a page stand its own tags, by name, each with its own value; a restored tag is active again.
func TestEachRowOfAPageShowsItsOwnTags(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	tags := w.tags("zebra", "Ant", "bee")
	city := tag.Created{Tag: tag.ID{UUID: uuid.New()}, Number: 9, Name: "city", Color: "red", Kind: tag.Valued, Policy: tag.FreeText}
	w.happened(w.org.CatalogStream(), city)
	var want []string
	for i, worn := range [][]tag.Created{{tags[0], tags[1]}, {}, {tags[2], tags[1], tags[0]}, {tags[2]}} {
		id := w.contact("Ana", fmt.Sprint("+1650555010", i))
		w.assign(id, worn...)
		where := fmt.Sprint("Lima ", i)
		w.happened(id.Stream(), contact.TagAssigned{Tag: city.Tag, Number: 9, Assignment: contact.AssignmentID{UUID: uuid.New()}, Value: &contact.TagValue{Text: personal.New(where)}})
		w.wrote(id, uuid.New(), noon.Add(-time.Duration(i)*time.Minute), "hi")
		want = append(want, "city:"+where)
	}
	w.happened(w.org.CatalogStream(), deleted(tags[2]))
	w.project()
	shown := func() (all []string) {
		for _, c := range w.listed() {
			all = append(all, strings.Join(chips(c.ActiveTags), " ")+"|"+strings.Join(chips(c.DeletedTags), " "))
		}
		return all
	}
	if got := shown(); !slices.Equal(got, []string{"Ant " + want[0] + " zebra|", want[1] + "|", "Ant " + want[2] + " zebra|bee", want[3] + "|bee"}) {
		t.Errorf("the list shows %q", got)
	}
	w.happened(w.org.CatalogStream(), restored(tags[2]))
	w.project()
	if got := shown(); got[3] != "bee "+want[3]+"|" {
		t.Errorf("with the tag restored the list shows %q", got)
	}
}

// listed answers the contacts as the list shows them.
func (w *world) listed() []readmodels.ListedContact {
	w.t.Helper()
	items, _, err := readmodels.Contacts{DB: w.reader, Catalogues: w.kept}.Page(w.t.Context(), w.org.UUID, readmodels.ContactFilter{}, nil, 10)
	if err != nil || len(items) == 0 {
		w.t.Fatal(items, err)
	}
	return items
}

// chips answers tags as they are read aloud.
func chips(all []readmodels.Chip) []string {
	var names []string
	for _, c := range all {
		if c.Value != "" {
			c.Tag.Name += ":" + c.Value
		}
		names = append(names, c.Tag.Name)
	}
	return names
}
