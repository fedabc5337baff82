package postgres_test

import (
	"errors"
	"maps"
	"math"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"

	"tagtrail/adapters/postgres"
	"tagtrail/domain/event"
	"tagtrail/domain/personal"
	"tagtrail/projections"
)

// many is a batch that COPY writes, and few is how many of it a statement does.
const many, few = 300, 50

// loaded is a table with a column of every kind that COPY takes.
func loaded(options ...projections.TableOption) *projections.Table {
	return projections.NewTable("things", projections.Key("org", "thing"), `
		org uuid, thing int, box text, owner uuid, counted bigint not null default 3, small smallint, latest timestamptz,
		open boolean not null default true, sure double precision, marks int[] not null default '{}', places uuid[], words text[],
		loud text generated always as (upper(box)) stored`, options...)
}

// things puts rows whose values are at the ends of what their columns hold, or not there.
func things(table *projections.Table, from, to, salt int) []func(*projections.Writer) {
	pick := func(i int, of ...any) any { return of[(i+salt)%len(of)] }
	var does []func(*projections.Writer)
	for i := from; i < to; i++ {
		cols := projections.Cols{
			"org": ana, "thing": i - 150,
			"box":     pick(i, personal.New("Ana"), "", nil, "a\tb\\N\n\"ü\"", personal.New("A\x00na")),
			"owner":   pick(i, ana, uuid.Nil, bob),
			"counted": pick(i, int64(math.MaxInt64), int64(math.MinInt64), nil, 0),
			"small":   pick(i, math.MaxInt16, nil, math.MinInt16),
			"latest":  pick(i, time.Unix(1700000000, 123456789), time.Time{}, time.Date(1583, 1, 2, 3, 4, 5, 6000, time.UTC), time.Date(9999, 12, 31, 23, 59, 59, 0, time.UTC)),
			"open":    pick(i, true, false, nil),
			"sure":    pick(i, 0.25, math.Inf(-1), nil, math.NaN()),
			"marks":   pick(i, []int{math.MaxInt32, 5, math.MinInt32}, nil, []int{}),
			"places":  pick(i, []uuid.UUID{bob, ana}, nil, []uuid.UUID{}),
			"words":   pick(i, []string{"ü", "", `a"b,{}\`, "NULL"}, nil, []string{}),
		}
		does = append(does, func(w *projections.Writer) { w.Put(table, cols) })
	}
	return does
}

func (b bench) texts(t *testing.T, schema string) []string {
	t.Helper()
	return column[string](t, connect(t, b.url), `select t::text from `+schema+`.things t order by 1`)
}

// commit commits what is done in parts of so many events, and answers how far that reaches.
func (b bench) commit(t *testing.T, g projections.Generation, at event.Position, does []func(*projections.Writer), size int) event.Position {
	t.Helper()
	for part := range slices.Chunk(does, size) {
		var events []event.Recorded[event.Event]
		upTo := at
		for _, d := range part {
			upTo++
			events = append(events, event.Recorded[event.Event]{Position: upTo, Data: did{does: d}})
		}
		changes, err := g.Group.Project(events)
		if err != nil {
			t.Fatal(err)
		}
		if err := b.sink.Commit(t.Context(), g, changes, at, upTo); err != nil {
			t.Fatal(err)
		}
		at = upTo
	}
	return at
}

func TestRowsThatAreCopiedAreThoseThatStatementsWrite(t *testing.T) {
	t.Parallel()
	for name, options := range map[string][]projections.TableOption{"rows": nil, "versions": {projections.History()}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := newBench(t)
			table := loaded(options...)
			whole, cut := groupOf(table), groupOf(table)
			cut.Name = "cut"
			copied, stated := b.lead(t, whole), b.lead(t, cut)
			at := copied.Position
			for round, batch := range [][]func(*projections.Writer){
				append(
					things(table, 0, many, 0),
					func(w *projections.Writer) { w.Include(table, projections.At{ana, -150}, "marks", 7) },
					func(w *projections.Writer) { w.Delete(table, projections.At{ana, -149}) },
				),
				things(table, many/2, many+few, 1), // most of these are there
				things(table, many+few, 2*many, 2), // from here on, statements write what is put
				append(things(table, 2*many, 3*many, 0), func(w *projections.Writer) {
					w.Set(table, projections.At{ana}, projections.Cols{"counted": 8})
				}),
			} {
				upTo := b.commit(t, copied, at, batch, len(batch))
				if b.commit(t, stated, at, batch, few) != upTo {
					t.Fatal("the parts do not reach as far as the whole")
				}
				at = upTo
				if diff := cmp.Diff(b.texts(t, stated.Schema), b.texts(t, copied.Schema)); diff != "" {
					t.Fatalf("round %d, rows (-stated +copied):\n%s", round, diff)
				}
			}
		})
	}
}

func TestRowsBehindADeletionOfManyAreNotCopiedInFrontOfIt(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	table := loaded()
	generation := b.lead(t, groupOf(table))
	nobody := func(w *projections.Writer) { w.Delete(table, projections.At{ana}) }
	at := b.commit(t, generation, 0, append([]func(*projections.Writer){nobody}, things(table, 0, many, 0)...), many+1)
	b.holds(t, generation, many, at)
}

// An insert is made to do nothing, which COPY does not care about.
func TestManyNewRowsAreCopied(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	table := loaded()
	generation := b.lead(t, groupOf(table))
	execute(t, connect(t, b.url), `create rule nothing as on insert to `+generation.Schema+`.things do instead nothing`)
	at := b.commit(t, generation, 0, things(table, 0, many, 0), many)
	b.holds(t, generation, many, at)
}

func TestRowsToCopyAreRefusedAsThoseOfStatementsAre(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	table := loaded()
	strict := projections.NewTable("zz_strict", projections.Key("org", "id"), `org uuid, id int, name text not null, small smallint`)
	group := groupOf(table, strict)
	generation := b.lead(t, group)
	for code, values := range map[string]projections.Cols{
		"23502": {"name": personal.Erased()},
		"22003": {"name": "Swordfish", "small": 1 << 20},
	} {
		batch := things(table, 0, many, 0)
		for id := range many {
			cols := maps.Clone(values)
			cols["org"], cols["id"] = ana, id
			batch = append(batch, func(w *projections.Writer) { w.Put(strict, cols) })
		}
		err := b.sink.Commit(t.Context(), generation, changesOf(t, group, batch...), 0, 9)
		refused, ok := errors.AsType[*postgres.StatementError](err)
		if !ok || refused.Code != code || strings.Contains(err.Error(), "Swordfish") {
			t.Errorf("want SQLSTATE %s, got %v", code, err)
		}
		b.holds(t, generation, 0, 0)
	}
	if err := b.sink.Commit(t.Context(), generation, changesOf(t, group, things(table, 0, many, 0)...), 3, 9); !errors.Is(err, projections.ErrOvertaken) {
		t.Errorf("from where the checkpoint is not: %v", err)
	}
	b.holds(t, generation, 0, 0)
	// The connection serves on.
	b.holds(t, generation, many, b.commit(t, generation, 0, things(table, 0, many, 0), many))
}
