package kill_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"time"

	"github.com/jackc/pgx/v5"

	"tagtrail/adapters/embedded/postgres"
	"tagtrail/cmd/internal/app"
	"tagtrail/cmd/internal/config"
	"tagtrail/cmd/internal/processtest"
)

// site is one installation of tagtrail, whose processes are killed and started again.
type site interface {
	// start makes the installation and answers when it is ready.
	start(ctx context.Context) error
	// strike kills what the blow names, and answers how many processes that were.
	strike(ctx context.Context, b blow) (int, error)
	// mend starts what is dead, and answers when all of it is ready.
	mend(ctx context.Context) error
	// api answers where the API is, "" while it is nowhere.
	api() string
	// key is the owner's.
	key() string
	// settings lead to the databases of the installation.
	settings() config.Config
	// transcripts are the last words of all processes: what each of their goroutines is at, which ends them.
	transcripts() string
	// raze ends everything and leaves nothing behind.
	raze() error
}

// ground is the directory of an installation, and the program that runs there.
type ground struct {
	program string
	dir     string
	env     []string
}

// inMemory is where Linux keeps files in memory. A kill takes nothing from the kernel, so that
// memory shows as much as a disk would, and sooner.
const inMemory = "/dev/shm"

// newGround makes the directory, which the user of PostgreSQL may pass through.
func newGround(program string) (ground, error) {
	parent := os.TempDir()
	var memory syscall.Statfs_t
	const enough = 4 << 30
	if err := syscall.Statfs(inMemory, &memory); err == nil && memory.Bavail*uint64(memory.Bsize) >= enough { //nolint:gosec // positive
		parent = inMemory
	}
	dir, err := os.MkdirTemp(parent, "tagtrail-kill-*")
	if err != nil {
		return ground{}, err
	}
	g := ground{program: program, dir: dir}
	g.env = []string{"PATH=" + os.Getenv("PATH"), "HOME=" + dir, "TMPDIR=" + g.file("tmp"), "TAGTRAIL_LOG_LEVEL=warn"}
	return g, errors.Join(os.Chmod(dir, 0o711), os.Mkdir(g.file("tmp"), 0o711))
}

func (g *ground) file(name string) string { return filepath.Join(g.dir, name) }

func (g *ground) set(name, value string) { g.env = append(g.env, name+"="+value) }

// launch starts a part, and waits until it says so.
func (g *ground) launch(ctx context.Context, ready string, args ...string) (*processtest.Process, string, error) {
	cmd := exec.Command(g.program, args...)
	cmd.Dir, cmd.Env, cmd.SysProcAttr = g.dir, g.env, &syscall.SysProcAttr{Setpgid: true}
	p, err := processtest.Start(cmd)
	if err != nil {
		return nil, "", err
	}
	line, err := p.Await(ctx, p.Stdout, ready)
	if err != nil {
		p.Kill()
		return nil, "", fmt.Errorf("%w:\n%s", err, p.Stderr.Text())
	}
	return p, processtest.Address(line), nil
}

// organization begins one by command, and answers the owner's key.
func (g *ground) organization(ctx context.Context) (string, error) {
	cmd := exec.CommandContext(ctx, g.program, "organizations", "create", "--name", "Killed", "--json")
	cmd.Env, cmd.Dir = g.env, g.dir
	said, err := cmd.Output()
	if err != nil {
		return "", fmt.Errorf("create an organization: %w: %s", err, said)
	}
	var made struct{ Key string }
	if err := json.Unmarshal(said, &made); err != nil {
		return "", err
	}
	return made.Key, nil
}

// killPostmaster kills the server itself; its backends end when they notice.
func killPostmaster(dir string) error {
	pid, err := processtest.Postmaster(dir)
	if err != nil {
		return err
	}
	return syscall.Kill(pid, syscall.SIGKILL)
}

// killBackend kills the process behind a session of tagtrail's, upon which the server ends all
// others and recovers. A projector's is taken where there is one and it is asked for.
func killBackend(ctx context.Context, url string, projectors bool) error {
	return onPostgres(ctx, url, func(conn *pgx.Conn) error {
		var pid int
		err := conn.QueryRow(ctx, `
			select pid from pg_stat_activity where application_name like 'tagtrail%' and pid <> pg_backend_pid()
			order by (application_name like 'tagtrail projector%') = $1 desc, random() limit 1`, projectors).Scan(&pid)
		if err != nil {
			return fmt.Errorf("choose a backend: %w", err)
		}
		if err := syscall.Kill(pid, syscall.SIGKILL); err != nil {
			return err
		}
		for ctx.Err() == nil {
			if _, err := conn.Exec(ctx, "select 1"); err != nil {
				return nil // the server has noticed
			}
			_ = pause(ctx, time.Millisecond)
		}
		return ctx.Err()
	})
}

// onPostgres lends a connection of the superuser. A server that is just recovering is asked again.
func onPostgres(ctx context.Context, url string, do func(*pgx.Conn) error) error {
	for {
		conn, err := pgx.Connect(ctx, url)
		if err == nil {
			err = do(conn)
			_ = conn.Close(context.WithoutCancel(ctx))
			return err
		}
		select {
		case <-time.After(5 * time.Millisecond):
		case <-ctx.Done():
			return fmt.Errorf("connect to PostgreSQL: %w: %w", ctx.Err(), err)
		}
	}
}

// open answers the databases of an installation, for the judge.
func open(ctx context.Context, s site) (*app.Backends, error) {
	return app.Open(ctx, app.Env{Config: s.settings(), Log: slog.New(slog.DiscardHandler), Say: func(string, ...any) {}})
}

// clear removes a directory, and whatever PostgreSQL still runs in it.
func (g *ground) clear(cluster string) error {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	err := postgres.Discard(ctx, cluster)
	if errors.Is(err, os.ErrNotExist) {
		err = nil
	}
	return errors.Join(err, os.RemoveAll(g.dir))
}

// lastWords has a process that lives say what it is at, and answers all that it ever said.
func lastWords(p *processtest.Process) string {
	if !p.IsDead() {
		p.Signal(syscall.SIGQUIT)
		select {
		case <-p.Ended:
		case <-time.After(patience):
		}
	}
	return p.Stderr.Text()
}
