package contact_test

import (
	"errors"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/google/uuid"
	"pgregory.net/rapid"

	"tagtrail/domain/contact"
	"tagtrail/domain/event"
	"tagtrail/domain/personal"
	"tagtrail/domain/tag"
)

func open(n byte, number tag.Number) contact.OpenAssignment {
	return contact.OpenAssignment{Assignment: stay(n), Number: number}
}

// C1, C12, C16.
func TestArchiveAndRestore(t *testing.T) {
	t.Parallel()
	tagged := history{ana(), carries(vip, 1, 1), carries(lead, 2, 2)}
	stays := []contact.OpenAssignment{open(1, 1), open(2, 2)}
	archived := append(slices.Clip(tagged), contact.Archived{Assignments: stays})
	run(t, []scenario{
		{"an archived contact names the assignments that end", tagged, (*contact.Contact).Archive, history{contact.Archived{Assignments: stays}}, nil},
		{"it is not archived twice", archived, (*contact.Contact).Archive, nil, nil},
		{"nothing is decided about it", archived, assign(catalog(), city, new("Lima")), nil, contact.ErrArchived},
		{"restored, the same assignments are open again", archived, (*contact.Contact).Restore, history{contact.Restored{Assignments: stays}}, nil},
		{"and then it can lose one", append(archived[:4:4], contact.Restored{Assignments: stays}), remove(vip),
			history{contact.TagRemoved{Tag: vip, Number: 1, Assignment: stay(1)}}, nil},
		{"what is not archived is not restored", tagged, (*contact.Contact).Restore, nil, nil},
		{"nobody", nil, (*contact.Contact).Archive, nil, contact.ErrUnknown},
	})
}

// S3-36, S4-22, C1.
func TestErase(t *testing.T) {
	t.Parallel()
	tagged := history{ana(), carries(vip, 1, 1)}
	stays := []contact.OpenAssignment{open(1, 1)}
	run(t, []scenario{
		{"an erased contact names the assignments that end", tagged, (*contact.Contact).Erase, history{contact.Erased{Assignments: stays}}, nil},
		{"an archived one has none open", append(tagged[:2:2], contact.Archived{Assignments: stays}), (*contact.Contact).Erase, history{contact.Erased{}}, nil},
		{"it is not erased twice", append(tagged[:2:2], contact.Erased{}), (*contact.Contact).Erase, nil, nil},
		{"and not restored", append(tagged[:2:2], contact.Archived{}, contact.Erased{}), (*contact.Contact).Restore, nil, contact.ErrErased},
		{"nobody", nil, (*contact.Contact).Erase, nil, contact.ErrUnknown},
	})
}

// pair are two contacts that may be one person.
type pair struct {
	ids   [2]contact.ID
	given [2]history
}

func pairOf(first, second history) *pair {
	return &pair{ids: [2]contact.ID{{UUID: id(91)}, {UUID: id(92)}}, given: [2]history{first, second}}
}

func (p *pair) now(i int) *contact.Contact { return fold(p.given[i]...) }

func (p *pair) add(i int, events []contact.Event, err error) error {
	p.given[i] = append(p.given[i], events...)
	return err
}

func (p *pair) merge(entries contact.Catalog) error {
	events, err := p.now(0).MergeInto(p.ids[1], p.now(1), entries)
	if p.add(0, events, err) != nil {
		return err
	}
	events, err = p.now(1).Absorb(p.ids[1], p.ids[0], p.now(0))
	return p.add(1, events, err)
}

func (p *pair) separate() error {
	events, err := p.now(0).Separate(p.ids[0], p.ids[1], p.now(1))
	if p.add(0, events, err) != nil {
		return err
	}
	events, err = p.now(1).Release(p.ids[0], p.now(0))
	return p.add(1, events, err)
}

