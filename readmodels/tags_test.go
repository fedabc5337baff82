package readmodels_test

import (
	"slices"
	"testing"

	"github.com/google/uuid"

	"tagtrail/domain/event"
	"tagtrail/domain/organization"
	"tagtrail/domain/personal"
	"tagtrail/domain/tag"
	"tagtrail/readmodels"
)

// S0-20, S0-34: by default the active ones; or those deleted; or all; each in the order of names, whatever their case.
func TestTheCatalogueIsListedByStatusAndName(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	tags := w.tags("beta", "Alpha", "alpha 2", "Gamma", "delta")
	w.happened(w.org.CatalogStream(), deleted(tags[3]), deleted(tags[4]), restored(tags[4]))
	w.happened(w.org.CatalogStream(), tag.Renamed{Tag: tags[0].Tag, Number: 1, From: "beta", To: "Zeta"})
	w.project()

	for status, want := range map[readmodels.TagStatus][]string{
		"":                     {"Alpha", "alpha 2", "delta", "Zeta"},
		readmodels.ActiveTags:  {"Alpha", "alpha 2", "delta", "Zeta"},
		readmodels.DeletedTags: {"Gamma"},
		readmodels.AllTags:     {"Alpha", "alpha 2", "delta", "Gamma", "Zeta"},
	} {
		for limit := 1; limit <= 6; limit++ {
			var walked []string
			var after *readmodels.TagKey
			for len(walked) <= len(want) {
				items, next, err := readmodels.Tags{DB: w.reader}.List(t.Context(), w.org.UUID, status, after, limit)
				if err != nil {
					t.Fatal(err)
				}
				for _, item := range items {
					walked = append(walked, item.Name)
				}
				if after = next; after == nil {
					break
				}
			}
			if !slices.Equal(walked, want) {
				t.Errorf("%q in pages of %d: %q, want %q", status, limit, walked, want)
			}
		}
	}
}

func TestATagIsWhatItsEventsMadeOfIt(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	key := uuid.New()
	w.happened(w.org.Stream(), organization.KeyCreated{Key: key, Kind: organization.Owner, Name: personal.New("Owner"), Hash: "00"})
	w.actor = event.Actor{Kind: "owner", ID: key.String()}
	id := tag.ID{UUID: uuid.New()}
	w.happened(w.org.CatalogStream(),
		tag.Created{Tag: id, Number: 7, Name: "tier", Color: "default", Kind: tag.Valued, Policy: tag.FixedList, Values: []tag.Value{{Number: 1, Name: "gold"}, {Number: 2, Name: "silver"}}})
	created := w.now
	for _, e := range []event.Event{
		tag.Described{Tag: id, Number: 7, To: "how much they buy"},
		tag.Recolored{Tag: id, Number: 7, From: "default", To: "teal"},
		tag.Renamed{Tag: id, Number: 7, From: "tier", To: "Tier"},
		tag.ValueAdded{Tag: id, Number: 7, Value: tag.Value{Number: 3, Name: "bronze"}},
		tag.ValueRetired{Tag: id, Number: 7, Value: tag.Value{Number: 1, Name: "gold"}},
		tag.Deleted{Tag: id, Number: 7},
	} {
		w.happened(w.org.CatalogStream(), e)
		w.project()
		if got, want := w.tag(tag.Created{Tag: id}).Revision, int64(w.revisions[w.org.CatalogStream()]); got != want {
			t.Errorf("after %s the revision is %d, want %d", e.EventName(), got, want)
		}
	}
	got := w.tag(tag.Created{Tag: id})
	if got.Number != 7 || got.Name != "Tier" || got.Description != "how much they buy" || got.Color != "teal" || got.Kind != "valued" || got.Policy != "fixed" {
		t.Errorf("the tag is %+v", got)
	}
	if want := []readmodels.TagValue{{Number: 2, Name: "silver"}, {Number: 3, Name: "bronze"}}; !slices.Equal(got.Values, want) {
		t.Errorf("its values are %v, want %v", got.Values, want)
	}
	if got.CreatedAt != created || got.CreatedBy.Name != "Owner" || got.DeletedAt == nil || *got.DeletedAt != w.now {
		t.Errorf("created %v by %+v, deleted %v", got.CreatedAt, got.CreatedBy, got.DeletedAt)
	}
	w.happened(w.org.CatalogStream(), tag.Restored{Tag: id, Number: 7})
	w.project()
	if got := w.tag(tag.Created{Tag: id}); got.DeletedAt != nil {
		t.Errorf("a restored tag was deleted at %v", got.DeletedAt)
	}
}
