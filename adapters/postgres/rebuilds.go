package postgres

import (
	"context"
	"encoding/json"
	"errors"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"tagtrail/domain/event"
	"tagtrail/projections/runner"
)

// Ask keeps a rebuild that somebody wants. Asking again under the same id changes nothing; of a group there is one at a
// time that is not finished.
func (s *Sink) Ask(ctx context.Context, r runner.Rebuild) error {
	var until *int64
	var at *time.Time
	if r.Kind == runner.Until && r.UntilTime.IsZero() {
		position := int64(r.UntilPosition) //nolint:gosec // positions stay far below the half of 64 bits
		until = &position
	}
	if !r.UntilTime.IsZero() {
		at = &r.UntilTime
	}
	_, err := s.pool.Exec(ctx, `
		insert into tagtrail.rebuilds (id, grp, kind, schema, beside, name, until_position, until_time, asked_by)
		values ($1, $2, $3, $4, $5, $6, $7, $8, $9) on conflict (id) do nothing`,
		r.ID, r.Group, r.Kind, r.Schema, r.Beside, r.Name, until, at, r.AskedBy)
	if refusal, ok := errors.AsType[*pgconn.PgError](err); ok && refusal.ConstraintName == "rebuilds_unfinished" {
		return runner.ErrBusy
	}
	return explainSQL(err, "ask for a rebuild of "+r.Group)
}

// Exists says whether there is a generation in the schema.
func (s *Sink) Exists(ctx context.Context, schema string) (bool, error) {
	there, err := generationExists(ctx, s.pool, schema)
	return there, explainSQL(err, "look for generation "+schema)
}

// recentRebuilds bounds the list of rebuilds.
const recentRebuilds = 100

// Rebuilds answers the rebuilds of all groups, those that were asked for last first.
func (s *Sink) Rebuilds(ctx context.Context) ([]runner.Rebuild, error) {
	return s.rebuilds(ctx, `order by asked_at desc, id limit $1`, recentRebuilds)
}

// Unfinished answers the rebuilds that have not come to an end, whoever works at them.
func (s *Sink) Unfinished(ctx context.Context) ([]runner.Rebuild, error) {
	return s.rebuilds(ctx, `where finished_at is null order by asked_at, id limit $1`, recentRebuilds)
}

// Rebuild answers one rebuild, or [runner.ErrNoRebuild].
func (s *Sink) Rebuild(ctx context.Context, id uuid.UUID) (runner.Rebuild, error) {
	found, err := s.rebuilds(ctx, `where id = $1`, id)
	if err == nil && len(found) == 0 {
		err = runner.ErrNoRebuild
	}
	if err != nil {
		return runner.Rebuild{}, err
	}
	return found[0], nil
}

func (s *Sink) rebuilds(ctx context.Context, which string, args ...any) ([]runner.Rebuild, error) {
	rows, err := s.pool.Query(ctx, `
		select id, grp, kind, schema, beside, name, coalesce(until_position, 0), coalesce(until_time, '0001-01-01'), asked_by, asked_at,
			phase, position, target, events, cancelled, noted_at, coalesce(finished_at, '0001-01-01'), reason, comparison
		from tagtrail.rebuilds `+which, args...)
	if err != nil {
		return nil, explainSQL(err, "look at the rebuilds")
	}
	found, err := pgx.CollectRows(rows, scanRebuild)
	return found, explainSQL(err, "look at the rebuilds")
}

func scanRebuild(row pgx.CollectableRow) (r runner.Rebuild, err error) {
	var until, position, target int64
	var comparison []byte
	p := &r.Progress
	err = row.Scan(&r.ID, &r.Group, &r.Kind, &r.Schema, &r.Beside, &r.Name, &until, &r.UntilTime, &r.AskedBy, &r.AskedAt,
		&p.Phase, &position, &target, &p.Events, &r.Cancelled, &r.NotedAt, &r.FinishedAt, &r.Reason, &comparison)
	r.UntilPosition, p.Position, p.Target = event.Position(until), event.Position(position), event.Position(target) //nolint:gosec // never negative
	if err == nil && comparison != nil {
		err = json.Unmarshal(comparison, &r.Comparison)
	}
	return r, err
}

// Note keeps how far a rebuild is, and answers whether somebody wants it to end.
func (s *Sink) Note(ctx context.Context, id uuid.UUID, p runner.Progress) (cancelled bool, err error) {
	err = s.pool.QueryRow(ctx, `
		update tagtrail.rebuilds set phase = $2, position = $3, target = $4, events = $5, noted_at = now()
		where id = $1 and finished_at is null returning cancelled`,
		id, p.Phase, int64(p.Position), int64(p.Target), p.Events).Scan(&cancelled) //nolint:gosec // positions stay far below the half of 64 bits
	if errors.Is(err, pgx.ErrNoRows) {
		return false, nil // it has ended
	}
	return cancelled, explainSQL(err, "note how far the rebuild is")
}

// Cancel asks whoever works at the rebuild to end it and to leave nothing behind.
func (s *Sink) Cancel(ctx context.Context, id uuid.UUID) error {
	_, err := s.pool.Exec(ctx, `update tagtrail.rebuilds set cancelled = true where id = $1 and finished_at is null`, id)
	return explainSQL(err, "cancel the rebuild")
}

const finishRebuild = `
	update tagtrail.rebuilds set phase = $2, reason = $3, comparison = $4, noted_at = now(), finished_at = now()
	where id = $1 and finished_at is null`

// Finish keeps how a rebuild ended; one that has ended stays as it is.
func (s *Sink) Finish(ctx context.Context, id uuid.UUID, end runner.Phase, reason string, found *runner.Comparison) error {
	comparison, err := comparisonText(found)
	if err != nil {
		return err
	}
	_, err = s.pool.Exec(ctx, finishRebuild, id, end, reason, comparison)
	return explainSQL(err, "note the end of the rebuild")
}

func comparisonText(found *runner.Comparison) (*string, error) {
	if found == nil {
		return nil, nil //nolint:nilnil // what was not compared is NULL
	}
	text, err := json.Marshal(found)
	if err != nil {
		return nil, err
	}
	comparison := string(text)
	return &comparison, nil
}
