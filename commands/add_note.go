package commands

import (
	"context"

	"tagtrail/domain/contact"
)

// AddNote asks for a note on a contact, which only the team sees.
type AddNote struct {
	Contact contact.ID
	Kind    contact.NoteKind // "" is general
	Text    string
}

// AddNote answers the note's id, which is the same when the command is repeated.
func (s *Service) AddNote(ctx context.Context, cmd AddNote) (contact.NoteID, Receipt, error) {
	id := contact.NoteID{UUID: created(originOf(ctx).CommandID, "note", 0)}
	receipt, err := s.decideContact(ctx, cmd.Contact, func(c *contact.Contact) ([]contact.Event, error) {
		return c.AddNote(id, cmd.Kind, cmd.Text)
	})
	return id, receipt, err
}
