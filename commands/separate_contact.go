package commands

import (
	"context"

	"tagtrail/domain/contact"
	"tagtrail/domain/event"
)

// SeparateContact asks that a merged contact stands for itself again.
type SeparateContact struct{ Contact contact.ID }

// SeparateContact undoes a merge by events of its own, on the contact that comes
// back and then on the one that stood for it. Whoever repeats it completes what an
// earlier attempt left undone.
func (s *Service) SeparateContact(ctx context.Context, cmd SeparateContact) (Receipt, error) {
	ctx = through(ctx, event.Merge)
	at, err := load[contact.Event](ctx, s.store, cmd.Contact.Stream(), originOf(ctx).Organization, contact.New)
	if err != nil {
		return Receipt{}, err
	}
	from, merged := at.state.Survivor()
	if !merged {
		from, merged = at.state.ParentBefore()
	}
	receipt, err := s.decideKnowing(ctx, cmd.Contact, from, func(c, survivor *contact.Contact) ([]contact.Event, error) {
		return c.Separate(cmd.Contact, from, survivor)
	})
	if err != nil || !merged {
		return receipt, err
	}
	released, err := s.decideKnowing(ctx, from, cmd.Contact, func(survivor, c *contact.Contact) ([]contact.Event, error) {
		return survivor.Release(cmd.Contact, c)
	})
	return receipt.and(released), err
}
