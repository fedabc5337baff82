package postgres_test

import (
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"pgregory.net/rapid"

	"tagtrail/domain/event"
	"tagtrail/projections"
	"tagtrail/projections/projectionstest"
)

// everyVersion is a table with a column of every kind of which a history can be kept, and one beside it for the others.
func everyVersion() (versions, beside *projections.Table) {
	versions = projections.NewTable("things", projections.Key("org", "box", "thing", "at"), `
		org uuid, box text, thing int, at timestamptz,
		label text, owner uuid, counted bigint not null default 3, small smallint, latest timestamptz, open boolean not null default true,
		sure double precision, marks int[] not null default '{}', places uuid[], words text[],
		loud text generated always as (upper(label)) stored`,
		projections.Index(`create index things_by_marks on {table} using gin (org, marks ext.gin__int_ops)`), projections.History())
	beside = projections.NewTable("others", projections.Key("org", "box", "thing", "at"), `
		org uuid, box text, thing int, at timestamptz, shape jsonb not null default '{"a": 1}', day date`)
	return versions, beside
}

func TestVersionsInPostgresAreWhatTheChangesSay(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	versions, beside := everyVersion()
	both := projections.Together(versions, beside)
	group := groupOf(versions, beside)
	generation := b.lead(t, group)
	at := generation.Position
	rapid.Check(t, func(t *rapid.T) {
		if _, err := b.pool.Exec(t.Context(), "truncate "+generation.Schema+".things, "+generation.Schema+".others"); err != nil {
			t.Fatal(err)
		}
		memory := projectionstest.NewMemory(group)
		for range rapid.IntRange(1, 4).Draw(t, "batches") {
			var batch []event.Recorded[event.Event]
			upTo := at
			for range rapid.IntRange(1, 12).Draw(t, "events") {
				first, second := drawChange(t, both), drawChange(t, both)
				upTo += 7
				batch = append(batch, event.Recorded[event.Event]{Position: upTo, Data: did{does: func(w *projections.Writer) { first(w); second(w) }}})
			}
			changes, err := group.Project(batch)
			if err != nil {
				t.Fatal(err)
			}
			if err := b.sink.Commit(t.Context(), generation, changes, at, upTo); err != nil {
				t.Fatal(err)
			}
			at = upTo
			memory.Apply(changes)
		}
		if diff := cmp.Diff(textsInMemory(versions, memory), versionsInPostgres(t, b.pool, generation.Schema)); diff != "" {
			t.Fatalf("versions (-said +in PostgreSQL):\n%s", diff)
		}
	})
}

func versionsInPostgres(t *rapid.T, pool *pgxpool.Pool, schema string) []string {
	rows, _ := pool.Query(t.Context(), `select org::text, box, thing, at, label, owner::text, counted, small, latest, open, sure,
		marks, places::text[], words, loud, from_position, to_position from `+schema+`.things`)
	texts, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (text string, err error) {
		values, err := row.Values()
		for i, value := range values {
			switch v := value.(type) {
			case nil:
				text += "NULL|"
			case time.Time:
				text += fmt.Sprint(v.UnixMicro(), "|")
			case []any:
				format := "%q|"
				if rows.FieldDescriptions()[i].Name == "marks" {
					format = "%v|"
				}
				text += fmt.Sprintf(format, v)
			default:
				text += fmt.Sprint(v, "|")
			}
		}
		return text, err
	})
	if err != nil {
		t.Fatal(err)
	}
	slices.Sort(texts)
	return texts
}

// What a stale projector read may be old, and is never committed.
func TestAStaleProjectorMakesNoVersions(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	versions, _ := everyVersion()
	group := groupOf(versions)
	generation := b.lead(t, group)
	put := changesOf(t, group, putting(versions, "a"))
	if err := b.sink.Commit(t.Context(), generation, put, 3, 9); !errors.Is(err, projections.ErrOvertaken) {
		t.Errorf("from where the checkpoint is not: %v", err)
	}
	b.holds(t, generation, 0, 0)
	if err := b.sink.Commit(t.Context(), generation, put, 0, 9); err != nil {
		t.Error(err)
	}
	b.holds(t, generation, 1, 9)
}
