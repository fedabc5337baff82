package postgres_test

import (
	"context"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"tagtrail/adapters/postgres"
	"tagtrail/projections"
)

// Whoever switches generations holds them until every connection is told of the new names. Until then nobody writes to
// what was switched to, nor takes the lead of it, or those who still read the old tables would read less than others
// have read before them.
func TestNobodyWritesWhileGenerationsAreBeingRenamed(t *testing.T) {
	t.Parallel()
	table := everything()
	for name, writes := range map[string]func(t *testing.T, b bench, g projections.Group, led projections.Generation) error{
		"a batch": func(t *testing.T, b bench, g projections.Group, led projections.Generation) error {
			t.Helper()
			put := func(w *projections.Writer) {
				w.Put(table, projections.Cols{"org": ana, "box": "box", "thing": 1, "at": time.Unix(0, 0)})
			}
			return b.sink.Commit(t.Context(), led, changesOf(t, g, put), led.Position, led.Position+1)
		},
		"a new projector": func(t *testing.T, b bench, g projections.Group, led projections.Generation) error {
			t.Helper()
			b.sink.Release(t.Context(), led)
			for {
				next, leads, err := postgres.NewSink(b.pool).Lead(t.Context(), g)
				if leads && next.Position != led.Position {
					t.Errorf("it begins at %d", next.Position)
				}
				if leads || err != nil {
					return err
				}
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := newBench(t)
			group := groupOf(table)
			led := b.lead(t, group)
			tx, err := b.pool.Begin(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { _ = tx.Rollback(context.WithoutCancel(t.Context())) })
			_, err = tx.Exec(t.Context(), `select pg_advisory_xact_lock(hashtextextended('tagtrail generation ' || $1, 0))`, postgres.Schema(group))
			if err != nil {
				t.Fatal(err)
			}
			written := make(chan error, 1)
			go func() { written <- writes(t, b, group, led) }()
			waitUntilBlocked(t, b.pool, tx, written)
			if err := tx.Commit(t.Context()); err != nil {
				t.Fatal(err)
			}
			if err := <-written; err != nil {
				t.Error(err)
			}
		})
	}
}

// waitUntilBlocked returns when somebody waits for a lock that the transaction holds. It asks elsewhere: a transaction
// sees who is there as it was when it looked for the first time.
func waitUntilBlocked(t *testing.T, pool *pgxpool.Pool, tx pgx.Tx, done <-chan error) {
	t.Helper()
	for waits := false; !waits; {
		select {
		case err := <-done:
			t.Fatalf("it was done without waiting: %v", err)
		default:
		}
		err := pool.QueryRow(t.Context(), `
			select exists (select from pg_stat_activity where datname = current_database() and $1 = any(pg_blocking_pids(pid)))`,
			tx.Conn().PgConn().PID()).Scan(&waits)
		if err != nil {
			t.Fatal(err)
		}
	}
}
