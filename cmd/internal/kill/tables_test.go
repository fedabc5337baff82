package kill_test

import (
	"context"
	"fmt"
	"strings"

	"github.com/jackc/pgx/v5"

	"tagtrail/adapters/postgres"
	"tagtrail/domain/event"
	"tagtrail/projections"
)

// shadow is the tables of every group as the log alone makes them, on a PostgreSQL that nobody kills.
type shadow struct {
	pool *postgres.Pool
	sink *postgres.Sink
	led  []projections.Generation
	at   []event.Position
}

func newShadow(ctx context.Context, url string) (*shadow, error) {
	if err := postgres.Migrate(ctx, url); err != nil {
		return nil, err
	}
	pool, err := postgres.Open(ctx, url)
	if err != nil {
		return nil, err
	}
	s := &shadow{pool: pool, sink: postgres.NewSink(pool)}
	for _, g := range projections.All() {
		if err := s.sink.Prepare(ctx, g); err != nil {
			return nil, err
		}
		generation, led, err := s.sink.Lead(ctx, g)
		if err != nil || !led {
			return nil, fmt.Errorf("lead the shadow of %s: %t, %w", g.Name, led, err)
		}
		s.led, s.at = append(s.led, generation), append(s.at, generation.Position)
	}
	return s, nil
}

func (s *shadow) close(ctx context.Context) {
	for _, generation := range s.led {
		s.sink.Release(ctx, generation)
	}
	s.pool.Close()
}

// forget empties the tables, which begin again at the first event.
func (s *shadow) forget(ctx context.Context) error {
	statements := []string{"truncate " + strings.Join(tables(), ", ")}
	for i, generation := range s.led {
		statements = append(statements, "update "+pgx.Identifier{generation.Schema, "checkpoint"}.Sanitize()+" set position = 0")
		s.at[i] = 0
	}
	_, err := s.pool.Exec(ctx, strings.Join(statements, "; "), pgx.QueryExecModeSimpleProtocol)
	return err
}

// live is a sink on the installation's tables, to ask where they are.
func (s *shadow) live(pool *postgres.Pool) *postgres.Sink { return postgres.NewSink(pool) }

// follow projects what the log has more than before.
func (s *shadow) follow(ctx context.Context, log written, opened []recorded, sealed decoder) error {
	for i, generation := range s.led {
		events := opened
		if generation.Group.Sealed {
			var err error
			if events, err = log.opened(ctx, sealed); err != nil {
				return found("the log cannot be read sealed: %v", err)
			}
		}
		for len(events) > 0 && events[0].Position <= s.at[i] {
			events = events[1:]
		}
		changes, err := generation.Group.Project(events)
		if err != nil {
			return found("the rebuild of %s: %v", generation.Group.Name, err)
		}
		if log.head <= s.at[i] {
			continue
		}
		if err := s.sink.Commit(ctx, generation, changes, s.at[i], log.head); err != nil {
			return fmt.Errorf("rebuild %s: %w", generation.Group.Name, err)
		}
		s.at[i] = log.head
	}
	return nil
}

// compare says which rows of the installation are not those of the rebuild.
func (s *shadow) compare(ctx context.Context, live *postgres.Pool) error {
	want, err := digests(ctx, s.pool)
	if err != nil {
		return err
	}
	got, err := digests(ctx, live)
	if err != nil {
		return fmt.Errorf("read the tables: %w", err)
	}
	for table, digest := range want {
		if got[table] == digest {
			continue
		}
		missing, extra, err := differing(ctx, table, s.pool, live)
		if err != nil {
			return err
		}
		return found("%s has %s and the rebuild %s; missing or otherwise there:\n%s\nand there instead:\n%s", table, got[table], digest, missing, extra)
	}
	return nil
}

// rows counts the rows of all tables.
func (s *shadow) rows(ctx context.Context) (count int64, err error) {
	for _, table := range tables() {
		var n int64
		if err := s.pool.QueryRow(ctx, "select count(*) from "+table).Scan(&n); err != nil {
			return 0, err
		}
		count += n
	}
	return count, nil
}

func tables() []string {
	var names []string
	for _, g := range projections.All() {
		for _, table := range g.Tables() {
			names = append(names, pgx.Identifier{postgres.Schema(g), table.Name()}.Sanitize())
		}
	}
	return names
}

// digests answers what all rows of each table come to.
func digests(ctx context.Context, pool *postgres.Pool) (map[string]string, error) {
	found, batch := map[string]string{}, &pgx.Batch{}
	for _, table := range tables() {
		batch.Queue(`select count(*) || ' rows ' || coalesce(md5(string_agg(r::text, E'\n' order by r::text collate "C")), '') from ` + table + ` r`).
			QueryRow(func(row pgx.Row) error {
				var digest string
				err := row.Scan(&digest)
				found[table] = digest
				return err
			})
	}
	return found, pool.SendBatch(ctx, batch).Close()
}

// differing answers a few of the rows that only one of two tables has.
func differing(ctx context.Context, table string, want, got *postgres.Pool) (missing, extra string, err error) {
	wanted, err := rowsOf(ctx, want, table)
	if err != nil {
		return "", "", err
	}
	there, err := rowsOf(ctx, got, table)
	if err != nil {
		return "", "", err
	}
	return without(wanted, there), without(there, wanted), nil
}

func rowsOf(ctx context.Context, pool *postgres.Pool, table string) ([]string, error) {
	rows, err := pool.Query(ctx, `select r::text from `+table+` r order by 1`)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, pgx.RowTo[string])
}

// without answers a few of the rows of one that the other does not have.
func without(one, other []string) string {
	has := map[string]bool{}
	for _, row := range other {
		has[row] = true
	}
	const few = 5
	var lines []string
	for _, row := range one {
		if !has[row] && len(lines) < few {
			lines = append(lines, row)
		}
	}
	return strings.Join(lines, "\n")
}
