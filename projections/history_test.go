package projections_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"pgregory.net/rapid"

	"tagtrail/domain/event"
	"tagtrail/projections"
	"tagtrail/projections/projectionstest"
)

func historyOfEverything() *projections.Table {
	return projections.NewTable("things", projections.Key("org", "box", "thing"), `
		org uuid, box text, thing int, label text, counted bigint not null default 3, least int, latest timestamptz, marks int[] not null default '{}'`,
		projections.History())
}

func TestEveryVersionOfARowIsKeptWithWhenItStood(t *testing.T) {
	t.Parallel()
	table := historyOfEverything()
	group := groupOf(1, table)
	at, other := projections.At{org, "a", 1}, projections.At{org, "a", 2}
	put := func(at projections.At, label string) func(*projections.Writer) {
		return func(w *projections.Writer) {
			w.Put(table, projections.Cols{"org": at[0], "box": at[1], "thing": at[2], "label": label})
		}
	}
	history := doing( // at the positions 10, 20, 30 …
		put(at, "one"),
		func(w *projections.Writer) { put(at, "never seen")(w); put(at, "two")(w) },
		put(at, "two"), // nothing new
		func(w *projections.Writer) { w.Set(table, at, projections.Cols{"label": "away"}); put(at, "two")(w) },
		put(other, "other"),
		func(w *projections.Writer) { w.Set(table, at[:2], projections.Cols{"counted": 7}) },
		func(w *projections.Writer) { w.Delete(table, at) },
		put(at, "again"),
		func(w *projections.Writer) { w.Delete(table, at[:2]); put(other, "other")(w) },
	)
	want := []string{"1 one 3 10-20", "1 two 3 20-60", "1 two 7 60-70", "1 again 3 80-90", "2 other 3 50-60", "2 other 7 60-90", "2 other 3 90-"}
	for _, size := range []int{1, 2, len(history)} {
		if got := ledgerOf(t, group, slices.Collect(slices.Chunk(history, size))).lines(); !slices.Equal(got, want) {
			t.Errorf("in batches of %d: %q, want %q", size, got, want)
		}
	}
}

// However events are cut into batches, the versions are those that a plain reading of each change comes to.
func TestVersionsDoNotDependOnHowEventsAreCut(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		table := historyOfEverything()
		group := groupOf(1, table)
		memory := projectionstest.NewMemory(group)
		var batches [][]event.Recorded[event.Event]
		at := event.Position(0)
		for range rapid.IntRange(1, 5).Draw(t, "batches") {
			var batch []event.Recorded[event.Event]
			for range rapid.IntRange(1, 12).Draw(t, "events") {
				var changes []func(*projections.Writer)
				for range rapid.IntRange(1, 3).Draw(t, "changes") {
					change, _ := drawChange(t, table)
					changes = append(changes, change)
				}
				at += 10
				e := event.Recorded[event.Event]{Position: at, Data: did{does: func(w *projections.Writer) {
					for _, change := range changes {
						change(w)
					}
				}}}
				batch = append(batch, e)
				memory.Apply(project(t, group, e))
			}
			batches = append(batches, batch)
		}
		if diff := cmp.Diff(memory.Rows("things"), ledgerOf(t, group, batches).rows(), cmpopts.EquateEmpty()); diff != "" {
			t.Fatalf("versions (-said +come to):\n%s", diff)
		}
	})
}

// ledger keeps versions as a sink does, which hands those back that stand.
type ledger []projections.Version

func ledgerOf(t interface{ Fatal(...any) }, group projections.Group, batches [][]event.Recorded[event.Event]) *ledger {
	l := &ledger{}
	for _, batch := range batches {
		for _, tc := range project(t, group, batch...).Tables() {
			ended, begun := tc.Versions(l.standing())
			for _, v := range ended {
				i := slices.IndexFunc(*l, func(w projections.Version) bool {
					return w.From == v.From && w.Values[2] == v.Values[2] && w.Values[1] == v.Values[1]
				})
				(*l)[i].To = v.To
			}
			*l = append(*l, begun...)
		}
	}
	return l
}

func (l *ledger) standing() []projections.Version {
	var all []projections.Version
	for _, v := range *l {
		if v.To == projections.OpenEnd {
			all = append(all, v)
		}
	}
	return all
}

func (l *ledger) rows() [][]any {
	var rows [][]any
	for _, v := range *l {
		row := slices.Clone(v.Values)
		row[len(row)-2], row[len(row)-1] = int64(v.From), int64(v.To) //nolint:gosec // small
		rows = append(rows, row)
	}
	slices.SortFunc(rows, func(a, b []any) int {
		order := func(r []any) string { return fmt.Sprintf("%v|%v|%09d", r[1], r[2], r[len(r)-2]) }
		return strings.Compare(order(a), order(b))
	})
	return rows
}

