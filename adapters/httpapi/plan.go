package httpapi

import (
	"context"
	"net/http"

	"tagtrail/commands"
	"tagtrail/domain/fault"
	"tagtrail/domain/organization"
)

// Plan says how many contacts the organisation may add.
type Plan struct {
	Plan     string `json:"plan" doc:"free, starter, growth or scale; empty where none was chosen, and nothing is limited." example:"starter"`
	Limit    int    `json:"limit" doc:"How many contacts may be added; 0 is no limit." example:"5000"`
	Contacts int    `json:"contacts" doc:"How many there are that are neither archived, merged nor erased."`
}

// NewPlan is another plan.
type NewPlan struct {
	Plan  string `json:"plan" enum:"free,starter,growth,scale" doc:"They allow 100, 5,000, 25,000 and any number of contacts."`
	Limit *int   `json:"limit,omitempty" minimum:"0" maximum:"1000000000" doc:"Another limit than the plan's own; 0 is none."`
}

func (a *api) registerPlan() {
	register(a, operation{
		id: "get-plan", method: http.MethodGet, path: "/v1/plan", group: "Settings", permission: commands.MayRead,
		summary: "How many contacts there may be, and how many there are",
	}, a.getPlan)
	register(a, operation{
		id: "change-plan", method: http.MethodPut, path: "/v1/plan", group: "Settings", permission: commands.MayChangePlan,
		summary:     "Change how many contacts there may be",
		description: "Whoever adds a contact at the limit is refused; whoever writes becomes one all the same, and that is recorded. None is removed.",
		takes:       plainJSON, status: http.StatusOK, answers: map[int]any{http.StatusOK: Plan{}, http.StatusAccepted: Pending{}},
		faults: []*fault.Fault{organization.ErrUnknownPlan, organization.ErrPlanLimit},
	}, a.changePlan)
}

func (a *api) readPlan(ctx context.Context) (Plan, error) {
	plan, err := a.Commands.Plan(ctx, organization.ID{UUID: orgOf(ctx)})
	return Plan{Plan: string(plan.Plan), Limit: plan.Limit, Contacts: plan.Contacts}, err
}

func (a *api) getPlan(ctx context.Context, _ *struct{}) (*struct{ Body Plan }, error) {
	plan, err := a.readPlan(ctx)
	if err != nil {
		return nil, err
	}
	return &struct{ Body Plan }{plan}, nil
}

func (a *api) changePlan(ctx context.Context, in *struct{ Body NewPlan }) (*written, error) {
	asked, err := asking(ctx, "")
	if err != nil {
		return nil, err
	}
	cmd := commands.ChangePlan{Plan: organization.Plan(in.Body.Plan), Limit: -1}
	if in.Body.Limit != nil {
		cmd.Limit = *in.Body.Limit
	}
	receipt, err := a.Commands.ChangePlan(asked, cmd)
	if err != nil {
		return nil, err
	}
	return wrote(ctx, a, http.StatusOK, receipt, orgOf(ctx), func(ctx context.Context) (Plan, int64, error) {
		plan, err := a.readPlan(ctx)
		return plan, -1, err
	})
}
