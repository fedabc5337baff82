package main_test

import (
	"errors"
	"net/http"
	"os"
	"path/filepath"
	"syscall"
	"testing"
)

func TestAnOrdinaryUserWithoutAHomeStartsTheWholeService(t *testing.T) {
	t.Parallel()
	m := newMachine(t)
	m.ownedBy(t, "nobody")
	startsTwice(t, m)
	for _, name := range []string{"owner.key", "postgres/data", "eventstore", "keys/master.key"} {
		info, err := os.Stat(filepath.Join(m.data, name))
		if err != nil {
			t.Fatal(err)
		}
		if owner := info.Sys().(*syscall.Stat_t).Uid; owner != m.credential.Uid {
			t.Errorf("%s belongs to %d", name, owner)
		}
	}
}

func TestRootStartsTheWholeServiceUnderAHomeThatIsClosedToOthers(t *testing.T) {
	t.Parallel()
	if os.Geteuid() != 0 {
		t.Skip("needs root")
	}
	m := newMachine(t)
	if err := errors.Join(os.Chmod(m.root, 0o700), os.Chmod(m.home, 0o700)); err != nil {
		t.Fatal(err)
	}
	startsTwice(t, m)
}

// startsTwice judges a whole life of the service: what the first start took in the second one has.
func startsTwice(t *testing.T, m *machine) {
	t.Helper()
	first := m.serve(t)
	if status, err := first.createTag("VIP"); err != nil || status != http.StatusCreated {
		t.Fatal(status, err)
	}
	if code := first.stop(t, syscall.SIGINT); code != 0 {
		t.Errorf("it ends with %d", code)
	}
	second := m.serve(t)
	if !second.tags(t)["VIP"] {
		t.Error("the tag is gone")
	}
	was := m.running(t)
	if code := second.stop(t, syscall.SIGINT); code != 0 {
		t.Errorf("it ends with %d", code)
	}
	m.isQuiet(t, was)
}
