package contact

import (
	"errors"
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
	archived bool
	held     bool           // nothing of the person is erased
	heldAt   event.Position // since where in the log
	heldFor  map[ID]bool    // whom it stands for that brought a hold; the zero ID is its own
	lender   ID             // whom the hold that comes next is from; zero when it is its own
	into     ID             // the contact that stands for this one; zero when it stands for itself
	revision event.Revision

	name, email personal.Text
	owner       uuid.UUID
	status      LeadStatus
	since       time.Time // when the status began, by the log's clock
	profile     profile

	profileName personal.Text
	profileAt   time.Time // when the person was seen under that name

	identities []Identity
	linked     map[personhood]time.Time // when the contact was latest said to be recognised by something
	left       map[personhood]time.Time // what it is recognised by no longer, and since when
	shown      personhood               // the number that was said last, which is the one that readers show

	assignments map[tag.ID]assignment // while it is archived or merged, those of then
	taken       []OpenAssignment      // of a merged contact: those that go on at the survivor
	absorbed    map[ID]absorption     // whom it stands for
	apart       map[ID]bool           // who was told apart from it
	outOf       ID                    // which contact stood for it until it was separated last
	consents    map[Purpose]bool
	consented   map[Purpose]time.Time // when that was said
	rounds      []round               // of rules, since anybody else changed the contact
}

// personhood is what makes two identities the same.
type personhood struct {
	kind  IdentityKind
	value personal.Text
}

func (i Identity) personhood() personhood { return personhood{i.Kind, i.Value} }

// assignment is an open stay of a tag.
type assignment struct {
	id     AssignmentID
	number tag.Number
	value  *TagValue
	source event.Source
	rule   string // that put it on; "" is none
}

// absorption is what came of a contact that another one stands for.
type absorption struct {
	of     []ID     // whom it stood for itself
	filled []Detail // what the other one knows from it
}

// New answers a contact before its first event.
func New() *Contact {
	return &Contact{
		revision: event.NoStream, linked: map[personhood]time.Time{}, left: map[personhood]time.Time{}, heldFor: map[ID]bool{},
		assignments: map[tag.ID]assignment{}, absorbed: map[ID]absorption{}, apart: map[ID]bool{}, consents: map[Purpose]bool{}, consented: map[Purpose]time.Time{}, profile: newProfile(),
	}
}

func (c *Contact) clone() *Contact {
	clone := *c
	clone.identities = slices.Clone(c.identities)
	clone.linked, clone.left, clone.assignments = maps.Clone(c.linked), maps.Clone(c.left), maps.Clone(c.assignments)
	clone.absorbed, clone.consents, clone.profile = maps.Clone(c.absorbed), maps.Clone(c.consents), c.profile.clone()
	clone.consented, clone.apart, clone.heldFor = maps.Clone(c.consented), maps.Clone(c.apart), maps.Clone(c.heldFor)
	clone.rounds = slices.Clone(c.rounds)
	return &clone
}

// Apply takes over what happened.
func (c *Contact) Apply(r event.Recorded[Event]) {
	c.revision = r.Revision
	c.ruled(r)
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
		c.assignments[e.Tag] = assignment{e.Assignment, e.Number, e.Value, r.Metadata.Source, ruleOf(r.Metadata)}
	case TagRemoved:
		delete(c.assignments, e.Tag)
	case TagValueChanged:
		c.assignments[e.Tag] = assignment{e.Assignment, e.Number, e.To, r.Metadata.Source, ruleOf(r.Metadata)}
	case FirstNameChanged, LastNameChanged, CompanyChanged, AddressChanged, SocialProfileChanged, CountryChanged, LanguageChanged,
		FieldSet, FieldCleared, NoteAdded, NoteEdited, NoteDeleted:
		c.profile.apply(e, r.Revision)
	case LimitExceeded:
	case Archived:
		c.archived = true
	case Restored:
		c.archived = false
	case Merged:
		c.into, c.taken = e.Into, e.Taken
	case Separated:
		c.separated(e)
	case Absorbed:
		c.absorb(e, r.Metadata.Source)
	case Released:
		c.release(e)
	case LegalHoldPlaced:
		c.hold(r.Position)
	case LegalHoldLifted:
		c.held = false
		clear(c.heldFor)
	case ToldApart:
		c.apart[e.Contact] = true
	case ConsentGiven:
		c.consents[e.Purpose], c.consented[e.Purpose] = true, r.Metadata.OccurredAt
	case ConsentWithdrawn:
		c.consents[e.Purpose], c.consented[e.Purpose] = false, r.Metadata.OccurredAt
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
	case c.into != ID{}:
		return ErrMerged.With("contact", c.into.String())
	case c.archived:
		return ErrArchived
	}
	return nil
}

// Exists says whether the contact was ever created.
func (c *Contact) Exists() bool { return c.exists }

// Present says whether something can happen to the contact: it exists and was not erased, and stands for itself.
func (c *Contact) Present() error {
	if err := c.standing(); !errors.Is(err, ErrArchived) {
		return err
	}
	return nil
}

// ParentBefore answers the contact that stood for this one until it was separated.
func (c *Contact) ParentBefore() (ID, bool) { return c.outOf, c.outOf != ID{} }

// Survivor answers the contact that stands for this one, if another does.
func (c *Contact) Survivor() (ID, bool) { return c.into, c.into != ID{} }
