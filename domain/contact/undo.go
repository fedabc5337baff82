package contact

import (
	"slices"
	"strings"

	"github.com/google/uuid"

	"tagtrail/domain/event"
	"tagtrail/domain/tag"
)

// Past is a contact with all that ever happened to it, for whoever takes something back.
type Past struct {
	now    *Contact
	events []event.Recorded[Event]
}

// NewPast answers a contact before its first event.
func NewPast() *Past { return &Past{now: New()} }

// Apply takes over what happened.
func (p *Past) Apply(r event.Recorded[Event]) {
	p.now.Apply(r)
	p.events = append(p.events, r)
}

// Undoing is what taking an operation back on one contact comes to.
type Undoing struct {
	Events []Event
	Kept   []Detail // what was changed by somebody else since, and stays; or what nobody takes back, such as consents
}

// touch is what an operation did to one detail of a contact.
type touch struct {
	detail Detail
	first  int  // which event of the contact was the first of the operation to change it
	since  bool // somebody else changed it behind the operation
}

// Undo decides that what an operation did to the contact is taken back, detail by detail, as far as nobody changed a detail
// since. A detail that the operation changed twice goes back to what it was before the first time. What cannot be taken back
// refuses the whole contact, so that none is left half undone.
func (p *Past) Undo(operation uuid.UUID, catalog Catalog, stay func(nth int) AssignmentID, limit int) (Undoing, error) {
	touched := p.touchedBy(operation)
	if len(touched) == 0 {
		return Undoing{}, nil
	}
	if err := p.now.Present(); err != nil {
		return Undoing{}, err
	}
	if touched[0].detail == created {
		return p.undoCreation(operation)
	}
	u := undo{past: p, next: p.now.clone(), catalog: catalog, stay: stay, limit: limit}
	// An archived contact is restored first, so that the rest can be decided; one that was restored is archived last.
	for _, t := range touched {
		if t.detail == archived && u.next.archived {
			if err := u.take(t); err != nil {
				return Undoing{}, err
			}
		}
	}
	for _, t := range slices.Backward(touched) {
		if t.detail == archived {
			continue
		}
		if err := u.take(t); err != nil {
			return Undoing{}, err
		}
	}
	for _, t := range touched {
		if t.detail == archived && !p.now.archived {
			if err := u.take(t); err != nil {
				return Undoing{}, err
			}
		}
	}
	return u.done, nil
}

// touchedBy answers what the operation did to the contact, in the order in which it began.
func (p *Past) touchedBy(operation uuid.UUID) []touch {
	var touched []touch
	at := map[Detail]int{}
	for i, r := range p.events {
		detail := touchedDetail(r.Data)
		if detail == "" {
			continue
		}
		n, known := at[detail]
		switch ours := r.Metadata.OperationID == operation; {
		case ours && !known:
			at[detail] = len(touched)
			touched = append(touched, touch{detail: detail, first: i})
		case known:
			touched[n].since = !ours
		}
	}
	return touched
}

// undoCreation puts away a contact that the operation created, unless anything else happened to it.
func (p *Past) undoCreation(operation uuid.UUID) (Undoing, error) {
	for _, r := range p.events {
		if r.Metadata.OperationID != operation {
			return Undoing{Kept: []Detail{created}}, nil
		}
	}
	events, err := p.now.Archive()
	return Undoing{Events: events}, err
}

// before answers the contact as it was before an event of it.
func (p *Past) before(nth int) *Contact {
	c := New()
	for _, r := range p.events[:nth] {
		c.Apply(r)
	}
	return c
}

// undo is a contact while things are taken back.
type undo struct {
	past    *Past
	next    *Contact
	catalog Catalog
	stay    func(nth int) AssignmentID
	limit   int
	stays   int
	done    Undoing
}

// take takes one detail back.
func (u *undo) take(t touch) error {
	if t.since {
		u.done.Kept = append(u.done.Kept, t.detail)
		return nil
	}
	events, err := u.back(t.detail, u.past.before(t.first))
	if err != nil {
		return err
	}
	if events == nil && !takenBack(t.detail) {
		u.done.Kept = append(u.done.Kept, t.detail)
	}
	u.done.Events = u.next.add(u.done.Events, events...)
	return nil
}

// back decides that a detail is again what it was.
func (u *undo) back(detail Detail, was *Contact) ([]Event, error) {
	kind, name, _ := strings.Cut(string(detail), ":")
	switch kind {
	case string(archived):
		if was.archived {
			return u.next.Archive()
		}
		return u.next.Restore()
	case "lead_status":
		return u.next.ChangeLeadStatus(was.status)
	case "tag":
		return u.tag(tag.ID{UUID: uuid.MustParse(name)}, was)
	}
	if err := u.next.standing(); err != nil {
		return nil, err
	}
	return u.next.describedAs(kind, name, was), nil
}

// tag decides that a tag is carried again as it was, or not.
func (u *undo) tag(id tag.ID, was *Contact) ([]Event, error) {
	carried, before := was.assignments[id]
	if !before {
		return u.next.RemoveTag(u.catalog, id, "")
	}
	value, err := written(u.catalog, id, carried.value)
	if err != nil {
		return nil, err
	}
	u.stays++
	return u.next.AssignTag(u.catalog, id, value, u.stay(u.stays-1), u.limit)
}

// written answers the value of a tag as somebody would write it.
func written(catalog Catalog, id tag.ID, value *TagValue) (*string, error) {
	if value == nil {
		return nil, nil
	}
	text := value.Text.Reveal()
	if value.Number == 0 {
		return &text, nil
	}
	t, _ := catalog.Find(id)
	for _, fixed := range t.Values {
		if fixed.Number == value.Number {
			return &fixed.Name, nil
		}
	}
	return nil, ErrUnknownValue
}
