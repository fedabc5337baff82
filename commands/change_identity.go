package commands

import (
	"context"
	"time"

	"github.com/google/uuid"

	"tagtrail/domain/contact"
)

// ChangeIdentity says that a person is found under another number or BSUID from a time on.
type ChangeIdentity struct {
	Channel  uuid.UUID
	Wamid    string
	From     Person // as they were found until then
	NewWaID  string // "" where the number stays
	NewBSUID string // "" where the BSUID stays
	At       time.Time
}

// ChangeIdentity moves the contact. The old identity is released before the
// contact is told, so that whoever gets the number next is never taken for the
// person who left it; a message from before still finds that person. Nobody needs
// to have heard of the person before: the message from before may come later.
func (s *Service) ChangeIdentity(ctx context.Context, cmd ChangeIdentity) (Receipt, error) {
	id, err := s.messageID(ctx, cmd.Channel, cmd.Wamid)
	if err != nil {
		return Receipt{}, err
	}
	scope, err := s.scope(ctx, cmd.Channel)
	if err != nil {
		return Receipt{}, err
	}
	at, _ := s.sentAt(cmd.At, false)
	taken := Person{BSUID: cmd.NewBSUID, WaID: cmd.NewWaID}.Identities(cmd.Channel)
	known := cmd.From.Identities(cmd.Channel)
	if len(taken) == 0 || len(known) == 0 {
		return Receipt{}, contact.ErrNobody
	}
	whose, its, err := s.resolve(ctx, scope, moving(known, taken), at)
	if err != nil {
		return Receipt{}, err
	}
	ctx = delivered(ctx, cmd.Channel, derive(id.UUID, "identity-changed"), at)
	return decide(ctx, s, whose.Stream(), contact.New, func(c *contact.Contact) ([]contact.Event, error) {
		return c.Move(contact.Sighting{
			Identities: among(known, its), Channel: cmd.Channel, At: at,
		}, among(left(known, taken), its), among(taken, its))
	})
}

// moving answers the claims of a move: of what the person is found under, what has a successor is left.
func moving(known, taken []contact.Identity) []claim {
	gone := left(known, taken)
	wanted := claims(known)
	for i, each := range wanted {
		wanted[i].leaving = holds(gone, each.Identity)
	}
	for _, each := range taken {
		if !holds(known, each) {
			wanted = append(wanted, claim{Identity: each})
		}
	}
	return wanted
}

// left answers which identities have a successor of their kind.
func left(known, taken []contact.Identity) []contact.Identity {
	var gone []contact.Identity
	for _, each := range known {
		for _, next := range taken {
			if next.Kind == each.Kind && next.Value != each.Value {
				gone = append(gone, each)
			}
		}
	}
	return gone
}

// among answers which of the identities are in both lists, as the first has them.
func among(some, others []contact.Identity) []contact.Identity {
	var both []contact.Identity
	for _, each := range some {
		if holds(others, each) {
			both = append(both, each)
		}
	}
	return both
}

func holds(list []contact.Identity, i contact.Identity) bool {
	for _, each := range list {
		if each.Kind == i.Kind && each.Value == i.Value {
			return true
		}
	}
	return false
}
