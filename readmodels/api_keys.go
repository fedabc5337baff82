package readmodels

import (
	"context"
	"fmt"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
)

// Keys answers: which keys open the organisation, and which once did?
type Keys struct{ DB DB }

// Key is one key, without its secret.
type Key struct {
	ID        uuid.UUID
	Kind      string // of a member's key the role that the member has now
	Name      string
	Member    *uuid.UUID // whose it is; nil is nobody's
	CreatedAt time.Time
	CreatedBy Actor
	RevokedAt *time.Time
	Revision  int64 // of the key's own last event
}

// KeyKey is a key's place in a list.
type KeyKey struct {
	CreatedAt time.Time
	Key       uuid.UUID
}

// List answers the keys in the order of their creation, beginning behind a key, and where the next page begins;
// nil is the end.
func (r Keys) List(ctx context.Context, org uuid.UUID, after *KeyKey, limit int) ([]Key, *KeyKey, error) {
	where := &conditions{}
	where.and("k.org = %s", org)
	if after != nil {
		where.and("(k.created_at, k.key) > (%s, %s)", after.CreatedAt, after.Key)
	}
	sql := selectKeys + ` where ` + where.sql() + ` order by k.created_at, k.key limit ` + where.parameter(limit+1)
	found, err := ask(ctx, r.DB, org, planReuse, scanKey, sql, where.args...)
	if err != nil {
		return nil, nil, fmt.Errorf("list the keys of %s: %w", org, err)
	}
	items, next := page(found, limit, func(k Key) KeyKey { return KeyKey{CreatedAt: k.CreatedAt, Key: k.ID} })
	return items, next, nil
}

// Count answers how many keys, revoked or not, there are, counting no further than one above the bound.
func (r Keys) Count(ctx context.Context, org uuid.UUID, bound int) (int, error) {
	where := &conditions{}
	where.and("k.org = %s", org)
	return count(ctx, r.DB, org, "api_keys k", where, bound)
}

// Get answers one key, revoked or not.
func (r Keys) Get(ctx context.Context, org, key uuid.UUID) (Key, error) {
	found, err := one(ask(ctx, r.DB, org, planReuse, scanKey, selectKeys+` where k.org = $1 and k.key = $2`, org, key))
	if err != nil {
		return Key{}, fmt.Errorf("get key %s: %w", key, err)
	}
	return found, nil
}

const selectKeys = `
	select k.key, coalesce((select m.role from members m where m.org = k.org and m.member = k.member), k.kind), coalesce(k.name, ''), k.member, k.created_at, k.created_by_kind, k.created_by,
		coalesce((select a.name from actors a where a.org = k.org and a.actor = k.created_by), ''), k.revoked_at, k.revision
	from api_keys k`

func scanKey(row pgx.CollectableRow) (k Key, err error) {
	err = row.Scan(&k.ID, &k.Kind, &k.Name, &k.Member, &k.CreatedAt, &k.CreatedBy.Kind, &k.CreatedBy.ID, &k.CreatedBy.Name,
		&k.RevokedAt, &k.Revision)
	return k, err
}
