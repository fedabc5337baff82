package commands

import (
	"context"

	"tagtrail/domain/field"
	"tagtrail/domain/organization"
)

// DefineField asks that contacts have one more custom field.
type DefineField struct {
	Name    string
	Type    field.Type
	Options []string // of a choice
}

// DefineField answers the field's id, which is the same when the command is repeated.
func (s *Service) DefineField(ctx context.Context, cmd DefineField) (field.ID, Receipt, error) {
	id := field.ID{UUID: created(originOf(ctx).CommandID, "field", 0)}
	receipt, err := s.decideOrganization(ctx, func(o *organization.Organization) ([]organization.Event, error) {
		return o.DefineField(id, cmd.Name, cmd.Type, cmd.Options)
	})
	return id, receipt, err
}
