package commands

import (
	"context"
	"time"

	"github.com/google/uuid"

	"tagtrail/domain/contact"
	"tagtrail/domain/message"
	"tagtrail/domain/personal"
)

// ReceiveMessage says that a person wrote to a channel.
type ReceiveMessage struct {
	Channel uuid.UUID
	From    Person
	Wamid   string
	Kind    string
	Text    string
	SentAt  time.Time // zero where WhatsApp named no time: then it is now
	Suspect bool
}

// ReceiveMessage records the message, with its sender as a contact before it. A second delivery meets the message and
// ends there, however long ago the first was.
func (s *Service) ReceiveMessage(ctx context.Context, cmd ReceiveMessage) (Receipt, error) {
	id, before, err := s.message(ctx, cmd.Channel, cmd.Wamid)
	if err != nil {
		return Receipt{}, err
	}
	if before.state.Received() {
		return Receipt{Position: before.position, Replayed: true}, nil
	}
	at, suspect := s.sentAt(cmd.SentAt, cmd.Suspect)
	from, _, err := s.recognize(ctx, id, "received", contact.Sighting{
		Identities:  cmd.From.Identities(cmd.Channel),
		ProfileName: contact.ProfileName(cmd.From.ProfileName), Channel: cmd.Channel, At: at,
	})
	if err != nil {
		return Receipt{}, err
	}
	ctx = delivered(ctx, cmd.Channel, derive(id.UUID, "received"), at)
	return decide(ctx, s, id.Stream(), message.New, func(m *message.Message) ([]message.Event, error) {
		return m.Receive(message.Received{
			Contact: from, Channel: cmd.Channel, Kind: cmd.Kind, Wamid: personal.New(cmd.Wamid),
			Text: personal.New(cmd.Text), SentAt: at, Suspect: suspect,
		}), nil
	})
}
