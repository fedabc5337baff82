// Package logstore keeps an event log in Pebble: one total order of events, streams as indexes into it, and nothing acknowledged before it is on disk.
//
// # Decisions
//
// One goroutine decides and writes, another waits for the disk, instead of a lock around both: encoding the next
// requests overlaps the sync of the last ones, and everything that waits meanwhile shares one batch.
//
// Readers see only what is durable. A reader that meets a younger stream waits for the sync instead of showing an
// event that a power loss could still take back.
//
// Positions count events instead of bytes: nothing needs to know where in a file an event lies, and reclaiming space
// never moves one.
package logstore

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"github.com/cockroachdb/pebble/v2"
	"github.com/cockroachdb/pebble/v2/bloom"
	"github.com/cockroachdb/pebble/v2/vfs"

	"tagtrail/adapters/embedded/eventstore/eventlog"
)

// FS is a file system to keep a log in.
type FS = vfs.FS

// Options says where a log lies and how it is kept. Only Dir is needed.
type Options struct {
	Dir    string
	Logger *slog.Logger
	Now    func() time.Time
	FS     FS // nil means the machine's own

	// NoCompression leaves the files readable to whoever looks for bytes in them.
	NoCompression bool
	// NoSync acknowledges before the disk has it. It exists to show that the tests notice.
	NoSync bool
	// RecentIDs bounds how many ids are remembered for appends that expect no revision; zero means 65,536.
	RecentIDs int
}

const (
	queueSize   = 1024
	groupsAhead = 4 // groups that the writer may be ahead of the disk
	cachedHeads = 1 << 16
)

// Store is an open log.
type Store struct {
	db      *pebble.DB
	lock    *pebble.Lock
	now     func() time.Time
	durable watch
	halt    halt

	queueing sync.RWMutex // held shared while a request enters the queue
	closed   bool
	queue    chan *request
	work     sync.WaitGroup
	using    sync.RWMutex // held shared while the database is read
	closing  sync.Once
	closeErr error
}

// Open opens the log in a directory and creates both where they are missing. Afterwards the directory belongs to this store until Close.
func Open(opts Options) (*Store, error) {
	opts, err := opts.complete()
	if err != nil {
		return nil, err
	}
	lock, err := claim(opts.FS, opts.Dir)
	if err != nil {
		return nil, err
	}
	s, err := openLocked(opts, lock)
	if err != nil {
		return nil, errors.Join(err, lock.Close())
	}
	return s, nil
}

func (o Options) complete() (Options, error) {
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.RecentIDs == 0 {
		o.RecentIDs = 1 << 16
	}
	if o.FS != nil {
		return o, nil
	}
	o.FS = vfs.Default
	dir, err := realDir(o.Dir)
	o.Dir = dir
	return o, err
}

func openLocked(opts Options, lock *pebble.Lock) (*Store, error) {
	if err := checkFormat(opts.FS, opts.Dir); err != nil {
		return nil, err
	}
	db, err := pebble.Open(opts.Dir, opts.pebble(lock))
	if err != nil {
		return nil, fmt.Errorf("open the log in %s: %w", opts.Dir, err)
	}
	s := &Store{db: db, lock: lock, now: opts.Now, queue: make(chan *request, queueSize)}
	s.halt.done = make(chan struct{})
	last, ids, err := s.tail(opts.RecentIDs)
	if err != nil {
		return nil, errors.Join(fmt.Errorf("read the end of the log in %s: %w", opts.Dir, err), db.Close())
	}
	s.durable.at = last
	s.start(opts, last, ids)
	return s, nil
}

func (o Options) pebble(lock *pebble.Lock) *pebble.Options {
	po := &pebble.Options{
		FS:                          o.FS,
		Lock:                        lock,
		Logger:                      pebbleLogger{o.Logger},
		FormatMajorVersion:          pebbleFormat,
		CacheSize:                   64 << 20,
		MemTableSize:                32 << 20,
		MemTableStopWritesThreshold: 3,
	}
	for i := range po.Levels {
		po.Levels[i].FilterPolicy = bloom.FilterPolicy(10)
	}
	if o.NoCompression {
		po.ApplyCompressionSettings(func() pebble.DBCompressionSettings { return pebble.DBCompressionNone })
	}
	return po
}

