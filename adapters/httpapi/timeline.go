package httpapi

import (
	"context"
	"net/http"

	"tagtrail/commands"
	"tagtrail/domain/fault"
	"tagtrail/readmodels"
)

type listTimeline struct {
	ByContact
	PerPage
	InOrder
}

func (a *api) registerTimeline() {
	register(a, operation{
		id: "list-timeline", method: http.MethodGet, path: "/v1/contacts/{id}/timeline", group: "History", permission: commands.MayRead,
		summary:     "List everything that was recorded about a contact",
		description: "Its fields, identities, tags and statuses, its messages and how far they got, its conversations and notes, as CloudEvents 1.0.",
		lists:       true, past: true, faults: []*fault.Fault{commands.ErrNotFound},
	}, a.listTimeline)
}

func (a *api) listTimeline(ctx context.Context, in *listTimeline) (*listed[Event], error) {
	org, contact := orgOf(ctx), parsed(in.ID)
	of := place{org: org, list: "timeline", filters: []string{in.ID, in.Order}}
	after, err := open[int64](a, of, in.Cursor)
	if err != nil {
		return nil, err
	}
	token, err := a.tokens(ctx)
	if err != nil {
		return nil, err
	}
	events, next, err := a.events.Timeline(ctx, org, contact, readmodels.Opened, readmodels.Order(in.Order), after, in.Limit)
	if err != nil {
		return nil, err
	}
	if len(events) == 0 && after == nil {
		return nil, commands.ErrNotFound
	}
	show := func(e readmodels.Event) Event { return eventOf(e, org.String(), token) }
	return pageOf(ctx, a, of, events, next, show, func(bound int) (int, error) { return a.events.CountTimeline(ctx, org, contact, bound) })
}
