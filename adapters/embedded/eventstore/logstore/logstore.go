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
// A mark beside the log says how far it got. A storage engine takes a write-ahead log that was cut short or zeroed for
// one whose last writes were never acknowledged, and opens without a word. The mark is written in place after each sync
// and before the answer, into the operating system's memory, which a killed process leaves behind; it is made durable
// once a second and at Close, instead of with a second sync for each group. So what a power loss and damage to the same
// second's writes destroy together goes unnoticed; each of them alone does not. What is missing further back shows as a
// position that is missing, because positions are dense.
//
// A log is opened for reading before it is opened for writing: refusing a damaged one leaves all of it to whoever
// wants to save more.
//
// A copy of the directory of a log in use, made file by file in any order, holds everything that was acknowledged before
// the copying began, and no event without all before it, or it is refused: the mark in it is no older than that, and
// write-ahead logs and tables of different moments either agree or leave a hole that shows.
//
// A write that finds the disk full waits under Pebble's feet until there is space, and everything new is refused
// meanwhile: Pebble itself would have to stop. After a failed sync nobody knows what the disk holds, so that stops the log.
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
	// TableSize is how many bytes are collected in memory before they become a table; zero means 32 MiB.
	TableSize int
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
	mark    *mark
	space   *space
	now     func() time.Time
	durable watch
	halt    halt

	followers followers

	queueing sync.RWMutex // held shared while a request enters the queue
	closed   bool
	queue    chan *request
	work     sync.WaitGroup
	keeping  sync.WaitGroup
	leaving  chan struct{} // closed when Close begins
	ended    chan struct{} // closed when nothing is written any more
	using    sync.RWMutex  // held shared while the database is read
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
	if o.TableSize == 0 {
		o.TableSize = 32 << 20
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
	format, err := checkFormat(opts.FS, opts.Dir)
	if err != nil {
		return nil, err
	}
	end, err := verify(opts, lock, format)
	if err != nil {
		return nil, err
	}
	// From here on a full disk is waited out; before, it is a reason not to open.
	room := watchSpace(opts.FS, opts.Logger)
	opts.FS = room
	m, err := loadMark(opts.FS, opts.Dir)
	if err != nil {
		return nil, err
	}
	s := &Store{
		lock: lock, mark: m, space: room, now: opts.Now, queue: make(chan *request, queueSize),
		leaving: make(chan struct{}), ended: make(chan struct{}),
	}
	s.halt.done, s.durable.over = make(chan struct{}), make(chan struct{})
	s.halt.tell = func(err error) {
		opts.Logger.Error("the log stopped", "error", err)
		s.durable.end(err)
	}
	po := opts.pebble(lock)
	po.EventListener = &pebble.EventListener{DataCorruption: func(info pebble.DataCorruptionInfo) {
		_ = s.halt.set(fmt.Errorf("%w: %w", ErrDamaged, info.Details))
	}}
	if s.db, err = pebble.Open(opts.Dir, po); err != nil {
		return nil, errors.Join(fmt.Errorf("open the log in %s: %w", opts.Dir, err), m.close())
	}
	s.durable.at = end.last
	s.followers.bells = map[string]*bell{}
	s.start(opts, end)
	return s, nil
}

func (o Options) pebble(lock *pebble.Lock) *pebble.Options {
	po := &pebble.Options{
		FS:                          manifestsFirst{o.FS},
		Lock:                        lock,
		Logger:                      pebbleLogger{o.Logger},
		FormatMajorVersion:          pebbleFormat,
		CacheSize:                   64 << 20,
		MemTableSize:                uint64(o.TableSize),
		MemTableStopWritesThreshold: 3,
	}
	// Pebble does not ask the filters of the last level about a single key.
	for i := range len(po.Levels) - 1 {
		po.Levels[i].FilterPolicy = bloom.FilterPolicy(10)
	}
	if o.NoCompression {
		po.ApplyCompressionSettings(func() pebble.DBCompressionSettings { return pebble.DBCompressionNone })
	}
	return po
}

func (s *Store) start(opts Options, end tail) {
	groups, k := make(chan group, groupsAhead), newKnown()
	w := &writer{
		db: s.db, now: opts.Now, queue: s.queue, groups: groups, halt: &s.halt, noSync: opts.NoSync,
		followers: &s.followers, heads: newHeads(k, cachedHeads), recent: end.ids, last: end.last,
	}
	y := &syncer{groups: groups, durable: &s.durable, mark: s.mark, halt: &s.halt, noSync: opts.NoSync}
	s.work.Go(w.run)
	s.work.Go(y.run)
	s.work.Go(func() {
		if err := k.read(s.db, s.leaving); err != nil {
			opts.Logger.Warn("appends to new streams will be slow", "error", err)
		}
	})
	s.keeping.Go(func() { s.mark.keep(s.ended) })
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
	if s.space.full() {
		return eventlog.ErrFull
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

// Resting reports whether no table is being written or merged behind the appends.
func (s *Store) Resting() (resting bool) {
	err := s.read(func(db *pebble.DB) error {
		m := db.Metrics()
		resting = m.Flush.NumInProgress == 0 && m.Compact.NumInProgress == 0
		return nil
	})
	return resting || err != nil
}

// Stopped is closed when a write could not be made durable: the log accepts nothing more, and only opening it again
// shows what the disk holds. Err says why.
func (s *Store) Stopped() <-chan struct{} { return s.halt.done }

// Err is why the log stopped; nil while it has not.
func (s *Store) Err() error { return s.halt.get() }

// Close answers what was accepted, ends what waits, and gives the directory back. It may be called more than once.
func (s *Store) Close() error {
	s.closing.Do(func() {
		close(s.leaving)
		s.space.giveUp()
		s.queueing.Lock()
		s.closed = true
		close(s.queue)
		s.queueing.Unlock()

		s.work.Wait()
		s.durable.end(eventlog.ErrClosed)

		s.using.Lock()
		defer s.using.Unlock()
		s.closeErr = s.db.Close()
		close(s.ended)
		s.keeping.Wait()
		s.closeErr = errors.Join(s.closeErr, s.mark.close(), s.lock.Close())
		s.db = nil
	})
	return s.closeErr
}