// S3-37.
func TestMergeTakesOverWhatTheSurvivorLacks(t *testing.T) {
	t.Parallel()
	p := pairOf(
		history{ana(), contact.CompanyChanged{Company: said("Acme")}, carries(vip, 1, 1), carries(lead, 2, 2)},
		history{ana(), carries(vip, 1, 3)},
	)
	if err := p.merge(catalog()); err != nil {
		t.Fatal(err)
	}
	want := [2]history{
		{contact.Merged{Into: p.ids[1], Ended: []contact.OpenAssignment{open(1, 1)}, Taken: []contact.OpenAssignment{open(2, 2)}}},
		{contact.Absorbed{Contact: p.ids[0], Taken: []contact.MovedAssignment{{Tag: lead, Number: 2, Assignment: stay(2)}}, Filled: []contact.Detail{"company"}},
			contact.CompanyChanged{Company: said("Acme")}},
	}
	for i, from := range []int{4, 2} {
		if diff := cmp.Diff(want[i], p.given[i][from:], cmp.AllowUnexported(personal.Text{})); diff != "" {
			t.Errorf("contact %d (- want, + got):\n%s", i, diff)
		}
	}
	if err := p.merge(catalog()); err != nil || len(p.given[0]) != 5 || len(p.given[1]) != 4 {
		t.Errorf("merged twice: %v, %d and %d events", err, len(p.given[0]), len(p.given[1]))
	}
	if _, err := p.now(0).AssignTag(catalog(), city, new("Lima"), stay(9), 20); !errors.Is(err, contact.ErrMerged) {
		t.Errorf("a merged contact took a tag: %v", err)
	}
}

// S3-37: what the survivor knows from the other one goes with it, unless somebody changed it since; a preview says what it is.
func TestWhatAMergeFilledInGoesWhenItIsUndone(t *testing.T) {
	t.Parallel()
	known := history{
		ana(), contact.EmailChanged{Email: said("a@example.com"), HasEmail: true}, contact.CompanyChanged{Company: said("Acme")},
		contact.FirstNameChanged{Name: said("Ana"), From: contact.Manual}, contact.SocialProfileChanged{Network: contact.X, Handle: said("@ana")},
		contact.LanguageChanged{Language: "pt", From: contact.Manual}, contact.AddressChanged{Address: contact.Address{City: said("Lima")}},
		carries(vip, 1, 1),
	}
	p := pairOf(known, history{ana(), contact.LanguageChanged{Language: "es", From: contact.Manual}})
	preview, err := p.now(1).PreviewMerge(p.ids[1], p.ids[0], p.now(0), catalog())
	want := contact.Preview{
		Taken: []tag.ID{vip}, Active: 1,
		Filled: []contact.Detail{"email", "first_name", "company", "address", "social:x"},
	}
	if diff := cmp.Diff(want, preview); diff != "" || err != nil {
		t.Fatalf("the preview (- want, + got): %v\n%s", err, diff)
	}
	if err := p.merge(catalog()); err != nil {
		t.Fatal(err)
	}
	p.given[1] = append(p.given[1], contact.CompanyChanged{Company: said("Acme Ltd")})
	before := len(p.given[1])
	if err := p.separate(); err != nil {
		t.Fatal(err)
	}
	undone := history{
		contact.Released{Contact: p.ids[0], Returned: []contact.MovedAssignment{{Tag: vip, Number: 1, Assignment: stay(1)}}},
		contact.EmailChanged{}, contact.FirstNameChanged{From: contact.Manual}, contact.AddressChanged{}, contact.SocialProfileChanged{Network: contact.X},
	}
	if diff := cmp.Diff(undone, p.given[1][before:], cmp.AllowUnexported(personal.Text{})); diff != "" {
		t.Errorf("released (- want, + got):\n%s", diff)
	}
}

// Who was merged into a contact that never took it over, or that was erased, can come back without it.
func TestAMergeThatNobodyTookOverIsTakenBack(t *testing.T) {
	t.Parallel()
	p := pairOf(nil, nil)
	merged := history{ana(), carries(vip, 1, 1), contact.Merged{Into: p.ids[1], Taken: []contact.OpenAssignment{open(1, 1)}}}
	back := history{contact.Separated{From: p.ids[1], Reopened: []contact.OpenAssignment{open(1, 1)}}}
	from := func(survivor history) func(*contact.Contact) ([]contact.Event, error) {
		return func(c *contact.Contact) ([]contact.Event, error) {
			return c.Separate(p.ids[0], p.ids[1], fold(survivor...))
		}
	}
	run(t, []scenario{
		{"it was archived meanwhile", merged, from(history{ana(), contact.Archived{}}), back, nil},
		{"it was erased before", merged, from(history{ana(), contact.Erased{}}), back, nil},
		{"it was erased since", merged, from(history{ana(), contact.Absorbed{Contact: p.ids[0]}, contact.Erased{}}), back, nil},
		{"it took the contact over, and is archived", merged, from(history{ana(), contact.Absorbed{Contact: p.ids[0]}, contact.Archived{}}), nil, contact.ErrArchived},
	})
}

