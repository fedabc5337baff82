package app

import (
	"context"
	"strings"

	"github.com/google/uuid"

	"tagtrail/adapters/postgres"
	"tagtrail/domain/operation"
	"tagtrail/domain/organization"
)

// Unsealed lets personal data into the log in clear, for the test that must find it there.
func Unsealed(env *Env) { env.unsealed = true }

// Uncompressed leaves the event store's files readable to whoever looks for bytes in them.
func Uncompressed(env *Env) { env.uncompressed = true }

// Stands answers how a generation is.
var Stands = stands

// LookThrough answers how erasures look files through, attempt for attempt, for a test that watches which are opened.
func LookThrough(b *Backends, keys postgres.Sealer) func(context.Context, []postgres.Erasure) ([]postgres.Erasure, error) {
	working := b.erasing()
	working.files.files.Sealer = keys
	return working.dropFiles
}

// Receive keeps a file as an upload does that is not begun yet.
func Receive(ctx context.Context, b *Backends, org organization.ID, content string) (operation.ID, error) {
	id := operation.ID{UUID: uuid.New()}
	_, err := b.imports(nil).Receive(ctx, org, id, strings.NewReader(content))
	return id, err
}
