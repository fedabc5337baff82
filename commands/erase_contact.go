package commands

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"

	"github.com/google/uuid"

	"tagtrail/domain/contact"
	"tagtrail/domain/erasure"
	"tagtrail/domain/event"
	"tagtrail/domain/personal"
)

// EraseContact asks that a person is forgotten; the origin says why.
type EraseContact struct{ Contact contact.ID }

// EraseContact records that the person of a contact is to be forgotten, which is
// that of every contact that it stands for and of the one that stands for it, and
// ends them all. From then on nothing is decided about them any more. What makes
// the person unreadable follows, by ForgetPerson, whoever does it.
func (s *Service) EraseContact(ctx context.Context, cmd EraseContact) (erasure.ID, Receipt, error) {
	origin := originOf(ctx)
	root, err := s.standingFor(ctx, cmd.Contact)
	if err != nil {
		return erasure.ID{}, Receipt{}, err
	}
	at, err := load[contact.Event](ctx, s.store, root.Stream(), origin.Organization, contact.New)
	if err != nil {
		return erasure.ID{}, Receipt{}, err
	}
	if !at.state.Exists() {
		return erasure.ID{}, Receipt{}, contact.ErrUnknown
	}
	if origin.Reason.IsZero() {
		return erasure.ID{}, Receipt{}, erasure.ErrReason.At("/reason")
	}
	id := erasure.Of(root)
	if err := s.mayErase(ctx, id, append([]contact.ID{root}, at.state.StandsFor()...)); err != nil {
		return erasure.ID{}, Receipt{}, err
	}
	receipt, err := s.ask(ctx, id, root, at.state.StandsFor())
	if err != nil {
		return id, Receipt{}, err
	}
	position, err := s.eraseAll(ctx, id)
	return id, Receipt{Position: max(receipt.Position, position), Replayed: receipt.Replayed}, err
}

// ask records that somebody is to be forgotten. What was asked for by the same command before, and given up, is asked for
// again: that it was refused then says nothing of now.
func (s *Service) ask(ctx context.Context, id erasure.ID, root contact.ID, with []contact.ID) (Receipt, error) {
	ask := func(e *erasure.Erasure) ([]erasure.Event, error) { return e.Ask(root, with) }
	receipt, err := decide(ctx, s, id.Stream(), erasure.New, ask)
	if err != nil || !receipt.Replayed {
		return receipt, err
	}
	origin := originOf(ctx)
	before, err := load[erasure.Event](ctx, s.store, id.Stream(), origin.Organization, erasure.New)
	if err != nil || before.state.IsAsked() {
		return receipt, err
	}
	origin.CommandID = derive(origin.CommandID, "asked again", fmt.Sprint(before.state.AskedAt()))
	return decide(WithOrigin(ctx, origin), s, id.Stream(), erasure.New, ask)
}

// mayErase refuses to erase whoever is under a legal hold, or was merged with somebody who is. What was asked for already
// is not asked about again.
func (s *Service) mayErase(ctx context.Context, id erasure.ID, contacts []contact.ID) error {
	org := originOf(ctx).Organization
	asked, err := load[erasure.Event](ctx, s.store, id.Stream(), org, erasure.New)
	if err != nil || asked.state.IsAsked() {
		return err
	}
	for _, each := range contacts {
		at, err := load[contact.Event](ctx, s.store, each.Stream(), org, contact.New)
		if err != nil {
			return err
		}
		if at.state.IsHeld() {
			return contact.ErrLegalHold
		}
	}
	return nil
}

