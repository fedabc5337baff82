package contact

import (
	"slices"
	"time"

	"github.com/google/uuid"

	"tagtrail/domain/event"
	"tagtrail/domain/personal"
	"tagtrail/domain/tag"
)

// ID names a contact for ever.
type ID struct{ uuid.UUID }

// Stream answers the contact's stream.
func (id ID) Stream() string { return "contact-" + id.String() }

// AssignmentID names one stay of a tag on a contact.
type AssignmentID struct{ uuid.UUID }

// LeadStatus is where a contact stands in the funnel.
type LeadStatus string

// The lead statuses, in the order of the funnel.
const (
	Cold     LeadStatus = "cold"     // new, no engagement
	Warm     LeadStatus = "warm"     // showed interest
	Hot      LeadStatus = "hot"      // ready to buy
	Customer LeadStatus = "customer" // converted
)

// Move is the kind of a lead-status change.
type Move string

// The kinds of lead-status changes.
const (
	Advance  Move = "advance"   // to the next status
	Skip     Move = "skip"      // forwards over at least one
	Regress  Move = "regress"   // backwards, but not to cold
	Reengage Move = "re-engage" // back to cold
)

// IdentityKind is what a person is recognised by.
type IdentityKind string

// The kinds of identities; a phone number and a wa_id are one kind.
const (
	Number      IdentityKind = "number"
	BSUID       IdentityKind = "bsuid"
	ParentBSUID IdentityKind = "parent_bsuid"
)

// Identity is something that a contact is recognised by.
type Identity struct {
	Kind    IdentityKind  `json:"kind"`
	Value   personal.Text `json:"value"`            // E.164 with "+" (the representative of its variants), or the BSUID as it came
	WaID    personal.Text `json:"wa_id,omitzero"`   // as WhatsApp wrote it, digits
	Country string        `json:"country,omitzero"` // ISO 3166-1 alpha-2, fixed by the command
	Channel uuid.UUID     `json:"channel,omitzero"` // the business number that it was seen on
}

// TagValue is the value of a valued tag on a contact: one of the catalogue's fixed values, or free text.
type TagValue struct {
	Number tag.ValueNumber `json:"number,omitzero"`
	Text   personal.Text   `json:"text,omitzero"`
}

// OpenAssignment names an assignment that an event ends or carries on.
type OpenAssignment struct {
	Assignment AssignmentID `json:"assignment"`
	Number     tag.Number   `json:"number"`
}

// Origin says how a contact came to be.
type Origin string

// The origins of contacts.
const (
	OriginManual  Origin = "manual"  // somebody typed it in
	OriginAPI     Origin = "api"     // another system created it
	OriginImport  Origin = "import"  // it came in a file
	OriginMessage Origin = "message" // a person wrote, or was written to, on a channel
)

// Event is any event of a contact.
//
//sumtype:decl
type Event interface {
	event.Event
	ofContact()
}

// Created says that a contact was first added, recognised by its strongest identity.
type Created struct {
	Origin     Origin        `json:"origin"`
	Identity   Identity      `json:"identity"`
	Name       personal.Text `json:"name,omitzero"` // given by hand
	Email      personal.Text `json:"email,omitzero"`
	HasEmail   bool          `json:"has_email,omitzero"`
	LeadStatus LeadStatus    `json:"lead_status"`
}

// EventName is the stored name.
func (Created) EventName() string { return "contact.created" }

// IdentityLinked says that the contact is recognised by one more identity.
type IdentityLinked struct {
	Identity Identity `json:"identity"`
}

// EventName is the stored name.
func (IdentityLinked) EventName() string { return "contact.identity-linked" }

// IdentityUnlinked says that an identity is no longer the contact's: the person left the number.
type IdentityUnlinked struct {
	Identity Identity `json:"identity"`
}

// EventName is the stored name.
func (IdentityUnlinked) EventName() string { return "contact.identity-unlinked" }

// ProfileNameChanged says which name the person shows on WhatsApp.
type ProfileNameChanged struct {
	Name    personal.Text `json:"name"`
	Channel uuid.UUID     `json:"channel"`
}

// EventName is the stored name.
func (ProfileNameChanged) EventName() string { return "contact.profile-name-changed" }

