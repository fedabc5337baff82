package postgres_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"pgregory.net/rapid"

	"tagtrail/adapters/postgres"
	"tagtrail/domain/event"
	"tagtrail/domain/personal"
	"tagtrail/projections"
	"tagtrail/projections/projectionstest"
)

// did is an event that carries the change itself, so that a test can do anything.
type did struct {
	does func(*projections.Writer)
}

func (did) EventName() string { return "test.did" }

var (
	ana = uuid.MustParse("0193a000-0000-7000-8000-000000000001")
	bob = uuid.MustParse("0193a000-0000-7000-8000-000000000002")
)

// everything is a table with a column of every kind.
func everything() *projections.Table {
	return projections.NewTable("things", projections.Key("org", "box", "thing", "at"), `
		org uuid, box text, thing int, at timestamptz,
		label text, owner uuid, counted bigint not null default 3, small smallint, latest timestamptz, open boolean not null default true,
		sure double precision, marks int[] not null default '{}', places uuid[], words text[], shape jsonb not null default '{"a": 1}', day date,
		loud text generated always as (upper(label)) stored`,
		projections.Index(`create index things_by_marks on {table} using gin (org, marks ext.gin__int_ops)`))
}

func groupOf(parts ...projections.Part) projections.Group {
	parts = append(parts, projections.On(func(w *projections.Writer, e event.Recorded[did]) { e.Data.does(w) }))
	return projections.Group{Name: "test", Projections: []projections.Projection{projections.Define("things", 1, parts...)}}
}

type bench struct {
	url  string
	pool *pgxpool.Pool
	sink *postgres.Sink
}

func newBench(t *testing.T) bench {
	t.Helper()
	database := bareDatabase(t)
	migrate(t, database)
	pool, err := postgres.Open(t.Context(), database)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(pool.Close)
	return bench{url: database, pool: pool, sink: postgres.NewSink(pool)}
}

func (b bench) lead(t *testing.T, g projections.Group) projections.Generation {
	t.Helper()
	if err := b.sink.Prepare(t.Context(), g); err != nil {
		t.Fatal(err)
	}
	generation, led, err := b.sink.Lead(t.Context(), g)
	if err != nil || !led {
		t.Fatalf("led: %v, %v", led, err)
	}
	t.Cleanup(func() { b.sink.Release(t.Context(), generation) })
	return generation
}

func changesOf(t interface{ Fatal(...any) }, g projections.Group, does ...func(*projections.Writer)) *projections.Changes {
	var events []event.Recorded[event.Event]
	for _, d := range does {
		events = append(events, event.Recorded[event.Event]{Data: did{does: d}})
	}
	changes, err := g.Project(events)
	if err != nil {
		t.Fatal(err)
	}
	return changes
}

func TestRowsInPostgresAreWhatTheChangesSay(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	table := everything()
	group := groupOf(table)
	generation := b.lead(t, group)
	memory := projectionstest.NewMemory(group)
	at := generation.Position
	commit := func(t *rapid.T, batch ...func(*projections.Writer)) {
		changes := changesOf(t, group, batch...)
		if err := b.sink.Commit(t.Context(), generation, changes, at, at+7); err != nil {
			t.Fatal(err)
		}
		at += 7
		memory.Apply(changes)
	}
	rapid.Check(t, func(t *rapid.T) {
		commit(t, func(w *projections.Writer) { w.Delete(table, projections.At{ana}) })
		for range rapid.IntRange(1, 3).Draw(t, "batches") {
			var batch []func(*projections.Writer)
			for range rapid.IntRange(1, 12).Draw(t, "events") {
				batch = append(batch, drawChange(t, table))
			}
			commit(t, batch...)
		}
		if diff := cmp.Diff(textsInMemory(table, memory), textsInPostgres(t, b.pool, generation.Schema)); diff != "" {
			t.Fatalf("rows (-said +in PostgreSQL):\n%s", diff)
		}
	})
}

