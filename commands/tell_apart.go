package commands

import (
	"bytes"
	"context"

	"tagtrail/domain/contact"
)

// TellApart asks that two contacts that look alike count as two people.
type TellApart struct{ One, Other contact.ID }

// TellApart records it once, on the contact whose id is the lower, in whichever order the two are named.
func (s *Service) TellApart(ctx context.Context, cmd TellApart) (Receipt, error) {
	one, other := cmd.One, cmd.Other
	if bytes.Compare(one.UUID[:], other.UUID[:]) > 0 {
		one, other = other, one
	}
	return s.decideKnowing(ctx, one, other, func(c, its *contact.Contact) ([]contact.Event, error) {
		return c.TellApart(one, other, its)
	})
}
