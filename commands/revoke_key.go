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

// KeyKind answers the kind of a key that opens the organisation; one that does not, or no longer, has none.
func (s *Service) KeyKind(ctx context.Context, key uuid.UUID) (organization.KeyKind, error) {
	org, err := s.organization(ctx, originOf(ctx).Organization)
	if err != nil {
		return "", err
	}
	if found, err := org.Key(key); err == nil {
		return found.Kind, nil
	}
	return "", nil
}
