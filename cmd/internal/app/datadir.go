package app

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
)

// dataFormat numbers the layout of the data directory.
//
// 1: owner.key, eventstore/, eventstore-tls/, postgres/, keys/, reporting/, and the files FORMAT, LOCK and running.json.
const dataFormat = 1

// ErrDataDir is in the chain of every error about the data directory itself.
var ErrDataDir = errors.New("the data directory cannot be used")

// errInUse says that a living process holds the data directory.
var errInUse = fmt.Errorf("%w: another process is using it", ErrDataDir)

// dataDir is a data directory that this process alone holds.
type dataDir struct {
	path string
	lock *os.File
}

// running says by which sockets the process that holds a data directory can be reached.
type running struct {
	EventStore string `json:"eventstore"` // path of a unix socket; "" when the store is elsewhere
	Postgres   string `json:"postgres"`   // connection string over a unix socket; "" when elsewhere
}

// openDataDir makes the directory where it is missing, and holds it until release.
func openDataDir(path string) (*dataDir, error) {
	path, err := filepath.Abs(path)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrDataDir, err)
	}
	if err := os.MkdirAll(path, 0o700); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrDataDir, err)
	}
	lock, err := os.OpenFile(filepath.Join(path, "LOCK"), os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrDataDir, err)
	}
	d := &dataDir{path: path, lock: lock}
	if err := syscall.Flock(int(lock.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		_ = lock.Close()
		if errors.Is(err, syscall.EWOULDBLOCK) {
			return nil, fmt.Errorf("%s: %w", path, errInUse)
		}
		return nil, fmt.Errorf("%w: lock %s: %w", ErrDataDir, path, err)
	}
	if err := d.checkFormat(); err != nil {
		d.release()
		return nil, err
	}
	return d, nil
}

// checkFormat refuses a directory that a newer build wrote, and numbers a new one.
func (d *dataDir) checkFormat() error {
	file := d.file("FORMAT")
	data, err := os.ReadFile(file)
	if errors.Is(err, fs.ErrNotExist) {
		return writeDurably(file, []byte(strconv.Itoa(dataFormat)+"\n"))
	}
	if err != nil {
		return fmt.Errorf("%w: %w", ErrDataDir, err)
	}
	format, err := strconv.Atoi(strings.TrimSpace(string(data)))
	if err != nil {
		return fmt.Errorf("%w: %s holds no number", ErrDataDir, file)
	}
	if format > dataFormat {
		return fmt.Errorf("%w: %s has format %d and this build knows up to %d: use a newer build", ErrDataDir, d.path, format, dataFormat)
	}
	return nil
}

func (d *dataDir) file(name string) string { return filepath.Join(d.path, name) }

// publish lets other processes of this machine reach the embedded parts.
func (d *dataDir) publish(r running) error {
	data, err := json.Marshal(r)
	if err != nil {
		return err
	}
	return writeDurably(d.file("running.json"), data)
}

// release lets go of the directory; what it holds stays.
func (d *dataDir) release() {
	_ = os.Remove(d.file("running.json"))
	_ = d.lock.Close()
}

// readRunning answers how to reach the process that holds a data directory.
func readRunning(path string) (running, error) {
	var r running
	data, err := os.ReadFile(filepath.Join(path, "running.json"))
	if err != nil {
		return r, fmt.Errorf("%w: it is in use by a process that is still starting or stopping", ErrDataDir)
	}
	if err := json.Unmarshal(data, &r); err != nil {
		return r, fmt.Errorf("%w: running.json: %w", ErrDataDir, err)
	}
	return r, nil
}

// writeDurably puts a whole file in place that its owner alone reads, or none: it is synced under another name and renamed.
func writeDurably(file string, data []byte) error {
	temporary, err := os.CreateTemp(filepath.Dir(file), "."+filepath.Base(file)+"-*")
	if err != nil {
		return err
	}
	defer func() { _ = os.Remove(temporary.Name()) }()
	err = errors.Join(
		temporary.Chmod(0o600),
		func() error { _, err := temporary.Write(data); return err }(),
		temporary.Sync(),
		temporary.Close(),
	)
	if err != nil {
		return err
	}
	if err := os.Rename(temporary.Name(), file); err != nil {
		return err
	}
	dir, err := os.Open(filepath.Dir(file))
	if err != nil {
		return err
	}
	return errors.Join(dir.Sync(), dir.Close())
}

// fileExists says whether there is anything under the name.
func fileExists(name string) bool {
	_, err := os.Lstat(name)
	return err == nil
}