func drawChange(t *rapid.T, table *projections.Table) func(*projections.Writer) {
	box := rapid.SampledFrom([]string{"a", "a'b", `b"{,\`}).Draw(t, "box")
	n := rapid.Int64Range(1, 2).Draw(t, "thing")
	v := rapid.Int64Range(-3, 9).Draw(t, "value")
	id := rapid.SampledFrom([]uuid.UUID{ana, bob}).Draw(t, "id")
	when := time.Unix(1700000000+v, 123456000).UTC()
	day := time.Unix(1700000000, 0)
	at := projections.At{ana, box, n, day}
	switch rapid.SampledFrom([]string{"put", "put more", "set", "clear", "add", "raise", "lower", "include", "exclude", "delete", "set box", "delete box"}).Draw(t, "does") {
	case "put":
		return func(w *projections.Writer) {
			w.Put(table, projections.Cols{"org": ana, "box": box, "thing": n, "at": day, "label": personal.New("Ana"), "marks": []int64{5, v, 5}})
		}
	case "put more":
		return func(w *projections.Writer) {
			w.Put(table, projections.Cols{
				"org": ana, "box": box, "thing": n, "at": day, "label": personal.Erased(), "owner": id, "counted": v, "small": int16(v), "latest": when,
				"open": v > 3, "sure": 0.25, "places": []uuid.UUID{bob, id}, "words": []string{box, "ü", ""}, "shape": map[string]any{"n": v, "s": box}, "day": "2026-02-28",
			})
		}
	case "set":
		return func(w *projections.Writer) {
			w.Set(table, at, projections.Cols{"label": box, "counted": v, "small": v, "words": []string{}, "shape": nil, "sure": float64(v), "places": []uuid.UUID{}})
		}
	case "clear":
		return func(w *projections.Writer) {
			w.Set(table, at, projections.Cols{"label": nil, "owner": uuid.Nil, "latest": time.Time{}, "day": nil, "places": nil, "small": nil, "open": nil})
		}
	case "add":
		return func(w *projections.Writer) { w.Add(table, at, projections.Cols{"counted": v, "small": 1}) }
	case "raise":
		return func(w *projections.Writer) {
			w.Raise(table, at, projections.Cols{"latest": when, "counted": v, "small": v})
		}
	case "lower":
		return func(w *projections.Writer) { w.Lower(table, at, projections.Cols{"latest": when, "small": v}) }
	case "include":
		return func(w *projections.Writer) {
			w.Include(table, at, "marks", v)
			w.Include(table, at, "places", id)
		}
	case "exclude":
		return func(w *projections.Writer) {
			w.Exclude(table, at, "marks", v)
			w.Exclude(table, at, "places", id)
		}
	case "delete":
		return func(w *projections.Writer) { w.Delete(table, at) }
	case "set box":
		return func(w *projections.Writer) {
			w.Set(table, at[:2], projections.Cols{"label": box, "marks": []int{9, 7}, "latest": when, "day": "2024-02-29"})
		}
	default:
		return func(w *projections.Writer) { w.Delete(table, at[:2]) }
	}
}

// textsInMemory writes rows as PostgreSQL would.
func textsInMemory(table *projections.Table, m *projectionstest.Memory) []string {
	texts := []string{}
	for _, row := range m.Rows("things") {
		var b strings.Builder
		for i, c := range table.Columns() {
			switch v := row[i].(type) {
			case nil:
				if label, ok := row[4].(string); ok && c.Generated {
					b.WriteString(strings.ToUpper(label))
				} else {
					b.WriteString("NULL")
				}
			case time.Time:
				fmt.Fprint(&b, v.UnixMicro())
			case []uuid.UUID:
				fmt.Fprintf(&b, "%q", v)
			case []string:
				fmt.Fprintf(&b, "%q", v)
			default:
				if c.Kind == projections.JSON {
					v = strings.NewReplacer(": ", ":", ", ", ",").Replace(v.(string))
				}
				fmt.Fprint(&b, v)
			}
			b.WriteString("|")
		}
		texts = append(texts, b.String())
	}
	slices.Sort(texts)
	return texts
}

func textsInPostgres(t *rapid.T, pool *pgxpool.Pool, schema string) []string {
	rows, _ := pool.Query(t.Context(), `select org, box, thing, (extract(epoch from at) * 1000000)::bigint, label, owner::text, counted, small,
		(extract(epoch from latest) * 1000000)::bigint, open, sure, marks, places, words, shape::text, day::text, loud
		from `+schema+`.things`)
	texts, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (string, error) {
		values := make([]any, 17)
		var places []uuid.UUID
		var words []string
		var marks []int64
		targets := make([]any, 17)
		for i := range values {
			targets[i] = &values[i]
		}
		targets[0], targets[11], targets[12], targets[13] = new(uuid.UUID), &marks, &places, &words
		if err := row.Scan(targets...); err != nil {
			return "", err
		}
		values[0], values[11] = *targets[0].(*uuid.UUID), marks
		if places != nil {
			values[12] = fmt.Sprintf("%q", places)
		}
		if words != nil {
			values[13] = fmt.Sprintf("%q", words)
		}
		values[14] = strings.NewReplacer(": ", ":", ", ", ",").Replace(values[14].(string))
		var b strings.Builder
		for _, v := range values {
			if v == nil {
				v = "NULL"
			}
			fmt.Fprintf(&b, "%v|", v)
		}
		return b.String(), nil
	})
	if err != nil {
		t.Fatal(err)
	}
	slices.Sort(texts)
	return texts
}

func TestAStaleProjectorCommitsNothing(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	table := everything()
	group := groupOf(table)
	generation := b.lead(t, group)
	put := changesOf(t, group, func(w *projections.Writer) {
		w.Put(table, projections.Cols{"org": ana, "box": "a", "thing": 1, "at": time.Unix(1, 0)})
	})
	for name, c := range map[string]struct {
		generation projections.Generation
		from       event.Position
	}{
		"from elsewhere": {generation, 3},
	} {
		if err := b.sink.Commit(t.Context(), c.generation, put, c.from, 9); !errors.Is(err, projections.ErrOvertaken) {
			t.Errorf("%s: %v", name, err)
		}
	}
	// The lock is lost, and another one leads: the first is behind an epoch now, although the checkpoint has not moved.
	execute(t, connect(t, b.url), `update `+generation.Schema+`.checkpoint set epoch = nextval('tagtrail.epochs')`)
	if err := b.sink.Commit(t.Context(), generation, put, 0, 9); !errors.Is(err, projections.ErrOvertaken) {
		t.Errorf("under an old epoch: %v", err)
	}
	if rows := column[int64](t, connect(t, b.url), `select count(*) from `+generation.Schema+`.things`); rows[0] != 0 {
		t.Errorf("%d rows", rows[0])
	}
	if at, err := b.sink.Position(t.Context(), group); at != 0 || err != nil {
		t.Errorf("at %d, %v", at, err)
	}
}
