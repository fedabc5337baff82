package contact

import "tagtrail/domain/event"

// LegalHoldPlaced says that the person is not to be forgotten until the hold is lifted. Why is the event's reason.
type LegalHoldPlaced struct{}

// EventName is the stored name.
func (LegalHoldPlaced) EventName() string { return "contact.legal-hold-placed" }

// LegalHoldLifted says that the person may be forgotten again.
type LegalHoldLifted struct{}

// EventName is the stored name.
func (LegalHoldLifted) EventName() string { return "contact.legal-hold-lifted" }

func (LegalHoldPlaced) ofContact() {}
func (LegalHoldLifted) ofContact() {}

// holdEvents declares the events of legal holds.
func holdEvents() []event.Spec {
	return []event.Spec{event.Of[LegalHoldPlaced](1), event.Of[LegalHoldLifted](1)}
}

// PlaceHold decides that the person is not to be forgotten. A second hold is the same one, but one that came with a merge is
// not the contact's own: it goes with whom it came from.
func (c *Contact) PlaceHold() ([]Event, error) {
	if err := c.Present(); err != nil || c.heldFor[ID{}] {
		return nil, err
	}
	return []Event{LegalHoldPlaced{}}, nil
}

// LiftHold decides that the person may be forgotten again, as far as the contact is concerned: one that was merged under a
// hold of its own keeps it until whoever stands for it lifts both.
func (c *Contact) LiftHold() ([]Event, error) {
	switch {
	case !c.exists:
		return nil, ErrUnknown
	case c.erased:
		return nil, ErrErased
	case !c.held:
		return nil, nil
	}
	return []Event{LegalHoldLifted{}}, nil
}

// hold takes over that a hold was placed: by whom the contact just came to stand for, or for its own sake.
func (c *Contact) hold(at event.Position) {
	if !c.held {
		c.held, c.heldAt = true, at
	}
	c.heldFor[c.lender] = true
	c.lender = ID{}
}

// IsHeld says whether the person is not to be forgotten.
func (c *Contact) IsHeld() bool { return c.held }

// WasHeldBefore says whether the hold that is on the contact was there before a position of the log.
func (c *Contact) WasHeldBefore(at event.Position) bool { return c.held && c.heldAt < at }

// IsErased says whether the person was forgotten.
func (c *Contact) IsErased() bool { return c.erased }
