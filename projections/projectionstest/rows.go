package projectionstest

import (
	"context"
	"fmt"
	"strings"

	"github.com/google/go-cmp/cmp"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"tagtrail/adapters/postgres"
	"tagtrail/projections"
)

// Rows are the rows of all tables and views of a group, those of tables in the
// order of their keys, each value as PostgreSQL writes it.
type Rows map[string][]Row

// Row is one row by column; NULL is "NULL".
type Row map[string]string

// Lines answers chosen columns of a table, one line for each row, as in "Ana | {1,2}".
func (r Rows) Lines(table string, columns ...string) []string {
	lines := []string{}
	for _, row := range r[table] {
		values := make([]string, len(columns))
		for i, column := range columns {
			value, there := row[column]
			if !there {
				value = "no column " + column
			}
			values[i] = value
		}
		lines = append(lines, strings.Join(values, " | "))
	}
	return lines
}

func (r Rows) diff(other Rows) string { return cmp.Diff(r, other) }

func dump(ctx context.Context, pool *pgxpool.Pool, g projections.Group) (Rows, error) {
	rows := Rows{}
	schema := pgx.Identifier{postgres.Schema(g)}.Sanitize()
	for _, t := range g.Tables() {
		var key []string
		for _, place := range t.PrimaryKey() {
			key = append(key, pgx.Identifier{t.Columns()[place].Name}.Sanitize())
		}
		if err := dumpOne(ctx, pool, rows, schema, t.Name(), strings.Join(key, ", ")); err != nil {
			return nil, err
		}
	}
	for _, v := range g.Views() {
		if err := dumpOne(ctx, pool, rows, schema, v.Name(), "o::text collate \"C\""); err != nil {
			return nil, err
		}
	}
	return rows, nil
}

func dumpOne(ctx context.Context, pool *pgxpool.Pool, rows Rows, schema, name, order string) error {
	found, _ := pool.Query(ctx, fmt.Sprintf("select * from %s.%s as o order by %s", schema, name, order), pgx.QueryExecModeSimpleProtocol)
	all, err := pgx.CollectRows(found, func(row pgx.CollectableRow) (Row, error) {
		r := Row{}
		for i, field := range row.FieldDescriptions() {
			r[field.Name] = "NULL"
			if raw := row.RawValues()[i]; raw != nil {
				r[field.Name] = string(raw) // the simple protocol brings texts
			}
		}
		return r, nil
	})
	if err != nil {
		return fmt.Errorf("read %s: %w", name, err)
	}
	rows[name] = all
	return nil
}
