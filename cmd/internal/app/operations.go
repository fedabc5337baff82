package app

import (
	"context"
	"time"

	"github.com/google/uuid"

	"tagtrail/adapters/httpapi"
	"tagtrail/adapters/jobs"
	"tagtrail/adapters/postgres"
	"tagtrail/domain"
	"tagtrail/domain/event"
	"tagtrail/domain/operation"
	"tagtrail/domain/organization"
	"tagtrail/domain/tag"
	"tagtrail/projections"
	"tagtrail/readmodels"
)

// operations tells the API how far the work on many is.
type operations struct{ jobs *jobs.Jobs }

// Prepare keeps an operation that is about to be started.
func (o operations) Prepare(ctx context.Context, org organization.ID, id operation.ID, kind operation.Kind, contacts []uuid.UUID) error {
	return o.jobs.Prepare(ctx, org, id, kind, contacts)
}

// Wake has somebody look at an operation.
func (o operations) Wake(ctx context.Context, org organization.ID, id operation.ID) error {
	return o.jobs.Wake(ctx, org, id)
}

// Progress answers how far an operation is.
func (o operations) Progress(ctx context.Context, org organization.ID, id operation.ID) (httpapi.OperationProgress, error) {
	p, err := o.jobs.Progress(ctx, org, id)
	return httpapi.OperationProgress{Counts: p.Counts, Selected: p.Selected, Rate: p.Rate}, err
}

// Reports answers on whom something did not go as asked.
func (o operations) Reports(ctx context.Context, org organization.ID, id operation.ID, behind, limit int) ([]httpapi.OperationReport, error) {
	found, err := o.jobs.Reports(ctx, org, id, behind, limit)
	reports := make([]httpapi.OperationReport, len(found))
	for i, r := range found {
		reports[i] = httpapi.OperationReport{Number: r.Number, Contact: r.Thing, Result: r.Result, Code: r.Code, Kept: r.Details["kept"]}
	}
	return reports, err
}

// selectingPatience is how long an operation waits for the tables that say whom it is about, before it is tried again.
const selectingPatience = 30 * time.Second

// onMany answers who does one action to many contacts, and who takes that back, each with a reader of its own tables.
func (b *Backends) onMany(ctx context.Context, positions *postgres.Positions) ([]jobs.Worker, error) {
	past, err := groupNamed(projections.Audit)
	if err != nil {
		return nil, err
	}
	reader := func(g projections.Group) (*postgres.Pool, func(context.Context, event.Position) error, error) {
		pool, err := postgres.OpenReader(ctx, b.postgresURL, postgres.ReadSchema(g))
		if err != nil {
			return nil, nil, err
		}
		b.closeLater(func() error { pool.Close(); return nil })
		return pool, func(ctx context.Context, position event.Position) error {
			ctx, cancel := context.WithTimeout(ctx, selectingPatience)
			defer cancel()
			return positions.Wait(ctx, g.Name, position)
		}, nil
	}
	now, shows, err := reader(served())
	if err != nil {
		return nil, err
	}
	then, showsThen, err := reader(past)
	if err != nil {
		return nil, err
	}
	return []jobs.Worker{
		jobs.Bulk{Commands: b.Commands, Contacts: readmodels.Contacts{DB: now}, Show: shows},
		jobs.Undo{
			Commands: b.Commands, Show: showsThen, Carriers: b.carriers(readmodels.Tags{DB: now}, shows),
			Events: readmodels.Events{DB: then, Opener: b.Codec, Known: readmodels.NewVocabulary(domain.Withheld())},
		},
	}, nil
}

// carriers answers who counts the contacts that carry a tag by now.
func (b *Backends) carriers(tags readmodels.Tags, shows func(context.Context, event.Position) error) func(context.Context, organization.ID, tag.ID) (int64, error) {
	return func(ctx context.Context, org organization.ID, id tag.ID) (int64, error) {
		head, err := b.Store.Head(ctx)
		if err != nil {
			return 0, err
		}
		if err := shows(ctx, head); err != nil {
			return 0, err
		}
		found, err := tags.Get(ctx, org.UUID, id.UUID)
		return int64(found.Contacts), err
	}
}
