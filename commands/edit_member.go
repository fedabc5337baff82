package commands

import (
	"context"

	"github.com/google/uuid"

	"tagtrail/domain/event"
	"tagtrail/domain/organization"
)

// EditMember asks for another name, address or role of a member.
type EditMember struct {
	Member  uuid.UUID
	Changes organization.MemberChanges
	IfMatch []event.Revision // one of them is the member's own last; none asks for nothing
}

// EditMember edits a member. Another role takes effect at once on every key of the member.
func (s *Service) EditMember(ctx context.Context, cmd EditMember) (Receipt, error) {
	return s.decideOrganization(ctx, func(o *organization.Organization) ([]organization.Event, error) {
		return asSeen(cmd.IfMatch, func(ifMatch *event.Revision) ([]organization.Event, error) {
			return o.EditMember(cmd.Member, cmd.Changes, ifMatch)
		})
	})
}

// MemberRole answers the role of somebody who belongs to the team; whoever does not has none.
func (s *Service) MemberRole(ctx context.Context, member uuid.UUID) (organization.KeyKind, error) {
	o, err := s.organization(ctx, originOf(ctx).Organization)
	if err != nil {
		return "", err
	}
	if m, err := o.Member(member); err == nil {
		return m.Role, nil
	}
	return "", nil
}
