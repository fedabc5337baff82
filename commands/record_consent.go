package commands

import (
	"context"

	"tagtrail/domain/contact"
)

// RecordConsent says whether a person agrees to a purpose, and how that is known.
type RecordConsent struct {
	Contact  contact.ID
	Purpose  contact.Purpose
	Agrees   bool
	Evidence string
}

// RecordConsent records the person's will; the same will again records nothing.
func (s *Service) RecordConsent(ctx context.Context, cmd RecordConsent) (Receipt, error) {
	return s.decideContact(ctx, cmd.Contact, func(c *contact.Contact) ([]contact.Event, error) {
		return c.Consent(cmd.Purpose, cmd.Agrees, cmd.Evidence)
	})
}
