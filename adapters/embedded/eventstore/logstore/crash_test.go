package logstore_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/cockroachdb/pebble/v2/vfs"
	"pgregory.net/rapid"

	"tagtrail/adapters/embedded/eventstore/eventlog"
	"tagtrail/adapters/embedded/eventstore/logstore"
)

// attempt is one append of a crash test, and its answer if it came before the power went.
type attempt struct {
	eventlog.Append
	answered eventlog.Appended
}

// powerLosses lets writers append, takes the power away under them, opens what the disk has, and compares: what was
// acknowledged is there, the rest is there whole or not at all, in the order in which it was, and every append can be
// repeated. It goes on with what survived.
func powerLosses(seed uint64, losses int, noSync bool) error {
	random := rand.New(rand.NewPCG(seed, seed))
	fs := vfs.NewCrashableMem()
	for loss := range losses {
		survived, err := powerLoss(random, fs, loss, noSync)
		if err != nil {
			return fmt.Errorf("seed %d, loss %d: %w", seed, loss, err)
		}
		if fs = survived; loss%10 == 9 && loss+1 < losses {
			fs = vfs.NewCrashableMem() // a log that only grows would make every check slower
		}
	}
	return nil
}

// smallTables lets the power also fail while tables are written and logs are given up.
const smallTables = 16 << 10

func powerLoss(random *rand.Rand, fs *vfs.MemFS, loss int, noSync bool) (*vfs.MemFS, error) {
	store, err := logstore.Open(logstore.Options{FS: fs, Dir: "log", NoSync: noSync, TableSize: smallTables})
	if err != nil {
		return nil, fmt.Errorf("open: %w", err)
	}
	defer func() { _ = store.Close() }()

	w := &crashWriters{store: store, crash: make(chan struct{})}
	const writers = 4
	for n := range writers {
		w.run(n, fmt.Sprint("loss", loss, "writer", n), rand.New(rand.NewPCG(random.Uint64(), 0)))
	}
	w.waitFor(1 + random.IntN(60))
	acknowledged := w.acknowledged()
	survived := fs.CrashClone(vfs.CrashCloneCfg{UnsyncedDataPercent: random.IntN(101), RNG: rand.New(rand.NewPCG(random.Uint64(), 1))})
	close(w.crash)
	w.writing.Wait()

	return survived, checkSurvivor(store, survived, acknowledged, w.attempts)
}

func checkSurvivor(store *logstore.Store, survived *vfs.MemFS, acknowledged []attempt, all []attempt) error {
	again, err := logstore.Open(logstore.Options{FS: survived, Dir: "log", TableSize: smallTables})
	if err != nil {
		return fmt.Errorf("open after the loss: %w", err)
	}
	defer func() { _ = again.Close() }()
	before, after := wholeLog(store), wholeLog(again)
	if len(after) > len(before) {
		return fmt.Errorf("%d events became %d", len(before), len(after))
	}
	for i := range after {
		if after[i] != before[i] {
			return fmt.Errorf("event %d was %v and is %v", i, before[i], after[i])
		}
	}
	for _, a := range acknowledged {
		if a.answered.Position > again.Head() {
			return fmt.Errorf("the append acknowledged at %d is gone, the log ends at %d", a.answered.Position, again.Head())
		}
	}
	for _, a := range all {
		there := 0
		for _, e := range after {
			if e.Stream == a.Stream && e.Revision > int64(a.Expected) && e.Revision <= int64(a.Expected)+int64(len(a.Events)) {
				there++
			}
		}
		if there != 0 && there != len(a.Events) {
			return fmt.Errorf("of an append of %d events %d are there", len(a.Events), there)
		}
		if err := repeat(again, a); err != nil {
			return err
		}
	}
	return nil
}

// repeat sends an append again, as a client does that never got the answer.
func repeat(store *logstore.Store, a attempt) error {
	got, err := appendTo(store, a.Append)
	if err != nil {
		return fmt.Errorf("repeat an append after the loss: %w", err)
	}
	if a.answered.Position != 0 && got.Revision != a.answered.Revision {
		return fmt.Errorf("the repeated append ends at revision %d, first it was %d", got.Revision, a.answered.Revision)
	}
	return nil
}

// crashWriters append to a stream each, one append after the other, until the power goes.
type crashWriters struct {
	store   *logstore.Store
	crash   chan struct{}
	writing sync.WaitGroup

	mu       sync.Mutex
	attempts []attempt
	answers  int
	reached  func()
	target   int
}

