package postgres

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"tagtrail/domain/event"
	"tagtrail/projections"
)

// ErrNotYet says that a generation does not show yet what it is to be cleaned of.
var ErrNotYet = errors.New("a generation does not show the erasure yet")

// Erasure is one that something is left to be done for.
type Erasure struct {
	Org, ID uuid.UUID
	AskedAt time.Time
}

// PendingErasures answers the erasures of all organisations that are not completed, as the live tables of the group know them.
func (s *Sink) PendingErasures(ctx context.Context, g projections.Group) ([]Erasure, error) {
	rows, err := s.pool.Query(ctx, `select org, erasure, asked_at from `+quoted(Schema(g))+`.erasures where completed_at is null order by position limit 1000`)
	if hasCode(err, undefinedTable, undefinedSchema) {
		return nil, nil // nobody made them yet
	}
	if err != nil {
		return nil, explainSQL(err, "look for erasures")
	}
	found, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (e Erasure, err error) {
		err = row.Scan(&e.Org, &e.ID, &e.AskedAt)
		return e, err
	})
	if hasCode(err, undefinedTable, undefinedSchema) {
		return nil, nil // nobody made them yet
	}
	return found, explainSQL(err, "look for erasures")
}

// KeptDeliveries answers the deliveries of an organisation whose bodies were kept, as the tables of the group audit know them.
func (s *Sink) KeptDeliveries(ctx context.Context, audit projections.Group, org uuid.UUID) ([]uuid.UUID, error) {
	rows, err := s.pool.Query(ctx, `
		select distinct substr(stream, length('delivery-') + 1)::uuid from `+quoted(Schema(audit))+`.events
		where org = $1 and type = 'delivery.kept'`, org)
	if err != nil {
		return nil, explainSQL(err, "look for kept deliveries")
	}
	found, err := pgx.CollectRows(rows, pgx.RowTo[uuid.UUID])
	return found, explainSQL(err, "look for kept deliveries")
}

// SpokeSince says whether a live table of the group holds the text of a message of the contacts: one that was on its way
// into the log while they were erased.
func (s *Sink) SpokeSince(ctx context.Context, g projections.Group, org uuid.UUID, contacts []uuid.UUID) (bool, error) {
	var spoke bool
	err := s.pool.QueryRow(ctx, `select exists (
		select from `+quoted(Schema(g))+`.messages where org = $1 and contact = any ($2) and text is not null)`, org, contacts).Scan(&spoke)
	return spoke, explainSQL(err, "look for messages of who is erased")
}

// Show says whether every generation of the group shows a position, or answers ErrNotYet.
func (s *Sink) Show(ctx context.Context, g projections.Group, upTo event.Position) error {
	schemas, err := s.schemasOf(ctx, g)
	if err != nil {
		return err
	}
	for _, schema := range schemas {
		var position int64
		if err := s.pool.QueryRow(ctx, `select position from `+quoted(schema)+`.checkpoint`).Scan(&position); err != nil {
			return explainSQL(err, "ask how far "+schema+" is")
		}
		if event.Position(position) < upTo { //nolint:gosec // positions are not negative
			return fmt.Errorf("%s: %w", schema, ErrNotYet)
		}
	}
	return nil
}

// Scrub leaves nothing behind of rows that are gone from the tables of the group: what the server marks as free it does
// not overwrite, neither in tables nor in indexes. Tables are rewritten one after the other, and each is locked meanwhile.
func (s *Sink) Scrub(ctx context.Context, g projections.Group) error {
	schemas, err := s.schemasOf(ctx, g)
	if err != nil {
		return err
	}
	for _, schema := range schemas {
		tables, err := s.tablesAboutContacts(ctx, schema)
		if err != nil {
			return err
		}
		for _, table := range tables {
			if err := rewrite(ctx, s.pool, quoted(schema)+"."+quoted(table)); err != nil {
				return err
			}
		}
	}
	return nil
}

func (s *Sink) schemasOf(ctx context.Context, g projections.Group) ([]string, error) {
	rows, _ := s.pool.Query(ctx, `select schema from tagtrail.generations where grp = $1 order by schema`, g.Name)
	schemas, err := pgx.CollectRows(rows, pgx.RowTo[string])
	return schemas, explainSQL(err, "look for generations of "+g.Name)
}

// tablesAboutContacts answers the tables whose rows are about a contact.
func (s *Sink) tablesAboutContacts(ctx context.Context, schema string) ([]string, error) {
	rows, _ := s.pool.Query(ctx, `
		select c.relname from pg_class c join pg_namespace n on n.oid = c.relnamespace
		where n.nspname = $1 and c.relkind = 'r' and exists (
			select from pg_attribute a where a.attrelid = c.oid and a.attname = 'contact' and not a.attisdropped)
		order by c.relname`, schema)
	tables, err := pgx.CollectRows(rows, pgx.RowTo[string])
	return tables, explainSQL(err, "look for tables of "+schema)
}

// rewrite puts a table into files of its own anew, with what is in it and nothing else, and its statistics.
func rewrite(ctx context.Context, pool *Pool, table string) error {
	_, err := pool.Exec(ctx, `vacuum (full, analyze) `+table)
	return explainSQL(err, "rewrite "+table)
}

// Discard lets the server forget what it no longer needs: rows of statistics that were replaced, and what it wrote ahead.
// It answers what the server does not let this role do.
func Discard(ctx context.Context, pool *Pool) (left []string, err error) {
	for _, step := range []struct{ statement, keeps string }{
		{`vacuum full pg_catalog.pg_statistic`, "statistics of tables"},
		{`checkpoint`, "the write-ahead log of PostgreSQL"},
		{`select pg_switch_wal()`, "the write-ahead log of PostgreSQL"},
		{`checkpoint`, "the write-ahead log of PostgreSQL"},
	} {
		ctx, cancel := context.WithTimeout(ctx, time.Minute)
		_, err := pool.Exec(ctx, step.statement)
		cancel()
		switch {
		case hasCode(err, "42501"):
			if !slices.Contains(left, step.keeps) {
				left = append(left, step.keeps)
			}
		case err != nil:
			return nil, explainSQL(err, step.statement)
		}
	}
	return left, nil
}

// Alone does something while no other process does it, by an advisory lock; where one does already, it does nothing.
func Alone(ctx context.Context, pool *Pool, lock int64, do func() error) error {
	pooled, err := pool.Acquire(ctx)
	if err != nil {
		return explainSQL(err, "connect")
	}
	conn := pooled.Hijack()
	defer closeConn(ctx, conn) // which lets go of the lock
	var free bool
	if err := conn.QueryRow(ctx, `select pg_try_advisory_lock($1)`, lock).Scan(&free); err != nil || !free {
		return explainSQL(err, "ask for a lock")
	}
	return do()
}
