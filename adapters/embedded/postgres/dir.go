package postgres

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"
)

// prepareDir makes the directory and answers it without symlinks. It stays ours, and others may pass through what is
// made: as root only the cluster inside is given to the server's user, who has to reach it.
func prepareDir(dir string) (string, error) {
	dir, err := filepath.Abs(dir)
	if err != nil {
		return "", err
	}
	if _, err := os.Stat(dir); errors.Is(err, fs.ErrNotExist) {
		if err := os.MkdirAll(dir, 0o711); err != nil {
			return "", err
		}
	}
	return filepath.EvalSymlinks(dir)
}

// lockDir makes this process the owner of the cluster until it closes the file or ends. Programs that it starts do not
// inherit the lock.
func lockDir(dir string) (*os.File, error) {
	path := filepath.Join(dir, "lock")
	file, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE|syscall.O_NOFOLLOW, 0o600)
	if errors.Is(err, fs.ErrPermission) {
		if owner, exists, _ := ownerOf(path); exists {
			return nil, fmt.Errorf("%w: %s is owned by %s, start as that user or as root", ErrOwner, path, nameOf(owner))
		}
	}
	if err != nil {
		return nil, err
	}
	err = syscall.Flock(int(file.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
	if err == nil {
		return file, nil
	}
	_ = file.Close()
	if errors.Is(err, syscall.EWOULDBLOCK) {
		return nil, fmt.Errorf("%w: %s", ErrInUse, dir)
	}
	return nil, fmt.Errorf("lock %s: %w", path, err)
}

// unlock says so besides closing the file: a program that is being started this moment has the file, too, until it runs.
func unlock(file *os.File) error {
	return errors.Join(syscall.Flock(int(file.Fd()), syscall.LOCK_UN), file.Close())
}

// socketDir makes an empty directory that only who and root can enter, with a path that fits into a socket address.
func socketDir(dir string, who account) (string, error) {
	name, err := socketName(dir)
	if err != nil {
		return "", err
	}
	refused := errors.New("no short directory for the socket")
	for _, parent := range socketParents() {
		made, err := socketDirIn(parent, name, who)
		if err == nil {
			return made, nil
		}
		refused = fmt.Errorf("%w; %w", refused, err)
	}
	return "", refused
}

// socketName comes from the place of dir, so that it is the same at each start and what a dead process left is found
// again.
func socketName(dir string) (string, error) {
	info, err := os.Stat(dir)
	if err != nil {
		return "", err
	}
	stat := info.Sys().(*syscall.Stat_t)
	sum := sha256.Sum256(fmt.Appendf(nil, "%d %d %s", stat.Dev, stat.Ino, dir))
	return "tagtrail-" + hex.EncodeToString(sum[:6]), nil
}

func socketParents() []string {
	if os.Geteuid() == 0 {
		return []string{"/run", os.TempDir(), "/tmp"}
	}
	parents := []string{os.TempDir(), "/tmp"}
	if run := os.Getenv("XDG_RUNTIME_DIR"); run != "" {
		parents = append([]string{run}, parents...)
	}
	return parents
}

func socketDirIn(parent, name string, who account) (string, error) {
	const longest = 103 // the shortest limit of a system that we know, macOS; Linux has 107
	parent, err := filepath.EvalSymlinks(parent)
	if err != nil {
		return "", err
	}
	path := filepath.Join(parent, name)
	if len(filepath.Join(path, ".s.PGSQL."+socketPort)) > longest {
		return "", fmt.Errorf("%s is too long for a socket", path)
	}
	if closed, err := closedAbove(path, who); err != nil {
		return "", err
	} else if closed && who.become {
		return "", fmt.Errorf("%s is closed to %s", parent, who.name)
	}
	// What is there under our name and is not ours is left alone.
	if owner, exists, err := ownerOf(path); err != nil {
		return "", err
	} else if exists && owner != who.uid && int(owner) != os.Geteuid() {
		return "", fmt.Errorf("%s belongs to %s", path, nameOf(owner))
	}
	if err := os.RemoveAll(path); err != nil {
		return "", err
	}
	if err := os.Mkdir(path, 0o700); err != nil {
		return "", err
	}
	if who.become {
		if err := os.Lchown(path, int(who.uid), int(who.gid)); err != nil {
			return "", errors.Join(err, os.Remove(path))
		}
	}
	return path, nil
}