func (w *crashWriters) run(n int, stream string, random *rand.Rand) {
	w.writing.Go(func() {
		expected := eventlog.NoStream
		for i := 0; ; i++ {
			select {
			case <-w.crash:
				return
			default:
			}
			var names []string
			for e := range 1 + random.IntN(4) {
				names = append(names, fmt.Sprint(stream, "-", i, "-", e))
			}
			a := eventlog.Append{Stream: stream, Expected: expected, Events: eventsNamed(strings.Join(names, " "))}
			w.mu.Lock()
			at := len(w.attempts)
			w.attempts = append(w.attempts, attempt{Append: a})
			w.mu.Unlock()
			got, err := appendTo(w.store, a)
			if err != nil {
				return
			}
			expected = eventlog.Expected(got.Revision)
			w.mu.Lock()
			w.attempts[at].answered = got
			w.answers++
			if w.answers == w.target {
				w.reached()
			}
			w.mu.Unlock()
		}
	})
}

func (w *crashWriters) waitFor(answers int) {
	reached := make(chan struct{})
	w.mu.Lock()
	w.target, w.reached = w.answers+answers, func() { close(reached) }
	w.mu.Unlock()
	<-reached
}

func (w *crashWriters) acknowledged() (done []attempt) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, a := range w.attempts {
		if a.answered.Position > 0 {
			done = append(done, a)
		}
	}
	return done
}

func appendTo(store *logstore.Store, a eventlog.Append) (eventlog.Appended, error) {
	type outcome struct {
		eventlog.Appended
		error
	}
	done := make(chan outcome, 1)
	if err := store.Append(context.Background(), a, func(a eventlog.Appended, err error) { done <- outcome{a, err} }); err != nil {
		return eventlog.Appended{}, err
	}
	o := <-done
	return o.Appended, o.error
}

func wholeLog(store *logstore.Store) (found []eventlog.Event) {
	q := eventlog.AllRead{Limit: 1000}
	for {
		page, err := store.ReadAll(context.Background(), q)
		if err != nil {
			return nil
		}
		found = append(found, page.Events...)
		if page.End {
			return found
		}
		q.From = page.Next
	}
}

// TestPowerLossKeepsWhatWasAcknowledged is a slice of what `make powerloss` does: TAGTRAIL_POWERLOSSES says how many,
// TAGTRAIL_SEED where the chances begin.
func TestPowerLossKeepsWhatWasAcknowledged(t *testing.T) {
	t.Parallel()
	losses, seed := fromEnvironment(t, "TAGTRAIL_POWERLOSSES", 200), fromEnvironment(t, "TAGTRAIL_SEED", rand.Uint64())
	if testing.Short() {
		losses = min(losses, 20)
	}
	t.Logf("%d power losses with seed %d", losses, seed)
	const chain = 20 // losses that one log goes through, one after the other
	chains, crews := make(chan uint64), sync.WaitGroup{}
	for range runtime.GOMAXPROCS(0) {
		crews.Go(func() {
			for seed := range chains {
				if err := powerLosses(seed, chain, false); err != nil {
					t.Error(err)
				}
			}
		})
	}
	for n := uint64(0); n < losses && !t.Failed(); n += chain {
		if n%(1000*chain) == 0 && n > 0 {
			t.Logf("%d power losses", n)
		}
		chains <- seed + n
	}
	close(chains)
	crews.Wait()
}

func fromEnvironment(t *testing.T, name string, otherwise uint64) uint64 {
	t.Helper()
	text, set := os.LookupEnv(name)
	if !set || text == "" {
		return otherwise
	}
	n, err := strconv.ParseUint(text, 10, 64)
	if err != nil {
		t.Fatalf("%s is %q and should be a number", name, text)
	}
	return n
}

// TestPowerLossIsNoticedWithoutSync shows that the check above can fail.
func TestPowerLossIsNoticedWithoutSync(t *testing.T) {
	t.Parallel()
	for seed := range uint64(20) {
		if powerLosses(seed, 10, true) != nil {
			return
		}
	}
	t.Error("a log that never syncs lost nothing in 200 power losses: the check is blind")
}

// TestStreamsAgreeWithAModel compares random appends, deletes and tombstones with lists in memory, through power losses.
func TestStreamsAgreeWithAModel(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		m := &model{streams: map[string]*modelStream{}, fs: vfs.NewCrashableMem()}
		m.open(t)
		defer func() { _ = m.store.Close() }()
		t.Repeat(map[string]func(*rapid.T){
			"append":    m.append,
			"repeat":    m.repeat,
			"delete":    m.delete,
			"tombstone": m.tombstone,
			"powerLoss": m.powerLoss,
			"":          m.check,
		})
	})
}

// model is what the store should hold: per stream its ids, where it begins, and whether it is over.
type model struct {
	store   *logstore.Store
	fs      *vfs.MemFS
	streams map[string]*modelStream
	done    []attempt
	count   int
}

type modelStream struct {
	ids        []eventlog.ID
	first      int
	tombstoned bool
	hidden     bool
}

func (m *model) open(t *rapid.T) {
	store, err := logstore.Open(logstore.Options{FS: m.fs, Dir: "log"})
	if err != nil {
		t.Fatal("open:", err)
	}
	m.store = store
}

