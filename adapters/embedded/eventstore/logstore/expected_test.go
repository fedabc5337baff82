package logstore_test

import (
	"errors"
	"fmt"
	"testing"

	"github.com/cockroachdb/pebble/v2/vfs"

	"tagtrail/adapters/embedded/eventstore/eventlog"
	"tagtrail/adapters/embedded/eventstore/logstore"
)

const (
	noStream = eventlog.NoStream
	anyState = eventlog.Any
	exists   = eventlog.StreamExists
)

// TestExpectedRevisionsAndRepetitions is the table of what an append may find: each row in a fresh log, in a reopened
// one, and with the whole history in the same group of requests.
func TestExpectedRevisionsAndRepetitions(t *testing.T) {
	t.Parallel()
	three := func(l log) { l.append("s", noStream, "e0 e1 e2") }
	deleted := func(l log) { three(l); l.delete("s", anyState) }
	tombstoned := func(l log) { three(l); l.tombstone("s", anyState) }
	nothing := func(log) {}

	for _, row := range []struct {
		name     string
		given    func(log)
		expected eventlog.Expected
		events   string
		want     string // ok revision | repeats revision | wrong current | deleted
	}{
		{"a new stream, expecting none", nothing, noStream, "x", "ok 0"},
		{"a new stream, expecting anything", nothing, anyState, "x y", "ok 1"},
		{"a new stream, expecting it to exist", nothing, exists, "x", "wrong -1"},
		{"a new stream, expecting a revision", nothing, 0, "x", "wrong -1"},
		{"a new stream with metadata counts as existing", func(l log) { l.metadata("s", `{}`) }, exists, "x", "ok 0"},
		{"a new stream with metadata holds no event", func(l log) { l.metadata("s", `{}`) }, noStream, "x", "ok 0"},

		{"the right revision", three, 2, "x y", "ok 4"},
		{"anything", three, anyState, "x", "ok 3"},
		{"existing", three, exists, "x", "ok 3"},
		{"a revision above", three, 3, "x", "wrong 2"},
		{"a revision far above", three, 1 << 62, "x", "wrong 2"},
		{"a revision below with other events", three, 0, "x", "wrong 2"},
		{"none, with other events", three, noStream, "x", "wrong 2"},

		{"a repetition from the start", three, noStream, "e0 e1 e2", "repeats 2"},
		{"a repetition of a part from the start", three, noStream, "e0", "repeats 0"},
		{"a repetition from a revision", three, 0, "e1 e2", "repeats 2"},
		{"a repetition that begins elsewhere", three, 0, "e0", "wrong 2"},
		{"a repetition whose second event differs", three, noStream, "e0 x", "wrong 2"},
		{"a repetition that goes on past the end", three, 1, "e2 x", "wrong 2"},
		{"an id of the stream at the matching revision is written again", three, 2, "e0", "ok 3"},

		{"a repetition expecting anything", three, anyState, "e0 e1 e2", "repeats 2"},
		{"a repetition of a part expecting anything", three, anyState, "e1", "repeats 1"},
		{"a repetition expecting the stream to exist", three, exists, "e1 e2", "repeats 2"},
		{"a repetition expecting anything whose second event is new", three, anyState, "e2 x", "wrong 2"},
		{"a new event before a known one expecting anything", three, anyState, "x e2", "ok 4"},
		{"an id of another stream", func(l log) { l.append("other", noStream, "e0") }, anyState, "e0", "ok 0"},

		{"no events at the right revision", three, 2, "", "ok 2"},
		{"no events, anything", three, anyState, "", "ok 2"},
		{"no events on a new stream", nothing, noStream, "", "ok -1"},
		{"no events below", three, 0, "", "wrong 2"},
		{"no events above", three, 7, "", "wrong 2"},

		{"soft-deleted, expecting anything", deleted, anyState, "x", "ok 3"},
		{"soft-deleted, expecting none", deleted, noStream, "x", "ok 3"},
		{"soft-deleted, expecting the true revision", deleted, 2, "x", "ok 3"},
		{"soft-deleted, expecting it to exist", deleted, exists, "x", "deleted"},
		{"soft-deleted, expecting a wrong revision", deleted, 1, "x", "wrong 2"},
		{"soft-deleted, a repetition from the start", deleted, noStream, "e0 e1 e2", "repeats 2"},

		{"tombstoned, expecting anything", tombstoned, anyState, "x", "deleted"},
		{"tombstoned, expecting none", tombstoned, noStream, "x", "deleted"},
		{"tombstoned, a repetition", tombstoned, noStream, "e0 e1 e2", "deleted"},
		{"tombstoned before it existed", func(l log) { l.tombstone("s", noStream) }, noStream, "x", "deleted"},
	} {
		for _, reopened := range []bool{false, true} {
			t.Run(fmt.Sprintf("%s/reopened=%v", row.name, reopened), func(t *testing.T) {
				t.Parallel()
				dir := t.TempDir()
				l := open(t, logstore.Options{Dir: dir})
				row.given(l)
				if reopened {
					if err := l.Close(); err != nil {
						t.Fatal(err)
					}
					l = open(t, logstore.Options{Dir: dir})
				}
				before := len(l.all())
				appended, err := l.try(eventlog.Append{Stream: "s", Expected: row.expected, Events: eventsNamed(row.events)})
				wrote := len(l.all()) > before
				if got := outcomeOf(appended, err, wrote || row.events == ""); got != row.want {
					t.Errorf("the outcome is %q, want %q", got, row.want)
				}
				if err == nil && row.events != "" {
					mustEndWith(t, l, appended, row.events)
				}
			})
		}
	}
}

