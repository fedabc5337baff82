package commands

import (
	"context"
	"time"

	"github.com/google/uuid"

	"tagtrail/domain/contact"
	"tagtrail/domain/message"
	"tagtrail/domain/personal"
)

// ReportStatus says how far a message of the team got.
type ReportStatus struct {
	Channel uuid.UUID
	To      Person
	Wamid   string
	Status  message.Status
	At      time.Time // zero where WhatsApp named no time: then it is now
	Code    int       // WhatsApp's error code of a failure
	Suspect bool
}

// ReportStatus records the report, with the recipient as a contact before it. A
// failure makes nobody a contact: the message reached no person. It is not
// looked up either, or the tables would depend on whether it came before or after
// the first message of that person; whose it is says the message.
func (s *Service) ReportStatus(ctx context.Context, cmd ReportStatus) (Receipt, error) {
	id, before, err := s.message(ctx, cmd.Channel, cmd.Wamid)
	if err != nil {
		return Receipt{}, err
	}
	if before.state.Reported(cmd.Status) {
		return Receipt{Position: before.position, Replayed: true}, nil
	}
	at, suspect := s.sentAt(cmd.At, cmd.Suspect)
	report := message.StatusReported{
		Channel: cmd.Channel, Status: cmd.Status, Wamid: personal.New(cmd.Wamid), At: at, Code: cmd.Code, Suspect: suspect,
	}
	if _, err := before.state.Report(report); err != nil {
		return Receipt{}, err
	}
	if identities := cmd.To.Identities(cmd.Channel); cmd.Status != message.Failed && len(identities) > 0 {
		report.Contact, _, err = s.recognize(ctx, id, string(cmd.Status), contact.Sighting{
			Identities: identities, ProfileName: contact.ProfileName(cmd.To.ProfileName), Channel: cmd.Channel, At: at,
		})
		if err != nil {
			return Receipt{}, err
		}
	}
	ctx = delivered(ctx, cmd.Channel, derive(id.UUID, string(cmd.Status)), at)
	return decide(ctx, s, id.Stream(), message.New, func(m *message.Message) ([]message.Event, error) {
		return m.Report(report)
	})
}
