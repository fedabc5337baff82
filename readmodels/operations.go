package readmodels

import (
	"context"
	"fmt"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
)

// Operations answers: what was done to many contacts at once, and what came of it?
type Operations struct{ DB DB }

// Operation is something that is done to many; the counts are those of its end.
type Operation struct {
	ID        uuid.UUID
	Kind      string
	Action    string
	Undoes    *uuid.UUID
	UndoneBy  *uuid.UUID
	Phase     string
	Cancelled bool
	Total     int
	Changed   int
	Unchanged int
	Refused   int
	Kept      int
	AskedAt   time.Time
	AskedBy   Actor
	EndedAt   *time.Time
	Position  int64
	Revision  int64 // of its own last event
}

const operationColumns = `
	o.operation, o.kind, o.action, o.undoes, o.undone_by, o.phase, o.cancelled, o.total, o.changed, o.unchanged, o.refused, o.kept,
	o.asked_at, o.asked_by_kind, o.asked_by, coalesce(k.name, ''), o.ended_at, o.position, o.revision
	from operations o left join actors k on k.org = o.org and k.actor = o.asked_by`

// List answers the operations, the last first, beginning behind a position, and where the next page begins; nil is the end.
func (r Operations) List(ctx context.Context, org uuid.UUID, after *int64, limit int) ([]Operation, *int64, error) {
	where := &conditions{}
	where.and("o.org = %s", org)
	if after != nil {
		where.and("o.position < %s", *after)
	}
	found, err := ask(ctx, r.DB, org, planReuse, scanOperation,
		`select `+operationColumns+` where `+where.sql()+` order by o.position desc limit `+where.parameter(limit+1), where.args...)
	if err != nil {
		return nil, nil, fmt.Errorf("list the operations of %s: %w", org, err)
	}
	items, next := page(found, limit, func(o Operation) int64 { return o.Position })
	return items, next, nil
}

// Count answers how many operations there are, counting no further than one above the bound.
func (r Operations) Count(ctx context.Context, org uuid.UUID, bound int) (int, error) {
	where := &conditions{}
	where.and("o.org = %s", org)
	return count(ctx, r.DB, org, "operations o", where, bound)
}

// Get answers one operation.
func (r Operations) Get(ctx context.Context, org, id uuid.UUID) (Operation, error) {
	found, err := one(ask(ctx, r.DB, org, planReuse, scanOperation, `select `+operationColumns+` where o.org = $1 and o.operation = $2`, org, id))
	if err != nil {
		return Operation{}, fmt.Errorf("get operation %s: %w", id, err)
	}
	return found, nil
}

func scanOperation(row pgx.CollectableRow) (o Operation, err error) {
	err = row.Scan(&o.ID, &o.Kind, &o.Action, &o.Undoes, &o.UndoneBy, &o.Phase, &o.Cancelled, &o.Total, &o.Changed, &o.Unchanged, &o.Refused, &o.Kept,
		&o.AskedAt, &o.AskedBy.Kind, &o.AskedBy.ID, &o.AskedBy.Name, &o.EndedAt, &o.Position, &o.Revision)
	return o, err
}
