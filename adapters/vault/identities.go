package vault

import (
	"context"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"tagtrail/domain/contact"
	"tagtrail/domain/organization"
	"tagtrail/domain/personal"
)

// ErrNoValue answers a question for the identity of nothing, which everybody would share.
var ErrNoValue = errors.New("an identity needs a value")

// Identity answers the id that a number or a BSUID is known by, which says nothing about it. The first question makes it
// and is answered once it is on disk.
func (v *Vault) Identity(ctx context.Context, org organization.ID, scope string, kind contact.IdentityKind, value personal.Text) (uuid.UUID, error) {
	mac, err := v.identityMAC(ctx, org, scope, kind, value)
	if err != nil {
		return uuid.Nil, fmt.Errorf("find an identity of organization %s: %w", org, err)
	}
	id, err := v.findIdentity(ctx, org, mac)
	if errors.Is(err, pgx.ErrNoRows) {
		id, err = v.createIdentity(ctx, org, mac)
	}
	if err != nil {
		return uuid.Nil, fmt.Errorf("find an identity of organization %s: %w", org, outage(err))
	}
	return id, nil
}

// KnownIdentity answers the id of a value that was asked for before, and makes nothing.
func (v *Vault) KnownIdentity(ctx context.Context, org organization.ID, scope string, kind contact.IdentityKind, value personal.Text) (uuid.UUID, bool, error) {
	mac, err := v.identityMAC(ctx, org, scope, kind, value)
	if err != nil {
		return uuid.Nil, false, fmt.Errorf("look for an identity of organization %s: %w", org, err)
	}
	id, err := v.findIdentity(ctx, org, mac)
	switch {
	case errors.Is(err, pgx.ErrNoRows):
		return uuid.Nil, false, nil
	case err != nil:
		return uuid.Nil, false, fmt.Errorf("look for an identity of organization %s: %w", org, outage(err))
	}
	return id, true, nil
}

// ForgetIdentity makes a value unknown: whoever comes with it next is somebody new. Doing it again changes nothing.
func (v *Vault) ForgetIdentity(ctx context.Context, org organization.ID, scope string, kind contact.IdentityKind, value personal.Text) error {
	mac, err := v.identityMAC(ctx, org, scope, kind, value)
	if err != nil {
		return fmt.Errorf("forget an identity of organization %s: %w", org, err)
	}
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	batch := durable()
	batch.Queue(`delete from vault.identities where org = $1 and mac = $2`, org.UUID, mac)
	if err := v.db.SendBatch(ctx, batch).Close(); err != nil {
		return fmt.Errorf("forget an identity of organization %s: %w", org, outage(err))
	}
	return nil
}

// MAC answers HMAC-SHA256 under the organisation's own key over a purpose and parts: 32 bytes that nobody without the
// vault can tie to the parts. It names streams, so what is hashed, and how, is fixed for ever.
func (v *Vault) MAC(ctx context.Context, org organization.ID, purpose string, parts ...string) ([]byte, error) {
	secret, err := v.secret(ctx, org.UUID)
	if err != nil {
		return nil, fmt.Errorf("hash by the key of organization %s: %w", org, err)
	}
	hash := hmac.New(sha256.New, secret)
	for _, part := range append([]string{purpose}, parts...) {
		// The length before each part keeps ("ab", "c") and ("a", "bc") apart.
		_, _ = hash.Write(binary.BigEndian.AppendUint64(nil, uint64(len(part))))
		_, _ = hash.Write([]byte(part))
	}
	return hash.Sum(nil), nil
}

func (v *Vault) identityMAC(ctx context.Context, org organization.ID, scope string, kind contact.IdentityKind, value personal.Text) ([]byte, error) {
	if value.Reveal() == "" {
		return nil, ErrNoValue
	}
	return v.MAC(ctx, org, "identity", scope, string(kind), value.Reveal())
}

func (v *Vault) findIdentity(ctx context.Context, org organization.ID, mac []byte) (id uuid.UUID, err error) {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	err = v.db.QueryRow(ctx, `select identity from vault.identities where org = $1 and mac = $2`, org.UUID, mac).Scan(&id)
	return id, err
}

// createIdentity answers the id of whoever was first.
func (v *Vault) createIdentity(ctx context.Context, org organization.ID, mac []byte) (uuid.UUID, error) {
	id, err := uuid.NewRandom()
	if err != nil {
		return uuid.Nil, err
	}
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	batch := durable()
	batch.Queue(`insert into vault.identities (org, mac, identity) values ($1, $2, $3) on conflict do nothing`, org.UUID, mac, id)
	batch.Queue(`select identity from vault.identities where org = $1 and mac = $2`, org.UUID, mac).
		QueryRow(func(row pgx.Row) error { return row.Scan(&id) })
	if err := v.db.SendBatch(ctx, batch).Close(); err != nil {
		return uuid.Nil, err
	}
	return id, nil
}

// secret answers the organisation's own key for keyed hashes, which its first use makes.
func (v *Vault) secret(ctx context.Context, org uuid.UUID) ([]byte, error) {
	if org == uuid.Nil {
		return nil, ErrNobody
	}
	if held, ok := v.secrets.get(org); ok {
		return held, nil
	}
	return v.asking.do(ctx, org, func() ([]byte, error) {
		ctx, cancel := context.WithTimeout(ctx, patience)
		defer cancel()
		asked := time.Now()
		wrapped, err := v.findSecret(ctx, org)
		if errors.Is(err, pgx.ErrNoRows) {
			wrapped, err = v.createSecret(ctx, org)
		}
		// Where people are known by a key that is gone, a new one would make all of them strangers.
		if errors.Is(err, pgx.ErrNoRows) {
			return nil, ErrKeyMissing
		}
		if err != nil {
			return nil, outage(err)
		}
		secret, err := v.master.Decrypt(wrapped, secretAAD(org))
		if err != nil {
			return nil, ErrKeyBroken
		}
		v.secrets.put(org, secret, asked)
		return secret, nil
	})
}

func (v *Vault) findSecret(ctx context.Context, org uuid.UUID) (wrapped []byte, err error) {
	err = v.db.QueryRow(ctx, `select wrapped from vault.organization_keys where org = $1`, org).Scan(&wrapped)
	return wrapped, err
}

func (v *Vault) createSecret(ctx context.Context, org uuid.UUID) ([]byte, error) {
	secret := make([]byte, 32)
	_, _ = rand.Read(secret) // it cannot fail
	wrapped, err := v.master.Encrypt(secret, secretAAD(org))
	if err != nil {
		return nil, err
	}
	batch := durable()
	batch.Queue(`
		insert into vault.organization_keys (org, wrapped)
		select $1, $2 where not exists (select from vault.identities where org = $1) on conflict do nothing`, org, wrapped)
	batch.Queue(`select wrapped from vault.organization_keys where org = $1`, org).
		QueryRow(func(row pgx.Row) error { return row.Scan(&wrapped) })
	if err := v.db.SendBatch(ctx, batch).Close(); err != nil {
		return nil, err
	}
	return wrapped, nil
}

// secretAAD binds a wrapped organisation's key to its row, and keeps it from passing for a subject's.
func secretAAD(org uuid.UUID) []byte { return append([]byte("organization"), org[:]...) }
