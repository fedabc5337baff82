// Package postgrestest gives tests empty PostgreSQL databases, all on one server that a test binary starts when the
// first is asked for.
//
// A package that uses it hands its tests over, which is what stops the server:
//
//	func TestMain(m *testing.M) { postgrestest.Main(m) }
//
// The server is a private one that forgets everything, or the one that TAGTRAIL_TEST_POSTGRES_URL names, by a role
// that may create databases and extensions.
package postgrestest

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"tagtrail/adapters/embedded/postgres"
)

// limit is for each thing that is asked of the server; a machine that is slower is broken.
const limit = time.Minute

// shared is the server of this test binary.
var shared server

type server struct {
	mu       sync.Mutex
	main     bool
	started  bool
	err      error // why it did not start
	cluster  *postgres.Cluster
	dir      string
	url      string
	template string
}

// Main runs the tests and stops the server after them, if any test had it started.
func Main(m *testing.M) {
	shared.mu.Lock()
	shared.main = true
	shared.mu.Unlock()
	code := m.Run()
	if err := shared.stop(); err != nil {
		fmt.Fprintln(os.Stderr, "stop the postgres of the tests:", err)
		code = max(code, 1)
	}
	os.Exit(code)
}

// URL is the server's own database, for a test of what is above databases: roles, sessions, settings. It is shared by
// all tests of the binary.
func URL(tb testing.TB) string {
	tb.Helper()
	return shared.start(tb).url
}

// Database makes an empty database for this test alone, which has the extensions intarray, btree_gin and pg_trgm in the
// schema ext, and answers its URL. It is dropped at the end of the test, with whatever is still connected to it.
func Database(tb testing.TB) string {
	tb.Helper()
	server := shared.start(tb)
	name := "test_" + strings.ToLower(rand.Text())
	create := "create database " + name + " template " + server.template
	if server.cluster != nil {
		create += " strategy file_copy" // needs a checkpoint, which costs nothing where nothing is synced
	}
	if err := execute(server.url, create); err != nil {
		tb.Fatalf("create a database: %v", err)
	}
	tb.Cleanup(func() {
		if err := execute(server.url, "drop database "+name+" with (force)"); err != nil {
			tb.Errorf("drop the database of the test: %v", err)
		}
	})
	inside, err := replaceDatabase(server.url, name)
	if err != nil {
		tb.Fatalf("name the database of the test: %v", err)
	}
	return inside
}

// start answers the server as it stays from then on.
func (s *server) start(tb testing.TB) *server {
	tb.Helper()
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.main {
		tb.Fatal("the server would be left running: this package needs func TestMain(m *testing.M) { postgrestest.Main(m) }")
	}
	if !s.started {
		s.started = true
		s.err = s.run()
	}
	if s.err != nil {
		tb.Fatalf("start the postgres of the tests: %v", s.err)
	}
	return s
}

// dirPattern names what is looked for, too, when an earlier test binary was killed.
const dirPattern = "tagtrail-test-postgres-*"

func (s *server) run() error {
	ctx, cancel := context.WithTimeout(context.Background(), limit)
	defer cancel()
	s.url = os.Getenv("TAGTRAIL_TEST_POSTGRES_URL")
	if s.url == "" {
		discardLeftovers(ctx)
		var err error
		if s.dir, err = os.MkdirTemp(place(), dirPattern); err != nil {
			return err
		}
		if err := os.Chmod(s.dir, 0o711); err != nil {
			return err
		}
		if s.cluster, err = postgres.Start(ctx, postgres.Options{Dir: s.dir, Ephemeral: true}); err != nil {
			return err
		}
		s.url = s.cluster.URL()
	}
	return s.makeTemplate()
}

// inMemory is where Linux keeps files in memory: databases are made there in a tenth of the time.
const inMemory = "/dev/shm"

// place is memory where there is enough of it, or else the temporary directory; a container often has only 64 MB.
func place() string {
	const enough = 2 << 30
	var memory syscall.Statfs_t
	if err := syscall.Statfs(inMemory, &memory); err != nil || memory.Bavail*uint64(memory.Bsize) < enough {
		return os.TempDir()
	}
	return inMemory
}

func discardLeftovers(ctx context.Context) {
	for _, parent := range []string{inMemory, os.TempDir()} {
		dirs, _ := filepath.Glob(filepath.Join(parent, dirPattern))
		for _, dir := range dirs {
			// A young one may belong to a test binary that has yet to lock it. One in use is refused, and nothing
			// depends on the others.
			if info, err := os.Stat(dir); err == nil && time.Since(info.ModTime()) > limit {
				_ = postgres.Discard(ctx, dir)
			}
		}
	}
}

func (s *server) makeTemplate() error {
	name := "template_" + strings.ToLower(rand.Text())
	if err := execute(s.url, "create database "+name+" template template0"); err != nil {
		return err
	}
	s.template = name
	inside, err := replaceDatabase(s.url, name)
	if err != nil {
		return err
	}
	if err := execute(inside, `
		create schema ext;
		create extension intarray schema ext;
		create extension btree_gin schema ext;
		create extension pg_trgm schema ext`); err != nil {
		return err
	}
	// A template that is connected to cannot be copied.
	return execute(s.url, "alter database "+name+" allow_connections false")
}

func (s *server) stop() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	ctx, cancel := context.WithTimeout(context.Background(), limit)
	defer cancel()
	var failed error
	if s.cluster != nil {
		failed = s.cluster.Stop(ctx)
	} else if s.template != "" {
		failed = execute(s.url, "drop database "+s.template)
	}
	if s.dir != "" {
		failed = errors.Join(failed, os.RemoveAll(s.dir))
	}
	return failed
}

func execute(url, sql string) error {
	ctx, cancel := context.WithTimeout(context.Background(), limit)
	defer cancel()
	conn, err := pgx.Connect(ctx, url)
	if err != nil {
		return err
	}
	_, err = conn.Exec(ctx, sql, pgx.QueryExecModeSimpleProtocol)
	return errors.Join(err, conn.Close(ctx))
}

func replaceDatabase(server, name string) (string, error) {
	u, err := url.Parse(server)
	if err != nil {
		return "", err
	}
	u.Path = "/" + name
	return u.String(), nil
}
