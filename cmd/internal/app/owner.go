package app

import (
	"context"
	"fmt"
	"os"
	"strings"

	"github.com/google/uuid"

	"tagtrail/commands"
	"tagtrail/domain/organization"
)

// ensureOwner sees to it that a new installation has an organisation, and
// answers where its owner key is. The key is on disk before anything that it
// opens, and names the organisation: whatever a crash leaves undone, the next
// start completes.
func ensureOwner(ctx context.Context, b *Backends, dir *dataDir) (string, error) {
	file := dir.file("owner.key")
	if !fileExists(file) {
		there, err := b.Commands.Organizations(ctx)
		if err != nil {
			return "", err
		}
		if len(there) > 0 {
			return file + ", which is gone; tagtrail keys create makes another", nil
		}
		key, err := commands.MintKey(organization.ID{UUID: uuid.Must(uuid.NewV7())})
		if err != nil {
			return "", err
		}
		if err := writeDurably(file, []byte(key.Token+"\n")); err != nil {
			return "", fmt.Errorf("write %s: %w", file, err)
		}
	}
	data, err := os.ReadFile(file)
	if err != nil {
		return "", err
	}
	key, err := commands.ParseKey(strings.TrimSpace(string(data)))
	if err != nil {
		return "", fmt.Errorf("%s: %w", file, err)
	}
	_, err = b.Commands.CreateOrganization(As(ctx, key.Organization), commands.CreateOrganization{
		Organization: key.Organization, Name: "My organization", Key: key, KeyName: "owner",
	})
	return file, err
}
