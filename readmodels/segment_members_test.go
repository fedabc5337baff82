package readmodels_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"

	"tagtrail/domain/contact"
	"tagtrail/domain/event"
	"tagtrail/domain/filter"
	"tagtrail/domain/personal"
	"tagtrail/domain/segment"
	"tagtrail/readmodels"
)

// S3-19.
func TestASegmentIsComparedWithItsMembers(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	ids := make([]contact.ID, 4)
	for i := range ids {
		ids[i] = contact.ID{UUID: uuid.New()}
	}
	slices.SortFunc(ids, func(a, b contact.ID) int { return strings.Compare(a.String(), b.String()) })
	ana, bea, cleo, dan := ids[0], ids[1], ids[2], ids[3]
	for i, status := range []contact.LeadStatus{contact.Hot, contact.Hot, contact.Cold, contact.Cold} {
		w.happened(ids[i].Stream(), contact.Created{Origin: contact.OriginManual, LeadStatus: status, Name: personal.New("name " + string(status))})
	}
	hot, saved, gone := segment.ID{UUID: uuid.New()}, segment.ID{UUID: uuid.New()}, segment.ID{UUID: uuid.New()}
	written := personal.New(`{"lead_status":["hot"]}`)
	w.happened(hot.Stream(), segment.Created{Name: personal.New("Hot"), Kind: segment.Dynamic, Filter: written}, segment.Renamed{Name: personal.New("Hot leads")})
	w.happened(saved.Stream(), segment.Created{Name: personal.New("Saved"), Kind: segment.Saved, Filter: written})
	w.happened(gone.Stream(), segment.Created{Name: personal.New("Gone"), Kind: segment.Dynamic, Filter: written}, segment.Deleted{})
	w.happened(hot.MembersStream(), segment.MembersEntered{Contacts: []contact.ID{bea, cleo}}, segment.MembersEntered{Contacts: []contact.ID{dan}, Cause: segment.OfContacts})
	w.project()
	r := readmodels.SegmentMembers{DB: w.reader}

	dynamic, err := r.Dynamic(t.Context(), w.org.UUID)
	if err != nil || len(dynamic) != 1 || dynamic[0].ID != hot.UUID || dynamic[0].Definition != 1 || dynamic[0].Seen != 1 {
		t.Fatalf("the dynamic segments are %+v, %v", dynamic, err)
	}
	of, nobody := dynamic[0], dynamic[0]
	nobody.Filter = nil
	for name, test := range map[string]struct {
		of            readmodels.DynamicSegment
		among         []uuid.UUID
		most          int
		entered, left []contact.ID
	}{
		"all are compared":          {of, nil, 10, []contact.ID{ana}, []contact.ID{cleo, dan}},
		"some are compared":         {of, []uuid.UUID{bea.UUID, cleo.UUID, uuid.New()}, 10, nil, []contact.ID{cleo}},
		"no more than are asked":    {of, nil, 1, []contact.ID{ana}, []contact.ID{cleo}},
		"it means nobody":           {nobody, nil, 10, nil, []contact.ID{bea, cleo, dan}},
		"it means nobody of some":   {nobody, []uuid.UUID{ana.UUID, dan.UUID}, 10, nil, []contact.ID{dan}},
		"nobody is looked at":       {of, []uuid.UUID{}, 10, nil, nil},
		"somebody who is not there": {of, []uuid.UUID{uuid.New()}, 10, nil, nil},
	} {
		d, err := r.Differ(t.Context(), w.org.UUID, test.of, filter.Clock{Now: w.now}, test.among, test.most)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if test.most == 1 {
			if len(d.Entered) != 1 || len(d.Left) != 1 {
				t.Errorf("%s: %+v", name, d)
			}
			continue
		}
		if diff := cmp.Diff([][]string{texts(test.entered), texts(test.left)}, [][]string{texts(asContacts(d.Entered)), texts(asContacts(d.Left))}); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
	if d, err := r.Differ(t.Context(), uuid.New(), of, filter.Clock{Now: w.now}, nil, 10); err != nil || len(d.Entered)+len(d.Left) != 0 {
		t.Errorf("another organisation's: %+v, %v", d, err)
	}

	// What is recorded of a contact that was merged tells of the one that stands for it.
	w.happened(bea.Stream(), contact.Merged{Into: ana})
	w.happened(ana.Stream(), contact.Absorbed{Contact: bea})
	w.project()
	d, err := r.Differ(t.Context(), w.org.UUID, of, filter.Clock{Now: w.now}, []uuid.UUID{bea.UUID}, 10)
	if err != nil || !slices.Equal(d.Entered, []uuid.UUID{ana.UUID}) || !slices.Equal(d.Left, []uuid.UUID{bea.UUID}) {
		t.Errorf("after a merge: %+v, %v", d, err)
	}
}

func TestMembersAndTurnsAreListedInPages(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	hot, other := segment.ID{UUID: uuid.New()}, segment.ID{UUID: uuid.New()}
	var want []string
	var entered []event.Event
	for range 3 {
		three := []contact.ID{{UUID: uuid.New()}, {UUID: uuid.New()}, {UUID: uuid.New()}}
		entered = append(entered, segment.MembersEntered{Contacts: three, Definition: 2, Cause: segment.OfReview})
		want = append(texts(three), want...)
	}
	w.happened(hot.MembersStream(), entered...)
	w.happened(other.MembersStream(), entered[0], segment.MembersLeft{Contacts: entered[0].(segment.MembersEntered).Contacts[:2]})
	w.project()
	r := readmodels.SegmentMembers{DB: w.reader}
	var members, turns []string
	for after := (*readmodels.MemberKey)(nil); ; {
		page, next, err := r.Of(t.Context(), w.org.UUID, hot.UUID, after, 2)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range page {
			members = append(members, m.Contact.String())
			if m.DisplayName != "—" || m.EnteredAt.Before(noon) {
				t.Errorf("member %+v", m)
			}
		}
		if after = next; next == nil {
			break
		}
	}
	for after := (*readmodels.MemberKey)(nil); ; {
		page, next, err := r.History(t.Context(), w.org.UUID, hot.UUID, uuid.Nil, after, 4)
		if err != nil {
			t.Fatal(err)
		}
		for _, turn := range page {
			turns = append(turns, turn.Contact.String())
			if !turn.Entered || turn.Cause != "review" || turn.Definition != 2 || turn.At.Sub(noon) > time.Hour {
				t.Errorf("turn %+v", turn)
			}
		}
		if after = next; next == nil {
			break
		}
	}
	if !slices.Equal(members, want) || !slices.Equal(turns, want) {
		t.Errorf("members %v\nturns %v\nnot %v", members, turns, want)
	}
	if n, err := r.Count(t.Context(), w.org.UUID, hot.UUID); err != nil || n != 9 {
		t.Errorf("counted %d, %v", n, err)
	}
	if n, err := r.Count(t.Context(), w.org.UUID, other.UUID); err != nil || n != 1 {
		t.Errorf("counted %d of the other, %v", n, err)
	}
	if n, err := r.CountHistory(t.Context(), w.org.UUID, other.UUID, uuid.Nil, 100); err != nil || n != 5 {
		t.Errorf("counted %d turns, %v", n, err)
	}
	one, _, err := r.History(t.Context(), w.org.UUID, other.UUID, entered[0].(segment.MembersEntered).Contacts[0].UUID, nil, 10)
	if err != nil || len(one) != 2 || one[0].Entered || !one[1].Entered {
		t.Errorf("of one contact: %+v, %v", one, err)
	}
}

// texts answers ids in the order in which lists have what came together.
func texts(ids []contact.ID) []string {
	all := make([]string, len(ids))
	for i, id := range ids {
		all[i] = id.String()
	}
	slices.Sort(all)
	return all
}

func asContacts(ids []uuid.UUID) []contact.ID {
	all := make([]contact.ID, len(ids))
	for i, id := range ids {
		all[i] = contact.ID{UUID: id}
	}
	return all
}
