package app

import (
	"context"

	"tagtrail/adapters/postgres"
	"tagtrail/domain/event"
	"tagtrail/domain/organization"
	"tagtrail/domain/rule"
	"tagtrail/domain/segment"
	"tagtrail/readmodels"
)

// watchers are the tables in which it stands which rules watch whom.
type watchers struct {
	shownTables
	rules readmodels.Rules
}

// Await waits until the tables show a position.
func (w watchers) Await(ctx context.Context, at event.Position) error { return w.await(ctx, at) }

// Watching answers the rules that watch a segment, or, under a rule's own id, its condition.
func (w watchers) Watching(ctx context.Context, org organization.ID, of segment.ID) ([]rule.ID, error) {
	found, err := w.rules.Watching(ctx, org.UUID, of.UUID)
	if err != nil {
		return nil, postgres.Explain(err, "read which rules watch a segment")
	}
	all := make([]rule.ID, len(found))
	for i, id := range found {
		all[i] = rule.ID{UUID: id}
	}
	return all, nil
}
