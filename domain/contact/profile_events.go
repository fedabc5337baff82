package contact

import (
	"github.com/google/uuid"

	"tagtrail/domain/event"
	"tagtrail/domain/field"
	"tagtrail/domain/personal"
)

// Provenance says where a detail of a person comes from. What the team wrote
// holds; what a channel or a browser says later is recorded and not shown.
type Provenance string

// The provenances.
const (
	Manual      Provenance = "manual"
	FromChannel Provenance = "channel"
	FromBrowser Provenance = "browser"
)

// SocialNetwork is where a social profile is.
type SocialNetwork string

// The social networks.
const (
	Facebook  SocialNetwork = "facebook"
	Instagram SocialNetwork = "instagram"
	LinkedIn  SocialNetwork = "linkedin"
	TikTok    SocialNetwork = "tiktok"
	X         SocialNetwork = "x"
	YouTube   SocialNetwork = "youtube"
	Website   SocialNetwork = "website"
)

// Address is where a contact lives or works; the zero address is none.
type Address struct {
	Street     personal.Text `json:"street,omitzero"`
	City       personal.Text `json:"city,omitzero"`
	Region     personal.Text `json:"region,omitzero"`
	PostalCode personal.Text `json:"postal_code,omitzero"`
	Country    string        `json:"country,omitzero"` // ISO 3166-1 alpha-2
}

// NoteID names a note for ever.
type NoteID struct{ uuid.UUID }

// NoteKind says what a note was taken on.
type NoteKind string

// The kinds of notes.
const (
	General NoteKind = "general"
	Call    NoteKind = "call"
	Meeting NoteKind = "meeting"
	Email   NoteKind = "email"
)

// FirstNameChanged says what the contact's first name is; an empty one takes it away.
type FirstNameChanged struct {
	Name personal.Text `json:"name,omitzero"`
	From Provenance    `json:"from"`
}

// EventName is the stored name.
func (FirstNameChanged) EventName() string { return "contact.first-name-changed" }

// LastNameChanged says what the contact's last name is; an empty one takes it away.
type LastNameChanged struct {
	Name personal.Text `json:"name,omitzero"`
	From Provenance    `json:"from"`
}

// EventName is the stored name.
func (LastNameChanged) EventName() string { return "contact.last-name-changed" }

// CompanyChanged says which company the contact belongs to; an empty one takes it away.
type CompanyChanged struct {
	Company personal.Text `json:"company,omitzero"`
}

// EventName is the stored name.
func (CompanyChanged) EventName() string { return "contact.company-changed" }

// AddressChanged says where the contact lives or works; an empty one takes it away.
type AddressChanged struct {
	Address Address `json:"address"`
}

// EventName is the stored name.
func (AddressChanged) EventName() string { return "contact.address-changed" }

// SocialProfileChanged says how a network knows the contact; an empty handle takes it away.
type SocialProfileChanged struct {
	Network SocialNetwork `json:"network"`
	Handle  personal.Text `json:"handle,omitzero"` // or the address of the profile
}

// EventName is the stored name.
func (SocialProfileChanged) EventName() string { return "contact.social-profile-changed" }

// CountryChanged says where the contact is from; "" takes it away. What a number says is with the identity.
type CountryChanged struct {
	Country string     `json:"country,omitzero"` // ISO 3166-1 alpha-2
	From    Provenance `json:"from"`
}

// EventName is the stored name.
func (CountryChanged) EventName() string { return "contact.country-changed" }

// LanguageChanged says which language the contact speaks; "" takes it away.
type LanguageChanged struct {
	Language string     `json:"language,omitzero"` // BCP 47
	From     Provenance `json:"from"`
}

// EventName is the stored name.
func (LanguageChanged) EventName() string { return "contact.language-changed" }

// FieldSet says what a custom field of the contact holds.
type FieldSet struct {
	Field field.ID      `json:"field"`
	Type  field.Type    `json:"type"`
	Value personal.Text `json:"value"` // in the one form of its type
}

// EventName is the stored name.
func (FieldSet) EventName() string { return "contact.field-set" }

// FieldCleared says that a custom field of the contact holds nothing any more.
type FieldCleared struct {
	Field field.ID `json:"field"`
}

// EventName is the stored name.
func (FieldCleared) EventName() string { return "contact.field-cleared" }

// NoteAdded says that the team took a note. It is never shown to the contact.
type NoteAdded struct {
	Note NoteID        `json:"note"`
	Kind NoteKind      `json:"kind"`
	Text personal.Text `json:"text"`
}

// EventName is the stored name.
func (NoteAdded) EventName() string { return "contact.note-added" }

// NoteEdited says what a note says from now on.
type NoteEdited struct {
	Note NoteID        `json:"note"`
	Kind NoteKind      `json:"kind"`
	Text personal.Text `json:"text"`
}

// EventName is the stored name.
func (NoteEdited) EventName() string { return "contact.note-edited" }

// NoteDeleted says that a note is shown no more.
type NoteDeleted struct {
	Note NoteID `json:"note"`
}

// EventName is the stored name.
func (NoteDeleted) EventName() string { return "contact.note-deleted" }

func (FirstNameChanged) ofContact()     {}
func (LastNameChanged) ofContact()      {}
func (CompanyChanged) ofContact()       {}
func (AddressChanged) ofContact()       {}
func (SocialProfileChanged) ofContact() {}
func (CountryChanged) ofContact()       {}
func (LanguageChanged) ofContact()      {}
func (FieldSet) ofContact()             {}
func (FieldCleared) ofContact()         {}
func (NoteAdded) ofContact()            {}
func (NoteEdited) ofContact()           {}
func (NoteDeleted) ofContact()          {}

// profileEvents declares the events of what is said about a contact.
func profileEvents() []event.Spec {
	return []event.Spec{
		event.Of[FirstNameChanged](1),
		event.Of[LastNameChanged](1),
		event.Of[CompanyChanged](1),
		event.Of[AddressChanged](1),
		event.Of[SocialProfileChanged](1),
		event.Of[CountryChanged](1),
		event.Of[LanguageChanged](1),
		event.Of[FieldSet](1),
		event.Of[FieldCleared](1),
		event.Of[NoteAdded](1),
		event.Of[NoteEdited](1),
		event.Of[NoteDeleted](1),
	}
}
