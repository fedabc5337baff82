package commands

import (
	"context"

	"tagtrail/domain/contact"
	"tagtrail/domain/event"
	"tagtrail/domain/fault"
	"tagtrail/domain/organization"
)

// MergeContacts asks that two contacts are one person from now on.
type MergeContacts struct {
	Contact contact.ID // stands for nobody any more
	Into    contact.ID // stands for both
}

// MergeContacts records the merge on the contact that goes, and then on the one
// that stays. Whoever repeats it completes what an earlier attempt left undone.
// Where the one that stays was put away, merged or erased in between, the one that
// goes stands for itself again.
func (s *Service) MergeContacts(ctx context.Context, cmd MergeContacts) (Receipt, error) {
	if cmd.Contact == cmd.Into {
		return Receipt{}, contact.ErrMergeItself.At("/contact")
	}
	catalog, revision, err := s.catalog(ctx, originOf(ctx).Organization)
	if err != nil {
		return Receipt{}, err
	}
	ctx = deciding(through(ctx, event.Merge), revision)
	receipt, err := s.decideKnowing(ctx, cmd.Contact, cmd.Into, func(c, survivor *contact.Contact) ([]contact.Event, error) {
		return c.MergeInto(cmd.Into, survivor, catalog)
	})
	if err != nil {
		return Receipt{}, err
	}
	absorbed, err := s.decideKnowing(ctx, cmd.Into, cmd.Contact, func(survivor, c *contact.Contact) ([]contact.Event, error) {
		return survivor.Absorb(cmd.Into, cmd.Contact, c)
	})
	if isRefusal(err) {
		return Receipt{}, s.takeBackMerge(ctx, cmd, err)
	}
	return receipt.and(absorbed), err
}

// takeBackMerge lets the contact stand for itself again that nobody took over, and answers why.
func (s *Service) takeBackMerge(ctx context.Context, cmd MergeContacts, why error) error {
	origin := originOf(ctx)
	origin.CommandID = derive(origin.CommandID, "taken back")
	_, err := s.decideKnowing(WithOrigin(ctx, origin), cmd.Contact, cmd.Into, func(c, survivor *contact.Contact) ([]contact.Event, error) {
		return c.Separate(cmd.Contact, cmd.Into, survivor)
	})
	if err != nil {
		return err
	}
	return why
}

// isRefusal tells what a decision refused from what could not be asked.
func isRefusal(err error) bool {
	refused := fault.Of(err)
	return refused != nil && (refused.Kind == fault.Gone || refused.Kind == fault.Conflict)
}

// through answers a context for a command whose effects come by another way than the caller's own.
func through(ctx context.Context, source event.Source) context.Context {
	origin := originOf(ctx)
	origin.Source = source
	return WithOrigin(ctx, origin)
}

// decideKnowing decides on a contact, knowing another one as it is now.
func (s *Service) decideKnowing(ctx context.Context, id, other contact.ID, decision func(own, other *contact.Contact) ([]contact.Event, error)) (Receipt, error) {
	return s.decideContact(ctx, id, func(own *contact.Contact) ([]contact.Event, error) {
		known, err := load[contact.Event](ctx, s.store, other.Stream(), originOf(ctx).Organization, contact.New)
		if err != nil {
			return nil, err
		}
		return decision(own, known.state)
	})
}

// and answers where two effects of one command stand, of which the later one says whether it is a repeat.
func (r Receipt) and(later Receipt) Receipt {
	return Receipt{Position: max(r.Position, later.Position), Replayed: later.Replayed}
}

// PreviewMerge answers what a merge would do, as things are now; it writes nothing.
func (s *Service) PreviewMerge(ctx context.Context, org organization.ID, cmd MergeContacts) (contact.Preview, error) {
	if cmd.Contact == cmd.Into {
		return contact.Preview{}, contact.ErrMergeItself
	}
	catalog, _, err := s.catalog(ctx, org)
	if err != nil {
		return contact.Preview{}, err
	}
	o, err := s.organization(ctx, org)
	if err != nil {
		return contact.Preview{}, err
	}
	goes, err := load[contact.Event](ctx, s.store, cmd.Contact.Stream(), org, contact.New)
	if err != nil {
		return contact.Preview{}, err
	}
	stays, err := load[contact.Event](ctx, s.store, cmd.Into.Stream(), org, contact.New)
	if err != nil {
		return contact.Preview{}, err
	}
	preview, err := stays.state.PreviewMerge(cmd.Into, cmd.Contact, goes.state, catalog)
	preview.Limit = o.TagLimit()
	return preview, err
}