// Renamed says which name the team gave; an empty one takes the given name away.
type Renamed struct {
	Name personal.Text `json:"name,omitzero"`
}

// EventName is the stored name.
func (Renamed) EventName() string { return "contact.renamed" }

// EmailChanged says which e-mail address the contact has; an empty one takes it away.
type EmailChanged struct {
	Email    personal.Text `json:"email,omitzero"`
	HasEmail bool          `json:"has_email"`
}

// EventName is the stored name.
func (EmailChanged) EventName() string { return "contact.email-changed" }

// OwnerChanged says which team member is responsible; the zero id is nobody.
type OwnerChanged struct {
	From uuid.UUID `json:"from,omitzero"`
	To   uuid.UUID `json:"to,omitzero"`
}

// EventName is the stored name.
func (OwnerChanged) EventName() string { return "contact.owner-changed" }

// LeadStatusChanged says that the contact moved in the funnel.
type LeadStatusChanged struct {
	From  LeadStatus `json:"from"`
	To    LeadStatus `json:"to"`
	Kind  Move       `json:"kind"`
	Since time.Time  `json:"since"` // when the status that ends began
}

// EventName is the stored name.
func (LeadStatusChanged) EventName() string { return "contact.lead-status-changed" }

// TagAssigned says that a tag was put on the contact.
type TagAssigned struct {
	Tag        tag.ID       `json:"tag"`
	Number     tag.Number   `json:"number"`
	Assignment AssignmentID `json:"assignment"`
	Value      *TagValue    `json:"value,omitzero"`
}

// EventName is the stored name.
func (TagAssigned) EventName() string { return "contact.tag-assigned" }

// TagRemoved says that a tag was taken off the contact.
type TagRemoved struct {
	Tag        tag.ID       `json:"tag"`
	Number     tag.Number   `json:"number"`
	Assignment AssignmentID `json:"assignment"`
	Value      *TagValue    `json:"value,omitzero"`
}

// EventName is the stored name.
func (TagRemoved) EventName() string { return "contact.tag-removed" }

// TagValueChanged says that a valued tag carries another value: one assignment ends and the next begins.
type TagValueChanged struct {
	Tag        tag.ID       `json:"tag"`
	Number     tag.Number   `json:"number"`
	Ended      AssignmentID `json:"ended"`
	Assignment AssignmentID `json:"assignment"`
	From       *TagValue    `json:"from,omitzero"`
	To         *TagValue    `json:"to,omitzero"`
}

// EventName is the stored name.
func (TagValueChanged) EventName() string { return "contact.tag-value-changed" }

// Erased says that the person asked to be forgotten: the keys are shredded, the anonymous history stays.
type Erased struct {
	Assignments []OpenAssignment `json:"assignments,omitzero"` // ended by this
}

// EventName is the stored name.
func (Erased) EventName() string { return "contact.erased" }

func (Created) ofContact()            {}
func (IdentityLinked) ofContact()     {}
func (IdentityUnlinked) ofContact()   {}
func (ProfileNameChanged) ofContact() {}
func (Renamed) ofContact()            {}
func (EmailChanged) ofContact()       {}
func (OwnerChanged) ofContact()       {}
func (LeadStatusChanged) ofContact()  {}
func (TagAssigned) ofContact()        {}
func (TagRemoved) ofContact()         {}
func (TagValueChanged) ofContact()    {}
func (Erased) ofContact()             {}

// Events declares every event of a contact that was ever stored.
func Events() []event.Spec {
	return slices.Concat([]event.Spec{
		event.Of[Created](1),
		event.Of[IdentityLinked](1),
		event.Of[IdentityUnlinked](1),
		event.Of[ProfileNameChanged](1),
		event.Of[Renamed](1),
		event.Of[EmailChanged](1),
		event.Of[OwnerChanged](1),
		event.Of[LeadStatusChanged](1),
		event.Of[TagAssigned](1),
		event.Of[TagRemoved](1),
		event.Of[TagValueChanged](1),
		event.Of[Erased](1),
	}, profileEvents(), lifeEvents(), holdEvents())
}

// Of answers the contact whose stream an event of a contact is on.
func Of[E Event](r event.Recorded[E]) ID {
	return ID{event.Subject(r.Stream, r.Data)}
}
