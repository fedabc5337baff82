package commands

import (
	"context"

	"github.com/google/uuid"

	"tagtrail/domain/organization"
)

// RevokeKey asks that a key opens nothing any more.
type RevokeKey struct{ Key uuid.UUID }

// RevokeKey takes effect at once: every request folds the organisation anew.
func (s *Service) RevokeKey(ctx context.Context, cmd RevokeKey) (Receipt, error) {
	return s.decideOrganization(ctx, func(o *organization.Organization) ([]organization.Event, error) {
		return o.RevokeKey(cmd.Key)
	})
}
