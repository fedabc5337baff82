package contact_test

import (
	"slices"
	"testing"

	"tagtrail/domain/contact"
	"tagtrail/domain/event"
)

// S3-37: a hold that came with a merge goes with whom it came from, and one that is somebody's own, or that another brought too, stays.
func TestAHoldStaysWhileAnybodyHasIt(t *testing.T) {
	t.Parallel()
	own, bea, carl := contact.ID{UUID: id(91)}, contact.ID{UUID: id(92)}, contact.ID{UUID: id(93)}
	placed, lifted := contact.LegalHoldPlaced{}, contact.LegalHoldLifted{}
	brings := func(who contact.ID) contact.Absorbed {
		return contact.Absorbed{Contact: who, Filled: []contact.Detail{"legal_hold"}}
	}
	into := func(given ...contact.Event) *contact.Contact {
		return fold(slices.Concat(history{ana()}, given, history{contact.Merged{Into: own}})...)
	}
	absorb := func(who contact.ID, other *contact.Contact) decision {
		return func(c *contact.Contact) ([]contact.Event, error) { return c.Absorb(own, who, other) }
	}
	release := func(who contact.ID) decision {
		return func(c *contact.Contact) ([]contact.Event, error) {
			return c.Release(who, fold(ana(), placed, contact.Merged{Into: own}, contact.Separated{From: own}))
		}
	}
	place := (*contact.Contact).PlaceHold
	with := func(given ...contact.Event) history { return append(history{ana()}, given...) }
	through := with(brings(bea), contact.OwnerChanged{To: id(7)}, placed)
	since := func(given ...contact.Event) history { return slices.Concat(through, given) }
	none := contact.Released{Contact: bea}
	run(t, []scenario{
		{"who brought it takes it along", through, release(bea), history{none, lifted}, nil},
		{"it is placed for the contact's own sake", through, place, history{placed}, nil},
		{"and once", since(placed), place, nil, nil},
		{"then it stays", since(placed), release(bea), history{none}, nil},
		{"and stays when another brought one", since(placed, brings(carl), placed), release(bea), history{none}, nil},
		{"one that nobody brought is its own", with(placed), place, nil, nil},
		{"and nobody brings another", with(placed), absorb(bea, into(placed)), history{contact.Absorbed{Contact: bea}}, nil},
		{"two bring theirs", through, absorb(carl, into(placed)), history{brings(carl), placed}, nil},
		{"one of them goes and it stays", since(brings(carl), placed), release(bea), history{none}, nil},
		{"the other goes and takes it along", since(brings(carl), placed, none), release(carl),
			history{contact.Released{Contact: carl}, lifted}, nil},
		{"one who is under none brings none", through, absorb(carl, into()), history{contact.Absorbed{Contact: carl}}, nil},
		{"and keeps none here", since(contact.Absorbed{Contact: carl}), release(bea), history{none, lifted}, nil},
		{"once lifted it is nobody's", since(lifted), release(bea), history{none}, nil},
		{"and placed again it is its own", since(lifted, placed), release(bea), history{none}, nil},
		{"or another's", since(lifted, brings(carl), placed), release(bea), history{none}, nil},
		{"who takes it along", since(lifted, brings(carl), placed), release(carl), history{contact.Released{Contact: carl}, lifted}, nil},
	})
}

// Of two holds on a contact the first says since when it is held.
func TestAContactIsHeldSinceTheFirstHold(t *testing.T) {
	t.Parallel()
	bea := contact.ID{UUID: id(92)}
	absorbed := contact.Absorbed{Contact: bea, Filled: []contact.Detail{"legal_hold"}}
	given := history{ana(), absorbed, contact.LegalHoldPlaced{}, contact.LegalHoldPlaced{}, contact.Released{Contact: bea}}
	if c := fold(given...); c.WasHeldBefore(3) || !c.WasHeldBefore(4) {
		t.Error("a hold that was placed again is not as old as the first")
	}
	if c := fold(append(given, contact.LegalHoldLifted{}, contact.LegalHoldPlaced{})...); c.WasHeldBefore(event.Position(len(given) + 2)) {
		t.Error("a hold is older than the one that was lifted before")
	}
}
