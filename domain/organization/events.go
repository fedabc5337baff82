package organization

import (
	"github.com/google/uuid"

	"tagtrail/domain/event"
	"tagtrail/domain/personal"
)

// ID names an organisation.
type ID struct{ uuid.UUID }

// Stream answers the organisation's stream.
func (id ID) Stream() string { return "organization-" + id.String() }

// CatalogStream answers the stream of the organisation's tag catalogue.
func (id ID) CatalogStream() string { return "tagcatalog-" + id.String() }

// InstallationStream lists the organisations of this installation, and which of them a channel belongs to.
const InstallationStream = "installation"

// IdentityScope says whether a person is one contact of the organisation, or one for each channel.
type IdentityScope string

// The identity scopes; the scope is fixed when the organisation is created.
const (
	ScopeOrganization IdentityScope = "org"
	ScopeChannel      IdentityScope = "channel"
)

// KeyKind says what a key may do, and under which source its doings are recorded.
type KeyKind string

// The kinds of keys.
const (
	Owner       KeyKind = "owner"
	Manager     KeyKind = "manager"
	Agent       KeyKind = "agent"
	APIClient   KeyKind = "api"
	AITool      KeyKind = "ai_tool"
	AIAutoClose KeyKind = "ai_auto_close"
	Auditor     KeyKind = "auditor"
	Analyst     KeyKind = "analyst"
)

// Event is any event of an organisation.
//
//sumtype:decl
type Event interface {
	event.Event
	ofOrganization()
}

// Created says that an organisation begins.
type Created struct {
	Name          string        `json:"name"`
	IdentityScope IdentityScope `json:"identity_scope"`
	Zone          string        `json:"zone"` // IANA time zone
}

// EventName is the stored name.
func (Created) EventName() string { return "organization.created" }

// KeyCreated says that a key opens the organisation from now on.
type KeyCreated struct {
	Key  uuid.UUID     `json:"key"`
	Kind KeyKind       `json:"kind"`
	Name personal.Text `json:"name"`
	Hash string        `json:"hash"` // SHA-256 of the secret, lower-case hex
}

// EventName is the stored name.
func (KeyCreated) EventName() string { return "organization.key-created" }

// Withheld is the hash: what a guess could be held against.
func (KeyCreated) Withheld() []string { return []string{"/hash"} }

// KeyRevoked says that a key opens nothing any more.
type KeyRevoked struct {
	Key uuid.UUID `json:"key"`
}

// EventName is the stored name.
func (KeyRevoked) EventName() string { return "organization.key-revoked" }

// ChannelAdded says that a WhatsApp number of the organisation delivers to us.
type ChannelAdded struct {
	Channel       uuid.UUID     `json:"channel"`
	Name          personal.Text `json:"name"`
	PhoneNumberID string        `json:"phone_number_id"` // WhatsApp's own id of the business number
	Phone         personal.Text `json:"phone,omitzero"`  // E.164
	AppSecret     personal.Text `json:"app_secret"`
	VerifyToken   personal.Text `json:"verify_token"`
}

// EventName is the stored name.
func (ChannelAdded) EventName() string { return "organization.channel-added" }

// Withheld are the secrets that the channel shares with WhatsApp.
func (ChannelAdded) Withheld() []string { return []string{"/app_secret", "/verify_token"} }

func (Created) ofOrganization()      {}
func (KeyCreated) ofOrganization()   {}
func (KeyRevoked) ofOrganization()   {}
func (ChannelAdded) ofOrganization() {}

// InstallationEvent is any event of the installation.
//
//sumtype:decl
type InstallationEvent interface {
	event.Event
	ofInstallation()
}

// Registered says that the installation serves one more organisation.
type Registered struct {
	Organization ID `json:"organization"`
}

// EventName is the stored name.
func (Registered) EventName() string { return "installation.organization-registered" }

// ChannelRegistered says which organisation a channel belongs to, so that a webhook's path finds it.
type ChannelRegistered struct {
	Channel      uuid.UUID `json:"channel"`
	Organization ID        `json:"organization"`
}

// EventName is the stored name.
func (ChannelRegistered) EventName() string { return "installation.channel-registered" }

func (Registered) ofInstallation()        {}
func (ChannelRegistered) ofInstallation() {}

// Events declares every event of organisations and of the installation that was ever stored.
func Events() []event.Spec {
	return append([]event.Spec{
		event.Of[Created](1),
		event.Of[KeyCreated](1),
		event.Of[KeyRevoked](1),
		event.Of[ChannelAdded](1),
		event.Of[Registered](1),
		event.Of[ChannelRegistered](1),
	}, teamEvents()...)
}
