package readmodels_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"

	"tagtrail/domain/contact"
	"tagtrail/domain/filter"
	"tagtrail/domain/personal"
	"tagtrail/domain/rule"
	"tagtrail/domain/segment"
	"tagtrail/readmodels"
)

// S3-18, S3-25: a rule's own condition has members as a dynamic segment has, while the rule is enabled, and whoever watches
// a segment is found.
func TestTheConditionsOfRulesAreComparedAsSegmentsAre(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	ana := w.contact("Ana", "+16505550101")
	written := personal.New(`{"lead_status":["hot"]}`)
	leads := segment.ID{UUID: uuid.New()}
	w.happened(leads.Stream(), segment.Created{Name: personal.New("Leads"), Kind: segment.Dynamic, Filter: written})
	own, off, watching, moved, gone := rule.ID{UUID: uuid.New()}, rule.ID{UUID: uuid.New()}, rule.ID{UUID: uuid.New()}, rule.ID{UUID: uuid.New()}, rule.ID{UUID: uuid.New()}
	tagged := []rule.Action{{Do: rule.SetLeadStatus, LeadStatus: contact.Warm}}
	condition := rule.Definition{Filter: written, On: rule.Enters, Actions: tagged, TakeBack: true}
	on := rule.Definition{Segment: leads, On: rule.Leaves, Actions: tagged}
	define := func(id rule.ID, name string, d rule.Definition, more ...rule.Event) {
		w.happened(id.Stream(), rule.Defined{Name: personal.New(name), Version: 1, Definition: d})
		for _, e := range more {
			w.happened(id.Stream(), e)
		}
	}
	define(own, "own", condition, rule.Enabled{}, rule.Renamed{Name: personal.New("Own")})
	define(off, "off", condition)
	w.happened(off.Group().MembersStream(), segment.MembersEntered{Contacts: []contact.ID{ana}, Cause: segment.OfSegment})
	define(watching, "watching", on, rule.Enabled{})
	define(moved, "moved", on, rule.Redefined{Version: 2, Definition: condition}, rule.Enabled{})
	define(gone, "gone", on, rule.Enabled{}, rule.Deleted{})
	w.happened(rule.ActStream(uuid.New()), rule.Acted{Rule: own, Version: 1, On: rule.Enters, Changed: 2, Refused: []rule.Refusal{{Contact: ana, Code: "contact.archived"}}},
		rule.Acted{Rule: own, Version: 1, On: rule.Enters, Changed: 1})
	w.project()

	dynamic, err := readmodels.SegmentMembers{DB: w.reader}.Dynamic(t.Context(), w.org.UUID)
	if err != nil {
		t.Fatal(err)
	}
	compared := map[uuid.UUID]bool{}
	for _, s := range dynamic {
		compared[s.ID] = s.Filter != nil
		if s.Since == 0 {
			t.Errorf("nobody knows since when %s means somebody", s.ID)
		}
		if words, ok := s.Filter.(filter.Words); s.Filter != nil && (!ok || words.Of != filter.LeadStatus) {
			t.Errorf("%s means %+v", s.ID, s.Filter)
		}
	}
	if diff := cmp.Diff(map[uuid.UUID]bool{leads.UUID: true, own.UUID: true, off.UUID: false, moved.UUID: true}, compared); diff != "" {
		t.Errorf("what is compared (- want, + got):\n%s", diff)
	}

	r := readmodels.Rules{DB: w.reader}
	for of, want := range map[uuid.UUID][]uuid.UUID{leads.UUID: {watching.UUID, moved.UUID}, own.UUID: {own.UUID}, off.UUID: {}, uuid.New(): {}} {
		found, err := r.Watching(t.Context(), w.org.UUID, of)
		if err != nil || !cmp.Equal(want, found) {
			t.Errorf("%v watch %s, not %v, %v", found, of, want, err)
		}
	}
	shown, err := r.Get(t.Context(), w.org.UUID, own.UUID)
	if err != nil || shown.Name != "Own" || !shown.Enabled || shown.Changed != 3 || shown.Refused != 1 || shown.Revision != 2 || len(shown.Current.Actions) != 1 || shown.Current.Actions[0].LeadStatus != "warm" {
		t.Errorf("the rule is %+v, %v", shown, err)
	}
	first, next, err := r.Versions(t.Context(), w.org.UUID, moved.UUID, nil, 1)
	if err != nil || len(first) != 1 || first[0].Version != 2 || first[0].Filter == "" || next == nil {
		t.Fatalf("the newest version is %+v, %v", first, err)
	}
	rest, next, err := r.Versions(t.Context(), w.org.UUID, moved.UUID, next, 1)
	if err != nil || len(rest) != 1 || rest[0].Segment == nil || *rest[0].Segment != leads.UUID || len(rest[0].Actions) != 1 || next != nil {
		t.Errorf("the one before is %+v, %v", rest, err)
	}
	page, after, err := r.List(t.Context(), w.org.UUID, false, nil, 3)
	if err != nil || len(page) != 3 || page[0].Name != "moved" || after == nil {
		t.Fatalf("listed are %+v, %v", page, err)
	}
	if page, after, err = r.List(t.Context(), w.org.UUID, false, after, 3); err != nil || len(page) != 1 || page[0].Name != "watching" || after != nil {
		t.Errorf("and then %+v, %v", page, err)
	}
}
