package commands

import (
	"context"

	"github.com/google/uuid"

	"tagtrail/domain/contact"
	"tagtrail/domain/conversation"
	"tagtrail/domain/organization"
)

// OpenConversation says that the inbox opened a conversation with a contact.
type OpenConversation struct {
	Contact   contact.ID
	Channel   uuid.UUID // zero where the inbox names none
	Reference string    // what the inbox calls it
}

// OpenConversation records it. One that is open already is not opened again.
func (s *Service) OpenConversation(ctx context.Context, cmd OpenConversation) (Receipt, error) {
	if cmd.Channel != uuid.Nil {
		o, err := s.organization(ctx, originOf(ctx).Organization)
		if err != nil {
			return Receipt{}, err
		}
		if _, err := o.Channel(cmd.Channel); err != nil {
			return Receipt{}, organization.ErrUnknownChannel.At("/channel")
		}
	}
	return s.decideConversation(ctx, cmd.Contact, func(c *conversation.Conversation) ([]conversation.Event, error) {
		return c.Open(cmd.Channel, cmd.Reference)
	})
}

// decideConversation decides on the talk with a contact that exists and is not erased.
func (s *Service) decideConversation(
	ctx context.Context, of contact.ID, decision func(*conversation.Conversation) ([]conversation.Event, error),
) (Receipt, error) {
	who, err := load[contact.Event](ctx, s.store, of.Stream(), originOf(ctx).Organization, contact.New)
	if err != nil {
		return Receipt{}, err
	}
	if err := who.state.Present(); err != nil {
		return Receipt{}, err
	}
	return decide(ctx, s, conversation.Stream(of), conversation.New, decision)
}
