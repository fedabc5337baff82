package commands

import (
	"context"

	"github.com/google/uuid"

	"tagtrail/domain/organization"
	"tagtrail/domain/personal"
)

// AddMember asks that somebody belongs to the team.
type AddMember struct {
	Name  string
	Email string // "" is none
	Role  organization.KeyKind
}

// AddMember answers the member's id, which is the same when the command is repeated.
func (s *Service) AddMember(ctx context.Context, cmd AddMember) (uuid.UUID, Receipt, error) {
	id := created(originOf(ctx).CommandID, "member", 0)
	receipt, err := s.decideOrganization(ctx, func(o *organization.Organization) ([]organization.Event, error) {
		return o.AddMember(organization.Member{ID: id, Name: personal.New(cmd.Name), Email: personal.New(cmd.Email), Role: cmd.Role})
	})
	return id, receipt, err
}
