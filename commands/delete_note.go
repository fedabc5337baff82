package commands

import (
	"context"

	"tagtrail/domain/contact"
)

// DeleteNote asks that a note is shown no more.
type DeleteNote struct {
	Contact contact.ID
	Note    contact.NoteID
}

// DeleteNote takes a note off the contact; its history stays.
func (s *Service) DeleteNote(ctx context.Context, cmd DeleteNote) (Receipt, error) {
	return s.decideContact(ctx, cmd.Contact, func(c *contact.Contact) ([]contact.Event, error) {
		return c.DeleteNote(cmd.Note)
	})
}
