package readmodels_test

import (
	"context"
	"testing"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5/pgxpool"

	"tagtrail/adapters/postgres"
	"tagtrail/domain/event"
	"tagtrail/projections"
	"tagtrail/projections/projectionstest"
	"tagtrail/readmodels"
)

// past is the tables of the group audit, beside those of the console, and who opens what is sealed in them.
type past struct {
	t      *testing.T
	group  projections.Group
	sink   *postgres.Sink
	lead   projections.Generation
	reader *pgxpool.Pool
	seals  *projectionstest.Seals
}

func newPast(t *testing.T, w *world) *past {
	t.Helper()
	p := &past{t: t, sink: postgres.NewSink(w.writer), seals: projectionstest.NewSeals()}
	for _, g := range projections.All() {
		if g.Name == projections.Audit {
			p.group = g
		}
	}
	if err := p.sink.Prepare(t.Context(), p.group); err != nil {
		t.Fatal(err)
	}
	var led bool
	var err error
	if p.lead, led, err = p.sink.Lead(t.Context(), p.group); err != nil || !led {
		t.Fatalf("led: %v, %v", led, err)
	}
	t.Cleanup(func() { p.sink.Release(context.WithoutCancel(t.Context()), p.lead) })
	if p.reader, err = postgres.OpenReader(t.Context(), w.database+"&pool_max_conns=1", postgres.ReadSchema(p.group)); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(p.reader.Close)
	return p
}

// project brings what happened into the tables, sealed.
func (p *past) project(events []event.Recorded[event.Event]) {
	p.t.Helper()
	changes, err := p.group.Project(p.seals.Seal(events))
	if err != nil {
		p.t.Fatal(err)
	}
	upTo := events[len(events)-1].Position
	if err := p.sink.Commit(p.t.Context(), p.lead, changes, p.lead.Position, upTo); err != nil {
		p.t.Fatal(err)
	}
	p.lead.Position = upTo
}

func (p *past) contacts() readmodels.ContactVersions {
	return readmodels.ContactVersions{DB: p.reader, Opener: p.seals}
}

func (p *past) at(org uuid.UUID, position event.Position) readmodels.Moment {
	p.t.Helper()
	at, err := readmodels.Moments{DB: p.reader}.Of(p.t.Context(), org, position)
	if err != nil {
		p.t.Fatal(err)
	}
	return at
}
