package commands

import (
	"context"

	"tagtrail/domain/contact"
)

// SeparateContact asks that a merged contact stands for itself again.
type SeparateContact struct {
	Contact contact.ID
	From    contact.ID // stands for it now
}

// SeparateContact undoes a merge by events of its own, on the contact that comes back and then on the one that stays.
func (s *Service) SeparateContact(ctx context.Context, cmd SeparateContact) (Receipt, error) {
	return s.decideBoth(ctx, cmd.Contact, cmd.From,
		func(c, survivor *contact.Contact) ([]contact.Event, error) { return c.Separate(cmd.From, survivor) },
		func(survivor, c *contact.Contact) ([]contact.Event, error) { return survivor.Release(cmd.Contact, c) },
	)
}
