package logstore_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/cockroachdb/pebble/v2/vfs"
	"github.com/cockroachdb/pebble/v2/vfs/errorfs"

	"tagtrail/adapters/embedded/eventstore/eventlog"
	"tagtrail/adapters/embedded/eventstore/logstore"
)

// fullDisk refuses what needs space while it is full: everything, or only some operations on some files.
type fullDisk struct {
	full atomic.Bool
	at   func(errorfs.OpKind) bool // nil means writing and creating
	ext  string                    // of the files that find it full; empty means all
}

func (*fullDisk) String() string { return "full disk" }

func writes(k errorfs.OpKind) bool { return k == errorfs.OpFileWrite || k == errorfs.OpCreate }

func syncs(k errorfs.OpKind) bool {
	return k == errorfs.OpFileSync || k == errorfs.OpFileSyncData || k == errorfs.OpFileSyncTo
}

func (d *fullDisk) MaybeError(op errorfs.Op) error {
	at := d.at
	if at == nil {
		at = writes
	}
	if d.full.Load() && at(op.Kind) && strings.HasSuffix(op.Path, d.ext) {
		return &errorWithPath{op.Path}
	}
	return nil
}

type errorWithPath struct{ path string }

func (e *errorWithPath) Error() string { return "write " + e.path + ": " + syscall.ENOSPC.Error() }
func (*errorWithPath) Unwrap() error   { return syscall.ENOSPC }

// fill makes the disk full, starts an append that finds it so, and returns when the log refuses the next.
func (l log) fill(d *fullDisk, name string) (answer <-chan error) {
	l.t.Helper()
	d.full.Store(true)
	answered := make(chan error, 1)
	if err := l.Append(l.t.Context(), eventlog.Append{Stream: "s", Expected: eventlog.Any, Events: eventsNamed(name)},
		func(_ eventlog.Appended, err error) { answered <- err }); err != nil {
		l.t.Fatal(err)
	}
	l.refuses(true)
	return answered
}

// refuses waits until the log refuses everything for want of space, or no longer does.
func (l log) refuses(full bool) {
	l.t.Helper()
	for deadline := time.Now().Add(10 * time.Second); ; time.Sleep(time.Millisecond) {
		ctx, cancel := context.WithTimeout(l.t.Context(), 20*time.Millisecond)
		_, err := l.Delete(ctx, "never", eventlog.Any) // changes nothing, for there is no such stream
		cancel()
		if errors.Is(err, eventlog.ErrFull) == full {
			return
		}
		if time.Now().After(deadline) {
			l.t.Fatalf("full is %v, and the log says %v", full, err)
		}
	}
}

func TestFullDiskRefusesAppendsUntilThereIsSpace(t *testing.T) {
	t.Parallel()
	d, fs := &fullDisk{}, vfs.NewMem()
	l := open(t, logstore.Options{FS: errorfs.Wrap(fs, d), Dir: "log"})
	l.append("other", eventlog.NoStream, "o0")
	for round := range 3 {
		answered := l.fill(d, fmt.Sprint("stuck", round))
		select {
		case err := <-answered:
			t.Fatalf("round %d: an append is answered that is nowhere: %v", round, err)
		default:
		}
		if revisions, err := l.revisions("other", false); err != nil || len(revisions) != 1+round*200 {
			t.Errorf("round %d: what was there is read as %d events, %v", round, len(revisions), err)
		}
		d.full.Store(false)
		if err := <-answered; err != nil {
			t.Fatalf("round %d: with space again: %v", round, err)
		}
		l.refuses(false) // a table may still wait to be written
		for i := range 200 {
			l.append("other", eventlog.Any, fmt.Sprint("o", round, "-", i))
		}
	}
	written := l.all()
	if err := unharmed(copyOf(t, fs), written); err != nil {
		t.Error(err)
	}
	select {
	case <-l.Stopped():
		t.Error("the log stopped:", l.Err())
	default:
	}
}

func TestLogOnAFullDiskCloses(t *testing.T) {
	t.Parallel()
	d, fs := &fullDisk{}, vfs.NewMem()
	store, err := logstore.Open(logstore.Options{FS: errorfs.Wrap(fs, d), Dir: "log"})
	if err != nil {
		t.Fatal(err)
	}
	l := log{store, t}
	l.append("s", eventlog.NoStream, "s0")
	answered := l.fill(d, "stuck")
	_ = l.Close() // says that the disk is full
	if err := <-answered; err == nil {
		t.Error("an append that is nowhere was acknowledged")
	}
	d.full.Store(false)
	again := open(t, logstore.Options{FS: fs, Dir: "log"})
	if found := again.all(); len(found) != 1 {
		t.Errorf("%d events are there, want 1", len(found))
	}
}

