package main

import (
	"context"
	"fmt"
	"strings"

	"github.com/jackc/pgx/v5"

	"tagtrail/adapters/postgres"
	"tagtrail/projections"
)

// copyInto sends rows as they are produced.
func copyInto(ctx context.Context, pool *postgres.Pool, table pgx.Identifier, columns []string, produce func(yield func([]any) error) error) error {
	ctx, cancel := context.WithCancel(ctx)
	rows, failed := make(chan []any, 1024), make(chan error, 1)
	go func() {
		defer close(rows)
		failed <- produce(func(row []any) error {
			select {
			case rows <- row:
				return nil
			case <-ctx.Done():
				return ctx.Err()
			}
		})
	}()
	_, err := pool.CopyFrom(ctx, table, columns, pgx.CopyFromFunc(func() ([]any, error) { return <-rows, nil }))
	cancel()
	if produced := <-failed; err == nil {
		err = produced
	}
	return err
}

// bare takes the indexes off a table, so that rows can come quickly.
func bare(ctx context.Context, pool *postgres.Pool, schema, table string) error {
	rows, _ := pool.Query(ctx, `
		select format('drop index %I.%I', schemaname, indexname) from pg_indexes where schemaname = $1 and tablename = $2 and indexname <> $2 || '_pkey'
		union all select format('alter table %I.%I drop constraint %I', $1, $2, $2 || '_pkey')`, schema, table)
	statements, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		return err
	}
	for _, statement := range statements {
		if _, err := pool.Exec(ctx, statement); err != nil {
			return fmt.Errorf("%s: %w", statement, err)
		}
	}
	return nil
}

// furnish gives a table its key and its indexes, and lets the planner know its rows.
func furnish(ctx context.Context, pool *postgres.Pool, schema string, t *projections.Table) error {
	table := pgx.Identifier{schema, t.Name()}.Sanitize()
	key := make([]string, 0, len(t.Key()))
	for _, place := range t.Key() {
		key = append(key, t.Columns()[place].Name)
	}
	statements := append([]string{"alter table " + table + " add primary key (" + strings.Join(key, ", ") + ")"}, t.Create(pgx.Identifier{schema}.Sanitize())[1:]...)
	for _, statement := range append(statements, "vacuum analyze "+table) {
		if _, err := pool.Exec(ctx, statement); err != nil {
			return fmt.Errorf("%s: %w", statement, err)
		}
	}
	return nil
}
