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
	rowsAreWhatTheChangesSay(t, 3, 12)
}

// Where there are few, each row has a statement of its own.
func TestFewRowsInPostgresAreWhatTheChangesSay(t *testing.T) {
	t.Parallel()
	rowsAreWhatTheChangesSay(t, 12, 2)
}

func rowsAreWhatTheChangesSay(t *testing.T, batches, events int) {
	t.Helper()
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
		for range rapid.IntRange(1, batches).Draw(t, "batches") {
			var batch []func(*projections.Writer)
			for range rapid.IntRange(1, events).Draw(t, "events") {
				batch = append(batch, drawChange(t, table))
			}
			commit(t, batch...)
		}
		if diff := cmp.Diff(textsInMemory(table, memory), textsInPostgres(t, b.pool, generation.Schema)); diff != "" {
			t.Fatalf("rows (-said +in PostgreSQL):\n%s", diff)
		}
	})
}

// What is added to a row that is there needs nothing of what a new row must have.
func TestARowThatIsThereIsAddedTo(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	table := projections.NewTable("things", projections.Key("org"), "org uuid, label text not null, counted bigint not null default 0")
	group := groupOf(table)
	generation := b.lead(t, group)
	for i, does := range []func(*projections.Writer){
		func(w *projections.Writer) { w.Put(table, projections.Cols{"org": ana, "label": "Ana"}) },
		func(w *projections.Writer) { w.Add(table, projections.At{ana}, projections.Cols{"counted": 2}) },
	} {
		at := event.Position(i) //nolint:gosec // small
		if err := b.sink.Commit(t.Context(), generation, changesOf(t, group, does), at, at+1); err != nil {
			t.Fatal(err)
		}
	}
	var counted int
	if err := b.pool.QueryRow(t.Context(), "select counted from "+generation.Schema+".things").Scan(&counted); err != nil || counted != 2 {
		t.Errorf("counted %d, %v", counted, err)
	}
}

