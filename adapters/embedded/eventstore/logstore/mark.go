package logstore

import (
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"os"
	"sync"
	"time"

	"github.com/cockroachdb/pebble/v2/vfs"

	"tagtrail/adapters/embedded/eventstore/eventlog"
)

const markFile = "MARK"

// The mark lies twice in its file, in blocks of their own, which are written in turn: what tears one spares the other.
//
//	"mark0001" | position 8 | CRC-32C of both 4
const (
	markMagic = "mark0001"
	markSize  = len(markMagic) + 8 + 4
	markBlock = 4096
)

// markSyncs is how long the mark may be known only to the operating system. What it speaks of is durable by then.
const markSyncs = time.Second

// mark tells the next Open how far the log got. It is written after the disk confirmed and before anybody is answered,
// and so never claims more than the log holds, unless the log lost something since.
type mark struct {
	file vfs.File // written in place
	sync vfs.File // the same file: a sync must not hold up a write

	mu       sync.Mutex
	position eventlog.Position
	writes   int64
	synced   int64 // writes that the last sync covers
	buf      [markSize]byte
}

func (m *mark) reached(p eventlog.Position) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.position = p
	m.writes++
	b := append(m.buf[:0], markMagic...)
	b = binary.BigEndian.AppendUint64(b, uint64(p))
	b = binary.BigEndian.AppendUint32(b, checksum(b))
	if _, err := m.file.WriteAt(b, m.writes%2*markBlock); err != nil {
		return fmt.Errorf("write the mark: %w", err)
	}
	return nil
}

// keep makes the mark durable now and then, until the log is closed.
func (m *mark) keep(closed <-chan struct{}) {
	tick := time.NewTicker(markSyncs)
	defer tick.Stop()
	for {
		select {
		case <-tick.C:
			_ = m.flush() // tried again at the next tick; the log does not depend on it
		case <-closed:
			return
		}
	}
}

func (m *mark) flush() error {
	m.mu.Lock()
	writes := m.writes
	changed := writes != m.synced
	m.mu.Unlock()
	if !changed {
		return nil
	}
	if err := m.sync.Sync(); err != nil {
		return fmt.Errorf("sync the mark: %w", err)
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	m.synced = writes
	return nil
}

func (m *mark) close() error {
	return errors.Join(m.flush(), m.file.Close(), m.sync.Close())
}

// createMark is for a directory without one: a new log, or one from before there were marks.
func createMark(fs vfs.FS, dir string, at eventlog.Position) error {
	path := fs.PathJoin(dir, markFile)
	f, err := fs.Create(path, vfs.WriteCategoryUnspecified)
	if err != nil {
		return fmt.Errorf("create the mark: %w", err)
	}
	_, err = f.Write(make([]byte, 2*markBlock)) // so that later writes change no file size
	if err := errors.Join(err, f.Close()); err != nil {
		return fmt.Errorf("create the mark: %w", err)
	}
	m, err := openMark(fs, dir)
	if err != nil {
		return err
	}
	if err := errors.Join(m.reached(at), m.close()); err != nil {
		return fmt.Errorf("create the mark: %w", err)
	}
	return syncDir(fs, dir)
}

func openMark(fs vfs.FS, dir string) (*mark, error) {
	path := fs.PathJoin(dir, markFile)
	f, err := fs.OpenReadWrite(path, vfs.WriteCategoryUnspecified)
	if err != nil {
		return nil, fmt.Errorf("open the mark: %w", err)
	}
	again, err := fs.OpenReadWrite(path, vfs.WriteCategoryUnspecified)
	if err != nil {
		return nil, errors.Join(fmt.Errorf("open the mark: %w", err), f.Close())
	}
	return &mark{file: f, sync: again}, nil
}

// loadMark opens the mark that a directory must have. One damaged copy does no harm, two refuse the directory:
// without a mark a log that lost its end looks like a shorter one.
func loadMark(fs vfs.FS, dir string) (*mark, error) {
	content, err := readAtMost(fs, fs.PathJoin(dir, markFile), 2*markBlock)
	if errors.Is(err, os.ErrNotExist) {
		return nil, fmt.Errorf("%w: %s holds no %s file", ErrDamaged, dir, markFile)
	}
	if err != nil {
		return nil, fmt.Errorf("read the mark of %s: %w", dir, err)
	}
	m, err := openMark(fs, dir)
	if err != nil {
		return nil, err
	}
	found := false
	for slot := range int64(2) {
		at, ok := decodeMark(content, slot)
		if ok && (!found || at > m.position) {
			m.position, m.writes, found = at, slot, true
		}
	}
	if !found {
		return nil, errors.Join(fmt.Errorf("%w: the %s file of %s does not hold together", ErrDamaged, markFile, dir), m.file.Close(), m.sync.Close())
	}
	m.synced = m.writes
	return m, nil
}

func decodeMark(content string, slot int64) (eventlog.Position, bool) {
	from := int(slot) * markBlock
	if len(content) < from+markSize || content[from:from+len(markMagic)] != markMagic {
		return 0, false
	}
	said, sum := []byte(content[from:from+markSize-4]), []byte(content[from+markSize-4:])
	return eventlog.Position(binary.BigEndian.Uint64(said[len(markMagic):])), checksum(said) == binary.BigEndian.Uint32(sum)
}

func checksum(b []byte) uint32 { return crc32.Checksum(b, crc32.MakeTable(crc32.Castagnoli)) }

func readAtMost(fs vfs.FS, path string, n int64) (string, error) {
	f, err := fs.Open(path)
	if err != nil {
		return "", err
	}
	defer func() { _ = f.Close() }()
	content, err := io.ReadAll(io.LimitReader(f, n))
	return string(content), err
}
