package app_test

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"tagtrail/cmd/internal/app"
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
