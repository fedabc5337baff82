package logstore_test

import (
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"runtime"
	"testing"

	"github.com/cockroachdb/pebble/v2/vfs"

	"tagtrail/adapters/embedded/eventstore/eventlog"
	"tagtrail/adapters/embedded/eventstore/logstore"
)

// TestCopyOfALogInUse copies a directory under writers, file by file in any order, as a backup by hand does. The copy
// holds everything that was acknowledged before the copying began, and of the rest no event without all before it; or
// it is refused. TAGTRAIL_COPIES says how many.
func TestCopyOfALogInUse(t *testing.T) {
	t.Parallel()
	copies := int(fromEnvironment(t, "TAGTRAIL_COPIES", 30))
	for name, from := range map[string]place{
		"in memory":   {vfs.NewMem(), "log"},
		"on the disk": {vfs.Default, filepath.Join(t.TempDir(), "log")},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			random := rand.New(rand.NewPCG(fromEnvironment(t, "TAGTRAIL_SEED", rand.Uint64()), 0))
			opened := 0
			for copied := 0; copied < copies; copied += copiesOfOne {
				opened += copiesUnderWriters(t, from, random)
			}
			t.Logf("%d of %d copies opened", opened, copies)
		})
	}
}

// place is a directory on a file system.
type place struct {
	fs  vfs.FS
	dir string
}

// copiesOfOne is how often one log is copied before it is begun anew.
const copiesOfOne = 10

// copiesUnderWriters answers how many of the copies of a growing log could be opened.
func copiesUnderWriters(t *testing.T, from place, random *rand.Rand) (opened int) {
	t.Helper()
	store, err := logstore.Open(logstore.Options{FS: from.fs, Dir: from.dir, TableSize: smallTables})
	if err != nil {
		t.Fatal(err)
	}
	w := &crashWriters{store: store, crash: make(chan struct{})}
	for n := range 4 {
		w.run(n, fmt.Sprint("writer", random.Uint64()), rand.New(rand.NewPCG(random.Uint64(), 0)))
	}
	type taken struct {
		acknowledged eventlog.Position
		copy         *vfs.MemFS
	}
	var all []taken
	for range copiesOfOne {
		w.waitFor(1 + random.IntN(40))
		acknowledged := eventlog.Position(0)
		for _, a := range w.acknowledged() {
			acknowledged = max(acknowledged, a.answered.Position)
		}
		all = append(all, taken{acknowledged, copyInUse(t, from, random)})
	}
	close(w.crash)
	w.writing.Wait()
	whole := wholeLog(store)
	log{store, t}.rest()
	if found, err := readWhole(copyInUse(t, from, random)); err != nil || len(found) != len(whole) {
		t.Errorf("a copy of the log at rest holds %d events of %d: %v", len(found), len(whole), err)
	}
	if err := errors.Join(store.Close(), from.fs.RemoveAll(from.dir)); err != nil {
		t.Fatal(err)
	}
	for _, c := range all {
		found, err := readWhole(c.copy)
		if errors.Is(err, logstore.ErrDamaged) {
			continue
		}
		if err != nil {
			t.Errorf("a copy fails with %v", err)
			continue
		}
		opened++
		if len(found) < int(c.acknowledged) || len(found) > len(whole) {
			t.Errorf("a copy holds %d events of %d, when it was begun %d were acknowledged", len(found), len(whole), c.acknowledged)
			continue
		}
		for i := range found {
			if found[i] != whole[i] {
				t.Errorf("event %d of a copy is %v, it was written as %v", i, found[i], whole[i])
				break
			}
		}
	}
	return opened
}

// copyInUse copies what is there, in any order and now and then with a pause; what vanishes meanwhile is left out.
func copyInUse(t *testing.T, from place, random *rand.Rand) *vfs.MemFS {
	t.Helper()
	to := vfs.NewMem()
	names, err := from.fs.List(from.dir)
	if err := errors.Join(err, to.MkdirAll("log", 0o700)); err != nil {
		t.Fatal(err)
	}
	random.Shuffle(len(names), func(i, j int) { names[i], names[j] = names[j], names[i] })
	for _, name := range names {
		if name == "LOCK" {
			continue
		}
		for range random.IntN(20) {
			runtime.Gosched()
		}
		f, err := from.fs.Open(from.fs.PathJoin(from.dir, name))
		if errors.Is(err, os.ErrNotExist) {
			continue
		}
		if err != nil {
			t.Fatal(err)
		}
		content, err := readSlowly(f, random)
		if err := errors.Join(err, f.Close()); err != nil {
			t.Fatal(err)
		}
		replace(t, to, name, content)
	}
	return to
}

// readSlowly reads a file piece by piece while it may be written.
func readSlowly(f io.Reader, random *rand.Rand) (content []byte, err error) {
	piece := make([]byte, 4096)
	for {
		n, err := f.Read(piece)
		content = append(content, piece[:n]...)
		if errors.Is(err, io.EOF) {
			return content, nil
		}
		if err != nil {
			return nil, err
		}
		if random.IntN(4) == 0 {
			runtime.Gosched()
		}
	}
}
