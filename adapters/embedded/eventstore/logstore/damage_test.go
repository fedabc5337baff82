package logstore_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"path"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/cockroachdb/pebble/v2/vfs"
	"github.com/cockroachdb/pebble/v2/vfs/errorfs"

	"tagtrail/adapters/embedded/eventstore/eventlog"
	"tagtrail/adapters/embedded/eventstore/logstore"
)

// damage is one thing that can happen to a file.
type damage struct {
	name string
	do   func([]byte) []byte
}

func cut(to int) damage {
	return damage{fmt.Sprint("cut to ", to), func(b []byte) []byte { return b[:to] }}
}

func flip(at int, bit uint) damage {
	return damage{fmt.Sprintf("bit %d of byte %d", bit, at), func(b []byte) []byte {
		b[at] ^= 1 << bit
		return b
	}}
}

func zero(from int) damage {
	return damage{fmt.Sprint("zeroes from ", from), func(b []byte) []byte {
		clear(b[from:])
		return b
	}}
}

func tear(random *rand.Rand, from int) damage {
	seed := random.Uint64()
	return damage{fmt.Sprint("torn from ", from), func(b []byte) []byte {
		noise := rand.New(rand.NewPCG(seed, 0))
		for i := from; i < len(b); i++ {
			b[i] = byte(noise.Uint32())
		}
		return b
	}}
}

// damages are dense at the end of a file, where what was written last lies, and spread over the rest.
func damages(random *rand.Rand, size, n int) (all []damage) {
	places := []int{0, size / 2, size - 1}
	for range n {
		places = append(places, random.IntN(size), max(0, size-1-random.IntN(1+min(size, 400))))
	}
	for _, at := range places {
		all = append(all, cut(at), flip(at, random.UintN(8)), zero(at), tear(random, at))
	}
	return all
}

// filledLog is a log of several tables and write-ahead logs: openings and full tables flush what was written before.
// What a few streams no longer show may be scavenged in between.
func filledLog(t *testing.T, scavenged bool) (fs *vfs.MemFS, written []eventlog.Event) {
	t.Helper()
	const sessions = 3
	fs = vfs.NewMem()
	opts := logstore.Options{FS: fs, Dir: "log", TableSize: 32 << 10}
	for session := range sessions {
		if scavenged && session > 0 {
			if gone, err := logstore.Scavenge(t.Context(), opts); err != nil || gone.Events == 0 {
				t.Fatal("scavenge:", gone, err)
			}
		}
		l := open(t, opts)
		for i := range 120 {
			l.append(fmt.Sprint("s", i%7), eventlog.Any, fmt.Sprintf("e%d-%d f%d-%d", session, i, session, i))
		}
		if scavenged {
			l.metadata("s3", fmt.Sprintf(`{"$maxCount":%d}`, 3-session))
			l.delete("s5", eventlog.Any)
		}
		written = l.all()
		if session == sessions-1 {
			l.rest()
			break
		}
		if err := l.Close(); err != nil {
			t.Fatal(err)
		}
	}
	return fs, written
}

// rest waits until the files of the log change no more.
func (l log) rest() {
	l.t.Helper()
	for deadline := time.Now().Add(time.Minute); !l.Resting(); time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			l.t.Fatal("the log does not come to rest")
		}
	}
}

func copyOf(t *testing.T, fs vfs.FS) *vfs.MemFS {
	t.Helper()
	to := vfs.NewMem()
	if ok, err := vfs.Clone(fs, to, "log", "log"); err != nil || !ok {
		t.Fatal("copy the log:", err)
	}
	return to
}

func contentOf(t *testing.T, fs vfs.FS, name string) []byte {
	t.Helper()
	f, err := fs.Open(path.Join("log", name))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = f.Close() }()
	content, err := io.ReadAll(f)
	if err != nil {
		t.Fatal(err)
	}
	return content
}

func replace(t *testing.T, fs vfs.FS, name string, content []byte) {
	t.Helper()
	f, err := fs.Create(path.Join("log", name), vfs.WriteCategoryUnspecified)
	if err != nil {
		t.Fatal(err)
	}
	_, err = f.Write(content)
	if err := errors.Join(err, f.Close()); err != nil {
		t.Fatal(err)
	}
}

func filesOf(t *testing.T, fs vfs.FS) map[string]string {
	t.Helper()
	names, err := fs.List("log")
	if err != nil {
		t.Fatal(err)
	}
	files := map[string]string{}
	for _, name := range names {
		files[name] = string(contentOf(t, fs, name))
	}
	return files
}

// readWhole opens a log and reads all of it, or says why that cannot be done.
func readWhole(fs vfs.FS) (found []eventlog.Event, err error) {
	store, err := logstore.Open(logstore.Options{FS: fs, Dir: "log"})
	if err != nil {
		return nil, err
	}
	defer func() { _ = store.Close() }()
	for q := (eventlog.AllRead{Limit: 1000}); ; {
		page, err := store.ReadAll(context.Background(), q)
		if err != nil {
			return nil, err
		}
		found = append(found, page.Events...)
		if page.End {
			return found, nil
		}
		q.From = page.Next
	}
}

