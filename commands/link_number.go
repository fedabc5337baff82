package commands

import (
	"context"
	"time"

	"github.com/google/uuid"

	"tagtrail/domain/contact"
)

// LinkNumber says that a person answered a request for their number with their contact card.
type LinkNumber struct {
	Channel uuid.UUID
	Wamid   string // of the message that brought the card
	From    Person
	Phone   string // with + and the country code
	At      time.Time
}

// LinkNumber links the number to the person's contact. It goes ahead of the
// message that brought the card: that message is the sign that all is done.
func (s *Service) LinkNumber(ctx context.Context, cmd LinkNumber) (Receipt, error) {
	id, before, err := s.message(ctx, cmd.Channel, cmd.Wamid)
	if err != nil {
		return Receipt{}, err
	}
	if before.state.Received() {
		return Receipt{Position: before.position, Replayed: true}, nil
	}
	number, err := contact.ParsePhone(cmd.Phone)
	if err != nil {
		return Receipt{}, err
	}
	number.Channel = cmd.Channel
	known := cmd.From.Identities(cmd.Channel)
	if len(known) == 0 {
		return Receipt{}, contact.ErrNobody
	}
	if !holds(known, number) {
		known = append(known, number)
	}
	at, _ := s.sentAt(cmd.At, false)
	_, receipt, err := s.recognize(ctx, id, "number-linked", contact.Sighting{Identities: known, Channel: cmd.Channel, At: at})
	return receipt, err
}
