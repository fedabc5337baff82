package contact

import (
	"slices"

	"tagtrail/domain/event"
	"tagtrail/domain/tag"
)

// Archive decides that the contact is put away. One that is archived already is not archived again.
func (c *Contact) Archive() ([]Event, error) {
	if c.archived && !c.erased {
		return nil, nil
	}
	if err := c.standing(); err != nil {
		return nil, err
	}
	return []Event{Archived{Assignments: c.open()}}, nil
}

// Restore decides that the contact is back, with the tags that it carried. It may carry more than it could be given.
func (c *Contact) Restore() ([]Event, error) {
	if c.archived && !c.erased {
		return []Event{Restored{Assignments: c.stays()}}, nil
	}
	return nil, c.standing()
}

// Erase decides that the person is forgotten, whatever became of the contact before.
func (c *Contact) Erase() ([]Event, error) {
	switch {
	case !c.exists:
		return nil, ErrUnknown
	case c.erased:
		return nil, nil
	}
	return []Event{Erased{Assignments: c.open()}}, nil
}

// EraseAgain decides that the person is forgotten once more: something about the person was on its way into the log.
func (c *Contact) EraseAgain() ([]Event, error) {
	if !c.erased {
		return nil, nil
	}
	return []Event{Erased{}}, nil
}

// EverKnownBy answers everything that the contact is, or was, recognised by.
func (c *Contact) EverKnownBy() []Identity {
	all := slices.Clone(c.identities)
	for who := range c.left {
		all = append(all, Identity{Kind: who.kind, Value: who.value})
	}
	return all
}

// StandsFor answers every contact that was merged into this one, directly or with another.
func (c *Contact) StandsFor() []ID {
	var all []ID
	for id, with := range c.absorbed {
		all = append(append(all, id), with.of...)
	}
	slices.SortFunc(all, compareIDs)
	return all
}

func compareIDs(a, b ID) int { return slices.Compare(a.UUID[:], b.UUID[:]) }

// MergeInto decides that the contact is the same person as the survivor, whose
// state is that of now. What the survivor carries already ends with the merge.
func (c *Contact) MergeInto(id ID, survivor *Contact, catalog Catalog) ([]Event, error) {
	if c.into == id && c.exists && !c.erased {
		return nil, nil
	}
	if err := c.standing(); err != nil {
		return nil, err
	}
	if err := survivor.standing(); err != nil {
		return nil, err
	}
	merged := Merged{Into: id, With: c.StandsFor()}
	for _, stay := range c.stays() {
		if len(survivor.carried(catalog, survivorOf(catalog, c.tagOf(stay.Assignment)).ID)) > 0 {
			merged.Ended = append(merged.Ended, stay)
			continue
		}
		merged.Taken = append(merged.Taken, stay)
	}
	if len(survivor.assignments)+len(merged.Taken) > MaxTags {
		return nil, ErrTooManyHeld
	}
	return []Event{merged}, nil
}

// Absorb decides that the contact stands for another one, which has decided so
// before: it takes over the assignments that go on, and what it does not know of
// the person itself. One that was absorbed already is not absorbed again.
func (c *Contact) Absorb(own, id ID, other *Contact) ([]Event, error) {
	if _, done := c.absorbed[id]; done || other.into != own {
		return nil, nil
	}
	if err := c.standing(); err != nil {
		return nil, err
	}
	absorbed := Absorbed{Contact: id, With: other.StandsFor()}
	for _, stay := range other.stays() {
		if !slices.Contains(other.taken, stay) {
			continue
		}
		t := other.tagOf(stay.Assignment)
		absorbed.Taken = append(absorbed.Taken, MovedAssignment{
			Tag: t, Number: stay.Number, Assignment: stay.Assignment, Value: other.assignments[t].value,
		})
	}
	filled := c.complete(other)
	for _, e := range filled {
		absorbed.Filled = append(absorbed.Filled, detailOf(e))
	}
	return append([]Event{absorbed}, filled...), nil
}

// TellApart decides that the contact and another one, whose state is that of now, are two people. That can be said of
// as many as a merge could be thought of.
func (c *Contact) TellApart(own, other ID, its *Contact) ([]Event, error) {
	switch {
	case own == other:
		return nil, ErrTellItself
	case c.apart[other]:
		return nil, nil
	case len(c.apart) >= maxToldApart:
		return nil, ErrTooManyApart
	}
	if err := c.standing(); err != nil {
		return nil, err
	}
	if err := its.standing(); err != nil {
		return nil, err
	}
	return []Event{ToldApart{Contact: other}}, nil
}

