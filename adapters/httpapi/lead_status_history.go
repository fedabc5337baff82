package httpapi

import (
	"context"
	"net/http"
	"time"

	"tagtrail/commands"
	"tagtrail/domain/fault"
	"tagtrail/readmodels"
)

// LeadStatusPeriod is the time that a contact spent in a lead status, and how it got there.
type LeadStatusPeriod struct {
	Deed
	From            *string    `json:"from" enum:"cold,warm,hot,customer" doc:"The status before; null where the contact began with this one."`
	To              string     `json:"to" enum:"cold,warm,hot,customer" doc:"The status that began."`
	Kind            *string    `json:"kind" enum:"advance,skip,regress,re-engage" doc:"advance: to the next; skip: over at least one; regress: backwards; re-engage: back to cold. null where the contact began with this one."`
	BeganAt         time.Time  `json:"began_at"`
	EndedAt         *time.Time `json:"ended_at" doc:"null while it lasts."`
	DurationSeconds *float64   `json:"duration_seconds" doc:"How long the status lasted; null while it does."`
}

type listLeadStatuses struct {
	ByContact
	PerPage
	InOrder
}

func (a *api) registerLeadStatusHistory() {
	register(a, operation{
		id: "list-lead-statuses", method: http.MethodGet, path: "/v1/contacts/{id}/lead-status-history", group: "History", permission: commands.MayRead,
		summary: "List every lead status that a contact had", description: "Who moved it, by which way and why, and how long each lasted.",
		lists: true, past: true, faults: []*fault.Fault{commands.ErrNotFound},
	}, a.listLeadStatuses)
}

func (a *api) listLeadStatuses(ctx context.Context, in *listLeadStatuses) (*listed[LeadStatusPeriod], error) {
	org, contact := orgOf(ctx), parsed(in.ID)
	of := place{org: org, list: "lead statuses", filters: []string{in.ID, in.Order}}
	after, err := open[int64](a, of, in.Cursor)
	if err != nil {
		return nil, err
	}
	deed, err := a.shownDeeds(ctx)
	if err != nil {
		return nil, err
	}
	periods, next, err := a.leadStatuses.Of(ctx, org, contact, readmodels.Order(in.Order), after, in.Limit)
	if err != nil {
		return nil, err
	}
	if len(periods) == 0 {
		if err := a.concerned(ctx, contact); err != nil {
			return nil, err
		}
	}
	show := func(p readmodels.LeadStatusPeriod) LeadStatusPeriod { return periodOf(p, deed) }
	return pageOf(ctx, a, of, periods, next, show, func(bound int) (int, error) {
		return a.leadStatuses.Count(ctx, org, contact, bound)
	})
}

func periodOf(p readmodels.LeadStatusPeriod, deed func(readmodels.Deed) Deed) LeadStatusPeriod {
	shown := LeadStatusPeriod{
		Deed: deed(p.Changed), From: textOrNull(p.From), To: p.Status, Kind: textOrNull(p.Move), BeganAt: p.Began(), EndedAt: utc(p.Until),
	}
	if p.Until != nil {
		seconds := p.Until.Sub(p.Began()).Seconds()
		shown.DurationSeconds = &seconds
	}
	return shown
}
