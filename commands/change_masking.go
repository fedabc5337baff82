package commands

import (
	"context"

	"tagtrail/domain/organization"
)

// ChangeMasking asks that a role sees some personal details in part only.
type ChangeMasking struct {
	Role    organization.KeyKind
	Masking organization.Masking
}

// ChangeMasking takes effect at once.
func (s *Service) ChangeMasking(ctx context.Context, cmd ChangeMasking) (Receipt, error) {
	return s.decideOrganization(ctx, func(o *organization.Organization) ([]organization.Event, error) {
		return o.Mask(cmd.Role, cmd.Masking)
	})
}
