package app_test

import (
	"context"
	"errors"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"tagtrail/cmd/internal/app"
	"tagtrail/cmd/internal/config"
)

func TestADataDirectoryOfANewerFormatIsRefused(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "FORMAT"), []byte("2\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	err := app.Serve(t.Context(), silent(dir))
	if !errors.Is(err, app.ErrDataDir) || !strings.Contains(err.Error(), "format 2") || strings.Contains(err.Error(), "\n") {
		t.Errorf("got %v", err)
	}
}

func TestADataDirectoryThatIsNoneIsRefused(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := app.Serve(t.Context(), silent(file)); !errors.Is(err, app.ErrDataDir) {
		t.Errorf("got %v", err)
	}
}

func TestPartsBesideDatabasesNeedTheirAddresses(t *testing.T) {
	t.Parallel()
	for name, part := range map[string]app.Part{"api": app.API, "project": app.Project("console"), "worker": app.Worker} {
		if err := part(t.Context(), silent(t.TempDir())); err == nil || !strings.Contains(err.Error(), "TAGTRAIL_EVENTSTORE_URL") {
			t.Errorf("%s: got %v", name, err)
		}
	}
	if err := app.Project("nonsense")(t.Context(), silent(t.TempDir())); !errors.Is(err, app.ErrUnknownGroup) {
		t.Errorf("an unknown group: got %v", err)
	}
}

// silent is what a part gets from a test that only wants its answer.
func silent(dir string) app.Env {
	return app.Env{
		Config: config.Config{DataDir: dir, Listen: "127.0.0.1:0", LogLevel: "error", LogFormat: "text"},
		Log:    slog.New(slog.DiscardHandler),
		Say:    func(string, ...any) {},
	}
}

// service is tagtrail, whole, in this process.
type service struct {
	url, dir, key string
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
	s := &service{dir: dir}
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
