package jobs

import (
	"context"
	"fmt"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"tagtrail/domain/operation"
	"tagtrail/domain/organization"
)

// atATime is how many operations are looked after in one sweep.
const atATime = 100

// sweep wakes operations that somebody should work at and nobody does: those whose worker died, and those whose phase
// changed in the log while whoever changed it died before it could wake them. One that was asked for and never started is
// forgotten after a day.
func (j *Jobs) sweep(ctx context.Context) error {
	rows, _ := j.Pool.Query(ctx, `
		select operation, org from jobs.operations
		where state in ('working', 'paused') or state = 'asked' and noted_at < now() - interval '10 seconds'
		order by noted_at limit $1`, atATime)
	type found struct{ Operation, Org uuid.UUID }
	all, err := pgx.CollectRows(rows, pgx.RowToStructByPos[found])
	if err != nil {
		return fmt.Errorf("look for operations that nobody works at: %w", err)
	}
	for _, each := range all {
		if err := j.look(ctx, organization.ID{UUID: each.Org}, operation.ID{UUID: each.Operation}); err != nil {
			return err
		}
	}
	_, err = j.Pool.Exec(ctx, `
		with gone as (delete from jobs.operations where state = 'asked' and noted_at < now() - interval '1 day' returning operation)
		delete from jobs.things where operation in (select operation from gone)`)
	if err != nil {
		return fmt.Errorf("forget operations that never started: %w", err)
	}
	return nil
}

// look wakes an operation if its lock is free and the log says that there is something to do.
func (j *Jobs) look(ctx context.Context, org organization.ID, id operation.ID) error {
	asked, err := j.asked(ctx, org, id)
	if err != nil {
		return err
	}
	if phase := asked.Phase(); phase == operation.Unknown || phase == operation.Pausing {
		return nil
	}
	err = pgx.BeginFunc(ctx, j.Pool, func(tx pgx.Tx) error {
		var free bool
		if err := tx.QueryRow(ctx, `select pg_try_advisory_xact_lock($1)`, lockOf(id)).Scan(&free); err != nil || !free {
			return err
		}
		return j.wake(ctx, tx, org, id)
	})
	if err != nil {
		return fmt.Errorf("look after operation %s: %w", id, err)
	}
	return nil
}
