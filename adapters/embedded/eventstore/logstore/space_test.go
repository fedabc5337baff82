package logstore_test

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/cockroachdb/pebble/v2/vfs"
	"github.com/cockroachdb/pebble/v2/vfs/errorfs"

	"tagtrail/adapters/embedded/eventstore/eventlog"
	"tagtrail/adapters/embedded/eventstore/logstore"
)

// fullDisk refuses what needs space while it is full.
type fullDisk struct{ full atomic.Bool }

func (*fullDisk) String() string { return "full disk" }

func (d *fullDisk) MaybeError(op errorfs.Op) error {
	if d.full.Load() && (op.Kind == errorfs.OpFileWrite || op.Kind == errorfs.OpCreate) {
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
