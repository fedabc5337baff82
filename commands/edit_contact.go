package commands

import (
	"context"
	"slices"

	"github.com/google/uuid"

	"tagtrail/domain/contact"
	"tagtrail/domain/event"
	"tagtrail/domain/field"
)

// EditContact asks for other details of a contact; nil leaves a thing as it is.
type EditContact struct {
	Contact contact.ID
	Name    *string
	Email   *string
	Owner   *uuid.UUID // the zero id is nobody

	From      contact.Provenance // of names, country and language; "" is manual
	FirstName *string
	LastName  *string
	Company   *string
	Country   *string
	Language  *string
	Address   *contact.AddressDraft
	Social    map[contact.SocialNetwork]string
	Fields    map[field.ID]string // custom fields; "" clears one

	IfMatch []event.Revision // one of them is the contact's own last; none asks for nothing
}

// EditContact edits a contact; each thing that changes is an event of its own.
func (s *Service) EditContact(ctx context.Context, cmd EditContact) (Receipt, error) {
	fields, err := s.fieldChanges(ctx, cmd.Fields)
	if err != nil {
		return Receipt{}, err
	}
	changes := contact.Changes{
		Name: cmd.Name, Email: cmd.Email, Owner: cmd.Owner,
		From: cmd.From, FirstName: cmd.FirstName, LastName: cmd.LastName, Company: cmd.Company,
		Country: cmd.Country, Language: cmd.Language, Address: cmd.Address, Social: cmd.Social, Fields: fields,
	}
	if cmd.Owner != nil && *cmd.Owner != uuid.Nil {
		o, err := s.organization(ctx, originOf(ctx).Organization)
		if err != nil {
			return Receipt{}, err
		}
		changes.IsMember = o.IsMember
	}
	return s.decideContact(ctx, cmd.Contact, func(c *contact.Contact) ([]contact.Event, error) {
		return asSeen(cmd.IfMatch, func(ifMatch *event.Revision) ([]contact.Event, error) { return c.Edit(changes, ifMatch) })
	})
}

// fieldChanges answers what custom fields are to hold, in the order of their ids.
func (s *Service) fieldChanges(ctx context.Context, values map[field.ID]string) ([]contact.FieldChange, error) {
	if len(values) == 0 {
		return nil, nil
	}
	o, err := s.organization(ctx, originOf(ctx).Organization)
	if err != nil {
		return nil, err
	}
	var changes []contact.FieldChange
	for id, value := range values {
		definition, known := o.Field(id)
		if !known {
			return nil, field.ErrUnknown.At("/fields/" + id.String())
		}
		changes = append(changes, contact.FieldChange{Definition: definition, Value: value, IsMember: o.IsMember})
	}
	slices.SortFunc(changes, func(a, b contact.FieldChange) int {
		return slices.Compare(a.Definition.ID.UUID[:], b.Definition.ID.UUID[:])
	})
	return changes, nil
}
