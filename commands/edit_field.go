package commands

import (
	"context"

	"tagtrail/domain/event"
	"tagtrail/domain/field"
	"tagtrail/domain/organization"
)

// EditField asks for another name of a custom field or other options; nil leaves a thing as it is.
type EditField struct {
	Field   field.ID
	Name    *string
	Options *[]string        // the whole list
	IfMatch []event.Revision // one of them is the field's own last; none asks for nothing
}

// EditField edits a custom field; contacts keep what they hold in it.
func (s *Service) EditField(ctx context.Context, cmd EditField) (Receipt, error) {
	return s.decideOrganization(ctx, func(o *organization.Organization) ([]organization.Event, error) {
		return asSeen(cmd.IfMatch, func(ifMatch *event.Revision) ([]organization.Event, error) {
			return o.EditField(cmd.Field, cmd.Name, cmd.Options, ifMatch)
		})
	})
}

// Fields answers the custom fields of whoever asks, retired ones too.
func (s *Service) Fields(ctx context.Context) ([]field.Definition, error) {
	o, err := s.organization(ctx, originOf(ctx).Organization)
	if err != nil {
		return nil, err
	}
	return o.Fields(), nil
}