// Whatever two contacts carry, a merge and its undoing leave them as they were,
// but for what happened to the survivor in between.
func TestAMergeThatIsUndoneLeavesNoTrace(t *testing.T) {
	t.Parallel()
	entries := catalog()
	tags := map[tag.ID]tag.Number{vip: 1, lead: 2, deleted: 5}
	rapid.Check(t, func(t *rapid.T) {
		p, next := pairOf(history{ana()}, history{ana()}), byte(0)
		for i := range p.given {
			for _, each := range []tag.ID{vip, lead, deleted} {
				if rapid.Bool().Draw(t, "carries") {
					next++
					p.given[i] = append(p.given[i], carries(each, tags[each], next))
				}
			}
		}
		before := [2]map[contact.AssignmentID]bool{openIn(p.given[0]), openIn(p.given[1])}
		if err := p.merge(entries); err != nil {
			t.Fatal(err)
		}
		if left := openIn(p.given[0]); len(left) > 0 {
			t.Fatalf("a merged contact has %d assignments open", len(left))
		}
		if rapid.Bool().Draw(t, "the survivor loses a tag") {
			events, err := p.now(1).RemoveTag(entries, vip, "")
			if err := p.add(1, events, err); err != nil {
				t.Fatal(err)
			}
			for _, e := range events {
				for i := range before {
					delete(before[i], e.(contact.TagRemoved).Assignment)
				}
			}
		}
		if err := p.separate(); err != nil {
			t.Fatal(err)
		}
		for i := range p.given {
			if diff := cmp.Diff(before[i], openIn(p.given[i]), cmpopts.EquateEmpty()); diff != "" {
				t.Fatalf("contact %d carries something else (- before, + after):\n%s", i, diff)
			}
		}
		if err := p.now(0).Present(); err != nil {
			t.Fatalf("a separated contact: %v", err)
		}
		if whom := p.now(1).StandsFor(); len(whom) > 0 {
			t.Fatalf("it still stands for %v", whom)
		}
	})
}

// openIn answers the assignments that a reader without memory takes to be open at a contact.
func openIn(given history) map[contact.AssignmentID]bool {
	open := map[contact.AssignmentID]bool{}
	set := func(stays []contact.OpenAssignment, is bool) {
		for _, stay := range stays {
			delete(open, stay.Assignment)
			if is {
				open[stay.Assignment] = true
			}
		}
	}
	moved := func(all []contact.MovedAssignment, is bool) {
		for _, m := range all {
			set([]contact.OpenAssignment{{Assignment: m.Assignment}}, is)
		}
	}
	for _, e := range given {
		switch e := e.(type) { //nolint:gochecksumtype // only what opens and ends assignments
		case contact.TagAssigned:
			open[e.Assignment] = true
		case contact.TagRemoved:
			delete(open, e.Assignment)
		case contact.Merged:
			set(e.Ended, false)
			set(e.Taken, false)
		case contact.Separated:
			set(e.Reopened, true)
			set(e.Returned, true)
		case contact.Absorbed:
			moved(e.Taken, true)
		case contact.Released:
			moved(e.Returned, false)
		}
	}
	return open
}

func TestWhoWasMergedGoesAlongWithTheSurvivor(t *testing.T) {
	t.Parallel()
	carl := contact.ID{UUID: id(93)}
	p := pairOf(history{ana(), contact.Absorbed{Contact: carl}}, history{ana()})
	if err := p.merge(catalog()); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]contact.ID{p.ids[0], carl}, p.now(1).StandsFor()); diff != "" {
		t.Errorf("the survivor stands for others (- want, + got):\n%s", diff)
	}
	run(t, []scenario{
		{"only what stands for itself can be merged", p.given[0], func(c *contact.Contact) ([]contact.Event, error) {
			return c.MergeInto(carl, fold(ana()), catalog())
		}, nil, contact.ErrMerged},
		{"and only into what does", history{ana()}, func(c *contact.Contact) ([]contact.Event, error) {
			return c.MergeInto(p.ids[0], p.now(0), catalog())
		}, nil, contact.ErrMerged},
		{"only from where it is merged it is separated", p.given[0], func(c *contact.Contact) ([]contact.Event, error) {
			return c.Separate(p.ids[0], carl, fold(ana()))
		}, nil, contact.ErrNotMerged},
	})
}

// C10.
func TestARoleMayTakeOffOnlyWhatItsOwnSourcePutOn(t *testing.T) {
	t.Parallel()
	c := fold(ana())
	c.Apply(event.Recorded[contact.Event]{Metadata: event.Metadata{Source: event.ManualAdmin}, Data: carries(vip, 1, 1)})
	if _, err := c.RemoveTag(catalog(), vip, event.ManualAgent); !errors.Is(err, contact.ErrNotYourTag) {
		t.Errorf("an agent took off an administrator's tag: %v", err)
	}
	if events, err := c.RemoveTag(catalog(), vip, event.ManualAdmin); err != nil || len(events) != 1 {
		t.Errorf("an administrator took off its own tag: %v, %d events", err, len(events))
	}
}