// unharmed says what a damaged log got wrong: it may refuse, loudly, or show everything that was acknowledged.
func unharmed(fs vfs.FS, written []eventlog.Event) error {
	found, err := readWhole(fs)
	if err != nil {
		return nil
	}
	if len(found) != len(written) {
		return fmt.Errorf("%d events are shown, %d were acknowledged", len(found), len(written))
	}
	for i := range found {
		if found[i] != written[i] {
			return fmt.Errorf("event %d was %+v and is %+v", i, written[i], found[i])
		}
	}
	return nil
}

// TestDamageIsNeverSilent damages each file of a log as a disk may. Opening fails or everything acknowledged is there.
// TAGTRAIL_DAMAGES says in how many more places.
func TestDamageIsNeverSilent(t *testing.T) {
	t.Parallel()
	for _, scavenged := range []bool{false, true} {
		t.Run(fmt.Sprint("scavenged=", scavenged), func(t *testing.T) {
			t.Parallel()
			damageEachFile(t, scavenged)
		})
	}
}

func damageEachFile(t *testing.T, scavenged bool) {
	t.Helper()
	each := int(fromEnvironment(t, "TAGTRAIL_DAMAGES", 5))
	fs, written := filledLog(t, scavenged)
	running := copyOf(t, fs) // as a kill leaves it
	if err := unharmed(copyOf(t, running), written); err != nil {
		t.Fatal("undamaged:", err)
	}
	if _, err := readWhole(copyOf(t, running)); err != nil {
		t.Fatal("undamaged:", err)
	}
	for name, content := range filesOf(t, running) {
		if name == "LOCK" {
			continue
		}
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			random := rand.New(rand.NewPCG(rand.Uint64(), 0))
			gone := copyOf(t, running)
			if err := gone.Remove(path.Join("log", name)); err != nil {
				t.Fatal(err)
			}
			if err := unharmed(gone, written); err != nil {
				t.Errorf("without the file: %v", err)
			}
			if content == "" {
				return
			}
			for _, d := range damages(random, len(content), each) {
				damaged := copyOf(t, running)
				replace(t, damaged, name, d.do([]byte(content)))
				if err := unharmed(damaged, written); err != nil {
					t.Errorf("%s of %d: %v", d.name, len(content), err)
				}
			}
		})
	}
}

// TestRefusedLogIsLeftAsItIs: what is left of it may be all that there is.
func TestRefusedLogIsLeftAsItIs(t *testing.T) {
	t.Parallel()
	fs, _ := filledLog(t, false)
	running := copyOf(t, fs)
	refused := 0
	for name, content := range filesOf(t, running) {
		if !strings.HasSuffix(name, ".log") && !strings.HasPrefix(name, "MANIFEST") || content == "" {
			continue
		}
		damaged := copyOf(t, running)
		replace(t, damaged, name, []byte(content[:len(content)*2/3]))
		before := filesOf(t, damaged)
		if _, err := logstore.Open(logstore.Options{FS: damaged, Dir: "log"}); err == nil {
			continue
		} else if !errors.Is(err, logstore.ErrDamaged) {
			t.Errorf("%s: %v, want %v", name, err, logstore.ErrDamaged)
		}
		refused++
		after := filesOf(t, damaged)
		if len(after) != len(before) {
			t.Errorf("%s: %d files became %d", name, len(before), len(after))
		}
		for file := range before {
			if before[file] != after[file] {
				t.Errorf("%s: refusing the log changed %s", name, file)
			}
		}
	}
	if refused < 2 {
		t.Errorf("%d of the damaged logs were refused", refused)
	}
}

// noTables lets nothing be flushed, so that write-ahead logs pile up.
type noTables struct{}

func (noTables) String() string { return "no tables" }

func (noTables) MaybeError(op errorfs.Op) error {
	if op.Kind == errorfs.OpCreate && strings.HasSuffix(op.Path, ".sst") {
		return errors.New("no tables today")
	}
	return nil
}

// TestHoleInTheMiddleIsNoticed loses a write-ahead log, or its end at any record, while a later one is whole.
func TestHoleInTheMiddleIsNoticed(t *testing.T) {
	t.Parallel()
	fs := vfs.NewMem()
	l := open(t, logstore.Options{FS: errorfs.Wrap(fs, noTables{}), Dir: "log", TableSize: 32 << 10})
	unflushed := func() (names []string) {
		for name, content := range filesOf(t, fs) {
			if strings.HasSuffix(name, ".log") && content != "" {
				names = append(names, name)
			}
		}
		slices.Sort(names)
		return names
	}
	for i := 0; len(unflushed()) < 2; i++ {
		l.append("s", eventlog.Any, fmt.Sprint("e", i))
	}
	l.append("s", eventlog.Any, "last")
	written, running := l.all(), copyOf(t, fs)
	first := unflushed()[0]
	content := contentOf(t, running, first)
	if found, err := readWhole(copyOf(t, running)); err != nil || len(found) != len(written) {
		t.Fatalf("undamaged: %d events of %d, %v", len(found), len(written), err)
	}
	gone := copyOf(t, running)
	if err := gone.Remove(path.Join("log", first)); err != nil {
		t.Fatal(err)
	}
	if err := unharmed(gone, written); err != nil {
		t.Error("without the first write-ahead log:", err)
	}
	for to := 0; to < min(1300, len(content)); to += 1 + to%7 {
		damaged := copyOf(t, running)
		replace(t, damaged, first, content[:to])
		if err := unharmed(damaged, written); err != nil {
			t.Errorf("cut to %d of %d: %v", to, len(content), err)
		}
	}
}
