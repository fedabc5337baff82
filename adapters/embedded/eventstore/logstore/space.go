package logstore

import (
	"errors"
	"log/slog"
	"path"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/cockroachdb/pebble/v2/vfs"
)

// spaceRetry is how often a write is tried again that found the disk full.
const spaceRetry = 100 * time.Millisecond

// tableRetry is how often a whole table is.
const tableRetry = 500 * time.Millisecond

// space lets writes that find the disk full wait until there is space again, instead of failing under Pebble, which
// would have to stop. A write that did not happen can be repeated; a sync that failed cannot, and still stops the log.
type space struct {
	vfs.FS
	logger  *slog.Logger
	waiting atomic.Int64 // writes that wait for space
	closing sync.Once
	quit    chan struct{}
}

func watchSpace(fs vfs.FS, logger *slog.Logger) *space {
	return &space{FS: fs, logger: logger, quit: make(chan struct{})}
}

// full reports whether something waits for space.
func (s *space) full() bool { return s.waiting.Load() > 0 }

// giveUp lets the disk's refusals through from now on.
func (s *space) giveUp() { s.closing.Do(func() { close(s.quit) }) }

// await tries until the disk is not full.
func (s *space) await(try func() error) error {
	err := try()
	if !errors.Is(err, syscall.ENOSPC) {
		return err
	}
	s.enter()
	for errors.Is(err, syscall.ENOSPC) && s.pass(spaceRetry) {
		err = try()
	}
	if s.waiting.Add(-1) == 0 && err == nil {
		s.logger.Info("there is space on the disk again")
	}
	return err
}

func (s *space) enter() {
	if s.waiting.Add(1) == 1 {
		s.logger.Error("the disk is full: nothing is accepted until there is space")
	}
}

// pass lets time pass, and answers false when the disk's refusals are to be let through.
func (s *space) pass(d time.Duration) bool {
	select {
	case <-time.After(d):
		return true
	case <-s.quit:
		return false
	}
}

// Unwrap is how Pebble finds the file system below.
func (s *space) Unwrap() vfs.FS { return s.FS }

// Create waits for space.
func (s *space) Create(name string, category vfs.DiskWriteCategory) (f vfs.File, err error) {
	return s.file(name, func() (vfs.File, error) { return s.FS.Create(name, category) })
}

// ReuseForWrite waits for space.
func (s *space) ReuseForWrite(before, name string, category vfs.DiskWriteCategory) (vfs.File, error) {
	return s.file(name, func() (vfs.File, error) { return s.FS.ReuseForWrite(before, name, category) })
}

// OpenReadWrite waits for space.
func (s *space) OpenReadWrite(name string, category vfs.DiskWriteCategory, opts ...vfs.OpenOption) (vfs.File, error) {
	return s.file(name, func() (vfs.File, error) { return s.FS.OpenReadWrite(name, category, opts...) })
}

func (s *space) file(name string, open func() (vfs.File, error)) (vfs.File, error) {
	var f vfs.File
	err := s.await(func() (err error) {
		f, err = open()
		return err
	})
	if err != nil {
		return nil, err
	}
	if path.Ext(name) == tableExt {
		return &spaceTable{spaceFile{File: f, space: s}}, nil
	}
	return &spaceFile{File: f, space: s}, nil
}

type spaceFile struct {
	vfs.File
	space *space
}

// Write goes on where a full disk cut it short.
func (f *spaceFile) Write(p []byte) (written int, err error) {
	err = f.space.await(func() error {
		n, err := f.File.Write(p[written:])
		written += n
		return err
	})
	return written, err
}

// WriteAt goes on where a full disk cut it short.
func (f *spaceFile) WriteAt(p []byte, at int64) (written int, err error) {
	err = f.space.await(func() error {
		n, err := f.File.WriteAt(p[written:], at+int64(written))
		written += n
		return err
	})
	return written, err
}

const tableExt = ".sst"

// spaceTable is a table. When the disk turns out to be full only at its sync, Pebble gives it up and writes another, and
// would do so without a pause. What is in it stays in the write-ahead log meanwhile.
type spaceTable struct{ spaceFile }

// Sync lets time pass before Pebble hears that the disk is full.
func (f *spaceTable) Sync() error { return f.space.slowly(f.File.Sync()) }

// SyncData is as Sync.
func (f *spaceTable) SyncData() error { return f.space.slowly(f.File.SyncData()) }

// SyncTo is as Sync.
func (f *spaceTable) SyncTo(length int64) (whole bool, err error) {
	whole, err = f.File.SyncTo(length)
	return whole, f.space.slowly(err)
}

// slowly passes a failure on, a full disk after a while in which nothing is accepted.
func (s *space) slowly(err error) error {
	if errors.Is(err, syscall.ENOSPC) {
		s.enter()
		s.pass(tableRetry)
		s.waiting.Add(-1)
	}
	return err
}
