package commands

import (
	"context"

	"tagtrail/domain/contact"
	"tagtrail/domain/tag"
)

// RemoveTag asks that a contact carries a tag no longer.
type RemoveTag struct {
	Contact contact.ID
	Tag     tag.ID
}

// RemoveTag takes the tag off the contact.
func (s *Service) RemoveTag(ctx context.Context, cmd RemoveTag) (Receipt, error) {
	return Receipt{}, ErrLogUnavailable
}
