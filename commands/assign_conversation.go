package commands

import (
	"context"

	"github.com/google/uuid"

	"tagtrail/domain/contact"
	"tagtrail/domain/conversation"
	"tagtrail/domain/organization"
)

// AssignConversation says who is on a conversation: a member, somebody whom the inbox names, or nobody.
type AssignConversation struct {
	Contact contact.ID
	Member  uuid.UUID
	Name    string
}

// AssignConversation records it.
func (s *Service) AssignConversation(ctx context.Context, cmd AssignConversation) (Receipt, error) {
	if cmd.Member != uuid.Nil {
		o, err := s.organization(ctx, originOf(ctx).Organization)
		if err != nil {
			return Receipt{}, err
		}
		if !o.IsMember(cmd.Member) {
			return Receipt{}, organization.ErrUnknownMember.At("/member")
		}
	}
	return s.decideConversation(ctx, cmd.Contact, func(c *conversation.Conversation) ([]conversation.Event, error) {
		return c.Assign(cmd.Member, cmd.Name)
	})
}
