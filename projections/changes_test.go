package projections_test

import (
	"fmt"
	"maps"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/google/uuid"
	"pgregory.net/rapid"

	"tagtrail/domain/event"
	"tagtrail/projections"
	"tagtrail/projections/projectionstest"
)

// did is an event that carries the change itself, so that a test can do anything.
type did struct {
	does func(*projections.Writer)
}

func (did) EventName() string { return "test.did" }

var org = uuid.MustParse("0193a000-0000-7000-8000-000000000001")

func tableOfEverything() *projections.Table {
	return projections.NewTable("things", projections.Key("org", "box", "thing"), `
		org uuid, box text, thing int, label text, counted bigint not null default 3, least int, latest timestamptz, marks int[] not null default '{}'`)
}

func TestChangesOfABatchDoWhatTheyDoOneByOne(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		table := tableOfEverything()
		group := projections.Group{Name: "test", Projections: []projections.Projection{projections.Define("things", 1, table,
			projections.On(func(w *projections.Writer, e event.Recorded[did]) { e.Data.does(w) }))}}
		model := plainModel{}
		one, many := projectionstest.NewMemory(group), projectionstest.NewMemory(group)
		for range rapid.IntRange(1, 6).Draw(t, "batches") {
			var batch []event.Recorded[event.Event]
			for range rapid.IntRange(1, 16).Draw(t, "events") {
				change, onModel := drawChange(t, table)
				onModel(model)
				e := event.Recorded[event.Event]{Data: did{does: change}}
				batch = append(batch, e)
				one.Apply(project(t, group, e))
			}
			many.Apply(project(t, group, batch...))
		}
		if diff := cmp.Diff(one.Rows("things"), many.Rows("things"), cmpopts.EquateEmpty()); diff != "" {
			t.Fatalf("one by one against in batches:\n%s", diff)
		}
		if diff := cmp.Diff(model.rows(), many.Rows("things"), cmpopts.EquateEmpty()); diff != "" {
			t.Fatalf("what was meant against in batches:\n%s", diff)
		}
	})
}

func project(t interface{ Fatal(...any) }, g projections.Group, events ...event.Recorded[event.Event]) *projections.Changes {
	changes, err := g.Project(events)
	if err != nil {
		t.Fatal(err)
	}
	return changes
}

type thing struct {
	box, label     string
	thing, counted int64
	least          *int64
	latest         time.Time
	marks          map[int64]bool
}

// plainModel says again, without folding anything, what each change means.
type plainModel map[string]*thing

func (m plainModel) rows() [][]any {
	var rows [][]any
	for _, id := range slices.Sorted(maps.Keys(m)) {
		r := m[id]
		values := []any{org, r.box, r.thing, nil, r.counted, nil, nil, slices.Sorted(maps.Keys(r.marks))}
		if r.label != "" {
			values[3] = r.label
		}
		if r.least != nil {
			values[5] = *r.least
		}
		if !r.latest.IsZero() {
			values[6] = r.latest
		}
		rows = append(rows, values)
	}
	return rows
}

func drawChange(t *rapid.T, table *projections.Table) (func(*projections.Writer), func(plainModel)) {
	box := anyOf(t, "box", "a", "ab")
	n := anyOf[int64](t, "thing", 1, 2)
	v := rapid.Int64Range(-3, 9).Draw(t, "value")
	at := projections.At{org, box, n}
	when := time.Unix(1700000000+v, 0).UTC()
	id := fmt.Sprintf("%s|%s|%d|", org, box, n)
	there := func(does func(*thing)) func(plainModel) {
		return func(m plainModel) {
			if r, ok := m[id]; ok {
				does(r)
			}
		}
	}
	inBox := func(does func(plainModel, string)) func(plainModel) {
		return func(m plainModel) {
			for id, r := range m {
				if r.box == box {
					does(m, id)
				}
			}
		}
	}
	fresh := func() *thing { return &thing{box: box, thing: n, counted: 3, marks: map[int64]bool{}} }
	label := fmt.Sprintf("label %d", v)
	mark := anyOf[int64](t, "mark", 1, 2)
	switch anyOf(t, "does", "put", "set", "set label", "add", "raise", "lower", "include", "exclude", "delete", "set box", "delete box") {
	case "put":
		return func(w *projections.Writer) {
				w.Put(table, projections.Cols{"org": org, "box": box, "thing": n, "label": label, "marks": []int32{int32(v), 1}})
			}, func(m plainModel) {
				m[id] = fresh()
				m[id].label, m[id].marks = label, map[int64]bool{v: true, 1: true}
			}
	case "set":
		return func(w *projections.Writer) {
				w.Set(table, at, projections.Cols{"counted": v, "least": v, "latest": when})
			},
			there(func(r *thing) { r.counted, r.least, r.latest = v, &v, when })
	case "set label":
		return func(w *projections.Writer) { w.Set(table, at, projections.Cols{"label": nil, "counted": nil}) },
			there(func(r *thing) { r.label, r.counted = "", 3 })
	case "add":
		return func(w *projections.Writer) { w.Add(table, at, projections.Cols{"counted": v}) }, func(m plainModel) {
			if m[id] == nil {
				m[id] = fresh()
			}
			m[id].counted += v
		}
	case "raise":
		return func(w *projections.Writer) { w.Raise(table, at, projections.Cols{"latest": when, "counted": v}) }, there(func(r *thing) {
			if r.latest.Before(when) {
				r.latest = when
			}
			r.counted = max(r.counted, v)
		})
	case "lower":
		return func(w *projections.Writer) { w.Lower(table, at, projections.Cols{"least": v, "latest": when}) }, there(func(r *thing) {
			if r.least == nil || *r.least > v {
				r.least = &v
			}
			if r.latest.IsZero() || r.latest.After(when) {
				r.latest = when
			}
		})
	case "include":
		return func(w *projections.Writer) { w.Include(table, at, "marks", mark) }, there(func(r *thing) { r.marks[mark] = true })
	case "exclude":
		return func(w *projections.Writer) { w.Exclude(table, at, "marks", int32(mark)) }, there(func(r *thing) { delete(r.marks, mark) })
	case "delete":
		return func(w *projections.Writer) { w.Delete(table, at) }, func(m plainModel) { delete(m, id) }
	case "set box":
		return func(w *projections.Writer) {
				w.Set(table, at[:2], projections.Cols{"label": label, "least": nil, "marks": []int{7}})
			}, inBox(func(m plainModel, id string) {
				m[id].label, m[id].least, m[id].marks = label, nil, map[int64]bool{7: true}
			})
	default:
		return func(w *projections.Writer) { w.Delete(table, at[:2]) }, inBox(func(m plainModel, id string) { delete(m, id) })
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
