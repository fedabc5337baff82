package main

import (
	"context"
	"encoding/binary"
	"path/filepath"
	"sync/atomic"
	"time"

	"github.com/cockroachdb/pebble/v2"
	"github.com/google/uuid"
)

// rawPebble is what the disk and Pebble allow: one key with the bytes of one event for each synced commit, and neither
// streams, nor revisions, nor anybody who decides.
type rawPebble struct {
	db       *pebble.DB
	position atomic.Uint64
}

func openPebble(dir string) (*rawPebble, error) {
	db, err := pebble.Open(filepath.Join(dir, "pebble"), &pebble.Options{
		FormatMajorVersion: pebble.FormatNewest, MemTableSize: 32 << 20, MemTableStopWritesThreshold: 3, CacheSize: 64 << 20,
		Logger: silent{},
	})
	return &rawPebble{db: db}, err
}

// commits answers synced commits of one event in a second.
func (r *rawPebble) commits(t *table, writers int) side {
	return side{"raw Pebble", func(ctx context.Context) (float64, error) {
		return together(ctx, writers, t.turn, func(context.Context) func() (int, error) {
			var value []byte
			return func() (int, error) {
				key := binary.BigEndian.AppendUint64(nil, r.position.Add(1))
				value = appendEvent(value[:0])
				return 1, r.db.Set(key, value, pebble.Sync)
			}
		})
	}}
}

// resting reports whether no table is being written or merged behind the commits.
func (r *rawPebble) resting() bool {
	m := r.db.Metrics()
	return m.Flush.NumInProgress == 0 && m.Compact.NumInProgress == 0
}

// settled waits after each turn, uncounted, until what goes on behind it is done: it would else slow down the other
// side. What goes on during a turn slows down that turn.
func settled(s side, resting func() bool) side {
	return side{s.name, func(ctx context.Context) (float64, error) {
		figure, err := s.measure(ctx)
		look := time.NewTicker(time.Millisecond)
		defer look.Stop()
		for !resting() && ctx.Err() == nil {
			<-look.C
		}
		return figure, err
	}}
}

// fill writes events without a sync, many in one batch.
func (r *rawPebble) fill(events int) error {
	for events > 0 {
		batch := r.db.NewBatch()
		for range min(events, 1000) {
			if err := batch.Set(binary.BigEndian.AppendUint64(nil, r.position.Add(1)), appendEvent(nil), nil); err != nil {
				return err
			}
		}
		if err := batch.Commit(pebble.Sync); err != nil {
			return err
		}
		events -= 1000
	}
	return nil
}

// scan answers how many events a second a bare iterator passes, key and value.
func (r *rawPebble) scan(ctx context.Context) (int, error) {
	it, err := r.db.NewIterWithContext(ctx, nil)
	if err != nil {
		return 0, err
	}
	count, size := 0, 0
	for valid := it.First(); valid; valid = it.Next() {
		value, err := it.ValueAndErr()
		if err != nil {
			return 0, err
		}
		size += len(it.Key()) + len(value)
		count++
	}
	return count, it.Close()
}

// appendEvent adds the bytes of an event: its id, which is new, what else is fixed, its stream, type, metadata and data.
func appendEvent(b []byte) []byte {
	id := uuid.New()
	b = append(b, id[:]...)
	b = append(b, make([]byte, 17)...)
	b = append(b, "contact-1234567"...)
	b = append(b, eventType...)
	b = append(b, metadata...)
	return append(b, data...)
}

// silent keeps Pebble from saying what it recovered.
type silent struct{}

func (silent) Infof(string, ...any)  {}
func (silent) Errorf(string, ...any) {}
func (silent) Fatalf(string, ...any) { panic("pebble cannot go on") }
