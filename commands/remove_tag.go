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

// RemoveTag takes the tag off the contact, whoever put it there, unless the
// asker's role takes off its own only.
func (s *Service) RemoveTag(ctx context.Context, cmd RemoveTag) (Receipt, error) {
	catalog, revision, err := s.catalog(ctx, originOf(ctx).Organization)
	if err != nil {
		return Receipt{}, err
	}
	o, err := s.organization(ctx, originOf(ctx).Organization)
	if err != nil {
		return Receipt{}, err
	}
	ctx = deciding(ctx, revision)
	return s.decideContact(ctx, cmd.Contact, func(c *contact.Contact) ([]contact.Event, error) {
		return c.RemoveTag(catalog, cmd.Tag, ownTags(o, originOf(ctx)))
	})
}
