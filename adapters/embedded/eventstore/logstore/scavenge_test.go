package logstore_test

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/cockroachdb/pebble/v2/vfs"
	"github.com/cockroachdb/pebble/v2/vfs/errorfs"

	"tagtrail/adapters/embedded/eventstore/eventlog"
	"tagtrail/adapters/embedded/eventstore/logstore"
)

// halfHidden fills a log in which much cannot be read any more. It answers the streams, and the names of the events
// that must go.
func halfHidden(l log) (streams, gone []string) {
	hide := func(names string) { gone = append(gone, strings.Fields(names)...) }
	l.append("whole", eventlog.NoStream, "w0 w1 w2")
	l.append("counted", eventlog.NoStream, "c0 c1 c2 c3")
	l.metadata("counted", `{"$maxCount":3}`)
	l.metadata("counted", `{"$maxCount":2,"now":"newest"}`)
	hide("c0 c1")
	l.append("truncated", eventlog.NoStream, "t0 t1 t2")
	l.metadata("truncated", `{"$tb":1}`)
	hide("t0")
	l.append("hidden", eventlog.NoStream, "h0 h1")
	l.delete("hidden", eventlog.Any)
	hide("h0 h1")
	l.append("again", eventlog.NoStream, "a0 a1")
	l.delete("again", 1)
	l.append("again", eventlog.Any, "a2 a3")
	hide("a0 a1")
	l.append("over", eventlog.NoStream, "o0 o1")
	l.metadata("over", `{"owner":"gone"}`)
	l.tombstone("over", eventlog.Any)
	hide("o0 o1")
	l.append("aged", eventlog.NoStream, "g0 g1")
	l.metadata("aged", `{"$maxAge":60}`)
	hide("g0 g1")
	l.append("whole", 2, "w3")
	for _, name := range []string{"whole", "counted", "truncated", "hidden", "again", "over", "aged", "never"} {
		streams = append(streams, name, "$$"+name)
	}
	return streams, gone
}

// viewsOf is what every read of every stream shows, as text.
func viewsOf(l log, streams []string) (views []string) {
	for _, name := range streams {
		for _, backwards := range []bool{false, true} {
			revisions, err := l.revisions(name, backwards)
			views = append(views, fmt.Sprint(name, revisions, err))
		}
	}
	return views
}

func hourLater() time.Time { return time.Now().Add(time.Hour) }

func TestScavengeTakesWhatNobodyCanRead(t *testing.T) {
	t.Parallel()
	opts := logstore.Options{Dir: t.TempDir(), Now: hourLater, NoCompression: true}
	filling := opts
	filling.Now = time.Now
	l := open(t, filling)
	streams, gone := halfHidden(l)
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	l = open(t, opts)
	before, views, head := l.all(), viewsOf(l, streams), l.Head()
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}

	found, err := logstore.Scavenge(t.Context(), opts)
	if err != nil {
		t.Fatal(err)
	}
	if found.Events < len(gone) || found.Streams != 6 {
		t.Errorf("scavenged %+v, want at least %d events of 6 streams", found, len(gone))
	}
	for _, name := range gone {
		if file := fileWith(t, opts.Dir, `{"name":"`+name+`"}`); file != "" {
			t.Errorf("%s is still in %s", name, file)
		}
	}
	for _, name := range []string{"w0", "c3", "t1", "a2"} {
		if fileWith(t, opts.Dir, `{"name":"`+name+`"}`) == "" {
			t.Errorf("%s is gone", name)
		}
	}

	l = open(t, opts)
	if after := viewsOf(l, streams); !slices.Equal(after, views) {
		t.Errorf("streams read as\n%q, they were\n%q", after, views)
	}
	after := l.all()
	if len(after) != len(before)-found.Events {
		t.Errorf("%d events less %d are %d", len(before), found.Events, len(after))
	}
	for _, e := range after {
		if !slices.Contains(before, e) {
			t.Errorf("%+v was not there before", e)
		}
	}
	if l.Head() != head {
		t.Errorf("the log ended at %d and ends at %d", head, l.Head())
	}
	if again := l.append("whole", eventlog.NoStream, "w0 w1"); again.Revision != 1 || again.Position != before[1].Position {
		t.Errorf("the repeated append landed at %+v", again)
	}
	var wrong *eventlog.WrongRevision
	if _, err := l.try(eventlog.Append{Stream: "counted", Expected: eventlog.NoStream, Events: eventsNamed("c0 c1")}); !errors.As(err, &wrong) {
		t.Errorf("the repetition of a scavenged append: %v, want a conflict", err)
	}
	if next := l.append("hidden", eventlog.Any, "h2"); next.Revision != 2 || next.Position <= head {
		t.Errorf("the hidden stream goes on at %+v", next)
	}
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	if again, err := logstore.Scavenge(t.Context(), opts); err != nil || again.Events > 1 {
		t.Errorf("scavenging twice: %+v, %v", again, err)
	}
}

