package commands

import (
	"context"

	"tagtrail/domain/contact"
)

// EditNote asks that a note says something else; nil leaves its kind or its text.
type EditNote struct {
	Contact contact.ID
	Note    contact.NoteID
	Kind    *contact.NoteKind
	Text    *string
}

// EditNote edits a note; what it said before stays in its history.
func (s *Service) EditNote(ctx context.Context, cmd EditNote) (Receipt, error) {
	return s.decideContact(ctx, cmd.Contact, func(c *contact.Contact) ([]contact.Event, error) {
		return c.EditNote(cmd.Note, cmd.Kind, cmd.Text)
	})
}
