package commands

import (
	"context"

	"github.com/google/uuid"

	"tagtrail/domain/contact"
	"tagtrail/domain/event"
)

// EditContact asks for another name, e-mail or owner; nil leaves a thing as it is.
type EditContact struct {
	Contact contact.ID
	Name    *string
	Email   *string
	Owner   *uuid.UUID       // the zero id is nobody
	IfMatch []event.Revision // one of them is the contact's own last; none asks for nothing
}

// EditContact edits a contact; each thing that changes is an event of its own.
func (s *Service) EditContact(ctx context.Context, cmd EditContact) (Receipt, error) {
	return decide(ctx, s, cmd.Contact.Stream(), contact.New, func(c *contact.Contact) ([]contact.Event, error) {
		return asSeen(cmd.IfMatch, func(ifMatch *event.Revision) ([]contact.Event, error) {
			return c.Edit(contact.Changes{Name: cmd.Name, Email: cmd.Email, Owner: cmd.Owner}, ifMatch)
		})
	})
}
