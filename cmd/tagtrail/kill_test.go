package main_test

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/google/uuid"

	"tagtrail/cmd/internal/processtest"
	"tagtrail/commands"
	"tagtrail/domain/organization"
)

func TestAfterAKillTheNextStartEndsTheOrphanedPostgreSQLAndHasAllThatWasAcknowledged(t *testing.T) {
	t.Parallel()
	m := newMachine(t)
	s := m.serve(t)
	acknowledged, failed := make(chan string), make(chan error, 1)
	go func() {
		for i := 0; ; i++ {
			name := fmt.Sprint("tag ", i)
			status, err := s.createTag(name)
			if err != nil || status != http.StatusCreated {
				failed <- fmt.Errorf("%s: %d, %w", name, status, err)
				return
			}
			acknowledged <- name
		}
	}()
	var names []string
	for len(names) < 20 {
		select {
		case name := <-acknowledged:
			names = append(names, name)
		case err := <-failed:
			t.Fatal(err)
		}
	}
	// A server that is stopped does not follow its dead parent at once, and so is mostly there when the next one starts.
	orphan := m.postmaster(t)
	if err := syscall.Kill(orphan, syscall.SIGSTOP); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = syscall.Kill(orphan, syscall.SIGCONT) })
	s.kill()
	for waiting := true; waiting; {
		select {
		case name := <-acknowledged:
			names = append(names, name)
		case err := <-failed:
			t.Logf("the kill interrupts %v", err)
			waiting = false
		}
	}

	next := m.start(t, "serve", "--data-dir", m.data, "--listen", "127.0.0.1:0")
	if err := syscall.Kill(orphan, syscall.SIGCONT); err != nil {
		t.Fatal(err)
	}
	again := &service{next, api{addressIn(t, next.says(t, "ready at http://")), m.ownerKey(t)}}
	if again.key != s.key {
		t.Error("the owner key changed")
	}
	if now := m.postmaster(t); now == orphan {
		t.Error("the orphan still serves")
	}
	there := again.tags(t)
	for _, name := range names {
		if !there[name] {
			t.Errorf("%q was acknowledged and is gone", name)
		}
	}
	was := m.running(t)
	if code := again.stop(t, syscall.SIGINT); code != 0 {
		t.Errorf("it ends with %d", code)
	}
	m.isQuiet(t, was)
}

// postmaster is the process of the private PostgreSQL.
func (m *machine) postmaster(t *testing.T) int {
	t.Helper()
	pid, err := processtest.Postmaster(filepath.Join(m.data, "postgres"))
	if err != nil {
		t.Fatal(err)
	}
	return pid
}

// moments are what the first start makes one after the other.
var moments = []struct {
	name, made string
	later      bool // some milliseconds after it is there
}{
	{"when the data directory is there", "LOCK", false},
	{"while PostgreSQL is created", "postgres/data.new-*", false},
	{"when PostgreSQL starts", "postgres/data/postmaster.pid", true},
	{"when it tells others of itself", "running.json", true},
	{"when the master key is there", "keys/master.key", false},
	{"when the owner key is there", "owner.key", false},
	{"when the organisation may be there", "owner.key", true},
}

func TestAFirstStartThatIsKilledAtAnyMomentIsCompletedByTheNext(t *testing.T) {
	t.Parallel()
	for _, moment := range moments {
		t.Run(moment.name, func(t *testing.T) {
			t.Parallel()
			m := newMachine(t)
			first := m.start(t, "serve", "--data-dir", m.data, "--listen", "127.0.0.1:0")
			m.awaits(t, moment.made)
			if moment.later {
				delay := time.Duration(rand.IntN(20)) * time.Millisecond //nolint:gosec // chance, and no secret
				t.Logf("killed after another %s", delay)
				<-time.After(delay)
			}
			first.kill()
			before, _ := os.ReadFile(filepath.Join(m.data, "owner.key"))

			next := m.serve(t)
			next.opens(t)
			if key := string(before); key != "" && strings.TrimSpace(key) != next.key {
				t.Error("the owner key was there and is another now")
			}
			found := m.organizations(t)
			if len(found) != 1 {
				t.Fatalf("there are the organisations %v", found)
			}
			if keys := m.keys(t, found[0].ID); len(keys) != 1 || keys[0].Kind != "owner" {
				t.Errorf("there are the keys %v", keys)
			}
			was := m.running(t)
			if code := next.stop(t, syscall.SIGTERM); code != 0 {
				t.Errorf("it ends with %d", code)
			}
			m.isQuiet(t, was)
		})
	}
}

// What a kill between the key and its organisation leaves, which is too short a moment to be hit each time.
func TestAnOwnerKeyWithoutItsOrganisationIsCompletedByTheNextStart(t *testing.T) {
	t.Parallel()
	m := newMachine(t)
	minted, err := commands.MintKey(organization.ID{UUID: uuid.Must(uuid.NewV7())})
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(
		os.Mkdir(m.data, 0o700),
		os.WriteFile(filepath.Join(m.data, "owner.key"), []byte(minted.Token+"\n"), 0o600),
	); err != nil {
		t.Fatal(err)
	}
	s := m.serve(t)
	if s.key != minted.Token {
		t.Error("the owner key changed")
	}
	s.opens(t)
	if found := m.organizations(t); len(found) != 1 || found[0].ID != minted.Organization.String() {
		t.Errorf("there are the organisations %v", found)
	}
}

func TestAFirstStartThatIsInterruptedLeavesNothingRunning(t *testing.T) {
	t.Parallel()
	for _, made := range []string{"postgres/data.new-*", "postgres/data/postmaster.pid"} {
		m := newMachine(t)
		p := m.start(t, "serve", "--data-dir", m.data, "--listen", "127.0.0.1:0")
		m.awaits(t, made)
		if code := p.stop(t, syscall.SIGINT); code != 130 && code != 0 {
			t.Errorf("it ends with %d", code)
		}
		if said, _ := p.Stderr.Find("tagtrail: "); said != "" {
			t.Errorf("a person who interrupts it is told %q", said)
		}
		m.isQuiet(t)
	}
}

// awaits polls until something of the name, which may be a pattern, is in the data directory.
func (m *machine) awaits(t *testing.T, name string) {
	t.Helper()
	eventually(t, "there is "+name, func() bool {
		found, err := filepath.Glob(filepath.Join(m.data, name))
		return err == nil && len(found) > 0
	})
}
