package app

import (
	"context"
	"fmt"
	"slices"

	"github.com/google/uuid"

	"tagtrail/adapters/httpapi"
	"tagtrail/adapters/postgres"
	"tagtrail/domain/fault"
	"tagtrail/projections/runner"
)

// ErrFed refuses to drop a generation that a process keeps up to date, that a rebuild goes on with, or that is not there.
var ErrFed = fault.New(fault.Conflict, "projections.fed", "there is no such generation that nobody keeps up to date")

// generations is how the API looks at the tables and has them built anew.
type generations struct{ *Backends }

// Faults lists what is refused.
func (generations) Faults() []*fault.Fault {
	return slices.Concat(runner.Faults(), []*fault.Fault{ErrUnknownGroup, ErrUntil, ErrNameTaken, ErrRebuilds, ErrFed})
}

// List answers every generation.
func (g generations) List(ctx context.Context) ([]httpapi.GenerationState, error) {
	found, err := g.Projections(ctx)
	if err != nil {
		return nil, err
	}
	all := make([]httpapi.GenerationState, 0, len(found))
	for _, s := range found {
		all = append(all, httpapi.GenerationState{
			Group: s.Group, Generation: s.Generation, Kind: s.Kind, State: s.State, Current: s.Current, Position: s.Position,
		})
	}
	return all, nil
}

// Ask has a generation built in the background.
func (g generations) Ask(ctx context.Context, asked httpapi.AskedRebuild) (httpapi.RebuildState, error) {
	r, err := g.Backends.Ask(ctx, Wanted{
		ID: asked.ID, Group: asked.Group, Kind: runner.Kind(asked.Kind), Name: asked.Name, By: runner.ByService,
		Until: Until{Position: asked.Until, Time: asked.UntilTime},
	})
	if err != nil {
		return httpapi.RebuildState{}, err
	}
	return g.Rebuild(ctx, r.Group, r.ID)
}

// Rebuilds answers the rebuilds of a group.
func (g generations) Rebuilds(ctx context.Context, group string) ([]httpapi.RebuildState, error) {
	if _, err := groupNamed(group); err != nil {
		return nil, err
	}
	found, err := postgres.NewSink(g.Postgres).Rebuilds(ctx)
	if err != nil {
		return nil, err
	}
	var all []httpapi.RebuildState
	for _, r := range found {
		if r.Group == group {
			all = append(all, rebuildState(r))
		}
	}
	return all, nil
}

// Rebuild answers one rebuild of a group.
func (g generations) Rebuild(ctx context.Context, group string, id uuid.UUID) (httpapi.RebuildState, error) {
	r, err := postgres.NewSink(g.Postgres).Rebuild(ctx, id)
	if err == nil && r.Group != group {
		err = runner.ErrNoRebuild
	}
	if err != nil {
		return httpapi.RebuildState{}, err
	}
	return rebuildState(r), nil
}

// Cancel has a rebuild ended by whoever works at it.
func (g generations) Cancel(ctx context.Context, group string, id uuid.UUID) (httpapi.RebuildState, error) {
	r, err := g.Rebuild(ctx, group, id)
	if err != nil {
		return r, err
	}
	if err := postgres.NewSink(g.Postgres).Cancel(ctx, id); err != nil {
		return r, err
	}
	return g.Rebuild(ctx, group, id)
}

// Drop drops a generation that nobody keeps up to date.
func (g generations) Drop(ctx context.Context, group, generation string) error {
	dropped, err := g.Prune(ctx, group, []string{generation})
	if err == nil && len(dropped) == 0 {
		err = fmt.Errorf("%s: %w", generation, ErrFed)
	}
	return err
}

func rebuildState(r runner.Rebuild) httpapi.RebuildState {
	now := statusOf(r)
	s := httpapi.RebuildState{
		ID: r.ID, Group: r.Group, Kind: string(r.Kind), Name: r.Name, Phase: now.Phase, Position: now.Position, Target: now.Target,
		Events: r.Progress.Events, AskedAt: r.AskedAt, NotedAt: r.NotedAt, FinishedAt: r.FinishedAt,
	}
	if r.Comparison != nil {
		s.Compared, s.Differing = true, r.Comparison.Differing
		for _, d := range r.Comparison.Differences {
			s.Differences = append(s.Differences, httpapi.DifferingRow(d))
		}
	}
	return s
}
