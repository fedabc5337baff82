package commands

import (
	"context"

	"tagtrail/domain/contact"
	"tagtrail/domain/tag"
)

// CreateAndAssignTag asks for a new tag in the catalogue and on a contact at once.
type CreateAndAssignTag struct {
	Contact contact.ID
	Draft   CreateTag
	Value   *string // of a valued tag
}

// CreateAndAssignTag writes two events: the tag enters the catalogue, and goes on
// the contact. Both are tried first on what is known, so that no tag is created
// that the contact cannot take. A name that the catalogue has already is that tag.
func (s *Service) CreateAndAssignTag(ctx context.Context, cmd CreateAndAssignTag) (tag.ID, Receipt, error) {
	origin := originOf(ctx)
	who, err := load[contact.Event](ctx, s.store, cmd.Contact.Stream(), origin.Organization, contact.New)
	if err != nil {
		return tag.ID{}, Receipt{}, err
	}
	catalog, _, err := s.catalog(ctx, origin.Organization)
	if err != nil {
		return tag.ID{}, Receipt{}, err
	}
	o, err := s.organization(ctx, origin.Organization)
	if err != nil {
		return tag.ID{}, Receipt{}, err
	}
	id, there := catalog.Named(cmd.Draft.Name)
	if !there {
		with, err := catalog.With(cmd.Draft.draft())
		if err != nil {
			return tag.ID{}, Receipt{}, err
		}
		if _, err := who.state.AssignTag(with, tag.ID{}, cmd.Value, contact.AssignmentID{}, o.TagLimit()); err != nil {
			return tag.ID{}, Receipt{}, err
		}
		if id, _, err = s.CreateTag(ctx, cmd.Draft); err != nil {
			return tag.ID{}, Receipt{}, err
		}
	}
	receipt, err := s.AssignTag(ctx, AssignTag{Contact: cmd.Contact, Tag: id, Value: cmd.Value})
	return id, receipt, err
}