// eraseAll ends the contacts of an erasure, the one that stands for all first, so that none is taken over meanwhile.
// The reason stays with the erasure: it may name the person.
//
// Of a legal hold and an erasure the first in the log wins: a hold that was there before the erasure was asked for ends
// the erasure, whoever finds it, and one that came later changes nothing any more.
func (s *Service) eraseAll(ctx context.Context, id erasure.ID) (event.Position, error) {
	if err := s.heedHolds(ctx, id); err != nil {
		return 0, err
	}
	origin := originOf(ctx)
	origin.Reason = personal.Text{}
	origin.CommandID = derive(id.UUID, "contacts")
	origin.RequestHMAC = ""
	ctx = WithOrigin(ctx, origin)
	var last event.Position
	ended := map[contact.ID]bool{}
	for {
		contacts, err := s.erased(ctx, id)
		if err != nil {
			return 0, err
		}
		if len(contacts) == len(ended) {
			return last, nil
		}
		for _, each := range contacts {
			if ended[each] {
				continue
			}
			receipt, err := s.decideContact(ctx, each, (*contact.Contact).Erase)
			if err != nil {
				return 0, fmt.Errorf("erase contact %s: %w", each, err)
			}
			last, ended[each] = max(last, receipt.Position), true
		}
	}
}

// heedHolds gives an erasure up that was asked for after a legal hold.
func (s *Service) heedHolds(ctx context.Context, id erasure.ID) error {
	org := originOf(ctx).Organization
	asked, err := load[erasure.Event](ctx, s.store, id.Stream(), org, erasure.New)
	if err != nil {
		return err
	}
	for _, each := range asked.state.Contacts() {
		at, err := load[contact.Event](ctx, s.store, each.Stream(), org, contact.New)
		switch {
		case err != nil:
			return err
		case at.state.IsErased(): // the one that stands for all is the first: it was decided
			return nil
		case !at.state.WasHeldBefore(asked.state.AskedAt()):
			continue
		}
		origin := originOf(ctx)
		origin.CommandID, origin.RequestHMAC = derive(id.UUID, "given up", fmt.Sprint(asked.state.AskedAt())), ""
		if _, err := decide(WithOrigin(ctx, origin), s, id.Stream(), erasure.New, (*erasure.Erasure).GiveUp); err != nil {
			return err
		}
		return contact.ErrLegalHold
	}
	return nil
}

// erased answers whom an erasure is about: those that it was asked for, and those that came to be the same person before
// they were ended, but such as are under a legal hold.
func (s *Service) erased(ctx context.Context, id erasure.ID) ([]contact.ID, error) {
	org := originOf(ctx).Organization
	at, err := load[erasure.Event](ctx, s.store, id.Stream(), org, erasure.New)
	if err != nil {
		return nil, err
	}
	contacts := slices.Clone(at.state.Contacts())
	for i := 0; i < len(contacts); i++ {
		at, err := load[contact.Event](ctx, s.store, contacts[i].Stream(), org, contact.New)
		if err != nil {
			return nil, err
		}
		for _, other := range at.state.StandsFor() {
			if slices.Contains(contacts, other) {
				continue
			}
			its, err := load[contact.Event](ctx, s.store, other.Stream(), org, contact.New)
			if err != nil {
				return nil, err
			}
			if !its.state.IsHeld() {
				contacts = append(contacts, other)
			}
		}
	}
	return contacts, nil
}

// Forgotten is what became of a person.
type Forgotten struct {
	Contacts []contact.ID
	Position event.Position // at which all of them are erased
	Outcome  erasure.Completed
}

// ForgetPerson makes the person of an erasure unreadable for ever, in an order in
// which a repeat completes what an earlier attempt left undone: first the kept
// deliveries that name the person and the identities, which are found by values
// that are sealed under the contacts' keys, and then those keys.
func (s *Service) ForgetPerson(ctx context.Context, id erasure.ID, deliveries []uuid.UUID) (Forgotten, error) {
	position, err := s.eraseAll(ctx, id)
	if err != nil {
		return Forgotten{}, err
	}
	found := Forgotten{Position: position}
	if found.Contacts, err = s.erased(ctx, id); err != nil {
		return Forgotten{}, err
	}
	if err := s.forget(ctx, id, found.Contacts, deliveries); err != nil {
		return Forgotten{}, err
	}
	org := originOf(ctx).Organization
	for _, each := range found.Contacts {
		if err := s.vault.Shred(ctx, org.UUID, each.UUID); err != nil {
			return Forgotten{}, fmt.Errorf("shred the key of contact %s: %w", each, err)
		}
	}
	found.Outcome.Events, found.Outcome.Digest, err = s.remains(ctx, found.Contacts)
	return found, err
}

