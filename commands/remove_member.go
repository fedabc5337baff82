package commands

import (
	"context"

	"github.com/google/uuid"

	"tagtrail/domain/organization"
)

// RemoveMember asks that somebody belongs to the team no more.
type RemoveMember struct{ Member uuid.UUID }

// RemoveMember takes a member off the team and revokes the member's keys; what the member did stays recorded.
func (s *Service) RemoveMember(ctx context.Context, cmd RemoveMember) (Receipt, error) {
	return s.decideOrganization(ctx, func(o *organization.Organization) ([]organization.Event, error) {
		return o.RemoveMember(cmd.Member)
	})
}
