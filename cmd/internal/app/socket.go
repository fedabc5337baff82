package app

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"syscall"
)

// longestSocket is what fits into a socket's address everywhere: a data directory's path may not.
const longestSocket = 103

// socketDir makes an empty directory that only this user can enter, with a short
// path that comes from the data directory's: what a dead process left there is
// found again.
func socketDir(dataDir string) (string, error) {
	sum := sha256.Sum256([]byte(dataDir))
	name := "tagtrail-log-" + hex.EncodeToString(sum[:6])
	refused := errors.New("no short directory for the event store's socket")
	for _, parent := range []string{os.Getenv("XDG_RUNTIME_DIR"), os.TempDir(), "/tmp"} {
		path := filepath.Join(parent, name)
		if parent == "" || len(path)+len("/eventstore") > longestSocket {
			continue
		}
		err := freshDir(path)
		if err == nil {
			return path, nil
		}
		refused = fmt.Errorf("%w; %w", refused, err)
	}
	return "", refused
}

// freshDir makes the directory, empty and ours. What is there under its name and is not ours is left alone.
func freshDir(path string) error {
	if info, err := os.Lstat(path); err == nil {
		if stat, ok := info.Sys().(*syscall.Stat_t); !ok || int(stat.Uid) != os.Geteuid() {
			return fmt.Errorf("%s belongs to somebody else", path)
		}
		if err := os.RemoveAll(path); err != nil {
			return err
		}
	}
	return os.Mkdir(path, 0o700)
}
