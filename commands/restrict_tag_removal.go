package commands

import (
	"context"

	"tagtrail/domain/event"
	"tagtrail/domain/organization"
)

// RestrictTagRemoval asks whether a role takes off only tags that its own source put on.
type RestrictTagRemoval struct {
	Role    organization.KeyKind
	OwnOnly bool
}

// RestrictTagRemoval takes effect at once.
func (s *Service) RestrictTagRemoval(ctx context.Context, cmd RestrictTagRemoval) (Receipt, error) {
	return s.decideOrganization(ctx, func(o *organization.Organization) ([]organization.Event, error) {
		return o.RestrictTagRemoval(cmd.Role, cmd.OwnOnly)
	})
}

// ownTags answers the source whose tags alone the asker may take off; "" is any.
func ownTags(o *organization.Organization, by Origin) event.Source {
	if o.OwnTagsOnly(organization.KeyKind(by.Actor.Kind)) {
		return by.Source
	}
	return ""
}
