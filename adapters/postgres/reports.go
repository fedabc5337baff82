package postgres

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"

	"tagtrail/domain/event"
	"tagtrail/projections"
)

// Report says how a generation stands, and what its projector last said of itself.
type Report struct {
	Group      string
	Schema     string
	Kind       string // "live" for one that a projector moves on
	Position   event.Position
	Feeds      string // the generation beside that gets every batch too, "" for none
	State      string // "" when no projector ever reported
	Reason     string
	ReportedAt time.Time
}

// Report notes what the projector of the group says of itself, for processes that cannot ask it.
func (s *Sink) Report(ctx context.Context, g projections.Group, state, reason string) error {
	_, err := s.pool.Exec(ctx, `
		insert into tagtrail.projectors (schema, state, reason, reported_at) values ($1, $2, $3, now())
		on conflict (schema) do update set state = excluded.state, reason = excluded.reason, reported_at = excluded.reported_at`,
		Schema(g), state, reason)
	return explainSQL(err, "report on "+Schema(g))
}

// Reports answers how every generation stands, those of other builds too.
func (s *Sink) Reports(ctx context.Context) ([]Report, error) {
	rows, err := s.pool.Query(ctx, `
		select g.grp, g.schema, g.state, coalesce(p.state, ''), coalesce(p.reason, ''), coalesce(p.reported_at, g.created_at)
		from tagtrail.generations g left join tagtrail.projectors p using (schema)
		where exists (select from pg_namespace n where n.nspname = g.schema) order by g.grp, g.created_at`)
	if err != nil {
		return nil, explainSQL(err, "list the generations")
	}
	reports, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (r Report, err error) {
		err = row.Scan(&r.Group, &r.Schema, &r.Kind, &r.State, &r.Reason, &r.ReportedAt)
		return r, err
	})
	if err != nil {
		return nil, explainSQL(err, "list the generations")
	}
	for i := range reports {
		found, err := standingOf(ctx, s.pool, reports[i].Schema)
		if hasCode(err, undefinedColumn) { // a build made it that fed one at a time
			found.Position, err = position(ctx, s.pool, reports[i].Schema)
		}
		if err != nil && !hasCode(err, undefinedTable, undefinedSchema) {
			return nil, explainUnlessNamed(err, "read the checkpoint of "+reports[i].Schema)
		}
		reports[i].Position, reports[i].Feeds = found.Position, found.Feeds
	}
	return reports, nil
}
