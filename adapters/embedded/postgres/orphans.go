package postgres

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// signalLimit is how long a signal may take to have its effect before the next is tried.
const signalLimit = 7 * time.Second

// endServers ends every postgres that works in data, by one signal after the other as long as any is left. The caller
// holds the lock, so nobody needs them any more. A postmaster.pid that is left over would only mislead the next
// postmaster, where its number is taken again; it goes.
func endServers(ctx context.Context, data string, log *slog.Logger, signals ...syscall.Signal) error {
	pids, err := serversIn(data)
	for _, signal := range signals {
		if err != nil || len(pids) == 0 {
			break
		}
		log.Info("ending a postgres that was left running", "processes", len(pids), "signal", signal.String())
		for _, pid := range receivers(pids, data, signal) {
			if err := syscall.Kill(pid, signal); err != nil && !errors.Is(err, syscall.ESRCH) {
				return fmt.Errorf("signal process %d: %w", pid, err)
			}
		}
		pids, err = awaitNone(ctx, data)
	}
	if err != nil {
		return err
	}
	if len(pids) > 0 {
		return fmt.Errorf("processes %v do not end", pids)
	}
	if err := os.Remove(filepath.Join(data, "postmaster.pid")); !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return nil
}

// receivers is the postmaster alone while it lives: to its children the same signals mean other things.
func receivers(pids []int, data string, signal syscall.Signal) []int {
	if signal == syscall.SIGKILL {
		return pids
	}
	leader := postmasterPID(data)
	for _, pid := range pids {
		if pid == leader {
			return []int{pid}
		}
	}
	return pids
}

// awaitNone answers the servers that are left when none is or when the limit is over.
func awaitNone(ctx context.Context, data string) ([]int, error) {
	over := time.After(signalLimit)
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for {
		pids, err := serversIn(data)
		if err != nil || len(pids) == 0 {
			return nil, err
		}
		select {
		case <-tick.C:
		case <-over:
			return pids, nil
		case <-ctx.Done():
			return pids, ctx.Err()
		}
	}
}

// postmasterPID is what the data directory says, 0 for nothing; it may be stale.
func postmasterPID(data string) int {
	text, err := os.ReadFile(filepath.Join(data, "postmaster.pid"))
	if err != nil {
		return 0
	}
	first, _, _ := strings.Cut(string(text), "\n")
	pid, err := strconv.Atoi(strings.TrimSpace(first))
	if err != nil || pid < 0 {
		return 0
	}
	return pid
}
