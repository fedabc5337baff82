package vault_test

import (
	"bytes"
	"encoding/hex"
	"encoding/json"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/uuid"

	"tagtrail/adapters/vault"
	"tagtrail/domain/organization"
)

// What was sealed once must open for ever: the file was written by the first version and is never written again.
func TestWhatTheFirstVersionSealedOpens(t *testing.T) {
	t.Parallel()
	var golden struct {
		Master          json.RawMessage
		Organization    uuid.UUID
		OrganizationKey string
		Subject         uuid.UUID
		Key             string
		Sealed, AAD     string
		Plain           string
		MAC             string
	}
	content, err := os.ReadFile(filepath.Join("testdata", "v1.json"))
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(content, &golden); err != nil {
		t.Fatal(err)
	}
	room := newRoom(t)
	if err := os.WriteFile(filepath.Join(room.directory, "master.key"), golden.Master, 0o600); err != nil {
		t.Fatal(err)
	}
	room.execute(t, `delete from vault.master`)
	room.execute(t, `insert into vault.keys (org, subject, wrapped) values ($1, $2, $3)`, golden.Organization, golden.Subject, bytesOf(t, golden.Key))
	room.execute(t, `insert into vault.organization_keys (org, wrapped) values ($1, $2)`, golden.Organization, bytesOf(t, golden.OrganizationKey))

	old, err := vault.New(t.Context(), room.config())
	if err != nil {
		t.Fatal(err)
	}
	opened, err := old.Open(t.Context(), golden.Organization, golden.Subject, bytesOf(t, golden.Sealed), []byte(golden.AAD))
	if err != nil || string(opened) != golden.Plain {
		t.Errorf("opened as %q: %v", opened, err)
	}
	hashed, err := old.MAC(t.Context(), organization.ID{UUID: golden.Organization}, "message", "channel", "id")
	if err != nil || !bytes.Equal(hashed, bytesOf(t, golden.MAC)) {
		t.Errorf("hashed as %x: %v", hashed, err)
	}
}

func bytesOf(t *testing.T, text string) []byte {
	t.Helper()
	decoded, err := hex.DecodeString(text)
	if err != nil {
		t.Fatal(err)
	}
	return decoded
}
