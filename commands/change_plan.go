package commands

import (
	"context"

	"tagtrail/domain/organization"
)

// ChangePlan asks for another plan of the organisation.
type ChangePlan struct {
	Plan  organization.Plan
	Limit int // of contacts; 0 is none, -1 the plan's own
}

// ChangePlan decides how many contacts may be added from now on. It removes none.
func (s *Service) ChangePlan(ctx context.Context, cmd ChangePlan) (Receipt, error) {
	return s.decideOrganization(ctx, func(o *organization.Organization) ([]organization.Event, error) {
		return o.ChangePlan(cmd.Plan, cmd.Limit)
	})
}

// limitReached answers the limit of contacts when the organisation has as many
// already, else 0. The contacts are counted in the tables that are read, so the
// requests in flight may go over it by as many as they are.
func (s *Service) limitReached(ctx context.Context) (int, error) {
	origin := originOf(ctx)
	o, err := s.organization(ctx, origin.Organization)
	if err != nil || o.ContactLimit == 0 {
		return 0, err
	}
	n, err := s.counts.Contacts(ctx, origin.Organization)
	if err != nil || n < o.ContactLimit {
		return 0, err
	}
	return o.ContactLimit, nil
}

// PlanState is a plan, and how far it is used.
type PlanState struct {
	Plan     organization.Plan
	Limit    int // of contacts; 0 is none
	Contacts int
}

// Plan answers how many contacts an organisation may add, and how many it has.
func (s *Service) Plan(ctx context.Context, org organization.ID) (PlanState, error) {
	o, err := s.organization(ctx, org)
	if err != nil {
		return PlanState{}, err
	}
	n, err := s.counts.Contacts(ctx, org)
	return PlanState{Plan: o.Plan, Limit: o.ContactLimit, Contacts: n}, err
}
