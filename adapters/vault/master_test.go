package vault_test

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/sync/errgroup"

	"tagtrail/adapters/vault"
)

func TestTheMasterKeyIsMadeOnceAndForItsOwnerAlone(t *testing.T) {
	t.Parallel()
	room := newRoom(t)
	path := filepath.Join(room.directory, "master.key")
	info, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	if info.Mode().Perm() != 0o600 {
		t.Errorf("the master key's mode is %o", info.Mode().Perm())
	}
	before := read(t, path)
	sealed := seal(t, room.vault, ana)
	opens(t, room.another(t), ana, sealed)
	if after := read(t, path); after != before {
		t.Error("a second start changed the master key")
	}
	names, err := os.ReadDir(room.directory)
	if err != nil || len(names) != 1 {
		t.Errorf("the directory holds %v (%v)", names, err)
	}
}

func TestFirstStartsAtOnceAgreeOnOneMasterKey(t *testing.T) {
	t.Parallel()
	room := newRoom(t)
	room.execute(t, `delete from vault.master`)
	room.directory = filepath.Join(t.TempDir(), "fresh")
	vaults := make([]*vault.Vault, 8)
	group, ctx := errgroup.WithContext(t.Context())
	for i := range vaults {
		group.Go(func() (err error) {
			vaults[i], err = vault.New(ctx, room.config())
			return err
		})
	}
	if err := group.Wait(); err != nil {
		t.Fatal(err)
	}
	sealed := seal(t, vaults[0], ana)
	for _, v := range vaults {
		opens(t, v, ana, sealed)
	}
}

func TestAMasterKeyThatOthersMayReadIsRefused(t *testing.T) {
	t.Parallel()
	for _, mode := range []os.FileMode{0o644, 0o640, 0o602} {
		room := newRoom(t)
		if err := os.Chmod(filepath.Join(room.directory, "master.key"), mode); err != nil {
			t.Fatal(err)
		}
		room.refuses(t, vault.ErrMasterExposed)
	}
}

// A fresh master key would look well until the first old value is read.
func TestALostMasterKeyIsNotReplaced(t *testing.T) {
	t.Parallel()
	for name, before := range map[string]string{
		"before any key":    `select`,
		"without its proof": `delete from vault.master`,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			room := newRoom(t)
			if name == "without its proof" {
				seal(t, room.vault, ana)
			}
			room.execute(t, before)
			path := filepath.Join(room.directory, "master.key")
			if err := os.Rename(path, path+".away"); err != nil {
				t.Fatal(err)
			}
			room.refuses(t, vault.ErrMasterMissing)
			if _, err := os.Stat(path); !errors.Is(err, os.ErrNotExist) {
				t.Errorf("there is a master key: %v", err)
			}
			if err := os.Rename(path+".away", path); err != nil {
				t.Fatal(err)
			}
			room.another(t)
		})
	}
}

func TestAnotherMasterKeyIsRefused(t *testing.T) {
	t.Parallel()
	room, stranger := newRoom(t), newRoom(t)
	room.directory = stranger.directory
	room.refuses(t, vault.ErrMasterOther)
}

func TestAMasterKeyThatCannotBeReadIsRefusedWithoutShowingIt(t *testing.T) {
	t.Parallel()
	room := newRoom(t)
	path := filepath.Join(room.directory, "master.key")
	for name, content := range map[string]string{
		"empty": "", "cut": read(t, path)[:60], "something else": `{"swordfish":`, "no key in it": `{"primaryKeyId":1,"key":[]}`,
	} {
		if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
		_, err := vault.New(t.Context(), room.config())
		if !errors.Is(err, vault.ErrMasterBroken) || strings.Contains(err.Error(), "swordfish") {
			t.Errorf("%s: got %v", name, err)
		}
	}
}

func (r *room) refuses(t *testing.T, want error) {
	t.Helper()
	_, err := vault.New(t.Context(), r.config())
	if !errors.Is(err, want) || !strings.Contains(err.Error(), filepath.Join(r.directory, "master.key")) {
		t.Errorf("got %v, want %v", err, want)
	}
}

func read(t *testing.T, path string) string {
	t.Helper()
	content, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(content)
}
