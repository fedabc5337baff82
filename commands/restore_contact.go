package commands

import (
	"context"

	"tagtrail/domain/contact"
)

// RestoreContact asks for an archived contact back.
type RestoreContact struct{ Contact contact.ID }

// RestoreContact brings the contact back with the tags that it carried.
func (s *Service) RestoreContact(ctx context.Context, cmd RestoreContact) (Receipt, error) {
	return s.decideContact(ctx, cmd.Contact, (*contact.Contact).Restore)
}
