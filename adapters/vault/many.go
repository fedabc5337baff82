package vault

import (
	"context"
	"fmt"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"tagtrail/domain/contact"
	"tagtrail/domain/organization"
	"tagtrail/domain/personal"
)

// Identities answers Identity of many values by one question, and which of them nobody had asked for before. Whoever asks
// for some of the same at the same time waits, and as all ask in one order, nobody waits for each other.
func (v *Vault) Identities(
	ctx context.Context, org organization.ID, scope string, kind contact.IdentityKind, values []personal.Text,
) (ids []uuid.UUID, fresh []bool, err error) {
	macs, drawn := make([][]byte, len(values)), make([]uuid.UUID, len(values))
	for i, value := range values {
		if macs[i], err = v.identityMAC(ctx, org, scope, kind, value); err == nil {
			drawn[i], err = uuid.NewRandom()
		}
		if err != nil {
			return nil, nil, fmt.Errorf("find identities of organization %s: %w", org, err)
		}
	}
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	known := map[string]uuid.UUID{}
	batch := durable()
	batch.Queue(`
		insert into vault.identities (org, mac, identity) select $1, * from unnest($2::bytea[], $3::uuid[]) u (mac, identity) order by u.mac on conflict do nothing`, org.UUID, macs, drawn)
	batch.Queue(findIdentities, org.UUID, macs).Query(eachIdentity(known))
	if err := v.db.SendBatch(ctx, batch).Close(); err != nil {
		return nil, nil, fmt.Errorf("find identities of organization %s: %w", org, outage(err))
	}
	ids, fresh = make([]uuid.UUID, len(values)), make([]bool, len(values))
	for i, mac := range macs {
		var there bool
		if ids[i], there = known[string(mac)]; !there { // forgotten between the two statements
			return nil, nil, fmt.Errorf("find identities of organization %s: one was forgotten meanwhile: %w", org, ErrUnavailable)
		}
		fresh[i] = ids[i] == drawn[i]
	}
	return ids, fresh, nil
}

// KnownIdentities answers KnownIdentity of many values by one question, and makes nothing; the zero id is of a value that
// nobody asked for before.
func (v *Vault) KnownIdentities(
	ctx context.Context, org organization.ID, scope string, kind contact.IdentityKind, values []personal.Text,
) ([]uuid.UUID, error) {
	macs := make([][]byte, len(values))
	for i, value := range values {
		var err error
		if macs[i], err = v.identityMAC(ctx, org, scope, kind, value); err != nil {
			return nil, fmt.Errorf("look for identities of organization %s: %w", org, err)
		}
	}
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	known := map[string]uuid.UUID{}
	rows, err := v.db.Query(ctx, findIdentities, org.UUID, macs)
	if err == nil {
		err = eachIdentity(known)(rows)
	}
	if err != nil {
		return nil, fmt.Errorf("look for identities of organization %s: %w", org, outage(err))
	}
	ids := make([]uuid.UUID, len(values))
	for i, mac := range macs {
		ids[i] = known[string(mac)]
	}
	return ids, nil
}

const findIdentities = `select mac, identity from vault.identities where org = $1 and mac = any ($2)`

// eachIdentity takes what findIdentities finds.
func eachIdentity(known map[string]uuid.UUID) func(pgx.Rows) error {
	return func(rows pgx.Rows) error {
		var mac []byte
		var id uuid.UUID
		_, err := pgx.ForEachRow(rows, []any{&mac, &id}, func() error { known[string(mac)] = id; return nil })
		return err
	}
}

// MakeKeys makes the keys of many subjects by one transaction, where they have none yet. Those that were made need not be
// asked for: they are in memory.
func (v *Vault) MakeKeys(ctx context.Context, org organization.ID, subjects []uuid.UUID) error {
	drawn := make(map[uuid.UUID]key, len(subjects))
	ids, wrapped := make([]uuid.UUID, 0, len(subjects)), make([][]byte, 0, len(subjects))
	for _, about := range subjects {
		if _, twice := drawn[about]; twice {
			continue
		}
		held, sealed, err := v.newKeyset(subject{org: org.UUID, id: about})
		if err != nil {
			return err
		}
		drawn[about], ids, wrapped = held, append(ids, about), append(wrapped, sealed)
	}
	making, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	asked := time.Now()
	made := make([]uuid.UUID, 0, len(subjects))
	batch := durable()
	batch.Queue(`
		insert into vault.keys (org, subject, wrapped) select $1, * from unnest($2::uuid[], $3::bytea[]) u (subject, wrapped) order by u.subject on conflict do nothing
		returning subject`, org.UUID, ids, wrapped).Query(func(rows pgx.Rows) error {
		var about uuid.UUID
		_, err := pgx.ForEachRow(rows, []any{&about}, func() error { made = append(made, about); return nil })
		return err
	})
	if err := v.db.SendBatch(making, batch).Close(); err != nil {
		return fmt.Errorf("make %d keys of organization %s: %w", len(subjects), org, outage(err))
	}
	for _, about := range made { // which are on disk by now
		v.keys.put(subject{org: org.UUID, id: about}, drawn[about], asked)
	}
	return v.Prefetch(ctx, org.UUID, subjects)
}
