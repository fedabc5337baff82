package main_test

import (
	"errors"
	"net"
	"os"
	"path/filepath"
	"testing"
)

func TestADataDirectoryOfALivingProcessIsRefusedToAnother(t *testing.T) {
	t.Parallel()
	m := newMachine(t)
	p := m.start(t, "eventstore", "--data-dir", m.data, "--listen", "127.0.0.1:0")
	p.says(t, "ready at esdb://")
	m.run(t, "serve", "--data-dir", m.data, "--listen", "127.0.0.1:0").refused(t, 2, "another process is using it")
	m.run(t, "eventstore", "--data-dir", m.data, "--listen", "127.0.0.1:0").refused(t, 2, "another process is using it")
	m.run(t, "organizations", "list", "--data-dir", m.data).refused(t, 2, "in use by a process")
}

func TestADataDirectoryOfANewerBuildIsRefused(t *testing.T) {
	t.Parallel()
	m := newMachine(t)
	for name, file := range map[string]string{
		"the directory": "FORMAT", "the event store": "eventstore/FORMAT",
	} {
		t.Run(name, func(t *testing.T) {
			dir := filepath.Join(m.home, filepath.Dir(file)+"-newer")
			if err := errors.Join(
				os.MkdirAll(filepath.Join(dir, filepath.Dir(file)), 0o700),
				os.WriteFile(filepath.Join(dir, file), []byte("99\n"), 0o600),
			); err != nil {
				t.Fatal(err)
			}
			m.run(t, "eventstore", "--data-dir", dir, "--listen", "127.0.0.1:0").refused(t, 2, "format")
			m.run(t, "serve", "--data-dir", dir, "--listen", "127.0.0.1:0").refused(t, 2, "format")
			m.discard(t, dir)
		})
	}
}

func TestWhatIsNoDirectoryOfOursIsRefused(t *testing.T) {
	t.Parallel()
	m := newMachine(t)
	file := filepath.Join(m.home, "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	m.run(t, "serve", "--data-dir", file).refused(t, 2, "not a directory")
	m.run(t, "serve", "--data-dir", filepath.Join(file, "below")).refused(t, 2, "not a directory")
	m.run(t, "eventstore", "--data-dir", file).refused(t, 2, "not a directory")
	m.run(t, "organizations", "list", "--data-dir", file).refused(t, 2, "not a directory")

	foreign := filepath.Join(m.home, "foreign")
	if err := errors.Join(
		os.MkdirAll(filepath.Join(foreign, "postgres/data"), 0o700),
		os.WriteFile(filepath.Join(foreign, "postgres/data/letter"), nil, 0o600),
	); err != nil {
		t.Fatal(err)
	}
	m.run(t, "serve", "--data-dir", foreign).refused(t, 2, "not a PostgreSQL data directory")
	if _, err := os.Stat(filepath.Join(foreign, "postgres/data/letter")); err != nil {
		t.Errorf("what was there is gone: %v", err)
	}
}

func TestADirectoryThatMayNotBeWrittenIsRefused(t *testing.T) {
	t.Parallel()
	m := newMachine(t)
	if os.Geteuid() == 0 { // who may write everywhere
		m.ownedBy(t, "nobody")
	}
	closed := filepath.Join(m.home, "closed")
	if err := os.Mkdir(closed, 0o555); err != nil {
		t.Fatal(err)
	}
	m.run(t, "serve", "--data-dir", closed).refused(t, 2, "permission denied")
	m.run(t, "serve", "--data-dir", filepath.Join(closed, "below")).refused(t, 2, "permission denied")
	m.run(t, "eventstore", "--data-dir", closed).refused(t, 2, "permission denied")
}

func TestAnAddressThatIsInUseIsRefusedAndNothingIsLeftRunning(t *testing.T) {
	t.Parallel()
	m := newMachine(t)
	listener, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = listener.Close() })
	taken := listener.Addr().String()
	m.run(t, "serve", "--log-level", "warn", "--data-dir", m.data, "--listen", taken).refused(t, 2, "address already in use")
	m.run(t, "eventstore", "--data-dir", m.data, "--listen", taken).refused(t, 2, "address already in use")
	if left := m.processes(t); len(left) > 0 {
		t.Errorf("there still run %q", left)
	}
	for _, name := range []string{"owner.key", "postgres", "eventstore"} {
		if _, err := os.Lstat(filepath.Join(m.data, name)); err == nil {
			t.Errorf("%s was made for nothing", name)
		}
	}
}

func TestOnlyAServiceBeginsADataDirectory(t *testing.T) {
	t.Parallel()
	m := newMachine(t)
	dir := filepath.Join(m.home, "mistyped")
	m.run(t, "organizations", "list", "--data-dir", dir).refused(t, 2, "nothing of tagtrail is in")
	m.run(t, "projections", "status", "--data-dir", dir).refused(t, 2, "nothing of tagtrail is in")
	if _, err := os.Lstat(dir); err == nil {
		t.Error("the mistyped directory was made")
	}
}