// maxToldApart keeps a contact's history readable in one go.
const maxToldApart = 1000

// Separate decides that the contact stands for itself again, with what is still
// there of what went on at the survivor, and with what had ended. The survivor
// must stand for itself: what another one stands for is separated from that first.
// One that never took the contact over, because it changed meanwhile, or that was
// erased, gives nothing back and is not asked.
func (c *Contact) Separate(own, survivor ID, its *Contact) ([]Event, error) {
	switch {
	case !c.exists:
		return nil, ErrUnknown
	case c.erased:
		return nil, ErrErased
	case c.into == ID{}:
		return nil, nil
	case c.into != survivor:
		return nil, ErrNotMerged
	}
	_, absorbed := its.absorbed[own]
	gives := absorbed && !its.erased
	if err := its.standing(); err != nil && gives {
		return nil, err
	}
	separated := Separated{From: survivor, With: c.StandsFor()}
	for _, stay := range c.stays() {
		switch {
		case !gives || !slices.Contains(c.taken, stay):
			separated.Reopened = append(separated.Reopened, stay)
		case its.assignments[c.tagOf(stay.Assignment)].id == stay.Assignment:
			separated.Returned = append(separated.Returned, stay)
		}
	}
	return []Event{separated}, nil
}

// Release decides that the contact stands for another one no more, which has decided so before. What it knew of the person
// from the other one goes, unless it was changed since.
func (c *Contact) Release(id ID, other *Contact) ([]Event, error) {
	with, absorbed := c.absorbed[id]
	if !absorbed || other.into != (ID{}) || c.erased {
		return nil, nil
	}
	released := Released{Contact: id, With: with.of}
	for _, stay := range other.stays() {
		t := other.tagOf(stay.Assignment)
		if c.assignments[t].id == stay.Assignment {
			released.Returned = append(released.Returned, MovedAssignment{
				Tag: t, Number: stay.Number, Assignment: stay.Assignment, Value: c.assignments[t].value,
			})
		}
	}
	left := c.clone()
	left.release(released)
	return append([]Event{released}, left.unfill(with.filled, other)...), nil
}

// open answers the assignments that go on now; an archived or merged contact has none.
func (c *Contact) open() []OpenAssignment {
	if c.archived || c.into != (ID{}) {
		return nil
	}
	return c.stays()
}

// stays answers the assignments in the order of their tags' numbers, also where archiving or a merge closed them.
func (c *Contact) stays() []OpenAssignment {
	var all []OpenAssignment
	for _, a := range c.assignments {
		all = append(all, OpenAssignment{Assignment: a.id, Number: a.number})
	}
	slices.SortFunc(all, func(a, b OpenAssignment) int { return int(a.Number) - int(b.Number) })
	return all
}

func (c *Contact) tagOf(id AssignmentID) tag.ID {
	for t, a := range c.assignments {
		if a.id == id {
			return t
		}
	}
	return tag.ID{}
}

func (c *Contact) absorb(e Absorbed, source event.Source) {
	c.absorbed[e.Contact] = absorption{of: e.With, filled: e.Filled}
	if slices.Contains(e.Filled, legalHold) {
		c.lender = e.Contact
	}
	for _, moved := range e.Taken {
		c.assignments[moved.Tag] = assignment{id: moved.Assignment, number: moved.Number, value: moved.Value, source: source}
	}
}

func (c *Contact) release(e Released) {
	delete(c.absorbed, e.Contact)
	delete(c.heldFor, e.Contact)
	for _, moved := range e.Returned {
		if c.assignments[moved.Tag].id == moved.Assignment {
			delete(c.assignments, moved.Tag)
		}
	}
}

// separated leaves what is open again: the survivor may have taken off what went on there.
func (c *Contact) separated(e Separated) {
	c.into, c.outOf, c.taken = ID{}, e.From, nil
	for t, a := range c.assignments {
		stay := OpenAssignment{Assignment: a.id, Number: a.number}
		if !slices.Contains(e.Reopened, stay) && !slices.Contains(e.Returned, stay) {
			delete(c.assignments, t)
		}
	}
}
