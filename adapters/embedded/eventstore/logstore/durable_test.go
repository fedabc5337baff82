package logstore_test

import (
	"context"
	"errors"
	"sync"
	"testing"
	"time"

	"github.com/cockroachdb/pebble/v2/vfs"
	"github.com/cockroachdb/pebble/v2/vfs/errorfs"

	"tagtrail/adapters/embedded/eventstore/eventlog"
	"tagtrail/adapters/embedded/eventstore/logstore"
)

// disk holds up or fails the syncs of the write-ahead log.
type disk struct {
	mu   sync.Mutex
	gate chan struct{}
	err  error
}

func (d *disk) String() string { return "disk" }

func (d *disk) MaybeError(op errorfs.Op) error {
	if op.Kind != errorfs.OpFileSync && op.Kind != errorfs.OpFileSyncData && op.Kind != errorfs.OpFileSyncTo {
		return nil
	}
	d.mu.Lock()
	gate, err := d.gate, d.err
	d.mu.Unlock()
	if gate != nil {
		<-gate
	}
	return err
}

func (d *disk) holdUp() (release func()) {
	d.mu.Lock()
	defer d.mu.Unlock()
	gate := make(chan struct{})
	d.gate = gate
	return func() {
		d.mu.Lock()
		defer d.mu.Unlock()
		d.gate = nil
		close(gate)
	}
}

func (d *disk) fail(err error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.err = err
}

// TestNothingIsShownOrAnsweredBeforeItIsDurable: not the event, not a repetition of it, not the conflict that it causes.
func TestNothingIsShownOrAnsweredBeforeItIsDurable(t *testing.T) {
	t.Parallel()
	d := &disk{}
	l := open(t, logstore.Options{FS: errorfs.Wrap(vfs.NewMem(), d), Dir: "log"})
	l.append("s", noStream, "e0")
	release := d.holdUp()

	type answer struct {
		name string
		err  error
	}
	answers := make(chan answer, 3)
	for _, a := range []eventlog.Append{
		{Stream: "s", Expected: 0, Events: eventsNamed("e1")},
		{Stream: "s", Expected: anyState, Events: eventsNamed("e1")},
		{Stream: "s", Expected: 0, Events: eventsNamed("other")},
	} {
		if err := l.Append(t.Context(), a, func(_ eventlog.Appended, err error) { answers <- answer{string(a.Events[0].Data), err} }); err != nil {
			t.Fatal(err)
		}
	}
	select {
	case a := <-answers:
		t.Errorf("%s was answered before it was durable: %v", a.name, a.err)
	case <-time.After(50 * time.Millisecond):
	}
	if n := len(l.all()); n != 1 || l.Head() != 1 {
		t.Errorf("%d events are shown before they are durable, the head is %d", n, l.Head())
	}
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
	defer cancel()
	if page, err := l.ReadStream(ctx, eventlog.StreamRead{Stream: "s", Limit: 10}); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("the stream is read before it is durable: %+v, %v", page, err)
	}

	release()
	for i := range 3 {
		a := <-answers
		var wrong *eventlog.WrongRevision
		if conflict := errors.As(a.err, &wrong); conflict != (i == 2) || a.err != nil && !conflict {
			t.Errorf("answer %d is %v", i, a.err)
		}
	}
	if n := len(l.all()); n != 2 {
		t.Errorf("%d events are shown, want 2", n)
	}
}

// TestFailedSyncStopsTheLog: after one failed sync nobody knows what the disk holds, so nothing is acknowledged any
// more, also not when the disk says that it is well again.
func TestFailedSyncStopsTheLog(t *testing.T) {
	t.Parallel()
	d := &disk{}
	store, err := logstore.Open(logstore.Options{FS: errorfs.Wrap(vfs.NewMem(), d), Dir: "log"})
	if err != nil {
		t.Fatal(err)
	}
	l := log{store, t}
	l.append("s", noStream, "e0")
	d.fail(errors.New("the disk is gone"))
	for range 3 {
		if _, err := l.try(eventlog.Append{Stream: "s", Expected: 0, Events: eventsNamed("e1")}); !errors.Is(err, eventlog.ErrStopped) {
			t.Errorf("an append that could not be synced is answered with %v", err)
		}
		d.fail(nil)
	}
	if _, err := l.ReadStream(t.Context(), eventlog.StreamRead{Stream: "s", Limit: 10}); !errors.Is(err, eventlog.ErrStopped) {
		t.Errorf("a stream whose end is not durable is read: %v", err)
	}
	if n := len(l.all()); n != 1 {
		t.Errorf("%d events are shown, want the one that is durable", n)
	}
	select {
	case <-l.Stopped():
	default:
		t.Error("nobody is told that the log stopped")
	}
	_ = l.Close() // says again what went wrong
}
