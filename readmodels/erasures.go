package readmodels

import (
	"context"
	"fmt"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
)

// Erasures answers: who is to be forgotten, and is anything left of them?
type Erasures struct{ DB DB }

// Erasure is the forgetting of one person.
type Erasure struct {
	ID          uuid.UUID
	Contact     uuid.UUID   // the one that stood for all
	Contacts    []uuid.UUID // all of them
	AskedAt     time.Time
	AskedBy     Actor
	Position    int64
	CompletedAt *time.Time // nil while something is left
	Completed   int64      // the position of that, 0 while something is left
	Identities  int
	Deliveries  int
	Events      int
	Digest      string
	Left        []string
}

const erasureColumns = `
	e.erasure, e.contact, e.contacts, e.asked_at, e.asked_by_kind, e.asked_by, coalesce(k.name, ''), e.position,
	e.completed_at, coalesce(e.completed, 0), e.identities, e.deliveries, e.events, coalesce(e.digest, ''), e.left_over
	from erasures e left join actors k on k.org = e.org and k.actor = e.asked_by`

// List answers the erasures, the last first, beginning behind a position, and where the next page begins; nil is the end.
func (r Erasures) List(ctx context.Context, org uuid.UUID, after *int64, limit int) ([]Erasure, *int64, error) {
	where := &conditions{}
	where.and("e.org = %s", org)
	if after != nil {
		where.and("e.position < %s", *after)
	}
	found, err := ask(ctx, r.DB, org, planReuse, scanErasure,
		`select `+erasureColumns+` where `+where.sql()+` order by e.position desc limit `+where.parameter(limit+1), where.args...)
	if err != nil {
		return nil, nil, fmt.Errorf("list the erasures of %s: %w", org, err)
	}
	items, next := page(found, limit, func(e Erasure) int64 { return e.Position })
	return items, next, nil
}

// Count answers how many erasures there are, counting no further than one above the bound.
func (r Erasures) Count(ctx context.Context, org uuid.UUID, bound int) (int, error) {
	where := &conditions{}
	where.and("e.org = %s", org)
	return count(ctx, r.DB, org, "erasures e", where, bound)
}

// Get answers one erasure.
func (r Erasures) Get(ctx context.Context, org, id uuid.UUID) (Erasure, error) {
	found, err := one(ask(ctx, r.DB, org, planReuse, scanErasure, `select `+erasureColumns+` where e.org = $1 and e.erasure = $2`, org, id))
	if err != nil {
		return Erasure{}, fmt.Errorf("get erasure %s: %w", id, err)
	}
	return found, nil
}

func scanErasure(row pgx.CollectableRow) (e Erasure, err error) {
	err = row.Scan(&e.ID, &e.Contact, &e.Contacts, &e.AskedAt, &e.AskedBy.Kind, &e.AskedBy.ID, &e.AskedBy.Name, &e.Position,
		&e.CompletedAt, &e.Completed, &e.Identities, &e.Deliveries, &e.Events, &e.Digest, &e.Left)
	return e, err
}
