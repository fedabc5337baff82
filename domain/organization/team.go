package organization

import (
	"bytes"
	"cmp"
	"maps"
	"slices"

	"github.com/google/uuid"

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
	name, err := text.Line(m.Name.Reveal(), MaxNameLength)
	if err != nil {
		return nil, ErrName.At("/name")
	}
	if !slices.Contains(Roles(), m.Role) {
		return nil, ErrUnknownRole.At("/role")
	}
	if e := m.Email.Reveal(); e != "" && !looksLikeEmail(e) {
		return nil, ErrMemberEmail.At("/email")
	}
	switch had, known := o.members[m.ID]; {
	case known && !had.Removed:
		return nil, nil
	case len(o.Members()) >= MaxMembers:
		return nil, ErrTooManyMembers
	}
	return []Event{MemberAdded{Member: m.ID, Name: personal.New(name), Email: m.Email, Role: m.Role}}, nil
}

func looksLikeEmail(s string) bool {
	at := bytes.LastIndexByte([]byte(s), '@')
	_, err := text.Line(s, maxEmailLength)
	return err == nil && at > 0 && at < len(s)-1 && len(s) <= maxEmailLength
}

// ChangeRole decides that a member may do something else from now on.
func (o *Organization) ChangeRole(id uuid.UUID, role KeyKind) ([]Event, error) {
	m, err := o.Member(id)
	switch {
	case err != nil:
		return nil, err
	case !slices.Contains(Roles(), role):
		return nil, ErrUnknownRole.At("/role")
	case m.Role == role:
		return nil, nil
	}
	return []Event{MemberRoleChanged{Member: id, From: m.Role, To: role}}, nil
}

// RemoveMember decides that somebody belongs to the team no more; the keys go along.
func (o *Organization) RemoveMember(id uuid.UUID) ([]Event, error) {
	m, ok := o.members[id]
	switch {
	case !ok:
		return nil, ErrUnknownMember
	case m.Removed:
		return nil, nil
	}
	var events []Event
	for _, key := range o.Keys() {
		if o.holders[key.ID] == id && !key.Revoked {
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

// Holder answers the member whose a key is, if it is anybody's.
func (o *Organization) Holder(key uuid.UUID) (Member, bool) {
	m, err := o.Member(o.holders[key])
	return m, err == nil
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

// RestrictTagRemoval decides whether a role takes off only tags that its own source put on.
func (o *Organization) RestrictTagRemoval(role KeyKind, ownOnly bool) ([]Event, error) {
	if !slices.Contains(KeyKinds(), role) {
		return nil, ErrUnknownRole.At("/role")
	}
	if o.ownOnly[role] == ownOnly {
		return nil, nil
	}
	return []Event{TagRemovalChanged{Role: role, OwnOnly: ownOnly}}, nil
}

// Mask decides which personal details a role sees in part only.
func (o *Organization) Mask(role KeyKind, m Masking) ([]Event, error) {
	if !slices.Contains(KeyKinds(), role) {
		return nil, ErrUnknownRole.At("/role")
	}
	if o.masks[role] == m {
		return nil, nil
	}
	return []Event{MaskingChanged{Role: role, Phone: m.Phone, Email: m.Email}}, nil
}
