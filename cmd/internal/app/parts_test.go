package app_test

import (
	"errors"
	"strings"
	"testing"

	"tagtrail/cmd/internal/app"
)

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
