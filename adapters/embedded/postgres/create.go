package postgres

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"time"
)

// create makes a cluster in data when there is none. It grows beside data and is renamed when it is whole and on disk,
// so that an interrupted one is never taken for a cluster.
func create(ctx context.Context, bin installation, who account, data string, ephemeral bool, log *slog.Logger) error {
	if err := removeUnfinished(ctx, data, log); err != nil {
		return fmt.Errorf("remove an unfinished cluster: %w", err)
	}
	if _, err := os.Stat(data); !errors.Is(err, fs.ErrNotExist) {
		return err
	}

	log.Info("creating the private postgres cluster", "version", fmt.Sprintf("%d.%d", bin.major, bin.minor), "user", who.name)
	// A name never used before: an initdb that was orphaned may still write under an old one.
	fresh, err := os.MkdirTemp(filepath.Dir(data), filepath.Base(data)+".new-*")
	if err != nil {
		return err
	}
	defer func() { _ = os.RemoveAll(fresh) }() // when it is still there, and then the next start tries again
	if who.become {
		if err := os.Lchown(fresh, int(who.uid), int(who.gid)); err != nil {
			return err
		}
	}
	if err := initdb(ctx, bin, who, fresh, ephemeral); err != nil {
		return err
	}
	if err := os.Rename(fresh, data); err != nil {
		return err
	}
	return syncDir(filepath.Dir(data))
}

// removeUnfinished removes what an interrupted create left. An initdb that was orphaned may still write there: it loses
// its way when the directory takes another name, and the server that it runs inside is given the time to end.
func removeUnfinished(ctx context.Context, data string, log *slog.Logger) error {
	beside, err := os.ReadDir(filepath.Dir(data))
	if err != nil {
		return err
	}
	for _, entry := range beside {
		if !strings.HasPrefix(entry.Name(), filepath.Base(data)+".new-") {
			continue
		}
		old := filepath.Join(filepath.Dir(data), entry.Name())
		dir := old + "-given-up"
		if err := os.Rename(old, dir); err != nil {
			return err
		}
		if _, err := awaitNone(ctx, dir); err != nil {
			return err
		}
		if err := endServers(ctx, dir, log, syscall.SIGKILL); err != nil {
			return err
		}
		if err := os.RemoveAll(dir); err != nil {
			return err
		}
	}
	return nil
}

func initdb(ctx context.Context, bin installation, who account, data string, ephemeral bool) error {
	args := []string{
		"-D", data, "--username=" + role, "--auth-local=trust", "--auth-host=reject",
		"--encoding=UTF8", "--locale=C.UTF-8", "--data-checksums", "--no-instructions",
	}
	if ephemeral {
		args = append(args, "--no-sync")
	}
	var said bytes.Buffer
	cmd := exec.Command(bin.program("initdb"), args...)
	cmd.Stderr = &said
	// Told to end, initdb ends the server that it runs in an orderly way: killed, that one would leave shared memory.
	p, err := run(cmd, who, syscall.SIGTERM)
	if err != nil {
		return err
	}
	select {
	case <-p.done:
	case <-ctx.Done():
		p.signal(syscall.SIGTERM)
		select {
		case <-p.done:
		case <-time.After(signalLimit):
			p.signalGroup(syscall.SIGKILL)
			<-p.done
		}
		return ctx.Err()
	}
	if p.err != nil {
		return fmt.Errorf("initdb: %w: %s", p.err, strings.Join(strings.Fields(said.String()), " "))
	}
	return nil
}

func syncDir(path string) error {
	dir, err := os.Open(path)
	if err != nil {
		return err
	}
	return errors.Join(dir.Sync(), dir.Close())
}
