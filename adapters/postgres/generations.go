package postgres

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/jackc/pgx/v5"

	"tagtrail/domain/event"
	"tagtrail/projections"
)

// Schema names the schema that holds a group's tables and checkpoint: one for each fingerprint, so that builds that
// fill them differently never meet in one.
func Schema(g projections.Group) string { return g.Name + "_" + g.Fingerprint() }

// ReadSchema names the schema of the views that readers see of a group.
func ReadSchema(g projections.Group) string { return readSchema(Schema(g)) }

func readSchema(schema string) string { return schema + "_read" }

func quoted(name string) string { return pgx.Identifier{name}.Sanitize() }

// wall is what every view of readers ends with: they see the rows of the organisation that their transaction names.
const wall = ` where org = nullif(current_setting('tagtrail.organization', true), '')::uuid`

// Prepare makes the generation of the group, if there is none of its fingerprint. Other generations stay as they are.
func (s *Sink) Prepare(ctx context.Context, g projections.Group) error {
	if err := g.Check(); err != nil {
		return err
	}
	making := generationOf(g, Schema(g))
	return makeGeneration(ctx, s.pool, g, Schema(g), "live", append(making.tables, making.indexes...))
}

type beginner interface {
	querier
	Begin(ctx context.Context) (pgx.Tx, error)
}

// makeGeneration runs the statements that make a generation, if there is none in the schema.
func makeGeneration(ctx context.Context, db beginner, g projections.Group, schema, state string, statements []string) error {
	there, err := generationExists(ctx, db, schema)
	if err != nil || there {
		return explainSQL(err, "look for generation "+schema)
	}
	err = pgx.BeginFunc(ctx, db, func(tx pgx.Tx) error {
		// Several processes may start at once; who comes second finds the work done.
		if err := lockGeneration(ctx, tx, schema); err != nil {
			return err
		}
		if there, err := generationExists(ctx, tx, schema); err != nil || there {
			return err
		}
		for _, statement := range statements {
			if _, err := tx.Exec(ctx, statement); err != nil {
				return fmt.Errorf("%s: %w", statement, err) // of ours alone: no value of a row is in it
			}
		}
		_, err := tx.Exec(ctx, `
			insert into tagtrail.generations (grp, schema, fingerprint, state) values ($1, $2, $3, $4)
			on conflict (schema) do update set state = excluded.state, created_at = now()`, g.Name, schema, g.Fingerprint(), state)
		return err
	})
	if isOutage(err) {
		return explainSQL(err, "make generation "+schema)
	}
	if err != nil {
		return explain(err, "make generation "+schema)
	}
	return nil
}

// lockGeneration waits until nobody else makes, renames or drops the schema, and keeps them waiting until tx ends.
func lockGeneration(ctx context.Context, tx pgx.Tx, schema string) error {
	_, err := tx.Exec(ctx, `select pg_advisory_xact_lock(hashtextextended('tagtrail generation ' || $1, 0))`, schema)
	return err
}

// shareGeneration waits until nobody renames the schema any more, and keeps it from being renamed until the transaction
// ends.
//
// PostgreSQL shows a commit to others a moment before it tells them that names have changed, and gives locks up after
// that. In this moment a connection that knows the old names still reads the generation that was live. So nobody writes
// to the new one in this moment, or that reader would see less than others have seen before it.
const shareGeneration = `select pg_advisory_xact_lock_shared(hashtextextended('tagtrail generation ' || $1, 0))`

type querier interface {
	QueryRow(ctx context.Context, sql string, args ...any) pgx.Row
}

// generationExists asks for the schema itself, which a backup may have taken away or brought back. It reads the catalogue
// as a table: to_regclass may answer out of a cache that is older than the lock.
func generationExists(ctx context.Context, q querier, schema string) (bool, error) {
	var there bool
	err := q.QueryRow(ctx, `
		select exists (select from pg_class c join pg_namespace n on n.oid = c.relnamespace where n.nspname = $1 and c.relname = 'checkpoint')`,
		schema).Scan(&there)
	return there, err
}

// making are the statements that make a generation. Rows are written faster before there are indexes.
type making struct{ tables, indexes []string }

// generationOf answers the statements that make a generation, all of them for one transaction. The checkpoint names in
// feeds the generation that gets every batch too, in the same transaction.
func generationOf(g projections.Group, schema string) making {
	tables, views := quoted(schema), quoted(readSchema(schema))
	var indexes []string
	statements := []string{
		"create schema " + tables,
		"create schema " + views,
		"create table " + tables + ".checkpoint (" +
			"single boolean primary key default true check (single), position bigint not null default 0, " +
			"epoch bigint not null default 0, feeds text, moved_at timestamptz not null default now())",
		"insert into " + tables + ".checkpoint default values",
		"create view " + views + ".checkpoint as select position, moved_at from " + tables + ".checkpoint",
	}
	for _, t := range g.Tables() {
		for _, statement := range t.Create(tables) {
			if strings.HasPrefix(statement, "create index ") {
				indexes = append(indexes, statement)
				continue
			}
			statements = append(statements, statement)
		}
		statements = append(statements, fmt.Sprintf("create view %s.%s as select %s from %s.%s%s",
			views, quoted(t.Name()), columnNames(t), tables, quoted(t.Name()), wall))
	}
	for _, v := range g.Views() {
		name := quoted(v.Name())
		statements = append(statements,
			"create view "+tables+"."+name+" as "+v.Query(tables),
			"create view "+views+"."+name+" as select * from "+tables+"."+name+wall)
	}
	statements = append(statements,
		"grant usage on schema "+views+" to "+ReaderRole,
		"grant select on all tables in schema "+views+" to "+ReaderRole)
	return making{tables: statements, indexes: indexes}
}

func columnNames(t *projections.Table) string {
	names := make([]string, 0, len(t.Columns()))
	for _, c := range t.Columns() {
		names = append(names, quoted(c.Name))
	}
	return strings.Join(names, ", ")
}

// Position answers where the checkpoint of the group's generation is. Before there is one, that is 0.
func (s *Sink) Position(ctx context.Context, g projections.Group) (event.Position, error) {
	return position(ctx, s.pool, Schema(g))
}

func position(ctx context.Context, q querier, schema string) (event.Position, error) {
	var at int64
	err := q.QueryRow(ctx, `select position from `+quoted(schema)+`.checkpoint`).Scan(&at)
	if hasCode(err, undefinedTable, undefinedSchema) || errors.Is(err, pgx.ErrNoRows) {
		return 0, nil
	}
	return event.Position(at), explainSQL(err, "read the checkpoint of "+schema) //nolint:gosec // never negative
}
