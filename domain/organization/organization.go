package organization

import (
	"bytes"
	"maps"
	"slices"

	"github.com/google/uuid"

	"tagtrail/domain/event"
	"tagtrail/domain/fault"
	"tagtrail/domain/field"
	"tagtrail/domain/personal"
	"tagtrail/domain/text"
)

// The limits of an organisation.
const (
	MaxNameLength = 100 // characters as a person counts them
	MaxKeys       = 1000
	MaxChannels   = 1000
)

// Organization is the state of one organisation.
type Organization struct {
	IdentityScope IdentityScope // "" until it is created
	Name          string
	Zone          string
	Plan          Plan // "" where none was ever chosen
	ContactLimit  int  // 0 is none

	keys     map[uuid.UUID]Key
	channels map[uuid.UUID]Channel
	members  map[uuid.UUID]Member
	holders  map[uuid.UUID]uuid.UUID // members by their keys
	fields   map[field.ID]field.Definition
	ownOnly  map[KeyKind]bool
	masks    map[KeyKind]Masking
	tagLimit int
	open     int // keys that open it
}

// Key opens an organisation.
type Key struct {
	ID      uuid.UUID
	Kind    KeyKind // of a member's key the member's role
	Name    personal.Text
	Hash    string // SHA-256 of the secret, lower-case hex
	Revoked bool
	Member  uuid.UUID // whose it is; zero is nobody's
}

// New answers an organisation before its first event.
func New() *Organization {
	return &Organization{
		keys: map[uuid.UUID]Key{}, channels: map[uuid.UUID]Channel{},
		members: map[uuid.UUID]Member{}, holders: map[uuid.UUID]uuid.UUID{}, fields: map[field.ID]field.Definition{},
		ownOnly: map[KeyKind]bool{}, masks: map[KeyKind]Masking{},
	}
}

// Clone answers an organisation that goes its own way from here.
func (o *Organization) Clone() *Organization {
	clone := *o
	clone.keys, clone.channels = maps.Clone(o.keys), maps.Clone(o.channels)
	clone.members, clone.holders, clone.fields = maps.Clone(o.members), maps.Clone(o.holders), maps.Clone(o.fields)
	clone.ownOnly, clone.masks = maps.Clone(o.ownOnly), maps.Clone(o.masks)
	return &clone
}

// Exists says whether the organisation was created.
func (o *Organization) Exists() bool { return o.IdentityScope != "" }

// Key answers a key that opens the organisation. A member's key has the role that the member has now.
func (o *Organization) Key(id uuid.UUID) (Key, error) {
	key, ok := o.keys[id]
	if !ok || key.Revoked {
		return Key{}, ErrUnknownKey
	}
	return o.held(key), nil
}

// Keys answers every key there ever was, in the order of their ids.
func (o *Organization) Keys() []Key {
	all := slices.SortedFunc(maps.Values(o.keys), func(a, b Key) int { return bytes.Compare(a.ID[:], b.ID[:]) })
	for i, key := range all {
		all[i] = o.held(key)
	}
	return all
}

// held answers a key as its holder makes it.
func (o *Organization) held(key Key) Key {
	if m, known := o.members[o.holders[key.ID]]; known {
		key.Kind, key.Member = m.Role, m.ID
	}
	return key
}

// opensWithout says whether an owner could still come in if some keys opened nothing more to owners.
func (o *Organization) opensWithout(lost func(Key) bool) bool {
	for _, key := range o.keys {
		if key = o.held(key); !key.Revoked && key.Kind == Owner && !lost(key) {
			return true
		}
	}
	return false
}

