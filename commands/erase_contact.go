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
	receipt, err := decide(ctx, s, id.Stream(), erasure.New, func(e *erasure.Erasure) ([]erasure.Event, error) {
		return e.Ask(root, at.state.StandsFor())
	})
	if err != nil {
		return id, Receipt{}, err
	}
	position, err := s.eraseAll(ctx, id)
	return id, Receipt{Position: max(receipt.Position, position), Replayed: receipt.Replayed}, err
}

// eraseAll ends the contacts of an erasure, the one that stands for all first, so that none is taken over meanwhile.
// The reason stays with the erasure: it may name the person.
func (s *Service) eraseAll(ctx context.Context, id erasure.ID) (event.Position, error) {
	origin := originOf(ctx)
	origin.Reason = personal.Text{}
	origin.CommandID = derive(id.UUID, "contacts")
	origin.RequestHMAC = ""
	ctx = WithOrigin(ctx, origin)
	contacts, err := s.erased(ctx, id)
	if err != nil {
		return 0, err
	}
	var last event.Position
	for i := 0; i < len(contacts); i++ {
		receipt, err := s.decideContact(ctx, contacts[i], func(c *contact.Contact) ([]contact.Event, error) {
			for _, other := range c.StandsFor() {
				if !slices.Contains(contacts, other) {
					contacts = append(contacts, other)
				}
			}
			return c.Erase()
		})
		if err != nil {
			return 0, fmt.Errorf("erase contact %s: %w", contacts[i], err)
		}
		last = max(last, receipt.Position)
	}
	return last, nil
}

// erased answers whom an erasure is about.
func (s *Service) erased(ctx context.Context, id erasure.ID) ([]contact.ID, error) {
	at, err := load[erasure.Event](ctx, s.store, id.Stream(), originOf(ctx).Organization, erasure.New)
	if err != nil {
		return nil, err
	}
	return slices.Clone(at.state.Contacts()), nil
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
