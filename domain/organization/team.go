package organization

import (
	"bytes"
	"cmp"
	"maps"
	"slices"

	"github.com/google/uuid"

	"tagtrail/domain/event"
	"tagtrail/domain/fault"
	"tagtrail/domain/personal"
	"tagtrail/domain/text"
)

// The limits of a team.
const (
	MaxMembers      = 10_000
	DefaultTagLimit = 20
	MaxTagLimit     = 100
	maxEmailLength  = 254 // octets, as mail servers count them
)

// Member is somebody who belongs to the team.
type Member struct {
	ID      uuid.UUID
	Name    personal.Text
	Email   personal.Text
	Role    KeyKind
	Removed bool

	Revision event.Revision // of the member's own last event
}

// MemberChanges is what is asked of a member; nil leaves a thing as it is.
type MemberChanges struct {
	Name  *string
	Email *string // "" is none
	Role  *KeyKind
}

// Masking says which personal details a role sees in part only.
type Masking struct{ Phone, Email bool }

// Roles answers the roles that people can have; keys of programs have other kinds.
func Roles() []KeyKind { return []KeyKind{Owner, Manager, Agent, Auditor, Analyst} }

// Plans answers the plans and how many contacts each allows to add; 0 is no limit.
func Plans() map[Plan]int { return map[Plan]int{Free: 100, Starter: 5_000, Growth: 25_000, Scale: 0} }

// Member answers somebody who belongs to the team.
func (o *Organization) Member(id uuid.UUID) (Member, error) {
	m, ok := o.members[id]
	if !ok || m.Removed {
		return Member{}, ErrUnknownMember
	}
	return m, nil
}

// IsMember says whether somebody belongs to the team.
func (o *Organization) IsMember(id uuid.UUID) bool {
	_, err := o.Member(id)
	return err == nil
}

// Members answers everybody who belongs to the team, in the order of their ids.
func (o *Organization) Members() []Member {
	all := slices.Collect(maps.Values(o.members))
	all = slices.DeleteFunc(all, func(m Member) bool { return m.Removed })
	slices.SortFunc(all, func(a, b Member) int { return bytes.Compare(a.ID[:], b.ID[:]) })
	return all
}

// TagLimit answers how many active tags a contact may carry.
func (o *Organization) TagLimit() int { return cmp.Or(o.tagLimit, DefaultTagLimit) }

// OwnTagsOnly says whether a role takes off only tags that its own source put on.
func (o *Organization) OwnTagsOnly(role KeyKind) bool { return o.ownOnly[role] }

// Masking answers which personal details a role sees in part only.
func (o *Organization) Masking(role KeyKind) Masking { return o.masks[role] }

// AddMember decides that somebody belongs to the team. Somebody who is there as asked is not added again.
func (o *Organization) AddMember(m Member) ([]Event, error) {
	if !o.Exists() {
		return nil, ErrUnknown
	}
	name, err := cleanMember(m.Name.Reveal(), m.Email.Reveal(), m.Role)
	if err != nil {
		return nil, err
	}
	switch had, known := o.members[m.ID]; {
	case known && !had.Removed:
		return nil, nil
	case len(o.Members()) >= MaxMembers:
		return nil, ErrTooManyMembers
	}
	return []Event{MemberAdded{Member: m.ID, Name: personal.New(name), Email: m.Email, Role: m.Role}}, nil
}

// cleanMember answers the name in the form in which it is kept.
func cleanMember(name, email string, role KeyKind) (string, error) {
	name, err := text.Line(name, MaxNameLength)
	switch {
	case err != nil:
		return "", ErrName.At("/name")
	case !slices.Contains(Roles(), role):
		return "", ErrUnknownRole.At("/role")
	case email != "" && !looksLikeEmail(email):
		return "", ErrMemberEmail.At("/email")
	}
	return name, nil
}

func looksLikeEmail(s string) bool {
	at := bytes.LastIndexByte([]byte(s), '@')
	_, err := text.Line(s, maxEmailLength)
	return err == nil && at > 0 && at < len(s)-1 && len(s) <= maxEmailLength
}

