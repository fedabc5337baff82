package vault_test

import (
	"bytes"
	"crypto/hmac"
	"crypto/sha256"
	"errors"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/uuid"
	"github.com/tink-crypto/tink-go/v2/aead"
	"github.com/tink-crypto/tink-go/v2/insecurecleartextkeyset"
	"github.com/tink-crypto/tink-go/v2/keyset"
	"golang.org/x/sync/errgroup"

	"tagtrail/adapters/vault"
	"tagtrail/domain/contact"
	"tagtrail/domain/organization"
	"tagtrail/domain/personal"
)

const number = contact.Number

var (
	organizationID = organization.ID{UUID: org}
	ourNumber      = personal.New("+16505550101")
)

func TestAnIdentityIsFoundAgain(t *testing.T) {
	t.Parallel()
	room := newRoom(t)
	first := identity(t, room.vault, organizationID, "org", number, ourNumber)
	if again := identity(t, room.another(t), organizationID, "org", number, ourNumber); again != first {
		t.Errorf("was %s, is %s", first, again)
	}
	if first.Version() != 4 {
		t.Errorf("the id is of version %d, and should be random", first.Version())
	}
	for name, other := range map[string]uuid.UUID{
		"organisation": identity(t, room.vault, organization.ID{UUID: uuid.New()}, "org", number, ourNumber),
		"scope":        identity(t, room.vault, organizationID, "channel", number, ourNumber),
		"kind":         identity(t, room.vault, organizationID, "org", contact.BSUID, ourNumber),
		"value":        identity(t, room.vault, organizationID, "org", number, personal.New("+16505550102")),
	} {
		if other == first {
			t.Errorf("another %s has the same identity", name)
		}
	}
}

func TestProcessesThatMeetAPersonAtOnceAgreeOnOneIdentity(t *testing.T) {
	t.Parallel()
	room := newRoom(t)
	vaults := []*vault.Vault{room.vault, room.another(t), room.another(t)}
	ids := make([]uuid.UUID, 15)
	group, ctx := errgroup.WithContext(t.Context())
	for i := range ids {
		group.Go(func() (err error) {
			ids[i], err = vaults[i%len(vaults)].Identity(ctx, organizationID, "org", number, ourNumber)
			return err
		})
	}
	if err := group.Wait(); err != nil {
		t.Fatal(err)
	}
	for _, id := range ids {
		if id != ids[0] {
			t.Fatalf("got %v", ids)
		}
	}
}

func TestAForgottenIdentityIsSomebodyNew(t *testing.T) {
	t.Parallel()
	room := newRoom(t)
	first := identity(t, room.vault, organizationID, "org", number, ourNumber)
	kept := identity(t, room.vault, organizationID, "channel", number, ourNumber)
	for range 2 {
		if err := room.vault.ForgetIdentity(t.Context(), organizationID, "org", number, ourNumber); err != nil {
			t.Fatal(err)
		}
	}
	if next := identity(t, room.vault, organizationID, "org", number, ourNumber); next == first {
		t.Error("the identity was not forgotten")
	}
	if again := identity(t, room.vault, organizationID, "channel", number, ourNumber); again != kept {
		t.Error("another scope's identity was forgotten, too")
	}
}

func TestTheIdentityOfNothingIsRefused(t *testing.T) {
	t.Parallel()
	room := newRoom(t)
	for name, value := range map[string]personal.Text{"nothing": {}, "erased": personal.Erased()} {
		if _, err := room.vault.Identity(t.Context(), organizationID, "org", number, value); !errors.Is(err, vault.ErrNoValue) {
			t.Errorf("%s: got %v", name, err)
		}
		if err := room.vault.ForgetIdentity(t.Context(), organizationID, "org", number, value); !errors.Is(err, vault.ErrNoValue) {
			t.Errorf("forget %s: got %v", name, err)
		}
	}
}

func TestTheVaultHoldsNoNumberAndSaysNoneInErrors(t *testing.T) {
	t.Parallel()
	room := newRoom(t)
	identity(t, room.vault, organizationID, "org", number, ourNumber)
	seal(t, room.vault, ana)
	var held int
	err := room.pool.QueryRow(t.Context(), `
		select count(*) from (
			select k::text from vault.keys k union all select i::text from vault.identities i
			union all select o::text from vault.organization_keys o) rows (shown)
		where shown like '%6505550101%' or shown like '%' || encode('6505550101', 'hex') || '%'`).Scan(&held)
	if err != nil || held != 0 {
		t.Errorf("%d rows hold the number (%v)", held, err)
	}
	room.cut()
	_, err = room.vault.Identity(t.Context(), organizationID, "org", number, personal.New("+16505550102"))
	if err == nil || strings.Contains(err.Error(), "6505550102") {
		t.Errorf("got %v", err)
	}
}

