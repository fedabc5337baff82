package commands

import (
	"context"

	"tagtrail/domain/contact"
	"tagtrail/domain/event"
)

// EditNote asks that a note says something else; nil leaves its kind or its text.
type EditNote struct {
	Contact contact.ID
	Note    contact.NoteID
	Kind    *contact.NoteKind
	Text    *string
	IfMatch []event.Revision // one of them is the note's own last; none asks for nothing
}

// EditNote edits a note; what it said before stays in its history.
func (s *Service) EditNote(ctx context.Context, cmd EditNote) (Receipt, error) {
	return s.decideContact(ctx, cmd.Contact, func(c *contact.Contact) ([]contact.Event, error) {
		return asSeen(cmd.IfMatch, func(ifMatch *event.Revision) ([]contact.Event, error) {
			return c.EditNote(cmd.Note, cmd.Kind, cmd.Text, ifMatch)
		})
	})
}
