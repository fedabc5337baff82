package commands

import (
	"context"

	"tagtrail/domain/contact"
)

// ChangeLeadStatus asks that a contact moves in the funnel.
type ChangeLeadStatus struct {
	Contact contact.ID
	Status  contact.LeadStatus
}

// ChangeLeadStatus moves the contact.
func (s *Service) ChangeLeadStatus(ctx context.Context, cmd ChangeLeadStatus) (Receipt, error) {
	return s.decideContact(ctx, cmd.Contact, func(c *contact.Contact) ([]contact.Event, error) {
		return c.ChangeLeadStatus(cmd.Status)
	})
}
