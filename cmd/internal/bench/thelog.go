package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/google/uuid"

	"tagtrail/adapters/embedded/eventstore/eventlog"
	"tagtrail/adapters/embedded/eventstore/logstore"
)

// theLog measures the embedded log without the wire: goals 1 and 3.
func theLog(ctx context.Context, t *table) (err error) {
	const one, many, bulk = "durable appends to the log, 1 writer", "durable appends to the log, 64 writers", "bulk append to the log, 1,024 in flight"
	if !t.wanted(one, many, bulk) {
		return nil
	}
	dir := filepath.Join(t.dir, "thelog")
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return err
	}
	raw, err := openPebble(dir)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, raw.db.Close()) }()
	log, err := logstore.Open(logstore.Options{Dir: filepath.Join(dir, "log")})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, log.Close()) }()
	l := &plainLog{Store: log}
	t.note("durable and bulk appends to the log: neither side begins before the tables behind the other's turn are written and merged; what is written and merged during a turn counts against it")
	if t.wanted(bulk) {
		t.note("bulk append: both sides make the same events durable and count them; of ours each is a request of its own that begins a stream, and the 64 writers of an import wait for 16 of them at a time, raw Pebble's 64 for each")
	}

	for _, r := range []row{
		{one, "1: ≥ 0.9", "/s", false, l.appends(t, 1), raw.commits(t, 1)},
		{many, "1: ≥ 0.75", "/s", false, l.appends(t, 64), raw.commits(t, 64)},
		{bulk, "3: ≥ 0.75", "/s", false, l.bulk(t), raw.commits(t, 64)},
	} {
		r.ours, r.yardstick = settled(r.ours, log.Resting), settled(r.yardstick, raw.resting)
		if err := t.add(ctx, r); err != nil {
			return err
		}
	}
	return nil
}

// plainLog is the log as the wire sees it.
type plainLog struct {
	*logstore.Store
	streams streams
}

func newEvent() eventlog.Proposed {
	return eventlog.Proposed{ID: eventlog.ID(uuid.New()), Type: eventType, JSON: true, Data: data, Metadata: metadata}
}

// appends has writers who each wait for one event before they append the next to their stream.
func (l *plainLog) appends(t *table, writers int) side {
	return side{"the log", func(ctx context.Context) (float64, error) {
		return together(ctx, writers, t.turn, func(ctx context.Context) func() (int, error) {
			stream, revision := l.streams.next(), eventlog.NoStream
			answers := make(chan error, 1)
			return func() (int, error) {
				err := l.Append(ctx, eventlog.Append{Stream: stream, Expected: revision, Events: []eventlog.Proposed{newEvent()}},
					func(_ eventlog.Appended, err error) { answers <- err })
				if err == nil {
					err = <-answers
				}
				revision++
				return 1, err
			}
		})
	}}
}

// bulk is an import without the wire: 64 writers, each with 16 new contacts of one event in flight.
func (l *plainLog) bulk(t *table) side {
	const inFlight = 16
	return side{"the log", func(ctx context.Context) (float64, error) {
		return together(ctx, 64, t.turn, func(ctx context.Context) func() (int, error) {
			answers := make(chan error, inFlight)
			return func() (int, error) {
				for range inFlight {
					err := l.Append(ctx, eventlog.Append{Stream: l.streams.next(), Expected: eventlog.NoStream, Events: []eventlog.Proposed{newEvent()}},
						func(_ eventlog.Appended, err error) { answers <- err })
					if err != nil {
						return 0, fmt.Errorf("append: %w", err)
					}
				}
				var failed error
				for range inFlight {
					failed = errors.Join(failed, <-answers)
				}
				return inFlight, failed
			}
		})
	}}
}
