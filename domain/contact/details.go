package contact

import (
	"slices"
	"strconv"

	"github.com/google/uuid"

	"tagtrail/domain/event"
	"tagtrail/domain/fault"
	"tagtrail/domain/field"
	"tagtrail/domain/personal"
	"tagtrail/domain/tag"
)

// Draft is what is asked of a contact that somebody adds.
type Draft struct {
	Origin     Origin
	Identity   Identity
	Name       string // required but for another system's contacts
	Email      string // "" is none
	LeadStatus LeadStatus
	Tags       []tag.ID
}

// Create decides on a contact that somebody adds, with the tags that it carries
// from the first. The nth tag begins the nth of the assignments.
func (c *Contact) Create(d Draft, catalog Catalog, assignment func(nth int) AssignmentID, limit int) ([]Event, error) {
	switch {
	case c.erased:
		return nil, ErrErased
	case c.exists:
		return nil, ErrNumberTaken.At("/phone")
	}
	name, err := cleanName(d.Name)
	if err != nil {
		return nil, err
	}
	if name == "" && d.Origin != OriginAPI {
		return nil, ErrNameRequired.At("/name")
	}
	email, err := cleanEmail(d.Email)
	if err != nil {
		return nil, err
	}
	if d.LeadStatus == "" {
		d.LeadStatus = Cold
	}
	if !slices.Contains(LeadStatuses(), d.LeadStatus) {
		return nil, ErrUnknownLeadStatus.At("/lead_status")
	}
	next := c.clone()
	events := next.add(nil, Created{
		Origin: d.Origin, Identity: d.Identity, Name: personal.New(name),
		Email: personal.New(email), HasEmail: email != "", LeadStatus: d.LeadStatus,
	})
	for i, id := range d.Tags {
		assigned, err := next.AssignTag(catalog, id, nil, assignment(i), limit)
		if refused := fault.Of(err); refused != nil {
			return nil, refused.At("/tags/" + strconv.Itoa(i))
		}
		events = next.add(events, assigned...)
	}
	return events, nil
}

// add applies what was just decided, so that the next step is decided on it, and answers the events so far.
func (c *Contact) add(events []Event, decided ...Event) []Event {
	for _, e := range decided {
		c.Apply(event.Recorded[Event]{Data: e})
	}
	return append(events, decided...)
}

// Changes is what is asked of a contact; nil leaves a thing as it is.
type Changes struct {
	Name  *string    // "" takes the given name away
	Email *string    // "" takes the address away
	Owner *uuid.UUID // the zero id is nobody
	// IsMember says who can be an owner; needed where one is named. Whoever was removed since stays where nobody changes it.
	IsMember func(uuid.UUID) bool

	From      Provenance // of names, country and language; "" is manual
	FirstName *string
	LastName  *string
	Company   *string
	Country   *string // "" takes it away
	Language  *string
	Address   *AddressDraft
	Social    map[SocialNetwork]string // "" takes a profile away
	Fields    []FieldChange
}

// AddressDraft is what an address is to be, as somebody wrote it; nil leaves a part as it is, and "" takes it away.
type AddressDraft struct{ Street, City, Region, PostalCode, Country *string }

// FieldChange is what a custom field is to hold; "" clears it.
type FieldChange struct {
	Definition field.Definition
	Value      string
	IsMember   func(uuid.UUID) bool
}

// Edit decides on changes of a contact. A given revision must be that of the contact's last event.
func (c *Contact) Edit(changes Changes, ifMatch *event.Revision) ([]Event, error) {
	if err := c.standing(); err != nil {
		return nil, err
	}
	if ifMatch != nil && *ifMatch != c.revision {
		return nil, ErrStale
	}
	var events []Event
	if changes.Name != nil {
		name, err := cleanName(*changes.Name)
		if err != nil {
			return nil, err
		}
		if name != c.name.Reveal() {
			events = append(events, Renamed{Name: personal.New(name)})
		}
	}
	if changes.Email != nil {
		email, err := cleanEmail(*changes.Email)
		if err != nil {
			return nil, err
		}
		if email != c.email.Reveal() {
			events = append(events, EmailChanged{Email: personal.New(email), HasEmail: email != ""})
		}
	}
	if changes.Owner != nil && *changes.Owner != c.owner {
		if *changes.Owner != uuid.Nil && !changes.IsMember(*changes.Owner) {
			return nil, ErrUnknownOwner.At("/owner")
		}
		events = append(events, OwnerChanged{From: c.owner, To: *changes.Owner})
	}
	described, err := c.profile.describe(changes)
	if err != nil {
		return nil, err
	}
	return append(events, described...), nil
}