// Apply takes over what happened.
func (o *Organization) Apply(r event.Recorded[Event]) {
	switch e := r.Data.(type) {
	case Created:
		o.IdentityScope, o.Name, o.Zone = e.IdentityScope, e.Name, e.Zone
	case KeyCreated:
		o.keys[e.Key] = Key{ID: e.Key, Kind: e.Kind, Name: e.Name, Hash: e.Hash}
		o.open++
	case KeyRevoked:
		key := o.keys[e.Key]
		key.Revoked = true
		o.keys[e.Key] = key
		o.open--
	case ChannelAdded:
		o.channels[e.Channel] = Channel{
			ID: e.Channel, Organization: ID{r.Org()}, Name: e.Name, PhoneNumberID: e.PhoneNumberID,
			Phone: e.Phone, AppSecret: e.AppSecret, VerifyToken: e.VerifyToken,
		}
	case MemberAdded:
		o.members[e.Member] = Member{ID: e.Member, Name: e.Name, Email: e.Email, Role: e.Role, Revision: r.Revision}
	case MemberRenamed:
		o.changeMember(e.Member, r, func(m *Member) { m.Name = e.Name })
	case MemberEmailChanged:
		o.changeMember(e.Member, r, func(m *Member) { m.Email = e.Email })
	case MemberRoleChanged:
		o.changeMember(e.Member, r, func(m *Member) { m.Role = e.To })
	case MemberRemoved:
		o.changeMember(e.Member, r, func(m *Member) { m.Removed = true })
	case KeyAssigned:
		o.holders[e.Key] = e.Member
	case PlanChanged:
		o.Plan, o.ContactLimit = e.Plan, e.Limit
	case TagLimitChanged:
		o.tagLimit = e.To
	case TagRemovalChanged:
		o.ownOnly[e.Role] = e.OwnOnly
	case MaskingChanged:
		o.masks[e.Role] = Masking{Phone: e.Phone, Email: e.Email}
	case FieldDefined, FieldRenamed, FieldOptionAdded, FieldOptionRetired, FieldRetired, FieldRestored:
		o.applyField(r)
	}
}

// at says where a refused text stands.
func at(err error, pointer string) error {
	if f := fault.Of(err); f != nil {
		return f.At(pointer)
	}
	return err
}

// Create decides on a new organisation and the key that opens it. An
// organisation that has the key already is complete, whoever asks again.
func (o *Organization) Create(name string, scope IdentityScope, zone string, key Key) ([]Event, error) {
	if o.Exists() {
		if had, ok := o.keys[key.ID]; ok && had.Hash == key.Hash {
			return nil, nil
		}
		return nil, ErrExists
	}
	name, err := text.Line(name, MaxNameLength)
	if err != nil {
		return nil, ErrName.At("/name")
	}
	switch scope {
	case "":
		scope = ScopeOrganization
	case ScopeOrganization, ScopeChannel:
	default:
		return nil, ErrUnknownIdentityScope.At("/identity_scope")
	}
	created, err := key.created()
	if err != nil {
		return nil, err
	}
	return []Event{Created{Name: name, IdentityScope: scope, Zone: zone}, created}, nil
}

// CreateKey decides that a key opens the organisation.
func (o *Organization) CreateKey(key Key) ([]Event, error) {
	if !o.Exists() {
		return nil, ErrUnknown
	}
	if _, taken := o.keys[key.ID]; taken {
		return nil, ErrKeyExists
	}
	if o.open >= MaxKeys {
		return nil, ErrTooManyKeys
	}
	created, err := key.created()
	if err != nil {
		return nil, err
	}
	return []Event{created}, nil
}

func (k Key) created() (KeyCreated, error) {
	if !slices.Contains(KeyKinds(), k.Kind) {
		return KeyCreated{}, ErrUnknownKeyKind.At("/kind")
	}
	name, err := text.Line(k.Name.Reveal(), MaxNameLength)
	if err != nil {
		return KeyCreated{}, ErrName.At("/name")
	}
	return KeyCreated{Key: k.ID, Kind: k.Kind, Name: personal.New(name), Hash: k.Hash}, nil
}

// KeyKinds answers the kinds of keys.
func KeyKinds() []KeyKind {
	return []KeyKind{Owner, Manager, Agent, APIClient, AITool, AIAutoClose, Auditor, Analyst}
}

// RevokeKey decides that a key opens nothing any more.
func (o *Organization) RevokeKey(id uuid.UUID) ([]Event, error) {
	key, ok := o.keys[id]
	switch {
	case !ok:
		return nil, ErrKeyNotFound
	case key.Revoked:
		return nil, nil
	case o.held(key).Kind == Owner && !o.opensWithout(func(other Key) bool { return other.ID == id }):
		return nil, ErrLastOwnerKey
	}
	return []Event{KeyRevoked{Key: id}}, nil
}
