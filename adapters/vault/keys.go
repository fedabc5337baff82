package vault

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/tink-crypto/tink-go/v2/aead"
	"github.com/tink-crypto/tink-go/v2/keyset"
	"github.com/tink-crypto/tink-go/v2/tink"
)

// subject is whom a key belongs to.
type subject struct{ org, id uuid.UUID }

// String names the subject by ids alone.
func (s subject) String() string {
	return fmt.Sprintf("subject %s of organization %s", s.id, s.org)
}

// aad binds a wrapped keyset to its row.
func (s subject) aad() []byte { return append(s.org[:], s.id[:]...) }

// key is an unwrapped keyset, or the record of a shred.
type key struct{ aead tink.AEAD }

func (k key) shredded() bool { return k.aead == nil }

func (v *Vault) keyToOpen(ctx context.Context, id subject) (key, error) {
	if held, ok := v.keys.get(id); ok {
		return held, nil
	}
	return v.finding.do(ctx, id, func() (key, error) { return v.findKey(ctx, id) })
}

func (v *Vault) keyToSeal(ctx context.Context, id subject) (key, error) {
	if held, ok := v.keys.get(id); ok {
		return held, nil
	}
	return v.creating.do(ctx, id, func() (key, error) {
		held, err := v.findKey(ctx, id)
		if errors.Is(err, ErrKeyMissing) {
			return v.createKey(ctx, id)
		}
		return held, err
	})
}

func (v *Vault) findKey(ctx context.Context, id subject) (key, error) {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	asked := time.Now()
	var wrapped []byte
	err := v.db.QueryRow(ctx, `select wrapped from vault.keys where org = $1 and subject = $2`, id.org, id.id).Scan(&wrapped)
	if errors.Is(err, pgx.ErrNoRows) {
		return key{}, ErrKeyMissing
	}
	if err != nil {
		return key{}, outage(err)
	}
	return v.take(id, wrapped, asked)
}

// createKey answers the key of whoever was first; it is on disk by then, as an append that uses it may follow at once.
func (v *Vault) createKey(ctx context.Context, id subject) (key, error) {
	_, wrapped, err := v.newKeyset(id)
	if err != nil {
		return key{}, err
	}
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	asked := time.Now()
	batch := durable()
	batch.Queue(`insert into vault.keys (org, subject, wrapped) values ($1, $2, $3) on conflict do nothing`, id.org, id.id, wrapped)
	batch.Queue(`select wrapped from vault.keys where org = $1 and subject = $2`, id.org, id.id).
		QueryRow(func(row pgx.Row) error { return row.Scan(&wrapped) })
	if err := v.db.SendBatch(ctx, batch).Close(); err != nil {
		return key{}, outage(err)
	}
	return v.take(id, wrapped, asked)
}

// fetchKeys takes the keys of many subjects that have one.
func (v *Vault) fetchKeys(ctx context.Context, org uuid.UUID, subjects []uuid.UUID) error {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	asked := time.Now()
	rows, err := v.db.Query(ctx, `select subject, wrapped from vault.keys where org = $1 and subject = any($2)`, org, subjects)
	if err != nil {
		return outage(err)
	}
	id, wrapped := subject{org: org}, []byte(nil)
	_, err = pgx.ForEachRow(rows, []any{&id.id, &wrapped}, func() error {
		// A broken key is named when a value is opened by it, which may never be.
		if _, err := v.take(id, wrapped, asked); err != nil && !errors.Is(err, ErrKeyBroken) {
			return err
		}
		return nil
	})
	if err != nil {
		return outage(err)
	}
	return nil
}

func (v *Vault) shredKey(ctx context.Context, id subject) error {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	batch := durable()
	batch.Queue(`
		insert into vault.keys as k (org, subject, shredded_at) values ($1, $2, now())
		on conflict (org, subject) do update set wrapped = null, shredded_at = excluded.shredded_at where k.wrapped is not null`,
		id.org, id.id)
	if err := v.db.SendBatch(ctx, batch).Close(); err != nil {
		return outage(err)
	}
	return nil
}

// take unwraps what a row holds and keeps it in memory.
func (v *Vault) take(id subject, wrapped []byte, asked time.Time) (key, error) {
	if wrapped == nil {
		v.keys.putForGood(id, key{})
		return key{}, nil
	}
	handle, err := keyset.ReadWithAssociatedData(keyset.NewBinaryReader(bytes.NewReader(wrapped)), v.master, id.aad())
	if err != nil {
		return key{}, ErrKeyBroken
	}
	primitive, err := aead.New(handle)
	if err != nil {
		return key{}, ErrKeyBroken
	}
	held := key{aead: primitive}
	v.keys.put(id, held, asked)
	return held, nil
}

// newKeyset answers a key that was drawn, and how a row holds it.
func (v *Vault) newKeyset(id subject) (key, []byte, error) {
	handle, err := keyset.NewHandle(aead.AES256GCMKeyTemplate())
	if err != nil {
		return key{}, nil, fmt.Errorf("make a key: %w", err)
	}
	primitive, err := aead.New(handle)
	if err != nil {
		return key{}, nil, fmt.Errorf("make a key: %w", err)
	}
	var wrapped bytes.Buffer
	if err := handle.WriteWithAssociatedData(keyset.NewBinaryWriter(&wrapped), v.master, id.aad()); err != nil {
		return key{}, nil, fmt.Errorf("wrap a key: %w", err)
	}
	return key{aead: primitive}, wrapped.Bytes(), nil
}

// durable begins a batch, which PostgreSQL runs as one transaction, that is on disk when it is answered, whatever the
// database's own setting is.
func durable() *pgx.Batch {
	batch := new(pgx.Batch)
	batch.Queue(`select set_config('synchronous_commit', 'on', true)`)
	return batch
}
