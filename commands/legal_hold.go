package commands

import (
	"context"
	"fmt"

	"tagtrail/domain/contact"
	"tagtrail/domain/erasure"
)

// PlaceLegalHold asks that a person is not forgotten until the hold is lifted; the origin says why.
type PlaceLegalHold struct{ Contact contact.ID }

// LiftLegalHold asks that a person may be forgotten again.
type LiftLegalHold struct{ Contact contact.ID }

// PlaceLegalHold records the hold on the contact that stands for the person. Whoever is being erased already is not held
// any more.
func (s *Service) PlaceLegalHold(ctx context.Context, cmd PlaceLegalHold) (Receipt, error) {
	if originOf(ctx).Reason.IsZero() {
		return Receipt{}, contact.ErrHoldReason.At("/reason")
	}
	if err := s.isHeldFirst(ctx, cmd.Contact); err != nil {
		return Receipt{}, err
	}
	receipt, err := s.decideContact(ctx, cmd.Contact, (*contact.Contact).PlaceHold)
	if err != nil {
		return Receipt{}, err
	}
	return receipt, s.isHeldFirst(ctx, cmd.Contact) // of two that come at once the first in the log wins
}

// isHeldFirst refuses a hold of whoever is being erased. An erasure that came behind a hold is given up by whoever works
// at it, and refuses nothing.
func (s *Service) isHeldFirst(ctx context.Context, id contact.ID) error {
	org := originOf(ctx).Organization
	asked, err := load[erasure.Event](ctx, s.store, erasure.Of(id).Stream(), org, erasure.New)
	if err != nil || !asked.state.IsAsked() {
		return err
	}
	at, err := load[contact.Event](ctx, s.store, id.Stream(), org, contact.New)
	if err == nil && !at.state.WasHeldBefore(asked.state.AskedAt()) {
		err = contact.ErrErased
	}
	return err
}

// LiftLegalHold lifts the holds of the whole person: that of the contact, and those that contacts had which were merged
// into it.
func (s *Service) LiftLegalHold(ctx context.Context, cmd LiftLegalHold) (Receipt, error) {
	at, err := load[contact.Event](ctx, s.store, cmd.Contact.Stream(), originOf(ctx).Organization, contact.New)
	if err != nil {
		return Receipt{}, err
	}
	if err := at.state.Present(); err != nil {
		return Receipt{}, err
	}
	receipt, err := s.decideContact(ctx, cmd.Contact, (*contact.Contact).LiftHold)
	if err != nil {
		return Receipt{}, err
	}
	for _, each := range at.state.StandsFor() {
		lifted, err := s.decideContact(ctx, each, (*contact.Contact).LiftHold)
		if err != nil {
			return Receipt{}, fmt.Errorf("lift the hold of contact %s: %w", each, err)
		}
		receipt.Position = max(receipt.Position, lifted.Position)
	}
	return receipt, nil
}