func outcomeOf(a eventlog.Appended, err error, wrote bool) string {
	var wrong *eventlog.WrongRevision
	switch {
	case errors.As(err, &wrong):
		return fmt.Sprintf("wrong %d", wrong.Current)
	case errors.Is(err, eventlog.ErrStreamDeleted):
		return "deleted"
	case err != nil:
		return err.Error()
	case wrote:
		return fmt.Sprintf("ok %d", a.Revision)
	}
	return fmt.Sprintf("repeats %d", a.Revision)
}

// mustEndWith looks up the answered position: it is the last of the events that were sent.
func mustEndWith(t *testing.T, l log, a eventlog.Appended, names string) {
	t.Helper()
	sent := eventsNamed(names)
	page, err := l.ReadAll(t.Context(), eventlog.AllRead{From: a.Position, Limit: 1})
	if err != nil || len(page.Events) != 1 {
		t.Fatalf("nothing lies at the answered position: %v", err)
	}
	if e := page.Events[0]; e.Position != a.Position || e.Revision != a.Revision || e.ID != sent[len(sent)-1].ID {
		t.Errorf("at the answered position lies revision %d at %d, want %d at %d", e.Revision, e.Position, a.Revision, a.Position)
	}
}

// TestRepetitionInTheSameGroup sends appends and their repetitions without waiting, so that many meet before they are
// written.
func TestRepetitionInTheSameGroup(t *testing.T) {
	t.Parallel()
	l := open(t, logstore.Options{RecentIDs: 2})
	const streams, times = 500, 2
	answers := make(chan eventlog.Appended, streams*times)
	for s := range streams {
		a := eventlog.Append{Stream: fmt.Sprint("s", s), Expected: noStream, Events: eventsNamed("e0 e1 e2")}
		for range times {
			if err := l.Append(t.Context(), a, func(a eventlog.Appended, err error) {
				if err != nil {
					t.Error(err)
				}
				answers <- a
			}); err != nil {
				t.Fatal(err)
			}
		}
	}
	for range streams * times {
		if a := <-answers; a.Revision != 2 || a.Position%3 != 0 {
			t.Errorf("an append is answered with %+v", a)
		}
	}
	if n := len(l.all()); n != 3*streams {
		t.Errorf("the log holds %d events, want %d", n, 3*streams)
	}
}

// TestTwentyWritersShareOneStreamWithoutLoss lets writers race at the expected revision.
func TestTwentyWritersShareOneStreamWithoutLoss(t *testing.T) {
	t.Parallel()
	l := open(t, logstore.Options{})
	const writers = 20
	done := make(chan int, writers)
	for w := range writers {
		go func() {
			conflicts := 0
			for expected := noStream; ; {
				_, err := l.try(eventlog.Append{Stream: "s", Expected: expected, Events: eventsNamed(fmt.Sprint("w", w))})
				var wrong *eventlog.WrongRevision
				if !errors.As(err, &wrong) {
					if err != nil {
						t.Error(err)
					}
					done <- conflicts
					return
				}
				conflicts++
				expected = eventlog.Expected(wrong.Current)
			}
		}()
	}
	for range writers {
		<-done
	}
	seen := map[eventlog.ID]bool{}
	for i, e := range l.all() {
		if e.Revision != int64(i) || seen[e.ID] {
			t.Errorf("event %d has revision %d, seen before: %v", i, e.Revision, seen[e.ID])
		}
		seen[e.ID] = true
	}
	if len(seen) != writers {
		t.Errorf("%d events landed, want %d", len(seen), writers)
	}
}

func TestIDsBeyondTheBoundAreForgottenButNotThoseOfExplicitRevisions(t *testing.T) {
	t.Parallel()
	l := open(t, logstore.Options{RecentIDs: 4})
	l.append("s", noStream, "e0")
	l.append("filler", noStream, "f0 f1 f2 f3")
	if again := l.append("s", noStream, "e0"); again.Position != 1 {
		t.Errorf("the repetition at an explicit revision landed at %d", again.Position)
	}
	if again := l.append("s", anyState, "e0"); again.Revision != 1 {
		t.Errorf("an id beyond the bound is still known: %+v", again)
	}
	if again := l.append("s", anyState, "e0"); again.Revision != 1 {
		t.Errorf("a recent id is not known: %+v", again)
	}
}

// TestStreamsFromBeforeAreNotTakenForNew begins streams again while a log that was just opened finds out which it holds, and after.
func TestStreamsFromBeforeAreNotTakenForNew(t *testing.T) {
	t.Parallel()
	const streams = 5000
	fs := vfs.NewMem()
	begin := func(l log, names string, n int) (conflicts int) {
		answers := make(chan error, n)
		for i := range n {
			a := eventlog.Append{Stream: fmt.Sprint("s", i), Expected: noStream, Events: eventsNamed(fmt.Sprint(names, i))}
			if err := l.Append(t.Context(), a, func(_ eventlog.Appended, err error) { answers <- err }); err != nil {
				t.Fatal(err)
			}
		}
		for range n {
			if wrong := (*eventlog.WrongRevision)(nil); errors.As(<-answers, &wrong) && wrong.Current == 0 {
				conflicts++
			}
		}
		return conflicts
	}
	first := open(t, logstore.Options{FS: fs, Dir: "log"})
	if conflicts := begin(first, "first", streams); conflicts != 0 {
		t.Errorf("%d new streams were there already", conflicts)
	}
	if err := first.Close(); err != nil {
		t.Fatal(err)
	}
	again := open(t, logstore.Options{FS: fs, Dir: "log"})
	for _, names := range []string{"second", "third"} {
		if conflicts := begin(again, names, streams+100); names == "second" && conflicts != streams || names == "third" && conflicts != streams+100 {
			t.Errorf("%s: %d of %d streams were there already", names, conflicts, streams+100)
		}
	}
}
