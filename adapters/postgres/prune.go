package postgres

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"

	"tagtrail/projections"
)

// Unfed is a generation that no projector feeds.
type Unfed struct {
	Schema    string
	State     string
	CreatedAt time.Time
	Bytes     int64
	resumable bool // a rebuild that was interrupted goes on with it
}

// Unfed answers the generations of the group, whatever build made them, that no projector feeds: the previous one, named
// ones, and those of builds that do not run. The live one of this build is never among them, nor one that an unfinished
// rebuild goes on with.
func (s *Sink) Unfed(ctx context.Context, g projections.Group) ([]Unfed, error) {
	var found []Unfed
	err := s.eachUnfed(ctx, g, func(_ *pgx.Conn, u Unfed) error {
		if !u.resumable {
			found = append(found, u)
		}
		return nil
	})
	return found, err
}

// Prune drops generations that nobody feeds, of those that are named, and answers which it dropped.
func (s *Sink) Prune(ctx context.Context, g projections.Group, schemas []string) ([]string, error) {
	return s.drop(ctx, g, func(u Unfed) bool { return !u.resumable && slices.Contains(schemas, u.Schema) })
}

// DropUnfed drops every generation of the group that no projector feeds, for an erasure: nothing would take out of them
// what is erased. A rebuild that was interrupted begins anew.
func (s *Sink) DropUnfed(ctx context.Context, g projections.Group) ([]string, error) {
	return s.drop(ctx, g, func(Unfed) bool { return true })
}

func (s *Sink) drop(ctx context.Context, g projections.Group, wanted func(Unfed) bool) ([]string, error) {
	var dropped []string
	err := s.eachUnfed(ctx, g, func(conn *pgx.Conn, u Unfed) error {
		if !wanted(u) {
			return nil
		}
		err := pgx.BeginFunc(ctx, conn, func(tx pgx.Tx) error {
			if err := lockGeneration(ctx, tx, u.Schema); err != nil {
				return err
			}
			return dropGeneration(ctx, tx, u.Schema)
		})
		if err == nil {
			dropped = append(dropped, u.Schema)
		}
		return explainSQL(err, "drop generation "+u.Schema)
	})
	return dropped, err
}

// eachUnfed visits the generations that nobody feeds, on a connection that holds the lock of their projectors meanwhile.
func (s *Sink) eachUnfed(ctx context.Context, g projections.Group, visit func(*pgx.Conn, Unfed) error) error {
	pooled, err := s.pool.Acquire(ctx)
	if err != nil {
		return explainSQL(err, "connect to look for generations of "+g.Name)
	}
	conn := pooled.Hijack()
	defer closeConn(ctx, conn) // which lets go of the locks
	rows, _ := conn.Query(ctx, `
		select g.schema, g.state, g.created_at,
			coalesce((select sum(pg_total_relation_size(c.oid)) from pg_class c join pg_namespace n on n.oid = c.relnamespace
				where n.nspname = g.schema and c.relkind = 'r'), 0)::bigint,
			exists (select from tagtrail.rebuilds r where r.beside = g.schema and r.finished_at is null)
		from tagtrail.generations g where g.grp = $1 order by g.created_at, g.schema`, g.Name)
	all, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (u Unfed, err error) {
		err = row.Scan(&u.Schema, &u.State, &u.CreatedAt, &u.Bytes, &u.resumable)
		return u, err
	})
	if err != nil {
		return explainSQL(err, "look for generations of "+g.Name)
	}
	unfed, err := withoutFed(ctx, conn, Schema(g), all)
	if err != nil {
		return explainSQL(err, "look for who feeds generations of "+g.Name)
	}
	for _, u := range unfed {
		if err := visit(conn, u); err != nil {
			return err
		}
	}
	return nil
}

// withoutFed leaves out what this build serves, what a projector leads, and what one of those feeds.
func withoutFed(ctx context.Context, conn *pgx.Conn, mine string, all []Unfed) ([]Unfed, error) {
	var unfed []Unfed
	var fed []string
	for _, u := range all {
		free := false
		if u.Schema != mine {
			err := conn.QueryRow(ctx, `select pg_try_advisory_lock(hashtextextended('tagtrail projector ' || $1, 0))`, u.Schema).Scan(&free)
			if err != nil {
				return nil, err
			}
		}
		if free {
			unfed = append(unfed, u)
			continue
		}
		s, err := standingOf(ctx, conn, u.Schema)
		if err != nil && !hasCode(err, undefinedTable, undefinedSchema, undefinedColumn) && !errors.Is(err, pgx.ErrNoRows) {
			return nil, err
		}
		fed = append(fed, s.Feeds)
	}
	return slices.DeleteFunc(unfed, func(u Unfed) bool { return slices.Contains(fed, u.Schema) }), nil
}
