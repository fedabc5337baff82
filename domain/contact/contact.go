package contact

import (
	"maps"
	"slices"
	"time"

	"github.com/google/uuid"

	"tagtrail/domain/event"
	"tagtrail/domain/personal"
	"tagtrail/domain/tag"
)

// Contact is the state of one contact.
type Contact struct {
	exists   bool
	erased   bool
	revision event.Revision

	name, email personal.Text
	owner       uuid.UUID
	status      LeadStatus
	since       time.Time // when the status began, by the log's clock

	profileName personal.Text
	profileAt   time.Time // when the person was seen under that name

	identities []Identity
	linked     map[personhood]time.Time // when the contact was latest said to be recognised by something
	left       map[personhood]time.Time // what it is recognised by no longer, and since when
	shown      personhood               // the number that was said last, which is the one that readers show

	assignments map[tag.ID]assignment
}

// personhood is what makes two identities the same.
type personhood struct {
	kind  IdentityKind
	value personal.Text
}

func (i Identity) personhood() personhood { return personhood{i.Kind, i.Value} }

// assignment is an open stay of a tag.
type assignment struct {
	id    AssignmentID
	value *TagValue
}

// New answers a contact before its first event.
func New() *Contact {
	return &Contact{
		revision: event.NoStream, linked: map[personhood]time.Time{}, left: map[personhood]time.Time{},
		assignments: map[tag.ID]assignment{},
	}
}

func (c *Contact) clone() *Contact {
	clone := *c
	clone.identities = slices.Clone(c.identities)
	clone.linked, clone.left, clone.assignments = maps.Clone(c.linked), maps.Clone(c.left), maps.Clone(c.assignments)
	return &clone
}

// Apply takes over what happened.
func (c *Contact) Apply(r event.Recorded[Event]) {
	c.revision = r.Revision
	switch e := r.Data.(type) {
	case Created:
		c.exists = true
		c.name, c.email = e.Name, e.Email
		c.status, c.since = e.LeadStatus, r.RecordedAt
		c.link(e.Identity, r.Metadata.OccurredAt)
	case IdentityLinked:
		c.link(e.Identity, r.Metadata.OccurredAt)
	case IdentityUnlinked:
		c.identities = slices.DeleteFunc(c.identities, func(i Identity) bool { return i.personhood() == e.Identity.personhood() })
		c.left[e.Identity.personhood()] = r.Metadata.OccurredAt
	case ProfileNameChanged:
		c.profileName, c.profileAt = e.Name, r.Metadata.OccurredAt
	case Renamed:
		c.name = e.Name
	case EmailChanged:
		c.email = e.Email
	case OwnerChanged:
		c.owner = e.To
	case LeadStatusChanged:
		c.status, c.since = e.To, r.RecordedAt
	case TagAssigned:
		c.assignments[e.Tag] = assignment{e.Assignment, e.Value}
	case TagRemoved:
		delete(c.assignments, e.Tag)
	case TagValueChanged:
		c.assignments[e.Tag] = assignment{e.Assignment, e.To}
	case Erased:
		c.erased = true
	}
}

func (c *Contact) link(i Identity, at time.Time) {
	who := i.personhood()
	delete(c.left, who)
	if at.After(c.linked[who]) {
		c.linked[who] = at
	}
	if i.Kind == Number {
		c.shown = who
	}
	if known := c.find(i); known >= 0 {
		c.identities[known] = i
		return
	}
	c.identities = append(c.identities, i)
}

func (c *Contact) find(i Identity) int {
	return slices.IndexFunc(c.identities, func(known Identity) bool { return known.personhood() == i.personhood() })
}

// standing says whether anything can be decided about the contact.
func (c *Contact) standing() error {
	switch {
	case !c.exists:
		return ErrUnknown
	case c.erased:
		return ErrErased
	}
	return nil
}