func (m *model) pick(t *rapid.T) (string, *modelStream) {
	name := rapid.SampledFrom([]string{"a", "b", "b-c", "ü"}).Draw(t, "stream")
	if m.streams[name] == nil {
		m.streams[name] = &modelStream{}
	}
	return name, m.streams[name]
}

func (m *model) append(t *rapid.T) {
	name, s := m.pick(t)
	a := eventlog.Append{Stream: name}
	for range rapid.IntRange(1, 3).Draw(t, "events") {
		m.count++
		a.Events = append(a.Events, event(fmt.Sprint("e", m.count)))
	}
	last := eventlog.Expected(len(s.ids) - 1)
	a.Expected = rapid.SampledFrom([]eventlog.Expected{last, anyState, last + 1, noStream}).Draw(t, "expected")
	fits := a.Expected == last || a.Expected == anyState || a.Expected == noStream && s.hidden
	got, err := appendTo(m.store, a)
	switch {
	case s.tombstoned:
		if !errors.Is(err, eventlog.ErrStreamDeleted) {
			t.Fatalf("append to a tombstoned stream: %v", err)
		}
		return
	case !fits:
		var wrong *eventlog.WrongRevision
		if !errors.As(err, &wrong) || wrong.Current != int64(last) {
			t.Fatalf("append at %d to a stream that ends at %d: %v", a.Expected, last, err)
		}
		return
	case err != nil:
		t.Fatal("append:", err)
	}
	if s.hidden {
		s.hidden, s.first = false, len(s.ids)
	}
	for _, e := range a.Events {
		s.ids = append(s.ids, e.ID)
	}
	if got.Revision != int64(len(s.ids)-1) || got.Position != m.store.Head() && s.first != len(s.ids)-len(a.Events) {
		t.Fatalf("append answered %+v, want revision %d", got, len(s.ids)-1)
	}
	a.Expected = last
	m.done = append(m.done, attempt{a, got})
}

func (m *model) repeat(t *rapid.T) {
	if len(m.done) == 0 {
		t.Skip("nothing to repeat")
	}
	a := m.done[rapid.IntRange(0, len(m.done)-1).Draw(t, "which")]
	head := m.store.Head()
	got, err := appendTo(m.store, a.Append)
	if m.streams[a.Stream].tombstoned {
		if !errors.Is(err, eventlog.ErrStreamDeleted) {
			t.Fatalf("repeat on a tombstoned stream: %v", err)
		}
		return
	}
	if err != nil || got != a.answered || m.store.Head() != head {
		t.Fatalf("the repetition answered %+v (%v), first it was %+v", got, err, a.answered)
	}
}

func (m *model) delete(t *rapid.T) {
	name, s := m.pick(t)
	_, err := m.store.Delete(context.Background(), name, anyState)
	var wrong *eventlog.WrongRevision
	switch {
	case s.tombstoned && errors.Is(err, eventlog.ErrStreamDeleted), len(s.ids) == 0 && errors.As(err, &wrong):
	case err != nil:
		t.Fatal("delete:", err)
	default:
		s.hidden = true
	}
}

func (m *model) tombstone(t *rapid.T) {
	if rapid.IntRange(0, 9).Draw(t, "seldom") > 0 {
		t.Skip("a tombstone ends the game for its stream")
	}
	name, s := m.pick(t)
	if _, err := m.store.Tombstone(context.Background(), name, anyState); err != nil && !s.tombstoned {
		t.Fatal("tombstone:", err)
	}
	s.tombstoned = true
}

func (m *model) powerLoss(t *rapid.T) {
	survived := m.fs.CrashClone(vfs.CrashCloneCfg{})
	if err := m.store.Close(); err != nil {
		t.Fatal("close:", err)
	}
	m.fs = survived
	m.open(t)
}

func (m *model) check(t *rapid.T) {
	positions := eventlog.Position(0)
	for _, e := range wholeLog(m.store) {
		if e.Position <= positions {
			t.Fatalf("position %d follows %d", e.Position, positions)
		}
		positions = e.Position
	}
	for name, s := range m.streams {
		page, err := m.store.ReadStream(context.Background(), eventlog.StreamRead{Stream: name, Limit: 1 << 20})
		switch {
		case s.tombstoned && errors.Is(err, eventlog.ErrStreamDeleted):
		case (s.hidden || len(s.ids) == 0) && errors.Is(err, eventlog.ErrStreamNotFound):
		case err != nil || s.tombstoned || s.hidden:
			t.Fatalf("read %q: %v, the model is %+v", name, err, s)
		default:
			want := s.ids[s.first:]
			if len(page.Events) != len(want) {
				t.Fatalf("%q shows %d events, want %d", name, len(page.Events), len(want))
			}
			for i, e := range page.Events {
				if e.ID != want[i] || e.Revision != int64(s.first+i) {
					t.Fatalf("%q shows revision %d at %d", name, e.Revision, i)
				}
			}
		}
	}
}
