package commands

import (
	"context"

	"tagtrail/domain/contact"
	"tagtrail/domain/tag"
)

// AssignTag asks that a contact carries a tag.
type AssignTag struct {
	Contact contact.ID
	Tag     tag.ID
	Value   *string // of a valued tag
}

// AssignTag puts the tag on the contact.
func (s *Service) AssignTag(ctx context.Context, cmd AssignTag) (Receipt, error) {
	return Receipt{}, ErrLogUnavailable
}
