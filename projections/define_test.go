package projections_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"tagtrail/domain/event"
	"tagtrail/domain/personal"
	"tagtrail/projections"
	"tagtrail/projections/projectionstest"
)

func groupOf(version int, parts ...projections.Part) projections.Group {
	parts = append(parts, projections.On(func(w *projections.Writer, e event.Recorded[did]) { e.Data.does(w) }))
	return projections.Group{Name: "test", Projections: []projections.Projection{projections.Define("things", version, parts...)}}
}

func doing(does ...func(*projections.Writer)) []event.Recorded[event.Event] {
	events := make([]event.Event, 0, len(does))
	for _, d := range does {
		events = append(events, did{does: d})
	}
	return projectionstest.History(org, projectionstest.On("thing-1", events...))
}

func TestWhatIsIncludedAndExcludedInOneBatchIsNotThere(t *testing.T) {
	t.Parallel()
	table := tableOfEverything()
	group := groupOf(1, table)
	memory := projectionstest.NewMemory(group)
	at := projections.At{org, "a", 1}
	for _, batch := range [][]event.Recorded[event.Event]{
		doing(func(w *projections.Writer) {
			w.Put(table, projections.Cols{"org": org, "box": "a", "thing": 1, "marks": []int{3}})
		}),
		doing(
			func(w *projections.Writer) { w.Include(table, at, "marks", 2) },
			func(w *projections.Writer) { w.Exclude(table, at, "marks", 2) },
			func(w *projections.Writer) { w.Exclude(table, at, "marks", 3) },
			func(w *projections.Writer) { w.Include(table, at, "marks", 3) },
			func(w *projections.Writer) { w.Include(table, at, "marks", 1) },
		),
	} {
		changes, err := group.Project(batch)
		if err != nil {
			t.Fatal(err)
		}
		memory.Apply(changes)
	}
	if got := fmt.Sprint(memory.Rows("things")[0][7]); got != "[1 3]" {
		t.Errorf("got %s", got)
	}
}

func TestABatchNamesARowOnce(t *testing.T) {
	t.Parallel()
	table := tableOfEverything()
	group := groupOf(1, table)
	var does []func(*projections.Writer)
	for i := range 100 {
		does = append(does, func(w *projections.Writer) {
			w.Add(table, projections.At{org, "a", i % 3}, projections.Cols{"counted": 1})
			w.Raise(table, projections.At{org, "a", i % 3}, projections.Cols{"least": i})
		})
	}
	changes, err := group.Project(doing(does...))
	if err != nil {
		t.Fatal(err)
	}
	tables := changes.Tables()
	if len(tables) != 1 || len(tables[0].Rounds) != 1 || len(tables[0].Rounds[0].Rows) != 3 {
		t.Errorf("%d tables, %+v", len(tables), tables[0].Rounds)
	}
}

func TestTheFingerprintIsOfWhatIsKeptAndNotOfHowItIsWritten(t *testing.T) {
	t.Parallel()
	table := func(columns string) *projections.Table {
		return projections.NewTable("things", projections.Key("org"), columns, projections.Index(`create index on {table} (name)`))
	}
	is := groupOf(1, table(`org uuid, name text`)).Fingerprint()
	if other := groupOf(1, table("org  uuid,\n\tname text")).Fingerprint(); other != is {
		t.Error("spaces are told apart")
	}
	for name, other := range map[string]projections.Group{
		"version": groupOf(2, table(`org uuid, name text`)),
		"column":  groupOf(1, table(`org uuid, name text not null`)),
		"index":   groupOf(1, projections.NewTable("things", projections.Key("org"), `org uuid, name text`)),
		"view":    groupOf(1, table(`org uuid, name text`), projections.NewView("others", `select org from {schema}.things`)),
	} {
		if other.Fingerprint() == is {
			t.Errorf("another %s is the same fingerprint", name)
		}
	}
}

// A handler that does what it must not stops at the event, by name; it writes nothing and passes over nothing.
func TestAMistakeInAHandlerNamesTheEvent(t *testing.T) {
	t.Parallel()
	table := tableOfEverything()
	foreign := projections.NewTable("foreign", projections.Key("org"), `org uuid`)
	at := projections.At{org, "a", 1}
	for what, does := range map[string]func(*projections.Writer){
		"personal data is no key":    func(w *projections.Writer) { w.Delete(table, projections.At{org, personal.New("Ana")}) },
		"has no column size":         func(w *projections.Writer) { w.Set(table, at, projections.Cols{"size": 1}) },
		"cannot hold a string":       func(w *projections.Writer) { w.Set(table, at, projections.Cols{"counted": "1"}) },
		"is part of the key":         func(w *projections.Writer) { w.Set(table, at, projections.Cols{"box": "b"}) },
		"belongs to another":         func(w *projections.Writer) { w.Delete(foreign, projections.At{org}) },
		"3 columns, and 2 were":      func(w *projections.Writer) { w.Add(table, at[:2], projections.Cols{"counted": 1}) },
		"3 columns, and 0 were":      func(w *projections.Writer) { w.Delete(table, projections.At{}) },
		"cannot be NULL":             func(w *projections.Writer) { w.Put(table, projections.Cols{"org": org, "box": "a"}) },
		"no number or time":          func(w *projections.Writer) { w.Add(table, at, projections.Cols{"label": personal.New("Ana")}) },
		"has no member of":           func(w *projections.Writer) { w.Include(table, at, "marks", personal.New("Ana")) },
		"cannot hold a []string":     func(w *projections.Writer) { w.Set(table, at, projections.Cols{"label": []string{"Ana"}}) },
		"index out of range [3] wit": func(*projections.Writer) { _ = at[len(at)] },
	} {
		_, err := groupOf(1, table).Project(doing(func(w *projections.Writer) { w.Delete(table, at) }, does))
		broken, ok := errors.AsType[*projections.HandlerError](err)
		if !ok || !strings.Contains(broken.Broken, what) || strings.Contains(err.Error(), "Ana") {
			t.Errorf("%s: %v", what, err)
			continue
		}
		if broken.Position != 20 || broken.Revision != 1 || broken.Stream != "thing-1" || broken.Event != "test.did" || broken.Projection != "things" {
			t.Errorf("%s: %+v", what, broken)
		}
	}
}

func TestDefinitionsThatCannotBeKeptAreRefusedAtTheStart(t *testing.T) {
	t.Parallel()
	for what, define := range map[string]func(){
		"key without org":     func() { projections.NewTable("t", projections.Key("id"), `id uuid`) },
		"key of nothing":      func() { projections.NewTable("t", projections.Key("org", "id"), `org uuid`) },
		"column twice":        func() { projections.NewTable("t", projections.Key("org"), `org uuid, a int, a text`) },
		"unknown type":        func() { projections.NewTable("t", projections.Key("org"), `org uuid, a point`) },
		"reference":           func() { projections.NewTable("t", projections.Key("org"), `org uuid, a uuid references b`) },
		"default of the hour": func() { projections.NewTable("t", projections.Key("org"), `org uuid, a timestamptz default now()`) },
		"strange name":        func() { projections.NewTable("T-1", projections.Key("org"), `org uuid`) },
		"event handled twice": func() { groupOf(1, projections.On(func(*projections.Writer, event.Recorded[did]) {})) },
	} {
		func() {
			defer func() {
				if recover() == nil {
					t.Errorf("%s is taken", what)
				}
			}()
			define()
		}()
	}
}
