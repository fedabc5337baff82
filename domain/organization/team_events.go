package organization

import (
	"github.com/google/uuid"

	"tagtrail/domain/event"
	"tagtrail/domain/field"
	"tagtrail/domain/personal"
)

// Plan says how many contacts an organisation may add.
type Plan string

// The plans.
const (
	Free    Plan = "free"
	Starter Plan = "starter"
	Growth  Plan = "growth"
	Scale   Plan = "scale"
)

// MemberAdded says that somebody belongs to the team.
type MemberAdded struct {
	Member uuid.UUID     `json:"member"`
	Name   personal.Text `json:"name"`
	Email  personal.Text `json:"email,omitzero"`
	Role   KeyKind       `json:"role"`
}

// EventName is the stored name.
func (MemberAdded) EventName() string { return "organization.member-added" }

// MemberRenamed says that a member is called otherwise.
type MemberRenamed struct {
	Member uuid.UUID     `json:"member"`
	Name   personal.Text `json:"name"`
}

// EventName is the stored name.
func (MemberRenamed) EventName() string { return "organization.member-renamed" }

// MemberEmailChanged says which e-mail address a member has; an empty one takes it away.
type MemberEmailChanged struct {
	Member uuid.UUID     `json:"member"`
	Email  personal.Text `json:"email,omitzero"`
}

// EventName is the stored name.
func (MemberEmailChanged) EventName() string { return "organization.member-email-changed" }

// MemberRoleChanged says that a member may do something else from now on.
type MemberRoleChanged struct {
	Member uuid.UUID `json:"member"`
	From   KeyKind   `json:"from"`
	To     KeyKind   `json:"to"`
}

// EventName is the stored name.
func (MemberRoleChanged) EventName() string { return "organization.member-role-changed" }

// MemberRemoved says that somebody belongs to the team no more.
type MemberRemoved struct {
	Member uuid.UUID `json:"member"`
}

// EventName is the stored name.
func (MemberRemoved) EventName() string { return "organization.member-removed" }

// KeyAssigned says whose a key is: it may do what its member may, and its doings are the member's.
type KeyAssigned struct {
	Key    uuid.UUID `json:"key"`
	Member uuid.UUID `json:"member"`
}

// EventName is the stored name.
func (KeyAssigned) EventName() string { return "organization.key-assigned" }

// PlanChanged says how many contacts the organisation may add from now on.
type PlanChanged struct {
	Plan  Plan `json:"plan"`
	Limit int  `json:"limit"` // of contacts; 0 is none
}

// EventName is the stored name.
func (PlanChanged) EventName() string { return "organization.plan-changed" }

// TagLimitChanged says how many active tags a contact may carry from now on.
type TagLimitChanged struct {
	From int `json:"from"`
	To   int `json:"to"`
}

// EventName is the stored name.
func (TagLimitChanged) EventName() string { return "organization.tag-limit-changed" }

// TagRemovalChanged says whether a role takes off only tags that its own source put on.
type TagRemovalChanged struct {
	Role    KeyKind `json:"role"`
	OwnOnly bool    `json:"own_only"`
}

// EventName is the stored name.
func (TagRemovalChanged) EventName() string { return "organization.tag-removal-changed" }

// MaskingChanged says which personal details a role sees in part only.
type MaskingChanged struct {
	Role  KeyKind `json:"role"`
	Phone bool    `json:"phone"`
	Email bool    `json:"email"`
}

// EventName is the stored name.
func (MaskingChanged) EventName() string { return "organization.masking-changed" }

// FieldDefined says that contacts have one more custom field.
type FieldDefined struct {
	Field   field.ID       `json:"field"`
	Name    string         `json:"name"`
	Type    field.Type     `json:"type"`
	Options []field.Option `json:"options,omitzero"`
}

// EventName is the stored name.
func (FieldDefined) EventName() string { return "organization.field-defined" }

// FieldRenamed says that a custom field got another name.
type FieldRenamed struct {
	Field field.ID `json:"field"`
	From  string   `json:"from"`
	To    string   `json:"to"`
}

// EventName is the stored name.
func (FieldRenamed) EventName() string { return "organization.field-renamed" }

// FieldOptionAdded says that a choice takes one more option.
type FieldOptionAdded struct {
	Field  field.ID     `json:"field"`
	Option field.Option `json:"option"`
}

// EventName is the stored name.
func (FieldOptionAdded) EventName() string { return "organization.field-option-added" }

// FieldOptionRetired says that an option can no longer be chosen; contacts that hold it keep it.
type FieldOptionRetired struct {
	Field  field.ID     `json:"field"`
	Option field.Option `json:"option"`
}

// EventName is the stored name.
func (FieldOptionRetired) EventName() string { return "organization.field-option-retired" }

// FieldRetired says that nothing new goes into a custom field; what contacts hold in it stays.
type FieldRetired struct {
	Field field.ID `json:"field"`
}

// EventName is the stored name.
func (FieldRetired) EventName() string { return "organization.field-retired" }

// FieldRestored says that a retired custom field can be filled again.
type FieldRestored struct {
	Field field.ID `json:"field"`
}

// EventName is the stored name.
func (FieldRestored) EventName() string { return "organization.field-restored" }

func (MemberAdded) ofOrganization()        {}
func (MemberRenamed) ofOrganization()      {}
func (MemberEmailChanged) ofOrganization() {}
func (MemberRoleChanged) ofOrganization()  {}
func (MemberRemoved) ofOrganization()      {}
func (KeyAssigned) ofOrganization()        {}
func (PlanChanged) ofOrganization()        {}
func (TagLimitChanged) ofOrganization()    {}
func (TagRemovalChanged) ofOrganization()  {}
func (MaskingChanged) ofOrganization()     {}
func (FieldDefined) ofOrganization()       {}
func (FieldRenamed) ofOrganization()       {}
func (FieldOptionAdded) ofOrganization()   {}
func (FieldOptionRetired) ofOrganization() {}
func (FieldRetired) ofOrganization()       {}
func (FieldRestored) ofOrganization()      {}

// teamEvents declares the events of the team, its rules and its custom fields.
func teamEvents() []event.Spec {
	return []event.Spec{
		event.Of[MemberAdded](1),
		event.Of[MemberRenamed](1),
		event.Of[MemberEmailChanged](1),
		event.Of[MemberRoleChanged](1),
		event.Of[MemberRemoved](1),
		event.Of[KeyAssigned](1),
		event.Of[PlanChanged](1),
		event.Of[TagLimitChanged](1),
		event.Of[TagRemovalChanged](1),
		event.Of[MaskingChanged](1),
		event.Of[FieldDefined](1),
		event.Of[FieldRenamed](1),
		event.Of[FieldOptionAdded](1),
		event.Of[FieldOptionRetired](1),
		event.Of[FieldRetired](1),
		event.Of[FieldRestored](1),
	}
}