// forget makes everything unknown that is found by what the person is recognised by, and records how much that was. Once
// that is recorded the keys may be gone, and nothing would be found.
func (s *Service) forget(ctx context.Context, id erasure.ID, contacts []contact.ID, deliveries []uuid.UUID) error {
	at, err := load[erasure.Event](ctx, s.store, id.Stream(), originOf(ctx).Organization, erasure.New)
	if err != nil || at.state.IsForgotten() {
		return err
	}
	known, err := s.identitiesOf(ctx, contacts)
	if err != nil {
		return err
	}
	var what erasure.Forgotten
	if what.Deliveries, err = s.shredDeliveries(ctx, deliveries, known); err != nil {
		return err
	}
	if what.Identities, err = s.forgetIdentities(ctx, contacts, known); err != nil {
		return err
	}
	ctx = step(ctx, id, "forgotten")
	_, err = decide(ctx, s, id.Stream(), erasure.New, func(e *erasure.Erasure) ([]erasure.Event, error) { return e.Forget(what) })
	return err
}

// step answers a context for one of the appends that an erasure makes to its own stream.
func step(ctx context.Context, id erasure.ID, name string) context.Context {
	origin := originOf(ctx)
	origin.CommandID, origin.RequestHMAC = derive(id.UUID, name), ""
	return WithOrigin(ctx, origin)
}

// EraseAgain records once more that the contacts are erased, for whoever keeps what was recorded of them in between.
func (s *Service) EraseAgain(ctx context.Context, contacts []contact.ID) error {
	for _, id := range contacts {
		origin := originOf(ctx)
		origin.CommandID = uuid.Must(uuid.NewV7())
		if _, err := s.decideContact(WithOrigin(ctx, origin), id, (*contact.Contact).EraseAgain); err != nil {
			return fmt.Errorf("erase contact %s again: %w", id, err)
		}
	}
	return nil
}

// identitiesOf answers what the contacts are, or were, recognised by; nothing once their keys are shredded.
func (s *Service) identitiesOf(ctx context.Context, contacts []contact.ID) ([]contact.Identity, error) {
	var all []contact.Identity
	for _, id := range contacts {
		at, err := load[contact.Event](ctx, s.store, id.Stream(), originOf(ctx).Organization, contact.New)
		if err != nil {
			return nil, err
		}
		all = append(all, at.state.EverKnownBy()...)
	}
	return slices.DeleteFunc(all, func(i contact.Identity) bool { return i.Value.Reveal() == "" }), nil
}

// remains answers how many events stay on the contacts' streams, and a digest of where and what they are.
func (s *Service) remains(ctx context.Context, contacts []contact.ID) (int, string, error) {
	n, hash := 0, sha256.New()
	for _, id := range contacts {
		for recorded, err := range s.store.ReadStream(ctx, id.Stream(), 0) {
			if err != nil {
				return 0, "", fmt.Errorf("read what remains of contact %s: %w", id, err)
			}
			n++
			_, _ = fmt.Fprintf(hash, "%s %d %d %s %s\n", recorded.Stream, recorded.Revision, recorded.Position, recorded.ID, recorded.Data.EventName())
		}
	}
	return n, hex.EncodeToString(hash.Sum(nil)), nil
}

// CompleteErasure records that nothing of the person is left.
func (s *Service) CompleteErasure(ctx context.Context, id erasure.ID, what erasure.Completed) (Receipt, error) {
	ctx = step(ctx, id, "completed")
	return decide(ctx, s, id.Stream(), erasure.New, func(e *erasure.Erasure) ([]erasure.Event, error) { return e.Complete(what) })
}
