package postgres

import (
	"context"

	"github.com/jackc/pgx/v5"

	"tagtrail/projections"
)

// WithoutIndexes takes the indexes off the tables of a generation that was never written to: a projector that has all
// of the log before it is many times as fast without. That they are missing is kept where generations are, until Complete
// makes them.
func (s *Sink) WithoutIndexes(ctx context.Context, g projections.Generation) error {
	l, err := s.leadOf(g)
	if err != nil {
		return err
	}
	err = pgx.BeginFunc(ctx, l.conn, func(tx pgx.Tx) error {
		// Somebody who reads the empty tables at length is not waited for, since everybody else would wait behind us.
		if _, err := tx.Exec(ctx, `set local lock_timeout = '1s'`); err != nil {
			return err
		}
		if _, err := tx.Exec(ctx, shareGeneration, g.Schema); err != nil {
			return err
		}
		found, err := lockStanding(ctx, tx, g.Schema)
		if err != nil || found.Position != 0 || found.epoch != g.Epoch {
			return err
		}
		rows, _ := tx.Query(ctx, `
			select format('drop index %I.%I', n.nspname, c.relname)
			from pg_index i join pg_class c on c.oid = i.indexrelid join pg_namespace n on n.oid = c.relnamespace
			where n.nspname = $1 and not i.indisunique`, g.Schema)
		drops, err := pgx.CollectRows(rows, pgx.RowTo[string])
		if err != nil {
			return err
		}
		for _, drop := range drops {
			if _, err := tx.Exec(ctx, drop); err != nil {
				return err
			}
		}
		_, err = tx.Exec(ctx, `update tagtrail.generations set state = $2 where schema = $1`, g.Schema, stateBuilding)
		return err
	})
	return explainSQL(err, "take the indexes off "+g.Schema)
}

// Whole says whether the group's generation has its indexes, whoever leads it.
func (s *Sink) Whole(ctx context.Context, g projections.Group) (bool, error) {
	var whole bool
	err := s.pool.QueryRow(ctx, `select coalesce((select state <> $2 from tagtrail.generations where schema = $1), false)`,
		Schema(g), stateBuilding).Scan(&whole)
	return whole, explainSQL(err, "look for the indexes of "+Schema(g))
}

// Complete makes the indexes of a generation that this projector leads. It does nothing where they are.
func (s *Sink) Complete(ctx context.Context, g projections.Generation) error {
	l, err := s.leadOf(g)
	if err != nil {
		return err
	}
	return l.orLost(complete(ctx, l.conn, g.Group, g.Schema, stateLive))
}

// complete makes the indexes of a generation, all or none, and lets the planner see the rows. It does nothing where they
// are. One core stays free for whoever reads meanwhile.
func complete(ctx context.Context, conn *pgx.Conn, g projections.Group, schema, state string) error {
	err := pgx.BeginFunc(ctx, conn, func(tx pgx.Tx) error {
		rows, _ := tx.Query(ctx, `select state = $2 from tagtrail.generations where schema = $1 for update`, schema, stateBuilding)
		building, err := pgx.CollectRows(rows, pgx.RowTo[bool])
		if err != nil || len(building) == 0 || !building[0] {
			return err
		}
		_, err = tx.Exec(ctx, `select set_config('maintenance_work_mem', '256MB', true), set_config('max_parallel_maintenance_workers', '0', true)`)
		if err != nil {
			return err
		}
		for _, index := range generationOf(g, schema).indexes {
			if _, err := tx.Exec(ctx, index); err != nil {
				return err
			}
		}
		names, err := tablesIn(ctx, tx, schema)
		if err != nil {
			return err
		}
		for _, name := range names {
			if _, err := tx.Exec(ctx, "analyze "+quoted(schema)+"."+quoted(name)); err != nil {
				return err
			}
		}
		_, err = tx.Exec(ctx, `update tagtrail.generations set state = $2 where schema = $1`, schema, state)
		return err
	})
	return explainSQL(err, "make the indexes of "+schema)
}
