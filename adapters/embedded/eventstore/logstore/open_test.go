package logstore_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/cockroachdb/pebble/v2/vfs"
	"github.com/google/uuid"

	"tagtrail/adapters/embedded/eventstore/eventlog"
	"tagtrail/adapters/embedded/eventstore/logstore"
)

// log is an open store with words for tests.
type log struct {
	*logstore.Store
	t testing.TB
}

func open(tb testing.TB, opts logstore.Options) log {
	tb.Helper()
	if opts.FS == nil && opts.Dir == "" {
		opts.FS, opts.Dir = vfs.NewMem(), "log"
	}
	s, err := logstore.Open(opts)
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() {
		if err := s.Close(); err != nil {
			tb.Error("close the log:", err)
		}
	})
	return log{s, tb}
}

// id is the same for the same name, so that an append can be repeated.
func id(name string) eventlog.ID { return eventlog.ID(uuid.NewSHA1(uuid.Nil, []byte(name))) }

func event(name string) eventlog.Proposed {
	return eventlog.Proposed{ID: id(name), Type: "happened", JSON: true, Data: []byte(`{"name":"` + name + `"}`)}
}

func eventsNamed(names string) (events []eventlog.Proposed) {
	for name := range strings.FieldsSeq(names) {
		events = append(events, event(name))
	}
	return events
}

func (l log) try(a eventlog.Append) (eventlog.Appended, error) {
	l.t.Helper()
	type outcome struct {
		appended eventlog.Appended
		err      error
	}
	done := make(chan outcome, 1)
	if err := l.Append(context.Background(), a, func(a eventlog.Appended, err error) { done <- outcome{a, err} }); err != nil {
		return eventlog.Appended{}, err
	}
	o := <-done
	return o.appended, o.err
}

func (l log) append(stream string, expected eventlog.Expected, names string) eventlog.Appended {
	l.t.Helper()
	appended, err := l.try(eventlog.Append{Stream: stream, Expected: expected, Events: eventsNamed(names)})
	if err != nil {
		l.t.Fatalf("append %q: %v", names, err)
	}
	return appended
}

func (l log) metadata(stream, json string) {
	l.t.Helper()
	event := eventlog.Proposed{ID: eventlog.ID(uuid.New()), Type: eventlog.MetadataType, JSON: true, Data: []byte(json)}
	if _, err := l.try(eventlog.Append{Stream: "$$" + stream, Expected: eventlog.Any, Events: []eventlog.Proposed{event}}); err != nil {
		l.t.Fatalf("set metadata: %v", err)
	}
}

func (l log) delete(stream string, expected eventlog.Expected) {
	l.t.Helper()
	if _, err := l.Delete(context.Background(), stream, expected); err != nil {
		l.t.Fatalf("delete: %v", err)
	}
}

func (l log) tombstone(stream string, expected eventlog.Expected) {
	l.t.Helper()
	if _, err := l.Tombstone(context.Background(), stream, expected); err != nil {
		l.t.Fatalf("tombstone: %v", err)
	}
}

// revisions are those that a whole read of the stream shows, page by page.
func (l log) revisions(stream string, backwards bool) ([]int64, error) {
	l.t.Helper()
	q := eventlog.StreamRead{Stream: stream, Limit: 2, Backwards: backwards}
	if backwards {
		q.From = eventlog.DeletedRevision
	}
	found := []int64{}
	for {
		page, err := l.ReadStream(context.Background(), q)
		if err != nil {
			return found, err
		}
		for _, e := range page.Events {
			found = append(found, e.Revision)
		}
		if page.End {
			return found, nil
		}
		q.From = page.Next
	}
}

// all is the whole log, page by page.
func (l log) all() (found []eventlog.Event) {
	l.t.Helper()
	q := eventlog.AllRead{Limit: 100}
	for {
		page, err := l.ReadAll(context.Background(), q)
		if err != nil {
			l.t.Fatal("read the log:", err)
		}
		found = append(found, page.Events...)
		if page.End {
			return found
		}
		q.From = page.Next
	}
}

func TestWhatWasAppendedIsThereAfterReopening(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	first := open(t, logstore.Options{Dir: dir})
	first.append("a", eventlog.NoStream, "a0 a1")
	first.append("b", eventlog.Any, "b0")
	before := first.all()
	if err := first.Close(); err != nil {
		t.Fatal(err)
	}

	second := open(t, logstore.Options{Dir: dir})
	after := second.all()
	if len(after) != 3 || len(before) != 3 {
		t.Fatalf("the log holds %d events, then %d; want 3", len(before), len(after))
	}
	for i := range before {
		if before[i] != after[i] {
			t.Errorf("event %d was %+v and is %+v", i, before[i], after[i])
		}
	}
	if next := second.append("a", 1, "a2"); next.Position <= after[2].Position {
		t.Errorf("the next position is %d, behind %d", next.Position, after[2].Position)
	}
	if again := second.append("b", eventlog.Any, "b0"); again.Position != after[2].Position {
		t.Errorf("the append that was repeated after reopening landed at %d again", again.Position)
	}
}

