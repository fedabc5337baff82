package logstore

import (
	"errors"
	"fmt"
	"os"
	"path"

	"github.com/cockroachdb/pebble/v2"

	"tagtrail/adapters/embedded/eventstore/eventlog"
)

// tail is the end of a log: its last position, and the ids of its last events.
type tail struct {
	last eventlog.Position
	ids  *recent
}

// verify reads what is there without changing it, and refuses a log that ends before the mark or has a hole near its
// end. Pebble alone would not: a write-ahead log that was cut short looks to it like one whose last writes were never
// acknowledged, and opening it for writing replaces the evidence.
func verify(opts Options, lock *pebble.Lock, format int) (tail, error) {
	known := eventlog.Position(0)
	if format > 1 {
		m, err := loadMark(opts.FS, opts.Dir)
		if err != nil {
			return tail{}, err
		}
		known = m.position
		if err := m.close(); err != nil {
			return tail{}, err
		}
	}
	end, err := readEnd(opts, lock)
	if err != nil {
		return tail{}, err
	}
	if end.last < known {
		return tail{}, fmt.Errorf("%w: the log in %s ends at position %d, it was acknowledged up to %d", ErrDamaged, opts.Dir, end.last, known)
	}
	if format == 1 {
		return end, errors.Join(createMark(opts.FS, opts.Dir, end.last), writeFormat(opts.FS, opts.Dir))
	}
	return end, nil
}

// readEnd opens the log for reading only.
func readEnd(opts Options, lock *pebble.Lock) (tail, error) {
	found, err := pebble.Peek(opts.Dir, opts.FS)
	if err != nil {
		return tail{}, openFailure(opts.Dir, err)
	}
	if !found.Exists {
		return tail{ids: newRecent(opts.RecentIDs)}, nil
	}
	unflushed, err := logBytes(opts)
	if err != nil {
		return tail{}, fmt.Errorf("look for a log in %s: %w", opts.Dir, err)
	}
	po := opts.pebble(lock)
	po.ReadOnly = true
	po.EventListener = &pebble.EventListener{DataCorruption: func(pebble.DataCorruptionInfo) {}} // the read that met it says so too
	db, err := pebble.Open(opts.Dir, po)
	if err != nil {
		return tail{}, openFailure(opts.Dir, err)
	}
	end, err := readTail(db, opts.RecentIDs, unflushed/smallestEvent+1)
	if err != nil {
		err = fmt.Errorf("%w: read the end of the log in %s: %w", ErrDamaged, opts.Dir, err)
	}
	return end, errors.Join(err, db.Close())
}

// openFailure tells a log that cannot be read from a machine that cannot read.
func openFailure(dir string, err error) error {
	if pe := (*os.PathError)(nil); errors.As(err, &pe) && !errors.Is(err, os.ErrNotExist) {
		return fmt.Errorf("open the log in %s: %w", dir, err)
	}
	return fmt.Errorf("%w: open the log in %s: %w", ErrDamaged, dir, err)
}

// smallestEvent is less than an event takes in the write-ahead log: key and record, index, head.
const smallestEvent = 64

// logBytes is the size of the write-ahead logs, which bounds how many events are in none of the tables.
func logBytes(opts Options) (size uint64, err error) {
	names, err := opts.FS.List(opts.Dir)
	if err != nil {
		return 0, err
	}
	for _, name := range names {
		if path.Ext(name) != ".log" {
			continue
		}
		info, err := opts.FS.Stat(opts.FS.PathJoin(opts.Dir, name))
		if err != nil {
			return 0, err
		}
		size += uint64(info.Size())
	}
	return size, nil
}

// readTail reads the last events. Of what may have come out of write-ahead logs no position may be missing: between
// two of them one that was cut short at the end of a record would leave a hole that nothing else shows.
func readTail(db *pebble.DB, size int, dense uint64) (tail, error) {
	end := tail{ids: newRecent(size)}
	iter, err := db.NewIter(&pebble.IterOptions{LowerBound: []byte{eventKeys}, UpperBound: []byte{eventKeys + 1}})
	if err != nil {
		return end, err
	}
	defer func() { _ = iter.Close() }()
	if !iter.Last() {
		return end, iter.Error()
	}
	end.last = positionOf(iter.Key())
	scavenged, err := readScavenged(db)
	if err != nil {
		return end, err
	}
	remembered := end.last - min(end.last, eventlog.Position(size))
	checked := max(scavenged, end.last-min(end.last, eventlog.Position(dense)))
	next := min(remembered, checked) + 1
	for ok := iter.SeekGE(eventKey(next)); ok; ok = iter.Next() {
		at := positionOf(iter.Key())
		if at != next && at > checked+1 {
			return end, fmt.Errorf("the events from %d to %d are missing", max(next, checked+1), at-1)
		}
		next = at + 1
		if at <= remembered {
			continue
		}
		r, err := openRecord(iter.Value())
		if err != nil {
			return end, fmt.Errorf("decode the event at %d: %w", at, err)
		}
		end.ids.add(r.id(), landed{string(r.stream), r.revision(), at})
	}
	return end, iter.Error()
}

// readScavenged is the position up to which reclaiming space may have left holes.
func readScavenged(db *pebble.DB) (eventlog.Position, error) {
	value, closer, err := db.Get(scavengedKey())
	if errors.Is(err, pebble.ErrNotFound) {
		return 0, nil
	}
	if err != nil {
		return 0, fmt.Errorf("read how far space was reclaimed: %w", err)
	}
	defer func() { _ = closer.Close() }()
	return decodePosition(value)
}