// TestFullDiskAtASyncStopsTheLog: what a sync could not put on a full disk may be gone from memory too, so that waiting
// for space would not help. Nothing is acknowledged any more, and what was is there when the log is opened again.
func TestFullDiskAtASyncStopsTheLog(t *testing.T) {
	t.Parallel()
	for unsynced := 0; unsynced <= 100; unsynced += 50 {
		d, fs := &fullDisk{at: syncs, ext: ".log"}, vfs.NewCrashableMem()
		store, err := logstore.Open(logstore.Options{FS: errorfs.Wrap(fs, d), Dir: "log"})
		if err != nil {
			t.Fatal(err)
		}
		l := log{store, t}
		for i := range 20 {
			l.append("s", eventlog.Expected(i-1), fmt.Sprint("s", i))
		}
		written := l.all()
		d.full.Store(true)
		for range 3 {
			if _, err := l.try(eventlog.Append{Stream: "s", Expected: eventlog.Any, Events: eventsNamed("lost")}); !errors.Is(err, eventlog.ErrStopped) {
				t.Errorf("an append that could not be synced is answered with %v", err)
			}
			d.full.Store(false) // space comes too late
		}
		<-l.Stopped()
		survived := fs.CrashClone(vfs.CrashCloneCfg{UnsyncedDataPercent: unsynced, RNG: rand.New(rand.NewPCG(1, 1))})
		_ = l.Close() // says again what went wrong
		if found, err := readWhole(survived); err != nil || len(found) < len(written) {
			t.Errorf("%d events are there when it is opened again, %d were acknowledged: %v", len(found), len(written), err)
		}
	}
}

// TestTablesWaitForSpace fills the disk for whatever writes tables out of memory and merges them, again and again. Every
// append is acknowledged or refused as long as it lasts, and the log goes on by itself.
func TestTablesWaitForSpace(t *testing.T) {
	t.Parallel()
	for name, at := range map[string]func(errorfs.OpKind) bool{
		"at a write":      func(k errorfs.OpKind) bool { return k == errorfs.OpFileWrite },
		"at a sync":       syncs,
		"at the creation": func(k errorfs.OpKind) bool { return k == errorfs.OpCreate },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d, fs := &fullDisk{at: at, ext: ".sst"}, vfs.NewCrashableMem()
			l := open(t, logstore.Options{FS: errorfs.Wrap(fs, d), Dir: "log", TableSize: smallTables})
			acknowledged := 0
			for range 4 {
				d.full.Store(true)
				l.untilFull(&acknowledged)
				if survived, err := readWhole(fs.CrashClone(vfs.CrashCloneCfg{})); err != nil || len(survived) < acknowledged {
					t.Errorf("of %d acknowledged events %d survive a power loss while the disk is full: %v", acknowledged, len(survived), err)
				}
				d.full.Store(false)
				l.refuses(false)
			}
			l.append("s", eventlog.Any, "last")
			written := l.all()
			if len(written) < acknowledged+1 {
				t.Errorf("%d events are there, %d were acknowledged", len(written), acknowledged+1)
			}
			l.rest()
			if err := unharmed(fs.CrashClone(vfs.CrashCloneCfg{}), written); err != nil {
				t.Error(err)
			}
		})
	}
}

// untilFull appends until the log refuses for want of space, and counts what was acknowledged. Who waits for an answer
// then gets it when there is space.
func (l log) untilFull(acknowledged *int) {
	l.t.Helper()
	for i := 0; ; i++ {
		answered := make(chan error, 1)
		a := eventlog.Append{Stream: "s", Expected: eventlog.Any, Events: eventsNamed(fmt.Sprint("e", *acknowledged, "-", i))}
		err := l.Append(l.t.Context(), a, func(_ eventlog.Appended, err error) { answered <- err })
		if errors.Is(err, eventlog.ErrFull) {
			return
		}
		if err != nil {
			l.t.Fatal(err)
		}
		select {
		case err := <-answered:
			if err != nil {
				l.t.Fatal(err)
			}
			*acknowledged++
		case <-time.After(100 * time.Millisecond): // it waits behind the tables
		}
	}
}
