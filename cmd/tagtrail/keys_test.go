package main_test

import (
	"log/slog"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/google/uuid"

	"tagtrail/cmd/internal/app"
	"tagtrail/cmd/internal/config"
	"tagtrail/domain/event"
	"tagtrail/domain/organization"
	"tagtrail/domain/personal"
)

func TestKeysAreCreatedListedAndRevokedWhileTheServiceRuns(t *testing.T) {
	t.Parallel()
	m := newMachine(t)
	s := m.serve(t)
	org := m.organizations(t)[0].ID
	of := []string{"--organization", org, "--data-dir", m.data}

	var made struct{ ID, Kind, Key string }
	decode(t, m.must(t, append([]string{"keys", "create", "--kind", "api", "--name", "our shop", "--json"}, of...)...), &made)
	shop := api{s.url, made.Key}
	shop.opens(t)
	table := m.must(t, append([]string{"keys", "create", "--kind", "auditor", "--name", "yearly review"}, of...)...)
	if !strings.Contains(table, "key  tt_live_") {
		t.Errorf("a new key is shown as\n%s", table)
	}

	listed := m.keys(t, org)
	at := slices.IndexFunc(listed, func(k keyRow) bool { return k == keyRow{made.ID, "api", "our shop", false} })
	if len(listed) != 3 || at < 0 {
		t.Errorf("there are the keys %v", listed)
	}
	table = m.must(t, append([]string{"keys", "list"}, of...)...)
	for _, part := range []string{"ID", "KIND", "NAME", "STATE", made.ID, "our shop", "yearly review", "owner"} {
		if !strings.Contains(table, part) {
			t.Errorf("the table lacks %q:\n%s", part, table)
		}
	}
	for _, token := range []string{made.Key, s.key} {
		secret := token[strings.LastIndex(token, "_")+1:]
		if strings.Contains(table, secret) {
			t.Errorf("the table shows a secret:\n%s", table)
		}
	}

	m.must(t, append([]string{"keys", "revoke", made.ID}, of...)...)
	m.must(t, append([]string{"keys", "revoke", made.ID}, of...)...)
	if status, body := shop.get(t, "/v1/tags"); status != http.StatusUnauthorized {
		t.Errorf("a revoked key is answered %d %s", status, body)
	}
	if table = m.must(t, append([]string{"keys", "list"}, of...)...); strings.Count(table, "revoked") != 1 {
		t.Errorf("after one key was revoked the table is\n%s", table)
	}
	s.opens(t)

	m.run(t, append([]string{"keys", "create", "--kind", "king", "--name", "x"}, of...)...).refused(t, 2, "no such kind")
	m.run(t, append([]string{"keys", "create", "--kind", "api", "--name", "a\x1b[31mb"}, of...)...).refused(t, 2, "a name is one line")
	m.run(t, append([]string{"keys", "revoke", uuid.NewString()}, of...)...).refused(t, 3, "no such key")
	m.run(t, append([]string{"keys", "revoke", "x\x1b[2J"}, of...)...).refused(t, 2, `"x\x1b[2J" is no id`)
	m.run(t, "keys", "list", "--data-dir", m.data, "--organization", uuid.NewString()).refused(t, 3, "no such organisation")
	m.run(t, "organizations", "create", "--data-dir", m.data, "--name", "x", "--zone", "Mars/Phobos").refused(t, 2, "time zone")
	m.run(t, "organizations", "create", "--data-dir", m.data, "--name", "x", "--identity-scope", "all").refused(t, 2, "identity scope")
}

// A build with other rules may have stored any name.
func TestANameThatCouldSteerATerminalIsListedEscaped(t *testing.T) {
	t.Parallel()
	m := newMachine(t)
	m.serve(t)
	org := m.organizations(t)[0].ID
	storeKey(t, m, org, "a\x1b[2J\x1b[31mb\nowner\u202ec\td")

	listed := m.must(t, "keys", "list", "--organization", org, "--data-dir", m.data)
	if !strings.Contains(listed, `a\x1b[2J\x1b[31mb\nowner\u202ec\td`) {
		t.Errorf("the name is listed as %q", listed)
	}
	if lines := strings.Count(strings.TrimSpace(listed), "\n"); lines != 2 {
		t.Errorf("a header and two keys take %d lines more than one:\n%q", lines, listed)
	}
}

// storeKey appends a key past the rules, as another process beside the service.
func storeKey(t *testing.T, m *machine, org, name string) {
	t.Helper()
	b, err := app.Open(t.Context(), app.Env{
		Config: config.Config{DataDir: m.data}, Log: slog.New(slog.DiscardHandler), Say: func(string, ...any) {},
	})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = b.Close() }()
	stream := organization.ID{UUID: uuid.MustParse(org)}.Stream()
	var last event.Recorded[event.Event]
	for recorded, err := range b.Store.ReadStream(t.Context(), stream, 0) {
		if err != nil {
			t.Fatal(err)
		}
		last = recorded
	}
	made := event.Envelope{ID: uuid.New(), Metadata: last.Metadata, Event: organization.KeyCreated{
		Key: uuid.New(), Kind: organization.Auditor, Name: personal.New(name), Hash: strings.Repeat("0", 64),
	}}
	if _, err := b.Store.Append(t.Context(), stream, last.Revision, []event.Envelope{made}); err != nil {
		t.Fatal(err)
	}
}
