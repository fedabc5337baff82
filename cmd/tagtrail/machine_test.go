package main_test

import (
	"context"
	"encoding/json"
	"errors"
	"io/fs"
	"net/url"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"tagtrail/adapters/embedded/postgres"
)

// machine is what the processes of one test see of the world: a user, a home, a
// directory for temporary files and an environment, and no setting of ours.
type machine struct {
	root, home, tmp, data string
	build                 string // the binary that it runs

	credential *syscall.Credential // nil for our own user
	env        []string
}

// newMachine is a machine that nothing is left of when the test ends.
func newMachine(t *testing.T) *machine {
	t.Helper()
	root, err := os.MkdirTemp("", "tagtrail-test-*") //nolint:usetesting // t.TempDir is closed to other users, and too long for sockets
	if err != nil {
		t.Fatal(err)
	}
	if root, err = filepath.EvalSymlinks(root); err != nil {
		t.Fatal(err)
	}
	m := &machine{build: program, root: root, home: filepath.Join(root, "home"), tmp: filepath.Join(root, "tmp")}
	m.data = filepath.Join(m.home, "data")
	m.env = []string{"PATH=" + os.Getenv("PATH"), "HOME=" + m.home, "TMPDIR=" + m.tmp}
	t.Cleanup(func() {
		m.discard(t, m.data)
		if err := os.RemoveAll(root); err != nil {
			t.Error(err)
		}
	})
	if err := errors.Join(os.Chmod(root, 0o755), os.Mkdir(m.home, 0o700), os.Mkdir(m.tmp, 0o700)); err != nil {
		t.Fatal(err)
	}
	return m
}

// discard ends and removes the PostgreSQL that a killed process left, with its socket outside of this machine.
func (m *machine) discard(t *testing.T, data string) {
	t.Helper()
	err := postgres.Discard(context.WithoutCancel(t.Context()), filepath.Join(data, "postgres"))
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		t.Error(err)
	}
}

// ownedBy gives the machine to an ordinary user who has no home.
func (m *machine) ownedBy(t *testing.T, name string) {
	t.Helper()
	if os.Geteuid() != 0 {
		t.Skip("needs root to become another user")
	}
	u, err := user.Lookup(name)
	if err != nil {
		t.Skip(err)
	}
	uid, _ := strconv.Atoi(u.Uid)
	gid, _ := strconv.Atoi(u.Gid)
	m.credential = &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)} //nolint:gosec // small
	m.env = []string{"PATH=" + os.Getenv("PATH"), "TMPDIR=" + m.tmp}
	if err := errors.Join(os.Chown(m.home, uid, gid), os.Chown(m.tmp, uid, gid)); err != nil {
		t.Fatal(err)
	}
}

// set puts a variable into the environment of processes that start from now on.
func (m *machine) set(name, value string) { m.env = append(m.env, name+"="+value) }

// command is the binary as it would be started on this machine.
func (m *machine) command(args ...string) *exec.Cmd {
	cmd := exec.Command(m.build, args...)
	cmd.Env = m.env
	cmd.Dir = m.home
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Credential: m.credential}
	return cmd
}

// running is what a living process tells others of itself.
type running struct {
	EventStore string `json:"eventstore"`
	Postgres   string `json:"postgres"`
}

func (m *machine) running(t *testing.T) running {
	t.Helper()
	data, err := os.ReadFile(filepath.Join(m.data, "running.json"))
	if err != nil {
		t.Fatal(err)
	}
	var r running
	if err := json.Unmarshal(data, &r); err != nil {
		t.Fatal(err)
	}
	return r
}

// sockets is the directory of PostgreSQL's socket.
func (r running) sockets(t *testing.T) string {
	t.Helper()
	u, err := url.Parse(r.Postgres)
	if err != nil || u.Query().Get("host") == "" {
		t.Fatalf("no directory in %q: %v", r.Postgres, err)
	}
	return u.Query().Get("host")
}

// isQuiet judges that nothing runs any more, and that nothing is there that only a running process needs.
func (m *machine) isQuiet(t *testing.T, were ...running) {
	t.Helper()
	for _, command := range m.processes(t) {
		t.Errorf("there still runs %s", command)
	}
	left, err := os.ReadDir(m.tmp)
	if err != nil {
		t.Fatal(err)
	}
	for _, entry := range left {
		t.Errorf("there is still %s in the directory of temporary files", entry.Name())
	}
	names := []string{filepath.Join(m.data, "running.json"), filepath.Join(m.data, "postgres/data/postmaster.pid")}
	for _, was := range were {
		names = append(names, was.sockets(t))
	}
	for _, name := range names {
		if _, err := os.Lstat(name); !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("there is still %s: %v", name, err)
		}
	}
}

// processes lists the commands that have anything of this machine on their command line or as their working directory.
func (m *machine) processes(t *testing.T) []string {
	t.Helper()
	all, err := os.ReadDir("/proc")
	if err != nil {
		t.Skipf("needs /proc: %v", err)
	}
	var found []string
	for _, entry := range all {
		if _, err := strconv.Atoi(entry.Name()); err != nil {
			continue
		}
		line, _ := os.ReadFile(filepath.Join("/proc", entry.Name(), "cmdline"))
		dir, _ := os.Readlink(filepath.Join("/proc", entry.Name(), "cwd"))
		if strings.Contains(string(line), m.root) || strings.HasPrefix(dir, m.root) {
			found = append(found, strings.ReplaceAll(string(line), "\x00", " "))
		}
	}
	return found
}
