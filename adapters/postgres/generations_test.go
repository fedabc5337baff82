package postgres_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/jackc/pgx/v5"
	"golang.org/x/sync/errgroup"

	"tagtrail/adapters/postgres"
	"tagtrail/domain/event"
	"tagtrail/projections"
)

func TestGenerationsOfOtherFingerprintsStayAsTheyAre(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	table := everything()
	old := groupOf(table)
	if err := b.sink.Commit(t.Context(), b.lead(t, old), changesOf(t, old, putting(table, "a")), 0, 9); err != nil {
		t.Fatal(err)
	}
	raised := projections.Group{Name: "test", Projections: []projections.Projection{projections.Define("things", 2, everything())}}
	generation := b.lead(t, raised)
	if generation.Schema == postgres.Schema(old) || generation.Position != 0 {
		t.Errorf("the new build begins in %s at %d", generation.Schema, generation.Position)
	}
	if at, err := b.sink.Position(t.Context(), old); at != 9 || err != nil {
		t.Errorf("the old generation is at %d, %v", at, err)
	}
	states := column[string](t, connect(t, b.url), `select grp || ' ' || state from tagtrail.generations order by created_at`)
	if diff := cmp.Diff([]string{"test live", "test live"}, states); diff != "" {
		t.Error(diff)
	}
}

func TestManyProcessesPrepareOneGeneration(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	running, ctx := errgroup.WithContext(t.Context())
	for range 8 {
		running.Go(func() error { return postgres.NewSink(b.pool).Prepare(ctx, groupOf(everything())) })
	}
	if err := running.Wait(); err != nil {
		t.Fatal(err)
	}
	if n := column[int64](t, connect(t, b.url), `select count(*) from tagtrail.generations`)[0]; n != 1 {
		t.Errorf("%d generations", n)
	}
}

// The second wall between organisations: a reader that names none sees nothing, and one that names one sees its rows
// alone, in tables and in views, also on a connection that was used for another before.
func TestReadersSeeTheRowsOfTheirOrganisationAlone(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	rooms := projections.NewTable("rooms", projections.Key("org", "room"), `org uuid, room text`)
	view := projections.NewView("loud_rooms", `select org, upper(room) as room from {schema}.rooms`)
	group := groupOf(rooms, view)
	generation := b.lead(t, group)
	changes := changesOf(t, group, func(w *projections.Writer) {
		w.Put(rooms, projections.Cols{"org": ana, "room": "hers"})
		w.Put(rooms, projections.Cols{"org": bob, "room": "his"})
	})
	if err := b.sink.Commit(t.Context(), generation, changes, 0, 9); err != nil {
		t.Fatal(err)
	}
	conn, err := openReader(t, b.url, postgres.ReadSchema(group)).Acquire(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Release()
	for _, c := range []struct {
		org  string
		want []string
	}{{"", nil}, {ana.String(), []string{"hers", "HERS"}}, {"", nil}, {bob.String(), []string{"his", "HIS"}}, {"", nil}} {
		batch := &pgx.Batch{}
		if c.org != "" {
			batch.Queue(`select set_config('tagtrail.organization', $1, true)`, c.org)
		}
		batch.Queue(`select room from rooms union all select room from loud_rooms`)
		results := conn.SendBatch(t.Context(), batch)
		if c.org != "" {
			if _, err := results.Exec(); err != nil {
				t.Fatal(err)
			}
		}
		rows, _ := results.Query()
		got, err := pgx.CollectRows(rows, pgx.RowTo[string])
		if err != nil {
			t.Fatal(err)
		}
		if err := results.Close(); err != nil {
			t.Fatal(err)
		}
		if len(got) != len(c.want) || len(got) > 0 && !cmp.Equal(got, c.want) {
			t.Errorf("as %q a reader sees %q, want %q", c.org, got, c.want)
		}
	}
	var at int64
	if err := conn.QueryRow(t.Context(), `select position from checkpoint`).Scan(&at); err != nil || at != 9 {
		t.Errorf("a reader sees the checkpoint at %d, %v", at, err)
	}
	if _, err := conn.Exec(t.Context(), `select * from `+generation.Schema+`.rooms`); err == nil {
		t.Error("a reader may read a table")
	}
}

func TestAGroupWithoutGenerationIsAtTheBeginning(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	if at, err := b.sink.Position(t.Context(), groupOf(everything())); at != event.Position(0) || err != nil {
		t.Errorf("at %d, %v", at, err)
	}
}
