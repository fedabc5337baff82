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
)

// create makes a cluster in data when there is none. It grows beside data and is renamed when it is whole and on disk,
// so that an interrupted one is never taken for a cluster.
func create(ctx context.Context, bin installation, who account, data string, ephemeral bool, log *slog.Logger) error {
	unfinished, err := filepath.Glob(data + ".new-*")
	if err != nil {
		return err
	}
	for _, dir := range unfinished {
		if err := os.RemoveAll(dir); err != nil {
			return err
		}
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
	defer os.RemoveAll(fresh)
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
	p, err := run(cmd, who, syscall.SIGKILL)
	if err != nil {
		return err
	}
	select {
	case <-p.done:
	case <-ctx.Done():
		p.signalGroup(syscall.SIGKILL)
		<-p.done
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
