package commands

import (
	"context"

	"tagtrail/domain/organization"
	"tagtrail/domain/tag"
)

// ActiveTags answers the tags that can be put on contacts of an organisation, for whoever chooses among them.
func (s *Service) ActiveTags(ctx context.Context, org organization.ID) ([]tag.Tag, error) {
	catalog, _, err := s.catalog(ctx, org)
	if err != nil {
		return nil, err
	}
	return catalog.ActiveTags(), nil
}