// EditMember decides what a member is called, reached by and may do; each thing that changes is an event of its own. A
// given revision must be that of the member's last event. Somebody must be left to come in as an owner.
func (o *Organization) EditMember(id uuid.UUID, changes MemberChanges, ifMatch *event.Revision) ([]Event, error) {
	m, err := o.Member(id)
	switch {
	case err != nil:
		return nil, err
	case ifMatch != nil && *ifMatch != m.Revision:
		return nil, ErrMemberStale
	}
	name, email, role := wanted(changes.Name, m.Name.Reveal()), wanted(changes.Email, m.Email.Reveal()), wanted(changes.Role, m.Role)
	if name, err = cleanMember(name, email, role); err != nil {
		return nil, err
	}
	var events []Event
	if name != m.Name.Reveal() {
		events = append(events, MemberRenamed{Member: id, Name: personal.New(name)})
	}
	if email != m.Email.Reveal() {
		events = append(events, MemberEmailChanged{Member: id, Email: personal.New(email)})
	}
	if role != m.Role {
		if m.Role == Owner && o.holds(id) && !o.opensWithout(func(key Key) bool { return key.Member == id }) {
			return nil, ErrLastOwnerKey.At("/role")
		}
		events = append(events, MemberRoleChanged{Member: id, From: m.Role, To: role})
	}
	return events, nil
}

// wanted answers what is asked for, or else what there is.
func wanted[T any](asked *T, had T) T {
	if asked == nil {
		return had
	}
	return *asked
}

// holds says whether a member has a key that opens the organisation.
func (o *Organization) holds(id uuid.UUID) bool {
	for key, holder := range o.holders {
		if holder == id && !o.keys[key].Revoked {
			return true
		}
	}
	return false
}

// RemoveMember decides that somebody belongs to the team no more; the keys go along.
func (o *Organization) RemoveMember(id uuid.UUID) ([]Event, error) {
	m, ok := o.members[id]
	switch {
	case !ok:
		return nil, ErrUnknownMember
	case m.Removed:
		return nil, nil
	case m.Role == Owner && o.holds(id) && !o.opensWithout(func(key Key) bool { return key.Member == id }):
		return nil, ErrLastOwnerKey
	}
	var events []Event
	for _, key := range o.Keys() {
		if key.Member == id && !key.Revoked {
			events = append(events, KeyRevoked{Key: key.ID})
		}
	}
	return append(events, MemberRemoved{Member: id}), nil
}

// CreateMemberKey decides that a key opens the organisation for a member.
func (o *Organization) CreateMemberKey(key Key, member uuid.UUID) ([]Event, error) {
	m, err := o.Member(member)
	if err != nil {
		return nil, fault.Of(err).At("/member")
	}
	key.Kind = m.Role
	created, err := o.CreateKey(key)
	if err != nil {
		return nil, err
	}
	return append(created, KeyAssigned{Key: key.ID, Member: member}), nil
}

// changeMember replaces a member.
func (o *Organization) changeMember(id uuid.UUID, r event.Recorded[Event], how func(*Member)) {
	m := o.members[id]
	how(&m)
	m.Revision = r.Revision
	o.members[id] = m
}

// ChangePlan decides how many contacts may be added; a limit of -1 is the plan's own.
func (o *Organization) ChangePlan(plan Plan, limit int) ([]Event, error) {
	own, known := Plans()[plan]
	switch {
	case !o.Exists():
		return nil, ErrUnknown
	case !known:
		return nil, ErrUnknownPlan.At("/plan")
	case limit < -1:
		return nil, ErrPlanLimit.At("/limit")
	case limit == -1:
		limit = own
	}
	if plan == o.Plan && limit == o.ContactLimit {
		return nil, nil
	}
	return []Event{PlanChanged{Plan: plan, Limit: limit}}, nil
}

// ChangeTagLimit decides how many active tags a contact may carry. Contacts that carry more keep them.
func (o *Organization) ChangeTagLimit(to int) ([]Event, error) {
	switch {
	case !o.Exists():
		return nil, ErrUnknown
	case to < 1 || to > MaxTagLimit:
		return nil, ErrTagLimit.At("/tag_limit")
	case to == o.TagLimit():
		return nil, nil
	}
	return []Event{TagLimitChanged{From: o.TagLimit(), To: to}}, nil
}

// RestrictTagRemoval decides whether a role takes off only tags that its own source put on. Owners and managers take off any.
func (o *Organization) RestrictTagRemoval(role KeyKind, ownOnly bool) ([]Event, error) {
	switch {
	case !slices.Contains(KeyKinds(), role):
		return nil, ErrUnknownRole
	case ownOnly && (role == Owner || role == Manager):
		return nil, ErrUnrestricted
	case o.ownOnly[role] == ownOnly:
		return nil, nil
	}
	return []Event{TagRemovalChanged{Role: role, OwnOnly: ownOnly}}, nil
}

// Mask decides which personal details a role sees in part only.
func (o *Organization) Mask(role KeyKind, m Masking) ([]Event, error) {
	if !slices.Contains(KeyKinds(), role) {
		return nil, ErrUnknownRole
	}
	if o.masks[role] == m {
		return nil, nil
	}
	return []Event{MaskingChanged{Role: role, Phone: m.Phone, Email: m.Email}}, nil
}
