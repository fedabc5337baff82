package logstore_test

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
	"sync/atomic"
	"testing"
	"time"

	"tagtrail/adapters/embedded/eventstore/eventlog"
	"tagtrail/adapters/embedded/eventstore/logstore"
)

// TestTruncationAndDeletion is the table of what a stream shows after what was done to it, read forwards and
// backwards, before and after reopening.
func TestTruncationAndDeletion(t *testing.T) {
	t.Parallel()
	five := func(l log) { l.append("s", noStream, "e0 e1 e2 e3 e4") }
	with := func(metadata string) func(log) {
		return func(l log) { five(l); l.metadata("s", metadata) }
	}
	const later = time.Hour // how long after it was written a stream is read

	for _, row := range []struct {
		name  string
		given func(log)
		read  string
		want  string // revisions | not found | deleted
	}{
		{"nothing", func(log) {}, "s", "not found"},
		{"only metadata", func(l log) { l.metadata("s", `{}`) }, "s", "not found"},
		{"no metadata", five, "s", "[0 1 2 3 4]"},
		{"max count", with(`{"$maxCount":2}`), "s", "[3 4]"},
		{"max count above", with(`{"$maxCount":9}`), "s", "[0 1 2 3 4]"},
		{"max count of none is ignored", with(`{"$maxCount":0}`), "s", "[0 1 2 3 4]"},
		{"max count below none is ignored", with(`{"$maxCount":-2}`), "s", "[0 1 2 3 4]"},
		{"truncate before", with(`{"$tb":3}`), "s", "[3 4]"},
		{"truncate before the next event shows an empty stream", with(`{"$tb":5}`), "s", "[]"},
		{"the stricter of two", with(`{"$tb":1,"$maxCount":2}`), "s", "[3 4]"},
		{"the stricter of two, other way", with(`{"$tb":4,"$maxCount":3}`), "s", "[4]"},
		{"max age that has passed shows an empty stream", with(`{"$maxAge":60}`), "s", "[]"},
		{"max age that has not passed", with(`{"$maxAge":7200}`), "s", "[0 1 2 3 4]"},
		{"max age beyond any time", with(`{"$maxAge":9223372036854775807}`), "s", "[0 1 2 3 4]"},
		{"metadata that is not JSON", with(`{"$maxCount":`), "s", "[0 1 2 3 4]"},
		{"metadata of a wrong type", with(`{"$maxCount":"2"}`), "s", "[0 1 2 3 4]"},
		{"keys of another case are not ours", with(`{"$MAXCOUNT":2,"$TB":4}`), "s", "[0 1 2 3 4]"},
		{"other keys do not matter", with(`{"$maxCount":2,"own":{"a":[1]}}`), "s", "[3 4]"},
		{"the last metadata counts", func(l log) { five(l); l.metadata("s", `{"$maxCount":1}`); l.metadata("s", `{"$tb":2}`) }, "s", "[2 3 4]"},
		{"metadata written before the stream", func(l log) { l.metadata("s", `{"$maxCount":1}`); five(l) }, "s", "[4]"},
		{"a metastream shows its last event", func(l log) { l.metadata("s", `{}`); l.metadata("s", `{}`) }, "$$s", "[1]"},
		{"a metastream of nothing", five, "$$s", "not found"},

		{"soft-deleted", func(l log) { five(l); l.delete("s", 4) }, "s", "not found"},
		{"soft-deleted keeps its metadata event", func(l log) { five(l); l.delete("s", 4) }, "$$s", "[0]"},
		{"soft-deleted and written again", func(l log) { five(l); l.delete("s", 4); l.append("s", noStream, "x y") }, "s", "[5 6]"},
		{"recreation rewrites the metadata", func(l log) { five(l); l.delete("s", 4); l.append("s", anyState, "x") }, "$$s", "[1]"},
		{"soft-deleted twice and written again", func(l log) {
			five(l)
			l.delete("s", anyState)
			l.append("s", 4, "x")
			l.delete("s", anyState)
			l.append("s", noStream, "y")
		}, "s", "[6]"},
		{"soft-deleted again without being written", func(l log) { five(l); l.delete("s", 4); l.delete("s", 4) }, "s", "not found"},
		{"metadata undeletes", func(l log) { five(l); l.delete("s", 4); l.metadata("s", `{"$maxCount":9}`) }, "s", "[]"},
		{"metadata undeletes, then events", func(l log) {
			five(l)
			l.delete("s", 4)
			l.metadata("s", `{"$maxCount":9}`)
			l.append("s", 4, "x")
		}, "s", "[5]"},
		{"only metadata, soft-deleted", func(l log) { l.metadata("s", `{}`); l.delete("s", noStream) }, "s", "not found"},

		{"tombstoned", func(l log) { five(l); l.tombstone("s", 4) }, "s", "deleted"},
		{"tombstoned without ever existing", func(l log) { l.tombstone("s", noStream) }, "s", "deleted"},
		{"a tombstone ends the metastream too", func(l log) { with(`{}`)(l); l.tombstone("s", 4) }, "$$s", "deleted"},
		{"tombstoned after a soft delete", func(l log) { five(l); l.delete("s", 4); l.tombstone("s", anyState) }, "s", "deleted"},
	} {
		for _, reopened := range []bool{false, true} {
			t.Run(fmt.Sprintf("%s/reopened=%v", row.name, reopened), func(t *testing.T) {
				t.Parallel()
				now, dir := newClock(), t.TempDir()
				l := open(t, logstore.Options{Dir: dir, Now: now.read})
				row.given(l)
				if reopened {
					if err := l.Close(); err != nil {
						t.Fatal(err)
					}
					l = open(t, logstore.Options{Dir: dir, Now: now.read})
				}
				now.advance(later)
				forwards, err := l.revisions(row.read, false)
				if got := shown(forwards, err); got != row.want {
					t.Errorf("forwards it shows %s, want %s", got, row.want)
				}
				backwards, err := l.revisions(row.read, true)
				slices.Reverse(backwards)
				if got := shown(backwards, err); got != row.want {
					t.Errorf("backwards it shows %s, want %s", got, row.want)
				}
			})
		}
	}
}

