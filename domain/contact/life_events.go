package contact

import (
	"tagtrail/domain/event"
	"tagtrail/domain/personal"
	"tagtrail/domain/tag"
)

// Purpose is what a contact agrees to or not, such as marketing.
type Purpose string

// Marketing is the purpose that WhatsApp's own opt-out is about; an organisation may name others.
const Marketing Purpose = "marketing"

// MovedAssignment is an assignment that goes from one contact to another and stays the same stay.
type MovedAssignment struct {
	Tag        tag.ID       `json:"tag"`
	Number     tag.Number   `json:"number"`
	Assignment AssignmentID `json:"assignment"`
	Value      *TagValue    `json:"value,omitzero"`
}

// Detail names something that is known of a person, such as name, first_name, social:facebook or field:<id>.
type Detail string

// LimitExceeded says that the contact was created although the plan allows no more: a person who writes is a fact.
type LimitExceeded struct {
	Limit int `json:"limit"`
}

// EventName is the stored name.
func (LimitExceeded) EventName() string { return "contact.limit-exceeded" }

// Archived says that the contact was put away; it can be restored as it was.
type Archived struct {
	Assignments []OpenAssignment `json:"assignments,omitzero"` // ended by this
}

// EventName is the stored name.
func (Archived) EventName() string { return "contact.archived" }

// Restored says that an archived contact is back.
type Restored struct {
	Assignments []OpenAssignment `json:"assignments,omitzero"` // open again
}

// EventName is the stored name.
func (Restored) EventName() string { return "contact.restored" }

// Merged says that the contact is the same person as another, which stands for both from now on.
type Merged struct {
	Into  ID               `json:"into"`
	With  []ID             `json:"with,omitzero"`  // contacts that it stood for, and that go along
	Ended []OpenAssignment `json:"ended,omitzero"` // the survivor carries the tag already
	Taken []OpenAssignment `json:"taken,omitzero"` // go on at the survivor
}

// EventName is the stored name.
func (Merged) EventName() string { return "contact.merged" }

// Absorbed says that the contact stands for another one too.
type Absorbed struct {
	Contact ID                `json:"contact"`
	With    []ID              `json:"with,omitzero"` // contacts that the other one stood for
	Taken   []MovedAssignment `json:"taken,omitzero"`
	Filled  []Detail          `json:"filled,omitzero"` // what the other one knew and this one did not; events of their own follow
}

// EventName is the stored name.
func (Absorbed) EventName() string { return "contact.absorbed" }

// Separated says that a merged contact stands for itself again.
type Separated struct {
	From     ID               `json:"from"`              // the contact that stood for it
	With     []ID             `json:"with,omitzero"`     // contacts that it stands for again
	Reopened []OpenAssignment `json:"reopened,omitzero"` // had ended with the merge
	Returned []OpenAssignment `json:"returned,omitzero"` // went on at the survivor until now
}

// EventName is the stored name.
func (Separated) EventName() string { return "contact.separated" }

// Released says that the contact stands for another one no more.
type Released struct {
	Contact  ID                `json:"contact"`
	With     []ID              `json:"with,omitzero"` // contacts that the other one stands for again
	Returned []MovedAssignment `json:"returned,omitzero"`
}

// EventName is the stored name.
func (Released) EventName() string { return "contact.released" }

// ToldApart says that the contact and another one, which may look like it, are two people.
type ToldApart struct {
	Contact ID `json:"contact"`
}

// EventName is the stored name.
func (ToldApart) EventName() string { return "contact.told-apart" }

// ConsentGiven says that the person agrees to a purpose.
type ConsentGiven struct {
	Purpose  Purpose       `json:"purpose"`
	Evidence personal.Text `json:"evidence,omitzero"` // how that is known
}

// EventName is the stored name.
func (ConsentGiven) EventName() string { return "contact.consent-given" }

// ConsentWithdrawn says that the person does not agree to a purpose, or no more.
type ConsentWithdrawn struct {
	Purpose  Purpose       `json:"purpose"`
	Evidence personal.Text `json:"evidence,omitzero"`
}

// EventName is the stored name.
func (ConsentWithdrawn) EventName() string { return "contact.consent-withdrawn" }

func (LimitExceeded) ofContact()    {}
func (Archived) ofContact()         {}
func (Restored) ofContact()         {}
func (Merged) ofContact()           {}
func (Absorbed) ofContact()         {}
func (Separated) ofContact()        {}
func (Released) ofContact()         {}
func (ToldApart) ofContact()        {}
func (ConsentGiven) ofContact()     {}
func (ConsentWithdrawn) ofContact() {}

// lifeEvents declares the events of how contacts come and go, and of what they agree to.
func lifeEvents() []event.Spec {
	return []event.Spec{
		event.Of[LimitExceeded](1),
		event.Of[Archived](1),
		event.Of[Restored](1),
		event.Of[Merged](1),
		event.Of[Absorbed](1),
		event.Of[Separated](1),
		event.Of[Released](1),
		event.Of[ToldApart](1),
		event.Of[ConsentGiven](1),
		event.Of[ConsentWithdrawn](1),
	}
}
