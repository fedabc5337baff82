package logstore

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"

	"github.com/cockroachdb/pebble/v2"

	"tagtrail/adapters/embedded/eventstore/eventlog"
)

// Scavenged says what was reclaimed.
type Scavenged struct {
	Streams int   // that lost events
	Events  int   // that are gone
	Before  int64 // bytes on disk
	After   int64
}

// Scavenge removes the events that truncation, age, soft deletes and tombstones made unreachable, and gives their space
// back. Streams read as before; in the log as a whole the events are missing. No position and no revision changes, and
// what ends a stream stays: its newest metadata and its tombstone. It may be interrupted, and run again, at any time.
//
// An append whose events are removed is no longer known: repeated, it meets a conflict, or begins a soft-deleted
// stream again. The last event of the log stays, as the place where it goes on.
func Scavenge(ctx context.Context, opts Options) (Scavenged, error) {
	s, err := Open(opts)
	if err != nil {
		return Scavenged{}, err
	}
	v := &scavenger{db: s.db, last: s.Head(), oldest: func(m eventlog.Metadata) eventlog.Ticks {
		return eventlog.TicksOf(s.now().Add(-m.MaxAge))
	}}
	v.found.Before = int64(s.db.Metrics().DiskSpaceUsage())
	err = v.run(ctx)
	if err == nil {
		err = s.db.Compact(ctx, []byte{0}, []byte{255}, true)
	}
	if err != nil {
		return v.found, errors.Join(fmt.Errorf("scavenge %s: %w", opts.Dir, err), s.Close())
	}
	if err := s.Close(); err != nil {
		return v.found, fmt.Errorf("scavenge %s: %w", opts.Dir, err)
	}
	// Opening once more gives up the write-ahead logs, which still hold what was removed.
	if s, err = Open(opts); err != nil {
		return v.found, fmt.Errorf("open the scavenged log: %w", err)
	}
	v.found.After = int64(s.db.Metrics().DiskSpaceUsage())
	return v.found, s.Close()
}

// scavenger walks the streams of a log to which nobody writes.
type scavenger struct {
	db     *pebble.DB
	last   eventlog.Position
	oldest func(eventlog.Metadata) eventlog.Ticks
	batch  *pebble.Batch
	found  Scavenged
}

func (v *scavenger) run(ctx context.Context) error {
	v.batch = v.db.NewBatch()
	defer func() { _ = v.batch.Close() }()
	// First of all: from here on a missing position is no damage.
	if err := v.batch.Set(scavengedKey(), binary.BigEndian.AppendUint64(nil, uint64(v.last)), nil); err != nil {
		return err
	}
	heads, err := v.db.NewIter(&pebble.IterOptions{LowerBound: []byte{headKeys}, UpperBound: []byte{headKeys + 1}})
	if err != nil {
		return err
	}
	defer func() { _ = heads.Close() }()
	for ok := heads.First(); ok; ok = heads.Next() {
		if err := ctx.Err(); err != nil {
			return err
		}
		h, err := decodeHead(heads.Value())
		if err != nil {
			return err
		}
		if err := v.stream(string(heads.Key()[1:]), h); err != nil {
			return err
		}
	}
	return errors.Join(heads.Error(), v.commit())
}

func (v *scavenger) stream(name string, h head) error {
	before := v.found.Events
	if h.last >= 0 {
		first, err := v.firstKept(name, h)
		if err != nil {
			return err
		}
		if err := v.remove(name, first); err != nil {
			return err
		}
	}
	kept := h.metaLast
	if h.last == eventlog.DeletedRevision {
		kept = eventlog.DeletedRevision // a tombstone ends the metadata too
	}
	if err := v.remove(eventlog.MetastreamOf(name), kept); err != nil {
		return err
	}
	if v.found.Events > before {
		v.found.Streams++
	}
	return nil
}

// firstKept is the first revision that a read may still show. By age it goes only as far as all events are too old.
func (v *scavenger) firstKept(name string, h head) (int64, error) {
	first := h.metadata.First(h.last)
	switch {
	case h.last == eventlog.DeletedRevision:
		return h.last, nil
	case first > h.last:
		return h.last + 1, nil
	case h.metadata.MaxAge == 0:
		return first, nil
	}
	oldest := v.oldest(h.metadata)
	index, err := v.db.NewIter(&pebble.IterOptions{LowerBound: indexKey(name, first), UpperBound: indexKey(name, h.last+1)})
	if err != nil {
		return 0, err
	}
	defer func() { _ = index.Close() }()
	for ok := index.First(); ok; ok = index.Next() {
		at, err := decodePosition(index.Value())
		if err != nil {
			return 0, err
		}
		created, err := v.created(at)
		if err != nil {
			return 0, err
		}
		if created >= oldest {
			return revisionOf(index.Key()), nil
		}
	}
	return h.last + 1, index.Error()
}

func (v *scavenger) created(at eventlog.Position) (eventlog.Ticks, error) {
	value, closer, err := v.db.Get(eventKey(at))
	if err != nil {
		return 0, fmt.Errorf("read the event at %d: %w", at, err)
	}
	defer func() { _ = closer.Close() }()
	r, err := openRecord(value)
	if err != nil {
		return 0, fmt.Errorf("decode the event at %d: %w", at, err)
	}
	return r.created(), nil
}

// remove takes away the events of a stream below a revision, each together with its place in the index.
func (v *scavenger) remove(stream string, before int64) error {
	if before <= 0 {
		return nil
	}
	index, err := v.db.NewIter(&pebble.IterOptions{LowerBound: indexKey(stream, 0), UpperBound: indexKey(stream, before)})
	if err != nil {
		return err
	}
	defer func() { _ = index.Close() }()
	for ok := index.First(); ok; ok = index.Next() {
		at, err := decodePosition(index.Value())
		if err != nil {
			return err
		}
		if at == v.last {
			continue
		}
		if err := errors.Join(v.batch.Delete(eventKey(at), nil), v.batch.Delete(index.Key(), nil)); err != nil {
			return err
		}
		v.found.Events++
		if v.batch.Len() >= maxGroupBytes {
			if err := v.commit(); err != nil {
				return err
			}
		}
	}
	return index.Error()
}

func (v *scavenger) commit() error {
	if err := v.batch.Commit(pebble.Sync); err != nil {
		return err
	}
	_ = v.batch.Close()
	v.batch = v.db.NewBatch()
	return nil
}
