package commands

import (
	"context"

	"tagtrail/domain/field"
	"tagtrail/domain/organization"
)

// RestoreField asks that a retired custom field can be filled again.
type RestoreField struct{ Field field.ID }

// RestoreField brings a custom field back, with what contacts hold in it.
func (s *Service) RestoreField(ctx context.Context, cmd RestoreField) (Receipt, error) {
	return s.decideOrganization(ctx, func(o *organization.Organization) ([]organization.Event, error) {
		return o.RestoreField(cmd.Field)
	})
}