func (l *ledger) lines() []string {
	var lines []string
	for _, r := range l.rows() {
		line := fmt.Sprint(r[2], " ", r[3], " ", r[4], " ", r[len(r)-2], "-")
		if to := r[len(r)-1]; to != int64(projections.OpenEnd) {
			line += fmt.Sprint(to)
		}
		lines = append(lines, line)
	}
	return lines
}

func TestATableWithHistoryIsAnotherTable(t *testing.T) {
	t.Parallel()
	if groupOf(1, tableOfEverything()).Fingerprint() == groupOf(1, historyOfEverything()).Fingerprint() {
		t.Error("the fingerprint does not tell whether versions are kept")
	}
	create := historyOfEverything().Create(`"s"`)[0]
	for _, part := range []string{`"from_position" bigint not null`, `"to_position" bigint not null`, `primary key ("org", "box", "thing", "from_position")`} {
		if !strings.Contains(create, part) {
			t.Errorf("%s has no %s", create, part)
		}
	}
}

func TestAHandlerCannotWriteWhenAVersionStood(t *testing.T) {
	t.Parallel()
	table := historyOfEverything()
	_, err := groupOf(1, table).Project(doing(func(w *projections.Writer) {
		w.Set(table, projections.At{org, "a", 1}, projections.Cols{"to_position": 3})
	}))
	if err == nil || !strings.Contains(err.Error(), "things.to_position is not for handlers to write") {
		t.Errorf("got %v", err)
	}
}

func TestTablesThatCannotKeepHistoryAreRefused(t *testing.T) {
	t.Parallel()
	for columns, want := range map[string]string{
		`org uuid, id int, shape jsonb`:          "things.shape is jsonb, of which no history can be kept",
		`org uuid, id int, to_position int`:      "table things keeps to_position itself",
		`org uuid, id int, day date not null`:    "things.day is date, of which no history can be kept",
		`org uuid, id int, from_position bigint`: "table things keeps from_position itself",
	} {
		func() {
			defer func() {
				if broken := recover(); broken != want {
					t.Errorf("%s: %v", columns, broken)
				}
			}()
			projections.NewTable("things", projections.Key("org", "id"), columns, projections.History())
		}()
	}
}

func TestTablesAreWrittenTogether(t *testing.T) {
	t.Parallel()
	names := projections.NewTable("names", projections.Key("org", "id"), `org uuid, id int, name text`)
	states := projections.NewTable("states", projections.Key("org", "id"), `org uuid, id int, counted int, marks int[] not null default '{}', latest timestamptz`)
	both := projections.Together(names, states)
	group := groupOf(1, names, states)
	at := projections.At{org, 1}
	memory := projectionstest.NewMemory(group)
	memory.Apply(project(t, group, doing(
		func(w *projections.Writer) {
			w.Put(both, projections.Cols{"org": org, "id": 1, "name": "Ana", "counted": 1})
		},
		func(w *projections.Writer) { w.Put(both, projections.Cols{"org": org, "id": 2, "counted": 1}) },
		func(w *projections.Writer) { w.Set(both, at, projections.Cols{"name": "Bob", "counted": 2}) },
		func(w *projections.Writer) {
			w.Raise(both, at, projections.Cols{"latest": projectionstest.Began, "counted": 5})
		},
		func(w *projections.Writer) { w.Include(both, at, "marks", 4); w.Include(both, at, "marks", 5) },
		func(w *projections.Writer) { w.Exclude(both, at, "marks", 5) },
		func(w *projections.Writer) { w.Delete(both, projections.At{org, 2}) },
	)...))
	if got := fmt.Sprint(memory.Rows("names")) + fmt.Sprint(memory.Rows("states")); got !=
		fmt.Sprintf("[[%s 1 Bob]][[%s 1 5 [4] %s]]", org, org, projectionstest.Began) {
		t.Error(got)
	}
	_, err := group.Project(doing(func(w *projections.Writer) { w.Set(both, at, projections.Cols{"nmae": "Eve"}) }))
	if err == nil || !strings.Contains(err.Error(), "none of the tables beside names has a column nmae") {
		t.Errorf("got %v", err)
	}
	defer func() {
		if broken := recover(); broken != "names and things have not the same key" {
			t.Errorf("got %v", broken)
		}
	}()
	projections.Together(names, tableOfEverything())
}
