package commands

import (
	"context"

	"tagtrail/domain/contact"
)

// ArchiveContact asks that a contact is put away.
type ArchiveContact struct{ Contact contact.ID }

// ArchiveContact puts the contact away, as it is; it can be restored.
func (s *Service) ArchiveContact(ctx context.Context, cmd ArchiveContact) (Receipt, error) {
	return s.decideContact(ctx, cmd.Contact, (*contact.Contact).Archive)
}
