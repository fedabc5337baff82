package commands

import (
	"context"

	"github.com/google/uuid"

	"tagtrail/domain/contact"
	"tagtrail/domain/tag"
)

// CreateContact asks for a contact by hand or for another system.
type CreateContact struct {
	Name       string
	Phone      string
	Email      string // "" is none
	Tags       []tag.ID
	LeadStatus contact.LeadStatus // "" is cold
	Channel    uuid.UUID          // the business number that the person is tied to; only where identities are kept for each channel
}

// CreateContact answers the contact's id.
func (s *Service) CreateContact(ctx context.Context, cmd CreateContact) (contact.ID, Receipt, error) {
	return contact.ID{}, Receipt{}, ErrLogUnavailable
}
