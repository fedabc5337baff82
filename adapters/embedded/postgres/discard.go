package postgres

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"syscall"
)

// Discard removes a cluster with all that is in it, and what a dead process left of it: a server that still runs, a
// socket directory. A cluster of a living process is refused with ErrInUse.
func Discard(ctx context.Context, dir string) error {
	dir, err := filepath.EvalSymlinks(dir)
	if err != nil {
		return fmt.Errorf("discard a cluster: %w", err)
	}
	lock, err := lockDir(dir)
	if err != nil {
		return err
	}
	defer func() { _ = unlock(lock) }()
	data := filepath.Join(dir, "data")
	if err := endServers(ctx, data, slog.New(slog.DiscardHandler), syscall.SIGQUIT, syscall.SIGKILL); err != nil {
		return fmt.Errorf("end the postgres left running on %s: %w", data, err)
	}
	if err := discardSockets(dir, data); err != nil {
		return fmt.Errorf("discard the sockets of %s: %w", data, err)
	}
	return os.RemoveAll(dir)
}

func discardSockets(dir, data string) error {
	owner, exists, err := ownerOf(data)
	if err != nil || !exists {
		return err
	}
	name, err := socketName(dir)
	if err != nil {
		return err
	}
	for _, parent := range socketParents() {
		path := filepath.Join(parent, name)
		holder, exists, err := ownerOf(path)
		if err != nil || !exists || holder != owner {
			continue // nothing there, or somebody else's
		}
		if err := os.RemoveAll(path); err != nil {
			return err
		}
	}
	return nil
}
