package commands

import (
	"context"

	"tagtrail/domain/organization"
)

// ChangeTagLimit asks that contacts may carry more or fewer active tags.
type ChangeTagLimit struct{ Limit int }

// ChangeTagLimit decides how many active tags a contact may carry from now on. It takes none off.
func (s *Service) ChangeTagLimit(ctx context.Context, cmd ChangeTagLimit) (Receipt, error) {
	return s.decideOrganization(ctx, func(o *organization.Organization) ([]organization.Event, error) {
		return o.ChangeTagLimit(cmd.Limit)
	})
}
