package postgres_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"tagtrail/adapters/embedded/postgres"
)

// childDir or childURL makes the test binary one of the processes of a test: the owner of a cluster, or somebody who
// tries to connect to one.
const (
	childDir      = "LAUNCHER_TEST_DIR"
	childBinaries = "LAUNCHER_TEST_BINARIES"
	childURL      = "LAUNCHER_TEST_URL"
)

func TestMain(m *testing.M) {
	switch {
	case os.Getenv(childDir) != "":
		own(os.Getenv(childDir))
	case os.Getenv(childURL) != "":
		connect(os.Getenv(childURL))
	default:
		os.Exit(m.Run())
	}
}

// own starts a cluster and stops it when its standard input ends.
func own(dir string) {
	cluster, err := postgres.Start(context.Background(), postgres.Options{Dir: dir, Binaries: os.Getenv(childBinaries)})
	if err != nil {
		fmt.Println("refused", err)
		return
	}
	fmt.Println("ready", cluster.URL())
	_, _ = io.Copy(io.Discard, os.Stdin)
	if err := cluster.Stop(context.Background()); err != nil {
		fmt.Println("stuck", err)
		return
	}
	fmt.Println("stopped", dir)
}

func connect(url string) {
	conn, err := pgx.Connect(context.Background(), url)
	if err != nil {
		fmt.Println("refused", err)
		return
	}
	fmt.Println("connected", conn.Close(context.Background()))
}

// child is the test binary as a process of its own, which may belong to another user.
type child struct {
	cmd   *exec.Cmd
	lines *bufio.Scanner
	stdin io.Closer
}

// run starts it; user is empty for our own.
func run(t *testing.T, user string, env ...string) *child {
	t.Helper()
	program, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(program)
	cmd.Env = append(os.Environ(), env...)
	cmd.Stderr = os.Stderr
	if user != "" {
		cmd.Path = readableCopy(t, program)
		cmd.SysProcAttr = &syscall.SysProcAttr{Credential: credentialOf(t, user)}
		cmd.Dir = "/"
	}
	stdin, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	c := &child{cmd: cmd, lines: bufio.NewScanner(stdout), stdin: stdin}
	t.Cleanup(func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
	})
	return c
}

// says waits for the next line and answers what follows the word that it has to begin with.
func (c *child) says(t *testing.T, word string) string {
	t.Helper()
	if !c.lines.Scan() {
		t.Fatalf("the child ended, want it to say %q", word)
	}
	said, rest, _ := strings.Cut(c.lines.Text(), " ")
	if said != word {
		t.Fatalf("the child says %q, want %q", c.lines.Text(), word)
	}
	return rest
}

// finish lets the child stop its cluster.
func (c *child) finish(t *testing.T) {
	t.Helper()
	if err := c.stdin.Close(); err != nil {
		t.Fatal(err)
	}
	c.says(t, "stopped")
}

func (c *child) kill(t *testing.T) {
	t.Helper()
	if err := c.cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = c.cmd.Wait()
}

func readableCopy(t *testing.T, program string) string {
	t.Helper()
	from, err := os.Open(program)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = from.Close() }()
	to, err := os.OpenFile(filepath.Join(openDir(t), "program"), os.O_CREATE|os.O_WRONLY, 0o755)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := io.Copy(to, from); err != nil {
		t.Fatal(err)
	}
	if err := to.Close(); err != nil {
		t.Fatal(err)
	}
	return to.Name()
}

// openDir is a directory that every user may enter, unlike t.TempDir.
func openDir(t *testing.T) string {
	t.Helper()
	dir, err := os.MkdirTemp("", "launcher-test-*") //nolint:usetesting // t.TempDir is closed to other users
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := os.RemoveAll(dir); err != nil {
			t.Error(err)
		}
	})
	if err := os.Chmod(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	return dir
}

func credentialOf(t *testing.T, name string) *syscall.Credential {
	t.Helper()
	uid, gid := idsOf(t, name)
	return &syscall.Credential{Uid: uid, Gid: gid}
}

func needRoot(t *testing.T) {
	t.Helper()
	if os.Geteuid() != 0 {
		t.Skip("needs root")
	}
}

// start is a cluster that ends with the test.
func start(t *testing.T, opts postgres.Options) *postgres.Cluster {
	t.Helper()
	cluster, err := postgres.Start(t.Context(), opts)
	if err != nil {
		t.Fatalf("start: %v", err)
	}
	t.Cleanup(func() { stop(t, cluster) })
	return cluster
}

func stop(t *testing.T, cluster *postgres.Cluster) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.WithoutCancel(t.Context()), time.Minute)
	defer cancel()
	if err := cluster.Stop(ctx); err != nil {
		t.Errorf("stop: %v", err)
	}
}

func open(t *testing.T, url string) *pgx.Conn {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), url)
	if err != nil {
		t.Fatalf("connect: %v", err)
	}
	t.Cleanup(func() { _ = conn.Close(context.WithoutCancel(t.Context())) })
	return conn
}

func exec1(t *testing.T, url, sql string) {
	t.Helper()
	if _, err := open(t, url).Exec(t.Context(), sql); err != nil {
		t.Fatalf("%s: %v", sql, err)
	}
}

func ask(t *testing.T, url, sql string) string {
	t.Helper()
	var answer string
	if err := open(t, url).QueryRow(t.Context(), sql).Scan(&answer); err != nil {
		t.Fatalf("%s: %v", sql, err)
	}
	return answer
}

func data(dir string) string { return filepath.Join(dir, "data") }

func socketDirOf(t *testing.T, connection string) string {
	t.Helper()
	u, err := url.Parse(connection)
	if err != nil {
		t.Fatal(err)
	}
	return u.Query().Get("host")
}

func postmaster(t *testing.T, dir string) int {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(data(dir), "postmaster.pid"))
	if err != nil {
		t.Fatal(err)
	}
	first, _, _ := strings.Cut(string(text), "\n")
	pid, err := strconv.Atoi(first)
	if err != nil {
		t.Fatal(err)
	}
	return pid
}

func servers(t *testing.T, dir string) []int {
	t.Helper()
	pids, err := postgres.ServersIn(data(dir))
	if err != nil {
		t.Fatal(err)
	}
	return pids
}

// eventually polls a condition that nothing signals.
func eventually(t *testing.T, what string, holds func() bool) {
	t.Helper()
	deadline := time.After(30 * time.Second)
	tick := time.NewTicker(2 * time.Millisecond)
	defer tick.Stop()
	for !holds() {
		select {
		case <-tick.C:
		case <-deadline:
			t.Fatalf("waited in vain until %s", what)
		}
	}
}

func gone(path string) bool {
	_, err := os.Lstat(path)
	return errors.Is(err, fs.ErrNotExist)
}

// records keeps what is logged, as lines of text.
type records struct {
	lines chan string
}

func newRecords() *records { return &records{lines: make(chan string, 10_000)} }

func (r *records) logger() *slog.Logger {
	return slog.New(slog.NewTextHandler(r, &slog.HandlerOptions{Level: slog.LevelDebug}))
}

func (r *records) Write(p []byte) (int, error) {
	r.lines <- string(p)
	return len(p), nil
}

// so far is everything that was logged and not yet read.
func (r *records) text() string {
	var all strings.Builder
	for {
		select {
		case line := <-r.lines:
			all.WriteString(line)
		default:
			return all.String()
		}
	}
}
