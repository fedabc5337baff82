package commands

import (
	"context"

	"tagtrail/domain/contact"
)

// MergeContacts asks that two contacts are one person from now on.
type MergeContacts struct {
	Contact contact.ID // stands for nobody any more
	Into    contact.ID // stands for both
}

// MergeContacts records the merge on the contact that goes, and then on the one
// that stays. Whoever repeats it completes what an earlier attempt left undone.
func (s *Service) MergeContacts(ctx context.Context, cmd MergeContacts) (Receipt, error) {
	if cmd.Contact == cmd.Into {
		return Receipt{}, contact.ErrMergeItself.At("/contact")
	}
	catalog, revision, err := s.catalog(ctx, originOf(ctx).Organization)
	if err != nil {
		return Receipt{}, err
	}
	ctx = deciding(ctx, revision)
	return s.decideBoth(ctx, cmd.Contact, cmd.Into,
		func(c, survivor *contact.Contact) ([]contact.Event, error) {
			return c.MergeInto(cmd.Into, survivor, catalog)
		},
		func(survivor, c *contact.Contact) ([]contact.Event, error) {
			return survivor.Absorb(cmd.Into, cmd.Contact, c)
		},
	)
}

// decideBoth decides on a contact, knowing another, and then on the other one, knowing the first as it is by then.
func (s *Service) decideBoth(ctx context.Context, first, second contact.ID, decisions ...func(own, other *contact.Contact) ([]contact.Event, error)) (Receipt, error) {
	var answer Receipt
	for i, ids := range [][2]contact.ID{{first, second}, {second, first}} {
		receipt, err := s.decideContact(ctx, ids[0], func(own *contact.Contact) ([]contact.Event, error) {
			other, err := load[contact.Event](ctx, s.store, ids[1].Stream(), originOf(ctx).Organization, contact.New)
			if err != nil {
				return nil, err
			}
			return decisions[i](own, other.state)
		})
		if err != nil {
			return Receipt{}, err
		}
		answer = Receipt{Position: max(answer.Position, receipt.Position), Replayed: receipt.Replayed}
	}
	return answer, nil
}
