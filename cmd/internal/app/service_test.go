package app_test

import (
	"context"
	"encoding/json"
	"log/slog"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/uuid"

	"tagtrail/cmd/internal/app"
	"tagtrail/cmd/internal/config"
	"tagtrail/commands"
	"tagtrail/domain/organization"
)

// service is tagtrail, whole, in this process.
type service struct {
	url, dir, key string
	client        *http.Client
	stop          func() error
}

// serve starts tagtrail in a directory, and stops it when the test ends.
func serve(t *testing.T, dir string, changes ...func(*app.Env)) *service {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	ready, ended := make(chan string, 1), make(chan error, 1)
	env := silent(dir)
	env.Log = slog.New(slog.NewTextHandler(t.Output(), &slog.HandlerOptions{Level: slog.LevelWarn}))
	env.Ready = func(address string) { ready <- address }
	for _, change := range changes {
		change(&env)
	}
	go func() { ended <- app.Serve(ctx, env) }()
	// Fifty at once use the same connections again and again: each of its own would use up the ports of the machine.
	connections := &http.Transport{MaxIdleConnsPerHost: 64}
	t.Cleanup(connections.CloseIdleConnections)
	s := &service{dir: dir, client: &http.Client{Transport: connections}}
	stopped := false
	s.stop = func() error {
		if stopped {
			return nil
		}
		stopped = true
		cancel()
		return <-ended
	}
	select {
	case address := <-ready:
		s.url = "http://" + address
	case err := <-ended:
		cancel()
		t.Fatalf("tagtrail did not start: %v", err)
	}
	t.Cleanup(func() {
		if err := s.stop(); err != nil {
			t.Errorf("stop: %v", err)
		}
	})
	key, err := os.ReadFile(filepath.Join(dir, "owner.key"))
	if err != nil {
		t.Fatal(err)
	}
	s.key = strings.TrimSpace(string(key))
	return s
}

// eventStore answers the socket of the service's event store.
func (s *service) eventStore(t *testing.T) string { t.Helper(); return s.running(t)["eventstore"] }

// running answers by what the embedded parts can be reached.
func (s *service) running(t *testing.T) map[string]string {
	t.Helper()
	data, err := os.ReadFile(filepath.Join(s.dir, "running.json"))
	if err != nil {
		t.Fatal(err)
	}
	var at map[string]string
	if err := json.Unmarshal(data, &at); err != nil {
		t.Fatal(err)
	}
	return at
}

// silent is what a part gets from a test that only wants its answer.
func silent(dir string) app.Env {
	return app.Env{
		Config: config.Config{DataDir: dir, Listen: "127.0.0.1:0", LogLevel: "error", LogFormat: "text"},
		Log:    slog.New(slog.DiscardHandler),
		Say:    func(string, ...any) {},
	}
}

// organization begins another organisation beside the first, and answers its owner key.
func (s *service) organization(t *testing.T) string {
	t.Helper()
	env := silent(s.dir)
	b, err := app.Open(t.Context(), env)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = b.Close() }()
	org := organization.ID{UUID: uuid.New()}
	key, err := commands.MintKey(org)
	if err != nil {
		t.Fatal(err)
	}
	receipt, err := b.Commands.CreateOrganization(app.As(t.Context(), org), commands.CreateOrganization{
		Organization: org, Name: "Strangers", Key: key, KeyName: "owner",
	})
	if err != nil || receipt.Position == 0 {
		t.Fatal(receipt, err)
	}
	return key.Token
}
