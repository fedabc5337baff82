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

// AssignTag puts the tag on the contact. The events name the revision of the
// catalogue that the decision saw: a tag that is deleted at the same moment may
// still be assigned, and is history like the others'.
func (s *Service) AssignTag(ctx context.Context, cmd AssignTag) (Receipt, error) {
	catalog, revision, err := s.catalog(ctx, originOf(ctx).Organization)
	if err != nil {
		return Receipt{}, err
	}
	ctx = deciding(ctx, revision)
	o, err := s.organization(ctx, originOf(ctx).Organization)
	if err != nil {
		return Receipt{}, err
	}
	assignment := contact.AssignmentID{UUID: created(originOf(ctx).CommandID, "assignment", 0)}
	return s.decideContact(ctx, cmd.Contact, func(c *contact.Contact) ([]contact.Event, error) {
		return c.AssignTag(catalog, cmd.Tag, cmd.Value, assignment, o.TagLimit())
	})
}