// tail is the last position of the log and the ids of its last events.
func (s *Store) tail(size int) (eventlog.Position, *recent, error) {
	ids := newRecent(size)
	iter, err := s.db.NewIter(&pebble.IterOptions{LowerBound: []byte{eventKeys}, UpperBound: []byte{eventKeys + 1}})
	if err != nil {
		return 0, nil, err
	}
	defer func() { _ = iter.Close() }()
	if !iter.Last() {
		return 0, ids, iter.Error()
	}
	last := positionOf(iter.Key())
	first := last - min(last, eventlog.Position(size)) + 1
	for ok := iter.SeekGE(eventKey(first)); ok; ok = iter.Next() {
		at := positionOf(iter.Key())
		r, err := openRecord(iter.Value())
		if err != nil {
			return 0, nil, fmt.Errorf("decode the event at %d: %w", at, err)
		}
		ids.add(r.id(), landed{string(r.stream), r.revision(), at})
	}
	return last, ids, iter.Error()
}

func (s *Store) start(opts Options, last eventlog.Position, ids *recent) {
	groups := make(chan group, groupsAhead)
	w := &writer{
		db: s.db, now: opts.Now, queue: s.queue, groups: groups, halt: &s.halt, noSync: opts.NoSync,
		heads: newHeads(cachedHeads), recent: ids, last: last,
	}
	y := &syncer{groups: groups, durable: &s.durable, halt: &s.halt, noSync: opts.NoSync, failed: func(err error) {
		opts.Logger.Error("the log stopped", "error", err)
	}}
	s.work.Go(w.run)
	s.work.Go(y.run)
}

// Append puts events at the end of a stream and calls done once they are durable or refused. Requests take effect in
// the order in which Append was called for them. done must not block.
func (s *Store) Append(ctx context.Context, a eventlog.Append, done func(eventlog.Appended, error)) error {
	return s.enqueue(ctx, &request{kind: appendEvents, stream: a.Stream, expected: a.Expected, events: a.Events, done: done})
}

// Delete hides a stream; it can be written again, and continues its revisions.
func (s *Store) Delete(ctx context.Context, stream string, expected eventlog.Expected) (eventlog.Position, error) {
	return s.end(ctx, softDelete, stream, expected)
}

// Tombstone ends a stream for good.
func (s *Store) Tombstone(ctx context.Context, stream string, expected eventlog.Expected) (eventlog.Position, error) {
	return s.end(ctx, tombstone, stream, expected)
}

func (s *Store) end(ctx context.Context, k kind, stream string, expected eventlog.Expected) (eventlog.Position, error) {
	answers := make(chan answer, 1)
	r := &request{kind: k, stream: stream, expected: expected, done: func(a eventlog.Appended, err error) {
		answers <- answer{appended: a, err: err}
	}}
	if err := s.enqueue(ctx, r); err != nil {
		return 0, err
	}
	select {
	case a := <-answers:
		return a.appended.Position, a.err
	case <-ctx.Done():
		return 0, ctx.Err()
	}
}

func (s *Store) enqueue(ctx context.Context, r *request) error {
	if !eventlog.ValidStream(r.stream) {
		return eventlog.ErrInvalidStream
	}
	s.queueing.RLock()
	defer s.queueing.RUnlock()
	if s.closed {
		return eventlog.ErrClosed
	}
	select {
	case s.queue <- r:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// Head is the position of the last durable event.
func (s *Store) Head() eventlog.Position { return s.durable.position() }

// Wait returns when an event after the given position is durable.
func (s *Store) Wait(ctx context.Context, after eventlog.Position) error {
	return s.durable.wait(ctx, after)
}

// Stopped is closed when a write could not be made durable: the log accepts nothing more, and only opening it again
// shows what the disk holds. Err says why.
func (s *Store) Stopped() <-chan struct{} { return s.halt.done }

// Err is why the log stopped; nil while it has not.
func (s *Store) Err() error { return s.halt.get() }

// Close answers what was accepted, ends what waits, and gives the directory back. It may be called more than once.
func (s *Store) Close() error {
	s.closing.Do(func() {
		s.queueing.Lock()
		s.closed = true
		close(s.queue)
		s.queueing.Unlock()

		s.work.Wait()
		s.durable.end(eventlog.ErrClosed)

		s.using.Lock()
		defer s.using.Unlock()
		s.closeErr = errors.Join(s.db.Close(), s.lock.Close())
		s.db = nil
	})
	return s.closeErr
}
