package readmodels

import (
	"context"
	"fmt"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
)

// IDs answers the contacts that match by their ids alone, in the order of their ids, behind one of them. It is for whoever
// goes through all of them: an id stays where it is in this order, whatever happens to the contact meanwhile.
func (r Contacts) IDs(ctx context.Context, org uuid.UUID, filter ContactFilter, behind uuid.UUID, limit int) ([]uuid.UUID, error) {
	where, err := r.matching(ctx, org, filter)
	if err != nil {
		return nil, err
	}
	where.and("c.contact > %s", behind)
	sql := `select c.contact from contacts c where ` + where.sql() + ` order by c.contact limit ` + where.parameter(limit)
	found, err := ask(ctx, r.DB, org, planAnew, pgx.RowTo[uuid.UUID], sql, where.args...)
	if err != nil {
		return nil, fmt.Errorf("list the ids of contacts of %s: %w", org, err)
	}
	return found, nil
}

// Touched is a contact that an event of an operation is about.
type Touched struct {
	Contact  uuid.UUID
	Position int64
}

// Touched answers whom an operation did something to, event by event, behind a position.
func (r Events) Touched(ctx context.Context, org, operation uuid.UUID, behind int64, limit int) ([]Touched, error) {
	found, err := ask(ctx, r.DB, org, planAnew, pgx.RowToStructByPos[Touched], `
		select e.contact, e.position from events e
		where e.org = $1 and e.operation = $2 and e.position > $3 and e.contact is not null
		order by e.position limit $4`, org, operation, behind, limit)
	if err != nil {
		return nil, fmt.Errorf("list whom operation %s is about: %w", operation, err)
	}
	return found, nil
}
