package postgres

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"tagtrail/domain/event"
	"tagtrail/projections"
	"tagtrail/projections/runner"
)

// Skip is an event that a group passes by because an operator said so.
type Skip struct {
	Group     string         `json:"group"`
	Position  event.Position `json:"position"`
	Reason    string         `json:"reason"`
	SkippedAt time.Time      `json:"skipped_at"`
}

// Skip has a group pass an event by from now on, in every generation. What the live generation shows already cannot be
// taken out of it so: a generation that is built anew would then show other rows.
func (s *Sink) Skip(ctx context.Context, g projections.Group, at event.Position, reason string) error {
	doing := fmt.Sprintf("have %s pass by %d", g.Name, at)
	err := pgx.BeginFunc(ctx, s.pool, func(tx pgx.Tx) error {
		live, err := lockStanding(ctx, tx, Schema(g))
		if hasCode(err, undefinedTable, undefinedSchema) {
			return runner.ErrNoGeneration
		}
		if err == nil && at <= live.Position {
			err = fmt.Errorf("%s is at %d: %w", g.Name, live.Position, runner.ErrPassed)
		}
		if err != nil {
			return err
		}
		_, err = tx.Exec(ctx, `insert into tagtrail.skips (grp, position, reason) values ($1, $2, $3) on conflict do nothing`,
			g.Name, int64(at), reason) //nolint:gosec // positions stay far below the half of 64 bits
		return err
	})
	return explainUnlessNamed(err, doing)
}

// Skips answers the positions of the events that a group passes by.
func (s *Sink) Skips(ctx context.Context, group string) ([]event.Position, error) {
	all, err := s.Skipped(ctx)
	if err != nil {
		return nil, err
	}
	var positions []event.Position
	for _, skip := range all {
		if skip.Group == group {
			positions = append(positions, skip.Position)
		}
	}
	return positions, nil
}

// Skipped answers all events that any group passes by.
func (s *Sink) Skipped(ctx context.Context) ([]Skip, error) {
	rows, err := s.pool.Query(ctx, `select grp, position, reason, skipped_at from tagtrail.skips order by grp, position`)
	if err != nil {
		return nil, explainSQL(err, "look at what is passed by")
	}
	all, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (s Skip, err error) {
		var at int64
		err = row.Scan(&s.Group, &at, &s.Reason, &s.SkippedAt)
		s.Position = event.Position(at) //nolint:gosec // never negative
		return s, err
	})
	return all, explainSQL(err, "look at what is passed by")
}