func shown(revisions []int64, err error) string {
	switch {
	case errors.Is(err, eventlog.ErrStreamNotFound):
		return "not found"
	case errors.Is(err, eventlog.ErrStreamDeleted):
		return "deleted"
	case err != nil:
		return err.Error()
	}
	return fmt.Sprint(revisions)
}

type clock struct{ nanoseconds atomic.Int64 }

func newClock() *clock {
	c := &clock{}
	c.nanoseconds.Store(time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC).UnixNano())
	return c
}

func (c *clock) read() time.Time         { return time.Unix(0, c.nanoseconds.Load()) }
func (c *clock) advance(d time.Duration) { c.nanoseconds.Add(int64(d)) }

func TestMaxAgeHidesEventsOneByOne(t *testing.T) {
	t.Parallel()
	now := newClock()
	l := open(t, logstore.Options{Now: now.read})
	l.metadata("s", `{"$maxAge":10}`)
	for i, name := range []string{"e0", "e1", "e2"} {
		l.append("s", eventlog.Expected(i-1), name)
		now.advance(4 * time.Second)
	}
	if got, err := l.revisions("s", false); shown(got, err) != "[1 2]" {
		t.Errorf("after 12 seconds it shows %s, want [1 2]", shown(got, err))
	}
}

func TestDeletesAreRefused(t *testing.T) {
	t.Parallel()
	for _, row := range []struct {
		name     string
		given    func(log)
		expected eventlog.Expected
		hard     bool
		want     string
	}{
		{"an unknown stream", func(log) {}, anyState, false, "wrong -1"},
		{"an unknown stream, expecting none", func(log) {}, noStream, false, "wrong -1"},
		{"a wrong revision", func(l log) { l.append("s", noStream, "e0 e1") }, 0, false, "wrong 1"},
		{"a wrong revision, hard", func(l log) { l.append("s", noStream, "e0 e1") }, 7, true, "wrong 1"},
		{"an unknown stream that must exist, hard", func(log) {}, exists, true, "wrong -1"},
		{"a tombstoned stream", func(l log) { l.tombstone("s", noStream) }, anyState, false, "deleted"},
		{"a tombstoned stream, hard", func(l log) { l.tombstone("s", noStream) }, anyState, true, "deleted"},
		{"a soft-deleted stream that must exist", func(l log) { l.append("s", noStream, "e0"); l.delete("s", 0) }, exists, false, "deleted"},
	} {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			l := open(t, logstore.Options{})
			row.given(l)
			before := l.Head()
			end := l.Delete
			if row.hard {
				end = l.Tombstone
			}
			_, err := end(context.Background(), "s", row.expected)
			if got := outcomeOf(eventlog.Appended{}, err, true); got != row.want {
				t.Errorf("the outcome is %q, want %q", got, row.want)
			}
			if l.Head() != before {
				t.Error("a refused delete wrote something")
			}
		})
	}
}

// TestTheWholeLogShowsEverything also what its streams hide.
func TestTheWholeLogShowsEverything(t *testing.T) {
	t.Parallel()
	l := open(t, logstore.Options{})
	l.append("s", noStream, "e0 e1")
	l.delete("s", 1)
	l.append("s", noStream, "e2")
	l.tombstone("s", 2)
	var got []string
	for i, e := range l.all() {
		if e.Position != eventlog.Position(i+1) {
			t.Errorf("event %d lies at %d", i, e.Position)
		}
		got = append(got, fmt.Sprintf("%s@%s %s", fmt.Sprint(e.Revision), e.Stream, e.Type))
	}
	want := []string{
		"0@s happened", "1@s happened", "0@$$s $metadata", "2@s happened", "1@$$s $metadata",
		fmt.Sprintf("%d@s $streamDeleted", int64(math.MaxInt64)),
	}
	if !slices.Equal(got, want) {
		t.Errorf("the log shows\n%q, want\n%q", got, want)
	}
}

// TestReadingTheLogBackwardsIsExclusive: a position names what lies behind it.
func TestReadingTheLogBackwardsIsExclusive(t *testing.T) {
	t.Parallel()
	l := open(t, logstore.Options{})
	l.append("s", noStream, "e0 e1 e2")
	for from, want := range map[eventlog.Position]int{0: 0, 1: 0, 2: 1, 3: 2, math.MaxUint64: 3} {
		page, err := l.ReadAll(context.Background(), eventlog.AllRead{From: from, Backwards: true, Limit: 10})
		if err != nil || len(page.Events) != want || !page.End {
			t.Errorf("backwards from %d there are %d events, want %d (%v)", from, len(page.Events), want, err)
		}
	}
}

// TestRecreationKeepsOtherMetadata: only where the stream begins changes.
func TestRecreationKeepsOtherMetadata(t *testing.T) {
	t.Parallel()
	l := open(t, logstore.Options{})
	l.append("s", noStream, "e0")
	l.metadata("s", `{"$maxCount":7,"own":"kept","$tb":9223372036854775807}`)
	l.append("s", 0, "e1")
	page, err := l.ReadStream(context.Background(), eventlog.StreamRead{Stream: "$$s", Limit: 1})
	if err != nil {
		t.Fatal(err)
	}
	if got, want := page.Events[0].Data, `{"$maxCount":7,"$tb":1,"own":"kept"}`; got != want {
		t.Errorf("the metadata is %s, want %s", got, want)
	}
}
