package commands

import (
	"context"
	"strconv"
	"time"

	"github.com/google/uuid"

	"tagtrail/domain/contact"
	"tagtrail/domain/message"
)

// ReportPreference says what a person told WhatsApp about marketing messages of a channel.
type ReportPreference struct {
	Channel  uuid.UUID
	From     Person
	Agrees   bool
	Evidence string // as WhatsApp describes it
	At       time.Time
}

// ReportPreference records the person's will as consent to marketing, with the
// person as a contact before it. The same report again records nothing, nor does
// one that was overtaken.
func (s *Service) ReportPreference(ctx context.Context, cmd ReportPreference) (Receipt, error) {
	identities := cmd.From.Identities(cmd.Channel)
	if len(identities) == 0 {
		return Receipt{}, contact.ErrNobody
	}
	at, _ := s.sentAt(cmd.At, false)
	org := originOf(ctx).Organization
	mac, err := s.vault.MAC(ctx, org, "preference", cmd.Channel.String(), cmd.From.WaID, cmd.From.BSUID, strconv.FormatBool(cmd.Agrees), strconv.FormatInt(at.UnixMicro(), 10))
	if err != nil {
		return Receipt{}, err
	}
	id := message.ID{UUID: uuid.NewSHA1(org.UUID, mac)}
	who, _, err := s.recognize(ctx, id, "preference", contact.Sighting{Identities: identities, Channel: cmd.Channel, At: at})
	if err != nil {
		return Receipt{}, err
	}
	ctx = delivered(ctx, cmd.Channel, derive(id.UUID, "preference"), at)
	return s.decideContact(ctx, who, func(c *contact.Contact) ([]contact.Event, error) { return c.OptOut(cmd.Agrees, cmd.Evidence, at) })
}
