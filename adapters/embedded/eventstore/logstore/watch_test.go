package logstore_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/cockroachdb/pebble/v2/vfs"
	"github.com/cockroachdb/pebble/v2/vfs/errorfs"

	"tagtrail/adapters/embedded/eventstore/eventlog"
	"tagtrail/adapters/embedded/eventstore/logstore"
)

// waiting starts to wait for a stream.
func (l log) waiting(stream string, after eventlog.Position) <-chan error {
	woken := make(chan error, 1)
	go func() { woken <- l.WaitStream(context.Background(), stream, after) }()
	return woken
}

func TestWhoWaitsForAStreamWakesForIt(t *testing.T) {
	t.Parallel()
	for name, happens := range map[string]func(l log){
		"its next event": func(l log) { l.append("s", anyState, "s1") },
		"its metadata":   func(l log) { l.metadata("s", `{"$maxCount":1}`) },
		"its deletion":   func(l log) { l.delete("s", anyState) },
		"its tombstone":  func(l log) { l.tombstone("s", anyState) },
	} {
		for _, stream := range []string{"s", "$$s"} {
			t.Run(name+", "+stream, func(t *testing.T) {
				t.Parallel()
				l := open(t, logstore.Options{})
				l.append("s", noStream, "s0")
				seen := l.Head()
				woken := l.waiting(stream, seen)
				happens(l)
				if err := <-woken; err != nil {
					t.Error(err)
				}
				if err := <-l.waiting(stream, seen); err != nil {
					t.Error("who comes late:", err)
				}
			})
		}
	}
}

func TestWhoWaitsForAStreamSleepsThroughOthers(t *testing.T) {
	t.Parallel()
	l := open(t, logstore.Options{})
	l.append("s", noStream, "s0")
	never, asleep := l.waiting("never", l.Head()), l.waiting("s", l.Head())
	l.append("t", noStream, "t0 t1")
	l.metadata("t", `{"$maxCount":1}`)
	l.append("$$$$s", anyState, "not the metadata of s")
	select {
	case err := <-asleep:
		t.Error("woken for nothing:", err)
	case err := <-never:
		t.Error("woken for nothing:", err)
	case <-time.After(20 * time.Millisecond):
	}
	l.append("s", anyState, "s1")
	l.append("never", noStream, "n0")
	if err := errors.Join(<-asleep, <-never); err != nil {
		t.Error(err)
	}
}

func TestWaitingForAStreamEnds(t *testing.T) {
	t.Parallel()
	d := &disk{}
	store, err := logstore.Open(logstore.Options{FS: errorfs.Wrap(vfs.NewMem(), d), Dir: "log"})
	if err != nil {
		t.Fatal(err)
	}
	l := log{store, t}
	l.append("s", noStream, "s0")
	ctx, cancel := context.WithTimeout(t.Context(), time.Millisecond)
	defer cancel()
	if err := l.WaitStream(ctx, "s", l.Head()); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("out of time: %v", err)
	}
	woken := l.waiting("t", l.Head())
	d.fail(errors.New("the disk is gone"))
	_, _ = l.try(eventlog.Append{Stream: "s", Expected: anyState, Events: eventsNamed("s1")})
	if err := <-woken; !errors.Is(err, eventlog.ErrStopped) {
		t.Errorf("in a log that stopped: %v", err)
	}
	_ = l.Close() // says again what went wrong
	if err := <-l.waiting("s", 0); !errors.Is(err, eventlog.ErrClosed) {
		t.Errorf("in a closed log: %v", err)
	}

	l = open(t, logstore.Options{})
	woken = l.waiting("s", 0)
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	if err := <-woken; !errors.Is(err, eventlog.ErrClosed) {
		t.Errorf("while the log is closed: %v", err)
	}
}

// TestFollowersMissNothing lets many follow streams to which others append all the time: who missed an event would wait for ever.
func TestFollowersMissNothing(t *testing.T) {
	t.Parallel()
	const streams, followersEach, events = 4, 8, 150
	l := open(t, logstore.Options{})
	var working sync.WaitGroup
	for n := range streams {
		stream := fmt.Sprint("s", n)
		for range followersEach {
			working.Go(func() {
				query := eventlog.StreamRead{Stream: stream, Limit: 10, Untruncated: true}
				for got := 0; got < events; {
					seen := l.Head()
					page, err := l.ReadStream(t.Context(), query)
					if err != nil && !errors.Is(err, eventlog.ErrStreamNotFound) {
						t.Error(err)
						return
					}
					got += len(page.Events)
					query.From = page.Next
					if len(page.Events) > 0 && page.End {
						query.From = page.Last + 1
					}
					if len(page.Events) > 0 || got == events {
						continue
					}
					if err := l.WaitStream(t.Context(), stream, seen); err != nil {
						t.Error(err)
						return
					}
				}
			})
		}
		working.Go(func() {
			for i := range events {
				l.append(stream, eventlog.Expected(i-1), fmt.Sprint(stream, "-", i))
			}
		})
	}
	working.Wait()
}
