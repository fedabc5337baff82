package httpapi

import (
	"context"
	"net/http"

	"tagtrail/commands"
	"tagtrail/domain/fault"
	"tagtrail/readmodels"
)

// TagEdit is one change of a tag in the catalogue.
type TagEdit struct {
	Deed
	Change string  `json:"change" enum:"created,renamed,described,recolored,value_added,value_retired,deleted,restored,merged,unmerged"`
	Before *string `json:"before" doc:"What it was, or a value that can no longer be chosen."`
	After  *string `json:"after" doc:"What it is, or a value that can be chosen."`
	Other  *string `json:"other" format:"uuid" doc:"The tag that it was merged into, or stands apart from again."`
	Kind   *string `json:"kind" enum:"label,valued" doc:"Of a tag that was created."`
	Color  *string `json:"color" doc:"Of a tag that was created."`
}

type listTagEdits struct {
	ByTag
	PerPage
	InOrder
}

func (a *api) registerCatalogHistory() {
	register(a, operation{
		id: "list-tag-edits", method: http.MethodGet, path: "/v1/tags/{id}/history", group: "History", permission: commands.MayRead,
		summary: "List what became of a tag in the catalogue", lists: true, past: true, faults: []*fault.Fault{commands.ErrNotFound},
	}, a.listTagEdits)
}

func (a *api) listTagEdits(ctx context.Context, in *listTagEdits) (*listed[TagEdit], error) {
	org, tag := orgOf(ctx), parsed(in.ID)
	of := place{org: org, list: "tag edits", filters: []string{in.ID, in.Order}}
	after, err := open[int64](a, of, in.Cursor)
	if err != nil {
		return nil, err
	}
	deed, err := a.shownDeeds(ctx)
	if err != nil {
		return nil, err
	}
	edits, next, err := a.catalogHistory.Of(ctx, org, tag, readmodels.Order(in.Order), after, in.Limit)
	if err != nil {
		return nil, err
	}
	if len(edits) == 0 && after == nil {
		return nil, commands.ErrNotFound
	}
	show := func(e readmodels.TagEdit) TagEdit { return tagEditOf(e, deed) }
	return pageOf(ctx, a, of, edits, next, show, func(bound int) (int, error) {
		return a.catalogHistory.Count(ctx, org, tag, bound)
	})
}

func tagEditOf(e readmodels.TagEdit, deed func(readmodels.Deed) Deed) TagEdit {
	return TagEdit{
		Deed: deed(e.Edited), Change: e.Change, Before: textOrNull(e.Before), After: textOrNull(e.After),
		Other: idOf(e.Other), Kind: textOrNull(e.Kind), Color: textOrNull(e.Color),
	}
}
