package main_test

import (
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

func TestTheFirstStartMakesAnInstallationAndCtrlCEndsItWhole(t *testing.T) {
	t.Parallel()
	m := newMachine(t)
	began := time.Now()
	s := m.serve(t)
	if d := took(t, "the first start", began); d > 30*time.Second {
		t.Errorf("the first start took %s", d)
	}
	for name, want := range map[string]os.FileMode{"": 0o700, "owner.key": 0o600, "eventstore": 0o700, "postgres": 0o711, "keys": 0o700} {
		info, err := os.Stat(filepath.Join(m.data, name))
		if err != nil {
			t.Errorf("the data directory lacks %v", err)
			continue
		}
		if mode := info.Mode().Perm(); mode&^want != 0 {
			t.Errorf("%q has mode %v", name, mode)
		}
	}
	if line := s.says(t, "owner key"); !strings.Contains(line, filepath.Join(m.data, "owner.key")) {
		t.Errorf("it is not said where the key is: %q", line)
	}
	s.opens(t)
	for _, path := range []string{"/livez", "/readyz", "/metrics", "/openapi.json", "/docs"} {
		if status, body := s.get(t, path); status != http.StatusOK {
			t.Errorf("%s answers %d %s", path, status, body)
		}
	}
	showsNoSecret(t, m, s.key)

	was := m.running(t)
	began = time.Now()
	if code := s.stop(t, syscall.SIGINT); code != 0 {
		t.Errorf("Ctrl-C ends it with %d", code)
	}
	if d := took(t, "Ctrl-C", began); d > 10*time.Second {
		t.Errorf("Ctrl-C took %s", d)
	}
	m.isQuiet(t, was)
}

// showsNoSecret judges what everybody on the machine can see of its processes.
func showsNoSecret(t *testing.T, m *machine, secrets ...string) {
	t.Helper()
	commands := m.processes(t)
	if len(commands) < 2 {
		t.Errorf("of the service and its PostgreSQL there are only %q", commands)
	}
	for _, command := range commands {
		for _, secret := range secrets {
			if strings.Contains(command, secret) {
				t.Errorf("the command line shows a secret: %s", command)
			}
		}
	}
}

func TestTheSecondStartHasTheOrganisationsAndKeysOfTheFirst(t *testing.T) {
	t.Parallel()
	m := newMachine(t)
	s := m.serve(t)
	first := m.organizations(t)
	if len(first) != 1 {
		t.Fatalf("the first start made %d organisations", len(first))
	}
	var made struct{ ID, Key string }
	decode(t, m.must(t, "keys", "create", "--organization", first[0].ID, "--kind", "auditor", "--name", "yearly review", "--json", "--data-dir", m.data), &made)
	if status, err := s.createTag("VIP"); err != nil || status != http.StatusCreated {
		t.Fatal(status, err)
	}
	if code := s.stop(t, syscall.SIGTERM); code != 0 {
		t.Errorf("SIGTERM ends it with %d", code)
	}

	// With nobody there the commands start what they need, and end it again.
	if while := m.organizations(t); len(while) != 1 || while[0] != first[0] {
		t.Errorf("while nothing runs there are %v, and there were %v", while, first)
	}
	if left := m.processes(t); len(left) > 0 {
		t.Errorf("a command left %q running", left)
	}

	began := time.Now()
	again := m.serve(t)
	took(t, "the second start", began)
	if again.key != s.key {
		t.Error("the owner key changed")
	}
	if then := m.organizations(t); len(then) != 1 || then[0] != first[0] {
		t.Errorf("the second start has %v, and the first had %v", then, first)
	}
	api{again.url, made.Key}.opens(t)
	if !again.tags(t)["VIP"] {
		t.Error("the tag is gone")
	}
	was := m.running(t)
	if code := again.stop(t, syscall.SIGINT); code != 0 {
		t.Errorf("Ctrl-C ends it with %d", code)
	}
	m.isQuiet(t, was)
}