// Hashes name streams for ever, so what is hashed is spelled out here once more: each part after its length.
func TestAMACIsMadeOfItsPurposeAndParts(t *testing.T) {
	t.Parallel()
	room := newRoom(t)
	got := mac(t, room.vault, org, "message", "channel", "", "über")

	hash := hmac.New(sha256.New, room.secret(t))
	hash.Write([]byte("\x00\x00\x00\x00\x00\x00\x00\x07message" + "\x00\x00\x00\x00\x00\x00\x00\x07channel" +
		"\x00\x00\x00\x00\x00\x00\x00\x00" + "\x00\x00\x00\x00\x00\x00\x00\x05über"))
	if !bytes.Equal(got, hash.Sum(nil)) {
		t.Errorf("got %x, want %x", got, hash.Sum(nil))
	}
	if again := mac(t, room.another(t), org, "message", "channel", "", "über"); !bytes.Equal(got, again) {
		t.Error("another process answers another hash")
	}
}

func TestMACsOfOtherPurposesPartsAndOrganisationsDiffer(t *testing.T) {
	t.Parallel()
	room := newRoom(t)
	seen := map[string]string{}
	for name, got := range map[string][]byte{
		"ab, c":                mac(t, room.vault, org, "p", "ab", "c"),
		"a, bc":                mac(t, room.vault, org, "p", "a", "bc"),
		"abc":                  mac(t, room.vault, org, "p", "abc"),
		"abc and nothing":      mac(t, room.vault, org, "p", "abc", ""),
		"another purpose":      mac(t, room.vault, org, "q", "ab", "c"),
		"no parts":             mac(t, room.vault, org, "p"),
		"another organisation": mac(t, room.vault, uuid.New(), "p", "ab", "c"),
	} {
		if other, ok := seen[string(got)]; ok {
			t.Errorf("%q and %q have the same hash", name, other)
		}
		seen[string(got)] = name
	}
}

func TestProcessesThatHashFirstAtOnceAgreeOnOneKey(t *testing.T) {
	t.Parallel()
	room := newRoom(t)
	vaults := []*vault.Vault{room.vault, room.another(t), room.another(t)}
	macs := make([][]byte, 15)
	group, ctx := errgroup.WithContext(t.Context())
	for i := range macs {
		group.Go(func() (err error) {
			macs[i], err = vaults[i%len(vaults)].MAC(ctx, organizationID, "p")
			return err
		})
	}
	if err := group.Wait(); err != nil {
		t.Fatal(err)
	}
	for _, got := range macs {
		if !bytes.Equal(got, macs[0]) {
			t.Fatalf("got %x", macs)
		}
	}
}

// A fresh key for keyed hashes would make strangers of everybody who is known by the old one.
func TestALostKeyOfAnOrganisationIsNotReplaced(t *testing.T) {
	t.Parallel()
	room := newRoom(t)
	identity(t, room.vault, organizationID, "org", number, ourNumber)
	room.execute(t, `delete from vault.organization_keys`)
	if _, err := room.another(t).MAC(t.Context(), organizationID, "p"); !errors.Is(err, vault.ErrKeyMissing) {
		t.Errorf("got %v", err)
	}
}

func TestAKeyOfAnotherOrganisationIsNotTaken(t *testing.T) {
	t.Parallel()
	room := newRoom(t)
	mac(t, room.vault, org, "p")
	other := uuid.New()
	room.execute(t, `insert into vault.organization_keys (org, wrapped) select $1, wrapped from vault.organization_keys`, other)
	if _, err := room.vault.MAC(t.Context(), organization.ID{UUID: other}, "p"); !errors.Is(err, vault.ErrKeyBroken) {
		t.Errorf("got %v", err)
	}
}

func identity(t *testing.T, v *vault.Vault, org organization.ID, scope string, kind contact.IdentityKind, value personal.Text) uuid.UUID {
	t.Helper()
	id, err := v.Identity(t.Context(), org, scope, kind, value)
	if err != nil {
		t.Fatal(err)
	}
	return id
}

func mac(t *testing.T, v *vault.Vault, of uuid.UUID, purpose string, parts ...string) []byte {
	t.Helper()
	got, err := v.MAC(t.Context(), organization.ID{UUID: of}, purpose, parts...)
	if err != nil {
		t.Fatal(err)
	}
	return got
}

// secret unwraps the organisation's key by the master key's file, without the vault's help.
func (r *room) secret(t *testing.T) []byte {
	t.Helper()
	handle, err := insecurecleartextkeyset.Read(keyset.NewJSONReader(strings.NewReader(read(t, filepath.Join(r.directory, "master.key")))))
	if err != nil {
		t.Fatal(err)
	}
	master, err := aead.New(handle)
	if err != nil {
		t.Fatal(err)
	}
	var wrapped []byte
	if err := r.pool.QueryRow(t.Context(), `select wrapped from vault.organization_keys where org = $1`, org).Scan(&wrapped); err != nil {
		t.Fatal(err)
	}
	secret, err := master.Decrypt(wrapped, append([]byte("organization"), org[:]...))
	if err != nil || len(secret) != 32 {
		t.Fatalf("%d bytes: %v", len(secret), err)
	}
	return secret
}