func TestDirectoryInUseIsRefused(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	open(t, logstore.Options{Dir: dir})
	link := filepath.Join(t.TempDir(), "link")
	if err := os.Symlink(dir, link); err != nil {
		t.Fatal(err)
	}
	for _, spelling := range []string{dir, dir + "/.", link} {
		if _, err := logstore.Open(logstore.Options{Dir: spelling}); !errors.Is(err, logstore.ErrInUse) {
			t.Errorf("opening it a second time: %v, want %v", err, logstore.ErrInUse)
		}
	}
}

func TestDirectoryWithoutRightsIsNotCalledInUse(t *testing.T) {
	t.Parallel()
	if os.Getuid() == 0 {
		t.Skip("root may write everywhere")
	}
	dir := t.TempDir()
	if err := os.Chmod(dir, 0o500); err != nil {
		t.Fatal(err)
	}
	if _, err := logstore.Open(logstore.Options{Dir: dir}); err == nil || errors.Is(err, logstore.ErrInUse) {
		t.Errorf("opening it: %v, want a refusal of another kind", err)
	}
}

func TestOtherFormatsAreRefused(t *testing.T) {
	t.Parallel()
	for content, want := range map[string]error{
		"3\n":     logstore.ErrNewerFormat,
		"99":      logstore.ErrNewerFormat,
		"":        logstore.ErrUnknownFormat,
		"pebble":  logstore.ErrUnknownFormat,
		"missing": logstore.ErrUnknownFormat,
	} {
		dir := t.TempDir()
		if err := open(t, logstore.Options{Dir: dir}).Close(); err != nil {
			t.Fatal(err)
		}
		path := filepath.Join(dir, "FORMAT")
		err := os.WriteFile(path, []byte(content), 0o600)
		if content == "missing" {
			err = os.Remove(path)
		}
		if err != nil {
			t.Fatal(err)
		}
		if _, err := logstore.Open(logstore.Options{Dir: dir}); !errors.Is(err, want) {
			t.Errorf("format %q: %v, want %v", content, err, want)
		}
	}
}

func TestLogOfTheFirstFormatGetsItsMark(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	first := open(t, logstore.Options{Dir: dir})
	first.append("a", eventlog.NoStream, "a0 a1")
	err := errors.Join(first.Close(), os.Remove(filepath.Join(dir, "MARK")), os.WriteFile(filepath.Join(dir, "FORMAT"), []byte("1\n"), 0o600))
	if err != nil {
		t.Fatal(err)
	}
	for range 2 {
		l := open(t, logstore.Options{Dir: dir})
		if n := len(l.all()); n != 2 {
			t.Errorf("the log holds %d events, want 2", n)
		}
		if err := l.Close(); err != nil {
			t.Fatal(err)
		}
	}
	if content, err := os.ReadFile(filepath.Join(dir, "FORMAT")); err != nil || string(content) != "2\n" {
		t.Errorf("the format is now %q, %v", content, err)
	}
	if err := os.Remove(filepath.Join(dir, "MARK")); err != nil {
		t.Fatal(err)
	}
	if _, err := logstore.Open(logstore.Options{Dir: dir}); !errors.Is(err, logstore.ErrDamaged) {
		t.Errorf("without its mark: %v, want %v", err, logstore.ErrDamaged)
	}
}

func TestClosedLogRefusesEverything(t *testing.T) {
	t.Parallel()
	l := open(t, logstore.Options{})
	l.append("a", eventlog.NoStream, "a0")
	waited := make(chan error, 1)
	go func() { waited <- l.Wait(context.Background(), l.Head()) }()
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	_, appended := l.try(eventlog.Append{Stream: "a", Expected: eventlog.Any, Events: eventsNamed("a1")})
	_, read := l.ReadStream(context.Background(), eventlog.StreamRead{Stream: "a", Limit: 1})
	_, all := l.ReadAll(context.Background(), eventlog.AllRead{Limit: 1})
	for what, err := range map[string]error{"append": appended, "read": read, "read all": all, "wait": <-waited} {
		if !errors.Is(err, eventlog.ErrClosed) {
			t.Errorf("%s after Close: %v, want %v", what, err, eventlog.ErrClosed)
		}
	}
}

func TestWaitEndsWithItsContext(t *testing.T) {
	t.Parallel()
	l := open(t, logstore.Options{})
	ctx, cancel := context.WithTimeout(context.Background(), time.Millisecond)
	defer cancel()
	if err := l.Wait(ctx, l.Head()); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("waiting for nothing: %v", err)
	}
}
