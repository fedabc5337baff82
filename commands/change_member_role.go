package commands

import (
	"context"

	"github.com/google/uuid"

	"tagtrail/domain/organization"
)

// ChangeMemberRole asks that a member may do something else from now on.
type ChangeMemberRole struct {
	Member uuid.UUID
	Role   organization.KeyKind
}

// ChangeMemberRole takes effect at once on every key of the member.
func (s *Service) ChangeMemberRole(ctx context.Context, cmd ChangeMemberRole) (Receipt, error) {
	return s.decideOrganization(ctx, func(o *organization.Organization) ([]organization.Event, error) {
		return o.ChangeRole(cmd.Member, cmd.Role)
	})
}
