package rule

import (
	"slices"

	"github.com/google/uuid"

	"tagtrail/domain/contact"
	"tagtrail/domain/event"
	"tagtrail/domain/personal"
	"tagtrail/domain/segment"
	"tagtrail/domain/tag"
)

// Event is any event of a rule.
//
//sumtype:decl
type Event interface {
	event.Event
	ofRule()
}

// Definition is what one version of a rule says.
type Definition struct {
	Filter   personal.Text `json:"filter,omitzero"`  // whom it watches, in its canonical form, or
	Segment  segment.ID    `json:"segment,omitzero"` // which segment
	On       Trigger       `json:"on"`
	Actions  []Action      `json:"actions"`            // in their order
	TakeBack bool          `json:"take_back,omitzero"` // the tags that it put on go with the reason for them
}

// Action is one thing that a rule does to a contact.
type Action struct {
	Do         Deed               `json:"do"`
	Tag        tag.ID             `json:"tag,omitzero"`
	Value      personal.Text      `json:"value,omitzero"` // of a valued tag
	LeadStatus contact.LeadStatus `json:"lead_status,omitzero"`
	Owner      uuid.UUID          `json:"owner,omitzero"` // the zero id is nobody
}

// Same says whether two definitions say the same.
func (d Definition) Same(other Definition) bool {
	return d.Filter == other.Filter && d.Segment == other.Segment && d.On == other.On && d.TakeBack == other.TakeBack &&
		slices.Equal(d.Actions, other.Actions)
}

// Defined says that there is a rule, which does nothing until it is enabled.
type Defined struct {
	Name       personal.Text `json:"name"`
	Version    int           `json:"version"`
	Definition `json:",inline"`
}

// EventName is the stored name.
func (Defined) EventName() string { return "rule.defined" }

// Renamed says that a rule got another name.
type Renamed struct {
	Name personal.Text `json:"name"`
}

// EventName is the stored name.
func (Renamed) EventName() string { return "rule.renamed" }

// Redefined says that a rule has another version from now on.
type Redefined struct {
	Version    int `json:"version"`
	Definition `json:",inline"`
}

// EventName is the stored name.
func (Redefined) EventName() string { return "rule.redefined" }

// Enabled says that a rule acts from now on.
type Enabled struct{}

// EventName is the stored name.
func (Enabled) EventName() string { return "rule.enabled" }

// Disabled says that a rule acts no more until it is enabled again.
type Disabled struct{}

// EventName is the stored name.
func (Disabled) EventName() string { return "rule.disabled" }

// Deleted says that a rule is no more; what it did stays.
type Deleted struct{}

// EventName is the stored name.
func (Deleted) EventName() string { return "rule.deleted" }

func (Defined) ofRule()   {}
func (Renamed) ofRule()   {}
func (Redefined) ofRule() {}
func (Enabled) ofRule()   {}
func (Disabled) ofRule()  {}
func (Deleted) ofRule()   {}

// Events declares every event of a rule that was ever stored.
func Events() []event.Spec {
	return []event.Spec{
		event.Of[Defined](1), event.Of[Renamed](1), event.Of[Redefined](1), event.Of[Enabled](1), event.Of[Disabled](1),
		event.Of[Deleted](1), event.Of[Acted](1),
	}
}
