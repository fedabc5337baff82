package commands

import (
	"context"
	"errors"
	"strconv"

	"tagtrail/domain/contact"
	"tagtrail/domain/event"
	"tagtrail/domain/fault"
	"tagtrail/domain/personal"
	"tagtrail/domain/tag"
)

// AssignPicks asks that a contact carries the tags that a model picked, all by one answer of it.
type AssignPicks struct {
	Contact contact.ID
	Picks   []Pick
}

// Pick is one tag of an answer.
type Pick struct {
	Tag    tag.ID
	Value  *string // of a valued tag
	AI     event.AI
	Reason personal.Text // zero where the model gave none
}

// AssignPicks puts them on by one append, so that no contact ever carries parts of
// two answers, and says of each pick why it was refused; nil is that the contact
// carries the tag. A repeat finds the first answer and puts nothing on, whatever
// the model says by then; of its picks nothing is said.
func (s *Service) AssignPicks(ctx context.Context, cmd AssignPicks) ([]*fault.Fault, Receipt, error) {
	origin := originOf(ctx)
	catalog, revision, err := s.catalog(ctx, origin.Organization)
	if err != nil {
		return nil, Receipt{}, err
	}
	origin.catalogRevision = &revision
	o, err := s.organization(ctx, origin.Organization)
	if err != nil {
		return nil, Receipt{}, err
	}
	for attempt := range maxAttempts {
		if err := pause(ctx, attempt); err != nil {
			return nil, Receipt{}, err
		}
		at, err := load[contact.Event](ctx, s.store, cmd.Contact.Stream(), origin.Organization, contact.New)
		if err != nil {
			return nil, Receipt{}, err
		}
		if before, ok := at.replay(origin.CommandID); ok {
			return nil, Receipt{Position: before.position, Replayed: true, Changed: true}, nil
		}
		refusals, envelopes, err := s.pickOn(at.state, cmd, catalog, o.TagLimit(), origin)
		if err != nil || len(envelopes) == 0 {
			return refusals, Receipt{Position: at.position}, err
		}
		position, err := s.append(ctx, cmd.Contact.Stream(), at.revision, envelopes)
		if errors.Is(err, event.ErrWrongRevision) {
			continue
		}
		return refusals, Receipt{Position: position, Changed: err == nil}, err
	}
	return nil, Receipt{}, ErrContended
}

// pickOn decides on one pick after the other, each on what those before it left.
func (s *Service) pickOn(c *contact.Contact, cmd AssignPicks, catalog *tag.Catalog, limit int, origin Origin) ([]*fault.Fault, []event.Envelope, error) {
	refusals := make([]*fault.Fault, len(cmd.Picks))
	var envelopes []event.Envelope
	for i, pick := range cmd.Picks {
		stay := contact.AssignmentID{UUID: created(origin.CommandID, "assignment", i)}
		events, err := c.AssignTag(catalog, pick.Tag, pick.Value, stay, limit)
		if err != nil {
			if refusals[i] = fault.Of(err); refusals[i] == nil {
				return nil, nil, err
			}
			continue
		}
		origin.AI, origin.Reason = &pick.AI, pick.Reason
		metadata := origin.metadata(s.now)
		for _, e := range events {
			c.Apply(event.Recorded[contact.Event]{Data: e, Metadata: metadata, RecordedAt: metadata.OccurredAt})
			id := derive(metadata.CommandID, cmd.Contact.Stream(), strconv.Itoa(len(envelopes)))
			envelopes = append(envelopes, event.Envelope{ID: id, Metadata: metadata, Event: e})
		}
	}
	return refusals, envelopes, nil
}
