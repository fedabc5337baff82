// Package readmodels answers what people ask, from the tables that the projections keep.
//
// A read model is a row type and one method for each question, with the SQL in
// the method. It only reads, and it never decides. Every question says first for
// which organisation it is asked: the views behind it show nothing of any other,
// and nothing at all to a question that does not say.
package readmodels

import (
	"context"
	"errors"
	"fmt"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
)

// DB is a pool whose connections may read the views of one group's generation, and nothing else.
type DB interface {
	SendBatch(ctx context.Context, b *pgx.Batch) pgx.BatchResults
}

// ErrNotFound answers a question about something that is not there, or is another organisation's.
var ErrNotFound = errors.New("there is no such thing in the organisation")

// planning says how PostgreSQL plans a question.
type planning string

const (
	planAnew  planning = "force_custom_plan"  // for filters: which index is best depends on what is asked for
	planReuse planning = "auto"               // for lookups: planning would cost more than the answer
	planOnce  planning = "force_generic_plan" // for statements that say themselves which way is best
)

// ask sends one question and the organisation that it is asked for in one round trip and one transaction,
// so that the organisation is forgotten before anybody else uses the connection.
func ask[T any](ctx context.Context, db DB, org uuid.UUID, plan planning, scan pgx.RowToFunc[T], sql string, args ...any) ([]T, error) {
	results, rows, err := begin(ctx, db, org, plan, sql, args)
	if err != nil {
		return nil, err
	}
	answers, err := pgx.CollectRows(rows, scan)
	if err != nil {
		return nil, errors.Join(fmt.Errorf("read the answer: %w", err), results.Close())
	}
	if err := results.Close(); err != nil {
		return nil, fmt.Errorf("end the question: %w", err)
	}
	return answers, nil
}

// begin sends a question and answers its rows as they come.
func begin(ctx context.Context, db DB, org uuid.UUID, plan planning, sql string, args []any) (pgx.BatchResults, pgx.Rows, error) {
	batch := &pgx.Batch{}
	batch.Queue(`select set_config('tagtrail.organization', $1, true), set_config('plan_cache_mode', $2, true)`, org.String(), string(plan))
	batch.Queue(sql, args...)

	results := db.SendBatch(ctx, batch)
	if _, err := results.Exec(); err != nil {
		return nil, nil, errors.Join(fmt.Errorf("say which organisation is asked for: %w", err), results.Close())
	}
	rows, err := results.Query()
	if err != nil {
		return nil, nil, errors.Join(fmt.Errorf("ask: %w", err), results.Close())
	}
	return results, rows, nil
}

// one answers the only row, or ErrNotFound.
func one[T any](answers []T, err error) (T, error) {
	if err == nil && len(answers) == 0 {
		err = ErrNotFound
	}
	if err != nil {
		var none T
		return none, err
	}
	return answers[0], nil
}

// count answers how many rows match, counting no further than one above the bound; from names the view as the conditions do.
func count(ctx context.Context, db DB, org uuid.UUID, from string, where *conditions, bound int) (int, error) {
	sql := `select count(*) from (select from ` + from + ` where ` + where.sql() + ` limit ` + where.parameter(bound+1) + `) counted`
	n, err := one(ask(ctx, db, org, where.planning(), pgx.RowTo[int], sql, where.args...))
	if err != nil {
		return 0, fmt.Errorf("count %s of %s: %w", from, org, err)
	}
	return n, nil
}

// page cuts the one row too many that was asked for, and says by its key where the next page begins; nil is the end.
func page[T, K any](answers []T, limit int, key func(T) K) ([]T, *K) {
	if len(answers) <= limit || limit <= 0 {
		return answers, nil
	}
	last := key(answers[limit-1])
	return answers[:limit], &last
}
