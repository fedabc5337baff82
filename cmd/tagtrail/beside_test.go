package main_test

import (
	"context"
	"net/http"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"tagtrail/adapters/embedded/postgres"
)

func TestTheServiceRunsAsProcessesOfTheirOwnBesideTwoDatabases(t *testing.T) {
	t.Parallel()
	m := newMachine(t)
	m.databases(t)
	made := m.organization(t, "Beside")

	front, frontAt := m.part(t, "api")
	worker, workerAt := m.part(t, "worker")
	m.must(t, "health", "--listen", workerAt)
	// Without tables the API is alive and not ready.
	if status, body := (api{url: "http://" + frontAt}).get(t, "/readyz?verbose"); status != http.StatusServiceUnavailable || !strings.Contains(body, "[-] tables") {
		t.Errorf("before anything is projected: %d %s", status, body)
	}
	m.run(t, "health", "--listen", frontAt).refused(t, 6, "not ready")
	at := api{"http://" + frontAt, made.Key}
	if status, body := at.get(t, "/v1/tags"); status != http.StatusServiceUnavailable {
		t.Errorf("without tables a list is answered %d %s", status, body)
	}

	first, firstAt := m.part(t, "project", "--group", "console")
	m.must(t, "health", "--listen", firstAt)
	eventually(t, "the API is ready", func() bool { return m.run(t, "health", "--listen", frontAt).code == 0 })
	at.opens(t)
	at.shows(t, "before")

	second, _ := m.part(t, "project", "--group", "console")
	second.logs(t, "state=standby")
	first.kill()
	second.logs(t, "state=running")
	at.shows(t, "after")
	if shown := m.must(t, "projections", "status"); !strings.Contains(shown, "console") {
		t.Errorf("the status of projections is\n%s", shown)
	}

	for name, p := range map[string]*process{"api": front, "worker": worker, "project": second} {
		if code := p.stop(t, syscall.SIGTERM); code != 0 {
			t.Errorf("SIGTERM ends %s with %d", name, code)
		}
	}
	m.run(t, "health", "--listen", frontAt).refused(t, 6, "not ready")
}

func TestAPartBesideDatabasesSaysWhatItNeeds(t *testing.T) {
	t.Parallel()
	m := newMachine(t)
	m.run(t, "api").refused(t, 2, "TAGTRAIL_EVENTSTORE_URL and TAGTRAIL_POSTGRES_URL")
	m.run(t, "worker").refused(t, 2, "TAGTRAIL_EVENTSTORE_URL and TAGTRAIL_POSTGRES_URL")
	m.run(t, "project", "--group", "console").refused(t, 2, "TAGTRAIL_EVENTSTORE_URL and TAGTRAIL_POSTGRES_URL")
	m.run(t, "project", "--group", "conosle").refused(t, 2, `"conosle"`)
	m.run(t, "project").refused(t, 2, "group")
}

// databases starts an event store and a PostgreSQL, and tells processes that start from now on where they are.
func (m *machine) databases(t *testing.T) {
	t.Helper()
	_, events := m.eventStore(t)
	cluster, err := postgres.Start(t.Context(), postgres.Options{Dir: filepath.Join(m.root, "postgres"), Ephemeral: true})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(t.Context()), patience)
		defer cancel()
		if err := cluster.Stop(ctx); err != nil {
			t.Error(err)
		}
	})
	m.set("TAGTRAIL_EVENTSTORE_URL", events)
	m.set("TAGTRAIL_POSTGRES_URL", cluster.URL())
	m.set("TAGTRAIL_KEYS_DIR", filepath.Join(m.home, "keys"))
}

// part starts a part of the service and answers its address when it is ready.
func (m *machine) part(t *testing.T, args ...string) (*process, string) {
	t.Helper()
	p := m.start(t, append(args, "--listen", "127.0.0.1:0")...)
	return p, strings.TrimPrefix(addressIn(t, p.says(t, "ready at http://")), "http://")
}

// created is a new organisation and its owner key.
type created struct{ Organization, Key string }

// organization begins an organisation by command.
func (m *machine) organization(t *testing.T, name string) created {
	t.Helper()
	var made created
	decode(t, m.must(t, "organizations", "create", "--name", name, "--json"), &made)
	return made
}

// shows creates a tag, and waits until it is in the list.
func (a api) shows(t *testing.T, tag string) {
	t.Helper()
	if status, err := a.createTag(tag); err != nil || status != http.StatusCreated {
		t.Fatalf("create the tag %s: %d, %v", tag, status, err)
	}
	eventually(t, "the list has the tag "+tag, func() bool { return a.tags(t)[tag] })
}
