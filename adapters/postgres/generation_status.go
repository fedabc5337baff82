package postgres

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"

	"tagtrail/domain/event"
)

// GenerationStatus is how a generation is doing, as anybody can see it in the database.
type GenerationStatus struct {
	Group         string
	Schema        string
	Fingerprint   string
	State         string
	CreatedAt     time.Time
	Position      event.Position
	MovedAt       time.Time
	Epoch         int64
	Led           bool      // a projector holds its lock
	StoppedAt     time.Time // zero unless the last projector stopped at what it could not pass
	StoppedReason string
}

// Generations answers how every generation is doing, by group and age.
func (s *Sink) Generations(ctx context.Context) ([]GenerationStatus, error) {
	rows, _ := s.pool.Query(ctx, `
		select g.grp, g.schema, g.fingerprint, g.state, g.created_at, exists (
			select from pg_locks l, (select hashtextextended('tagtrail projector ' || g.schema, 0) as key) k
			where l.locktype = 'advisory' and l.granted and l.database = (select oid from pg_database where datname = current_database())
			and l.objsubid = 1 and l.classid = (k.key >> 32 & 4294967295)::oid and l.objid = (k.key & 4294967295)::oid)
		from tagtrail.generations g order by g.grp, g.created_at, g.schema`)
	all, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (GenerationStatus, error) {
		var g GenerationStatus
		err := row.Scan(&g.Group, &g.Schema, &g.Fingerprint, &g.State, &g.CreatedAt, &g.Led)
		return g, err
	})
	if err != nil {
		return nil, explainSQL(err, "list generations")
	}
	for i := range all {
		g := &all[i]
		var position int64
		var stoppedAt *time.Time
		err := s.pool.QueryRow(ctx, `select position, moved_at, epoch, stopped_at, coalesce(stopped_reason, '') from `+quoted(g.Schema)+`.checkpoint`).
			Scan(&position, &g.MovedAt, &g.Epoch, &stoppedAt, &g.StoppedReason)
		if err != nil {
			return nil, explainSQL(err, "read the checkpoint of "+g.Schema)
		}
		g.Position = event.Position(position) //nolint:gosec // never negative
		if stoppedAt != nil {
			g.StoppedAt = *stoppedAt
		}
	}
	return all, nil
}
