package logstore

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/cockroachdb/pebble/v2"
	"github.com/cockroachdb/pebble/v2/vfs"
)

// Format is the number of the layout on disk that this build writes.
//
// 1: Pebble at its format 24. 'e' + position → record; 'h' + stream → head; 'i' + length, stream, revision → position.
//
// 2: the same, and the file MARK, which says how far the log got. A log of format 1 gets its mark when it is opened.
const Format = 2

const pebbleFormat = pebble.FormatValueSeparation

const formatFile = "FORMAT"

var (
	// ErrInUse says that another store, in this process or another, holds the directory.
	ErrInUse = errors.New("data directory is in use")
	// ErrNewerFormat says that a later build wrote the directory.
	ErrNewerFormat = errors.New("data directory has a newer format")
	// ErrUnknownFormat says that the directory holds a log but not the number of its format.
	ErrUnknownFormat = errors.New("data directory has no known format")
	// ErrDamaged says that something acknowledged is missing or cannot be read. Nothing in the directory was changed.
	ErrDamaged = errors.New("the log is damaged and is left as it is; a backup has what it lacks")
)

// realDir is the one spelling of a directory's path: the lock within this process goes by name.
func realDir(dir string) (string, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return "", fmt.Errorf("create the directory of the log: %w", err)
	}
	absolute, err := filepath.Abs(dir)
	if err != nil {
		return "", fmt.Errorf("find the directory of the log: %w", err)
	}
	resolved, err := filepath.EvalSymlinks(absolute)
	if err != nil {
		return "", fmt.Errorf("find the directory of the log: %w", err)
	}
	return resolved, nil
}

func claim(fs vfs.FS, dir string) (*pebble.Lock, error) {
	if err := fs.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("create the directory of the log: %w", err)
	}
	lock, err := pebble.LockDirectory(dir, fs)
	if path := (*os.PathError)(nil); errors.As(err, &path) {
		return nil, fmt.Errorf("lock the directory of the log: %w", err)
	}
	if err != nil {
		return nil, fmt.Errorf("%w: %s", ErrInUse, dir)
	}
	return lock, nil
}

// checkFormat refuses what this build cannot read, and prepares a directory that holds no log yet. It answers the format found.
func checkFormat(fs vfs.FS, dir string) (int, error) {
	content, err := readAtMost(fs, fs.PathJoin(dir, formatFile), 64)
	if errors.Is(err, os.ErrNotExist) {
		return Format, prepare(fs, dir)
	}
	if err != nil {
		return 0, fmt.Errorf("read the format of %s: %w", dir, err)
	}
	found, err := strconv.Atoi(strings.TrimSpace(content))
	switch {
	case err != nil || found < 1:
		return 0, fmt.Errorf("%w: %s", ErrUnknownFormat, dir)
	case found > Format:
		return 0, fmt.Errorf("%w: %s is of format %d, this build reads up to %d", ErrNewerFormat, dir, found, Format)
	}
	return found, nil
}

// prepare gives a new directory its mark and then its number, so that what has a number has a mark.
func prepare(fs vfs.FS, dir string) error {
	found, err := pebble.Peek(dir, fs)
	if err != nil {
		return fmt.Errorf("look for a log in %s: %w", dir, err)
	}
	if found.Exists {
		return fmt.Errorf("%w: %s holds a log but no %s file", ErrUnknownFormat, dir, formatFile)
	}
	if err := createMark(fs, dir, 0); err != nil {
		return fmt.Errorf("prepare %s: %w", dir, err)
	}
	return writeFormat(fs, dir)
}

func writeFormat(fs vfs.FS, dir string) error {
	// Written beside and renamed: a power loss leaves the whole number or none.
	beside, path := fs.PathJoin(dir, formatFile+".new"), fs.PathJoin(dir, formatFile)
	if err := writeSynced(fs, beside, strconv.Itoa(Format)+"\n"); err != nil {
		return fmt.Errorf("write the format of %s: %w", dir, err)
	}
	if err := fs.Rename(beside, path); err != nil {
		return fmt.Errorf("write the format of %s: %w", dir, err)
	}
	return syncDir(fs, dir)
}

func writeSynced(fs vfs.FS, path, content string) error {
	f, err := fs.Create(path, vfs.WriteCategoryUnspecified)
	if err != nil {
		return err
	}
	_, err = io.WriteString(f, content)
	return errors.Join(err, f.Sync(), f.Close())
}

func syncDir(fs vfs.FS, dir string) error {
	d, err := fs.OpenDir(dir)
	if err != nil {
		return fmt.Errorf("sync %s: %w", dir, err)
	}
	if err := errors.Join(d.Sync(), d.Close()); err != nil {
		return fmt.Errorf("sync %s: %w", dir, err)
	}
	return nil
}