// A tag that was merged into another is that other one, on every contact at once.
func TestAMergedTagIsTheOneThatItWasMergedInto(t *testing.T) {
	t.Parallel()
	merged := catalog(tag.Merged{Tag: lead, Number: 2, Into: vip, IntoNumber: 1})
	with := func(given ...contact.Event) history { return append(history{ana()}, given...) }
	run(t, []scenario{
		{"it cannot be put on", with(), assign(merged, lead, nil), nil, tag.ErrMerged},
		{"who carries it carries the other", with(carries(lead, 2, 1)), assign(merged, vip, nil), nil, nil},
		{"taking off the other takes off both", with(carries(lead, 2, 1), carries(vip, 1, 2)),
			func(c *contact.Contact) ([]contact.Event, error) { return c.RemoveTag(merged, vip, "") },
			history{contact.TagRemoved{Tag: vip, Number: 1, Assignment: stay(2)}, contact.TagRemoved{Tag: lead, Number: 2, Assignment: stay(1)}}, nil},
		{"both count once", with(carries(lead, 2, 1), carries(vip, 1, 2)), func(c *contact.Contact) ([]contact.Event, error) {
			return c.AssignTag(merged, city, new("Lima"), stay(9), 2)
		}, history{contact.TagAssigned{Tag: city, Number: 3, Assignment: stay(9), Value: &contact.TagValue{Text: said("Lima")}}}, nil},
	})
}

// What was deleted from the catalogue stays on the contact, and still there is an end to what it holds.
func TestAContactHoldsNoEndOfTags(t *testing.T) {
	t.Parallel()
	entries := catalog()
	full := history{ana()}
	for i := range contact.MaxTags {
		old := tag.ID{UUID: uuid.NewSHA1(uuid.Nil, []byte{byte(i >> 8), byte(i)})}
		entries.Apply(event.Recorded[tag.Event]{Data: tag.Created{Tag: old, Number: tag.Number(1000 + i), Name: old.String(), Kind: tag.Label}})
		entries.Apply(event.Recorded[tag.Event]{Data: tag.Deleted{Tag: old, Number: tag.Number(1000 + i)}})
		full = append(full, contact.TagAssigned{Tag: old, Number: tag.Number(1000 + i), Assignment: contact.AssignmentID{UUID: old.UUID}})
	}
	run(t, []scenario{
		{"one more is refused", full, assign(entries, vip, nil), nil, contact.ErrTooManyHeld},
		{"and one less takes it", full[:len(full)-1], assign(entries, vip, nil), history{carries(vip, 1, 9)}, nil},
		{"a merge that would hold more is refused", history{ana(), carries(vip, 1, 1)}, func(c *contact.Contact) ([]contact.Event, error) {
			return c.MergeInto(contact.ID{UUID: id(92)}, fold(full...), entries)
		}, nil, contact.ErrTooManyHeld},
	})
}

// S3-37: two contacts that look alike are told apart once, and neither of them while it stands for nobody.
func TestTwoAreToldApartOnce(t *testing.T) {
	t.Parallel()
	p := pairOf(history{ana()}, history{ana()})
	events, err := p.now(0).TellApart(p.ids[0], p.ids[1], p.now(1))
	if diff := cmp.Diff(history{contact.ToldApart{Contact: p.ids[1]}}, history(events)); diff != "" || err != nil {
		t.Fatalf("%v (- want, + got):\n%s", err, diff)
	}
	_ = p.add(0, events, err)
	if again, err := p.now(0).TellApart(p.ids[0], p.ids[1], p.now(1)); len(again) > 0 || err != nil {
		t.Errorf("told again it is %v, %v", again, err)
	}
	if _, err := p.now(1).TellApart(p.ids[1], p.ids[1], p.now(1)); !errors.Is(err, contact.ErrTellItself) {
		t.Errorf("told apart from itself: %v", err)
	}
	for _, gone := range []contact.Event{contact.Archived{}, contact.Erased{}, contact.Merged{Into: contact.ID{UUID: id(93)}}} {
		if _, err := p.now(1).TellApart(p.ids[1], p.ids[0], fold(ana(), gone)); err == nil {
			t.Errorf("%T is told apart", gone)
		}
		if _, err := fold(ana(), gone).TellApart(p.ids[0], p.ids[1], p.now(1)); err == nil {
			t.Errorf("%T tells apart", gone)
		}
	}
}