// fileWith names a file of the directory that holds the text.
func fileWith(t *testing.T, dir, text string) string {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		content, err := os.ReadFile(filepath.Join(dir, e.Name()))
		if err != nil {
			t.Fatal(err)
		}
		if strings.Contains(string(content), text) {
			return e.Name()
		}
	}
	return ""
}

func TestScavengeKeepsTheEndOfTheLog(t *testing.T) {
	t.Parallel()
	opts := logstore.Options{FS: vfs.NewMem(), Dir: "log"}
	l := open(t, opts)
	l.metadata("s", `{"$maxAge":1}`)
	l.append("s", eventlog.NoStream, "s0 s1")
	head := l.Head()
	opts.Now = hourLater
	for range 2 {
		if err := l.Close(); err != nil {
			t.Fatal(err)
		}
		if _, err := logstore.Scavenge(t.Context(), opts); err != nil {
			t.Fatal(err)
		}
		if l = open(t, opts); l.Head() != head {
			t.Errorf("the log ended at %d and ends at %d", head, l.Head())
		}
	}
	if next := l.append("other", eventlog.NoStream, "o0"); next.Position != head+1 {
		t.Errorf("the next event is at %d, behind %d", next.Position, head)
	}
}

func TestScavengeRefusesALogInUse(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	open(t, logstore.Options{Dir: dir})
	if _, err := logstore.Scavenge(t.Context(), logstore.Options{Dir: dir}); !errors.Is(err, logstore.ErrInUse) {
		t.Errorf("scavenging it: %v, want %v", err, logstore.ErrInUse)
	}
}

// powerCuts keeps what the disk would hold if the power went before an operation, for some of all operations.
type powerCuts struct {
	fs     *vfs.MemFS
	random *rand.Rand

	mu     sync.Mutex
	clones []*vfs.MemFS
}

func (*powerCuts) String() string { return "power cuts" }

func (p *powerCuts) MaybeError(op errorfs.Op) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if op.Kind.ReadOrWrite() == errorfs.OpIsWrite && len(p.clones) < 60 && p.random.IntN(2) == 0 {
		p.clones = append(p.clones, p.fs.CrashClone(vfs.CrashCloneCfg{UnsyncedDataPercent: p.random.IntN(101), RNG: p.random}))
	}
	return nil
}

// TestPowerLossDuringScavengeLosesNothing takes the power at many moments of one scavenge.
func TestPowerLossDuringScavengeLosesNothing(t *testing.T) {
	t.Parallel()
	random := rand.New(rand.NewPCG(rand.Uint64(), 0))
	fs := vfs.NewCrashableMem()
	opts := logstore.Options{FS: fs, Dir: "log", TableSize: smallTables, Now: time.Now}
	l := open(t, opts)
	streams, _ := halfHidden(l)
	for i := range 300 {
		l.append(fmt.Sprint("s", i%3), eventlog.Any, fmt.Sprint("e", i))
	}
	for i := range 2 {
		l.metadata(fmt.Sprint("s", i), `{"$maxCount":10}`)
	}
	streams = append(streams, "s0", "s1", "s2")
	views, head := viewsOf(l, streams), l.Head()
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}

	losses := &powerCuts{fs: fs, random: random}
	opts.FS = errorfs.Wrap(fs, losses)
	if _, err := logstore.Scavenge(t.Context(), opts); err != nil {
		t.Fatal(err)
	}
	clones := append(losses.clones, fs)
	for n, clone := range clones {
		survivor := open(t, logstore.Options{FS: clone, Dir: "log"})
		if after := viewsOf(survivor, streams); !slices.Equal(after, views) || survivor.Head() != head {
			t.Errorf("loss %d of %d: streams read as\n%q, they were\n%q", n, len(clones), after, views)
		}
		if err := survivor.Close(); err != nil {
			t.Error(err)
		}
		if _, err := logstore.Scavenge(t.Context(), logstore.Options{FS: clone, Dir: "log"}); err != nil {
			t.Errorf("loss %d of %d: scavenging again: %v", n, len(clones), err)
		}
	}
}
