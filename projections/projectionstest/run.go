package projectionstest

import (
	"context"
	"errors"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"tagtrail/adapters/embedded/postgres/postgrestest"
	"tagtrail/adapters/postgres"
	"tagtrail/domain/event"
	"tagtrail/projections"
)

// Run projects the history on a PostgreSQL of its own and answers the rows.
//
// It does so again and again: in one go, one event at a time, cut at random with
// crashes in between, and all of it delivered twice. The rows must always be the
// same. Then every contact of the history is erased, if the history does not do
// so itself, and its keys are shredded before anything was projected, in the
// middle, and at the end: the rows must be the same again, and nothing personal
// may be left in them. A sealed group has nothing personal in its rows from the beginning.
func Run(t *testing.T, g projections.Group, history []event.Recorded[event.Event]) Rows {
	t.Helper()
	p := open(t, g)
	seed := rand.Uint64()
	t.Logf("cuts are made by seed %d", seed)
	random := rand.New(rand.NewPCG(seed, 0))

	want := p.fresh(func() { p.deliver(history) })
	for name, way := range map[string]func(){
		"one event at a time": func() {
			for i := range history {
				p.deliver(history[i : i+1])
			}
		},
		"cut at random, with crashes": func() { p.deliverWithCrashes(history, random) },
		"delivered twice": func() {
			p.deliver(history)
			p.deliver(history)
		},
	} {
		p.equal(want, p.fresh(way), name)
	}
	p.shred(history, random)
	return want
}

// projector delivers to a generation as a runner does.
type projector struct {
	t          *testing.T
	pool       *pgxpool.Pool
	sink       *postgres.Sink
	group      projections.Group
	generation projections.Generation
	at         event.Position
}

func open(t *testing.T, g projections.Group) *projector {
	t.Helper()
	url := postgrestest.Database(t)
	if err := postgres.Migrate(t.Context(), url); err != nil {
		t.Fatal(err)
	}
	pool, err := postgres.Open(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(pool.Close)
	return &projector{t: t, pool: pool, sink: postgres.NewSink(pool), group: g}
}

// fresh answers the rows of a generation that begins empty.
func (p *projector) fresh(way func()) Rows {
	p.t.Helper()
	if err := p.sink.Prepare(p.t.Context(), p.group); err != nil {
		p.t.Fatal(err)
	}
	p.lead()
	way()
	rows, err := dump(p.t.Context(), p.pool, p.group)
	if err != nil {
		p.t.Fatal(err)
	}
	p.sink.Release(p.t.Context(), p.generation)
	p.empty()
	return rows
}

// empty makes the generation what it was when it was made, which is quicker than making another.
func (p *projector) empty() {
	p.t.Helper()
	schema := postgres.Schema(p.group)
	statements := []string{"update " + schema + ".checkpoint set position = 0"}
	for _, table := range p.group.Tables() {
		statements = append(statements, "truncate "+schema+"."+table.Name())
	}
	if _, err := p.pool.Exec(p.t.Context(), strings.Join(statements, "; "), pgx.QueryExecModeSimpleProtocol); err != nil {
		p.t.Fatal(err)
	}
}

// lead is tried more than once: what held the lock before a crash lets go of it a moment after.
func (p *projector) lead() {
	p.t.Helper()
	for deadline := time.Now().Add(10 * time.Second); ; {
		generation, led, err := p.sink.Lead(p.t.Context(), p.group)
		if err != nil || !led && time.Now().After(deadline) {
			p.t.Fatalf("led: %v, %v", led, err)
		}
		if led {
			p.generation, p.at = generation, generation.Position
			return
		}
	}
}

// deliver hands over a batch; what is behind the checkpoint is left out, as by a runner.
func (p *projector) deliver(batch []event.Recorded[event.Event]) {
	p.t.Helper()
	if err := p.commit(p.t.Context(), batch); err != nil {
		p.t.Fatal(err)
	}
}

func (p *projector) commit(ctx context.Context, batch []event.Recorded[event.Event]) error {
	for len(batch) > 0 && batch[0].Position <= p.at {
		batch = batch[1:]
	}
	if len(batch) == 0 {
		return nil
	}
	changes, err := p.group.Project(p.asRead(batch))
	if err != nil {
		return err
	}
	upTo := batch[len(batch)-1].Position
	if err := p.sink.Commit(ctx, p.generation, changes, p.at, upTo); err != nil {
		return err
	}
	p.at = upTo
	return nil
}

// asRead answers events as the group reads them.
func (p *projector) asRead(batch []event.Recorded[event.Event]) []event.Recorded[event.Event] {
	if p.group.Sealed {
		return NewSeals().Seal(batch)
	}
	return batch
}

// deliverWithCrashes gives each batch a moment that may not be enough: then
// nobody knows whether it was committed, and the next projector begins at the
// checkpoint that it finds.
func (p *projector) deliverWithCrashes(history []event.Recorded[event.Event], random *rand.Rand) {
	p.t.Helper()
	for p.at < lastOf(history) {
		rest := after(history, p.at)
		batch := rest[:1+random.IntN(len(rest))]
		moment := time.Duration(random.IntN(3000)) * time.Microsecond
		if random.IntN(2) == 0 {
			moment = time.Minute
		}
		ctx, cancel := context.WithTimeout(p.t.Context(), moment)
		err := p.commit(ctx, batch)
		cancel()
		if err != nil && !errors.Is(err, projections.ErrUnavailable) {
			p.t.Fatal(err)
		}
		if err != nil || random.IntN(4) == 0 {
			p.sink.Release(p.t.Context(), p.generation)
			p.lead()
		}
	}
}

func (p *projector) equal(want, got Rows, how string) {
	p.t.Helper()
	if diff := want.diff(got); diff != "" {
		p.t.Fatalf("rows differ when events come otherwise: %s (-in one go +otherwise):\n%s", how, diff)
	}
}

func lastOf(history []event.Recorded[event.Event]) event.Position {
	if len(history) == 0 {
		return 0
	}
	return history[len(history)-1].Position
}

func after(history []event.Recorded[event.Event], at event.Position) []event.Recorded[event.Event] {
	for len(history) > 0 && history[0].Position <= at {
		history = history[1:]
	}
	return history
}
