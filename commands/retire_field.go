package commands

import (
	"context"

	"tagtrail/domain/field"
	"tagtrail/domain/organization"
)

// RetireField asks that nothing new goes into a custom field.
type RetireField struct{ Field field.ID }

// RetireField retires a custom field; what contacts hold in it stays and can still be cleared.
func (s *Service) RetireField(ctx context.Context, cmd RetireField) (Receipt, error) {
	return s.decideOrganization(ctx, func(o *organization.Organization) ([]organization.Event, error) {
		return o.RetireField(cmd.Field)
	})
}