func drawChange(t *rapid.T, table *projections.Table) func(*projections.Writer) {
	box := anyOf(t, "box", "a'b", `b"{,\`)
	n := anyOf[int64](t, "thing", 1, 2)
	mark := anyOf[int64](t, "mark", 4, 5)
	v := rapid.Int64Range(-3, 9).Draw(t, "value")
	id := anyOf(t, "id", ana, bob)
	when := time.Unix(1700000000+v, 123456000).UTC()
	day := time.Unix(1700000000, 0)
	at := projections.At{ana, box, n, day}
	switch anyOf(t, "does", "put", "put more", "set", "clear", "add", "raise", "lower", "include", "exclude", "delete", "set box", "delete box") {
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
			w.Include(table, at, "marks", mark)
			w.Include(table, at, "places", id)
		}
	case "exclude":
		return func(w *projections.Writer) {
			w.Exclude(table, at, "marks", mark)
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

// anyOf draws evenly, where rapid's own choices lean to the first.
func anyOf[T any](t *rapid.T, label string, of ...T) T {
	n := 0
	for range 6 {
		n *= 2
		if rapid.Bool().Draw(t, label) {
			n++
		}
	}
	return of[n%len(of)]
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

// F10: the lock is only a courtesy; what keeps a stale projector from writing is the checkpoint.
func TestAStaleProjectorCommitsNothing(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	table := everything()
	group := groupOf(table)
	generation := b.lead(t, group)
	put := changesOf(t, group, putting(table, "a"))
	if err := b.sink.Commit(t.Context(), generation, put, 3, 9); !errors.Is(err, projections.ErrOvertaken) {
		t.Errorf("from where the checkpoint is not: %v", err)
	}
	// Another one leads without the lock: the first is an epoch behind now, although the checkpoint has not moved.
	execute(t, connect(t, b.url), `update `+generation.Schema+`.checkpoint set epoch = nextval('tagtrail.epochs')`)
	if err := b.sink.Commit(t.Context(), generation, put, 0, 9); !errors.Is(err, projections.ErrOvertaken) {
		t.Errorf("under an old epoch: %v", err)
	}
	b.holds(t, generation, 0, 0)
}

func TestABatchIsWrittenAsAWholeOrNotAtAll(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	table := everything()
	strict := projections.NewTable("zz_strict", projections.Key("org", "id"), `org uuid, id int, name text not null, small smallint`)
	group := groupOf(table, strict)
	generation := b.lead(t, group)
	for name, breaking := range map[string]func(*projections.Writer){
		"null": func(w *projections.Writer) {
			w.Put(strict, projections.Cols{"org": ana, "id": 1, "name": personal.Erased()})
		},
		"range": func(w *projections.Writer) {
			w.Put(strict, projections.Cols{"org": ana, "id": 1, "name": "Swordfish", "small": 1 << 20})
		},
	} {
		err := b.sink.Commit(t.Context(), generation, changesOf(t, group, putting(table, "a"), breaking), 0, 9)
		refused, ok := errors.AsType[*postgres.StatementError](err)
		if !ok || errors.Is(err, projections.ErrUnavailable) || strings.Contains(err.Error(), "Swordfish") {
			t.Errorf("%s: %v", name, err)
		}
		if ok && name == "null" && (refused.Code != "23502" || refused.Column != "name") {
			t.Errorf("%s: %+v", name, refused)
		}
		b.holds(t, generation, 0, 0)
	}
	// The connection serves on.
	if err := b.sink.Commit(t.Context(), generation, changesOf(t, group, putting(table, "a")), 0, 9); err != nil {
		t.Fatal(err)
	}
	b.holds(t, generation, 1, 9)
}

func TestTextsThatPostgresCannotHoldAreStoredAsFarAsTheyCan(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	table := everything()
	group := groupOf(table)
	generation := b.lead(t, group)
	changes := changesOf(t, group, func(w *projections.Writer) {
		w.Put(table, projections.Cols{"org": ana, "box": "a", "thing": 1, "at": time.Unix(1, 0), "label": personal.New("A\x00\xffna")})
	})
	if err := b.sink.Commit(t.Context(), generation, changes, 0, 9); err != nil {
		t.Fatal(err)
	}
	if got := column[string](t, connect(t, b.url), `select label from `+generation.Schema+`.things`)[0]; got != "A\uFFFD\uFFFDna" {
		t.Errorf("got %q", got)
	}
}

func TestOneProjectorLeadsAndAnotherTakesOver(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	table := everything()
	group := groupOf(table)
	first := b.lead(t, group)
	if err := b.sink.Commit(t.Context(), first, changesOf(t, group, putting(table, "a")), 0, 9); err != nil {
		t.Fatal(err)
	}
	other := postgres.NewSink(b.pool)
	if _, led, err := other.Lead(t.Context(), group); led || err != nil {
		t.Fatalf("a second leads: %v, %v", led, err)
	}
	// The first one's connection dies, as it does with its process.
	execute(t, connect(t, b.url), `select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'tagtrail projector test' and datname = current_database()`)
	var second projections.Generation
	for deadline := time.Now().Add(10 * time.Second); ; {
		generation, led, err := other.Lead(t.Context(), group)
		if err != nil || !led && time.Now().After(deadline) {
			t.Fatal(led, err)
		}
		if led {
			second = generation
			break
		}
	}
	defer other.Release(t.Context(), second)
	if second.Position != 9 || second.Epoch <= first.Epoch {
		t.Errorf("the second begins at %d under epoch %d after %d", second.Position, second.Epoch, first.Epoch)
	}
	err := b.sink.Commit(t.Context(), first, changesOf(t, group, putting(table, "b")), 9, 12)
	if !errors.Is(err, projections.ErrUnavailable) {
		t.Errorf("the first commits through a dead connection: %v", err)
	}
	if err := other.Commit(t.Context(), second, changesOf(t, group, putting(table, "c")), 9, 11); err != nil {
		t.Fatal(err)
	}
	b.holds(t, second, 2, 11)
}

func putting(table *projections.Table, box string) func(*projections.Writer) {
	return func(w *projections.Writer) {
		w.Put(table, projections.Cols{"org": ana, "box": box, "thing": 1, "at": time.Unix(1, 0)})
	}
}

// holds asks for the number of rows and for the checkpoint.
func (b bench) holds(t *testing.T, g projections.Generation, rows int64, at event.Position) {
	t.Helper()
	if got := column[int64](t, connect(t, b.url), `select count(*) from `+g.Schema+`.things`); got[0] != rows {
		t.Errorf("%d rows, want %d", got[0], rows)
	}
	if got, err := b.sink.Position(t.Context(), g.Group); got != at || err != nil {
		t.Errorf("checkpoint at %d, want %d: %v", got, at, err)
	}
}
