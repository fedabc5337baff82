package commands

import (
	"context"
	"errors"
	"strconv"

	"github.com/google/uuid"

	"tagtrail/domain/contact"
	"tagtrail/domain/event"
	"tagtrail/domain/tag"
)

// CreateContact asks for a contact by hand or for another system.
type CreateContact struct {
	Name       string // required but for another system
	Phone      string // with + and the country code
	Email      string // "" is none
	Tags       []tag.ID
	LeadStatus contact.LeadStatus // "" is cold
	Channel    uuid.UUID          // the business number that the person is tied to; required where identities are kept for each channel
}

// CreateContact answers the contact's id. A number that was claimed for a
// contact which then was never created, because somebody stopped half-way, gets
// that contact here.
func (s *Service) CreateContact(ctx context.Context, cmd CreateContact) (contact.ID, Receipt, error) {
	number, scope, err := s.numberOf(ctx, cmd)
	if err != nil {
		return contact.ID{}, Receipt{}, err
	}
	catalog, revision, err := s.catalog(ctx, originOf(ctx).Organization)
	if err != nil {
		return contact.ID{}, Receipt{}, err
	}
	o, err := s.organization(ctx, originOf(ctx).Organization)
	if err != nil {
		return contact.ID{}, Receipt{}, err
	}
	draft := contact.Draft{
		Origin: contact.OriginManual, Identity: number,
		Name: cmd.Name, Email: cmd.Email, LeadStatus: cmd.LeadStatus, Tags: cmd.Tags,
	}
	switch originOf(ctx).Source { //nolint:exhaustive // everything else is somebody who types
	case event.API:
		draft.Origin = contact.OriginAPI
	case event.Import:
		draft.Origin = contact.OriginImport
	}
	ctx = deciding(ctx, revision)
	for attempt := range maxAttempts {
		if err := pause(ctx, attempt); err != nil {
			return contact.ID{}, Receipt{}, err
		}
		id, receipt, err := s.tryCreate(ctx, scope, draft, catalog, o.TagLimit())
		if !errors.Is(err, event.ErrWrongRevision) {
			return id, receipt, err
		}
	}
	return contact.ID{}, Receipt{}, ErrContended
}

// tryCreate claims the number between the decision and the append: nothing is claimed for a contact that is refused.
func (s *Service) tryCreate(ctx context.Context, scope string, draft contact.Draft, catalog contact.Catalog, tagLimit int) (contact.ID, Receipt, error) {
	origin := originOf(ctx)
	own := contact.ID{UUID: created(origin.CommandID, "contact", 0)}
	number, err := s.look(ctx, scope, claim{Identity: draft.Identity})
	if err != nil {
		return contact.ID{}, Receipt{}, err
	}
	whose, held := number.holder.Current()
	if !held {
		whose = own
	}
	if whose != own {
		if before, done, err := s.createdBefore(ctx, own); done || err != nil {
			return own, before, err
		}
	}
	receipt, err := decide(ctx, s, whose.Stream(), contact.New, func(c *contact.Contact) ([]contact.Event, error) {
		events, err := c.Create(draft, catalog, func(nth int) contact.AssignmentID {
			return contact.AssignmentID{UUID: created(origin.CommandID, "assignment", nth)}
		}, tagLimit)
		switch {
		case errors.Is(err, contact.ErrNumberTaken):
			return nil, contact.ErrNumberTaken.At("/phone").With("contact", whose.String())
		case err != nil:
			return nil, err
		}
		switch limit, err := s.limitReached(ctx); {
		case err != nil:
			return nil, err
		case limit > 0:
			return nil, contact.ErrLimitReached.With("limit", strconv.Itoa(limit))
		}
		return events, s.hold(ctx, number, whose, s.now())
	})
	if err != nil {
		return contact.ID{}, Receipt{}, err
	}
	return whose, receipt, nil
}

// createdBefore says whether the command created its own contact when it was asked before.
func (s *Service) createdBefore(ctx context.Context, own contact.ID) (Receipt, bool, error) {
	origin := originOf(ctx)
	at, err := load[contact.Event](ctx, s.store, own.Stream(), origin.Organization, contact.New)
	if err != nil {
		return Receipt{}, false, err
	}
	before, done := at.replay(origin.CommandID)
	if done && before.requestHMAC != origin.RequestHMAC {
		return Receipt{}, false, ErrKeyReused
	}
	return Receipt{Position: before.position, Replayed: done}, done, nil
}

// numberOf answers the number, and within what it is one person.
func (s *Service) numberOf(ctx context.Context, cmd CreateContact) (contact.Identity, string, error) {
	number, err := contact.ParsePhone(cmd.Phone)
	if err != nil {
		return contact.Identity{}, "", err
	}
	if cmd.Channel != uuid.Nil {
		org, err := s.organization(ctx, originOf(ctx).Organization)
		if err != nil {
			return contact.Identity{}, "", err
		}
		if _, err := org.Channel(cmd.Channel); err != nil {
			return contact.Identity{}, "", err
		}
		number.Channel = cmd.Channel
	}
	scope, err := s.channelScope(ctx, cmd.Channel)
	return number, scope, err
}

// channelScope answers within what a number is one person, where a channel need not be named unless it matters.
func (s *Service) channelScope(ctx context.Context, channel uuid.UUID) (string, error) {
	scope, err := s.scope(ctx, channel)
	if scope == uuid.Nil.String() {
		return "", contact.ErrChannelRequired.At("/channel")
	}
	return scope, err
}
