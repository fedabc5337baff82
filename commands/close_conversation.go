package commands

import (
	"context"

	"tagtrail/domain/contact"
	"tagtrail/domain/conversation"
)

// CloseConversation says that the conversation with a contact came to an end.
type CloseConversation struct{ Contact contact.ID }

// CloseConversation records it. One that is closed already is not closed again.
func (s *Service) CloseConversation(ctx context.Context, cmd CloseConversation) (Receipt, error) {
	return s.decideConversation(ctx, cmd.Contact, (*conversation.Conversation).Close)
}
