package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"github.com/EventStore/EventStore-Client-Go/v4/esdb"
	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"tagtrail/adapters/postgres"
	"tagtrail/projections"
	"tagtrail/projections/runner"
)

// projecting measures how fast the log becomes tables: goals 5 to 7.
func projecting(ctx context.Context, t *table, h *house) error {
	const catchUp, rebuild = "catch-up of the console's tables", "rebuild of the console's tables, contacts"
	if t.wanted(catchUp) {
		n, err := h.readAll(ctx)
		if err != nil {
			return err
		}
		if err := t.add(ctx, row{
			catchUp, "5: ≥ 0.45", "/s", true,
			side{"projected", func(ctx context.Context) (float64, error) { return paced(ctx, h.again(n)) }},
			side{"bare $all", func(ctx context.Context) (float64, error) { return paced(ctx, h.readAll) }},
		}); err != nil {
			return err
		}
	}
	if t.wanted(rebuild) {
		c, err := h.take(ctx, t.dir)
		if err != nil {
			return err
		}
		if err := t.add(ctx, row{
			rebuild, "6: ≥ 0.35", "/s", true,
			side{"built beside", func(ctx context.Context) (float64, error) {
				return paced(ctx, h.rebuild(len(h.known), func(runner.Progress) {}))
			}},
			side{"COPY, then indexes", func(ctx context.Context) (float64, error) {
				loaded, err := paced(ctx, c.load(len(h.known)))
				return loaded, errors.Join(err, h.drop(ctx, "loaded"))
			}},
		}); err != nil {
			return err
		}
	}
	return reading(ctx, t, h)
}

// readAll reads the whole log with the official client, and looks at nothing.
func (s *store) readAll(ctx context.Context) (n int, err error) {
	all, err := s.db.ReadAll(ctx, esdb.ReadAllOptions{From: esdb.Start{}}, ^uint64(0))
	if err != nil {
		return 0, err
	}
	defer all.Close()
	for {
		if _, err := all.Recv(); errors.Is(err, io.EOF) {
			return n, nil
		} else if err != nil {
			return n, err
		}
		n++
	}
}

// again projects the whole log into tables of its own, with all indexes, as a group does that is new.
func (h *house) again(events int) func(context.Context) (int, error) {
	return func(ctx context.Context) (int, error) {
		g := projections.Group{Name: "again", Projections: console().Projections}
		stop, err := h.project(ctx, g)
		if err != nil {
			return 0, err
		}
		return events, errors.Join(stop(), h.drop(ctx, postgres.Schema(g)))
	}
}

func (s *service) drop(ctx context.Context, schema string) error {
	for _, name := range []string{schema, schema + "_read"} {
		if _, err := s.pool.Exec(ctx, "drop schema if exists "+name+" cascade"); err != nil {
			return err
		}
	}
	_, err := s.pool.Exec(ctx, "delete from tagtrail.generations where schema = $1", schema)
	return err
}

// rebuild builds a generation beside the live one, up to the end of the log, and drops it.
func (h *house) rebuild(contacts int, note func(runner.Progress)) func(context.Context) (int, error) {
	return func(ctx context.Context) (int, error) {
		g := console()
		sink := postgres.NewSink(h.pool)
		builder := runner.NewBuilder(h.following(hasty), sink)
		head, err := h.events.Head(ctx)
		if err != nil {
			return 0, err
		}
		r := runner.Rebuild{
			ID: uuid.New(), Group: g.Name, Kind: runner.Until, Schema: postgres.Schema(g), Beside: postgres.Beside(g, runner.Until, "bench"),
			UntilPosition: head, AskedBy: runner.ByCommand,
		}
		_, err = builder.Run(ctx, g, r, note)
		undoing, cancel := context.WithTimeout(context.WithoutCancel(ctx), time.Minute)
		defer cancel()
		return contacts, errors.Join(err, builder.Undo(undoing, g, r))
	}
}

// copied are the rows that a rebuild makes, in files as COPY takes them.
type copied struct {
	pool  *postgres.Pool
	dir   string
	group projections.Group
}

// take keeps the rows that the log makes of a group.
func (h *house) take(ctx context.Context, dir string) (*copied, error) {
	g := projections.Group{Name: "copied", Projections: console().Projections}
	stop, err := h.project(ctx, g)
	if err != nil {
		return nil, err
	}
	c := &copied{h.pool, dir, g}
	err = stop()
	for _, t := range g.Tables() {
		if err == nil {
			err = c.takeTable(ctx, t)
		}
	}
	return c, errors.Join(err, h.drop(ctx, postgres.Schema(g)))
}

func (c *copied) takeTable(ctx context.Context, t *projections.Table) error {
	file, err := os.Create(filepath.Join(c.dir, t.Name()))
	if err != nil {
		return err
	}
	err = c.pool.AcquireFunc(ctx, func(conn *pgxpool.Conn) error {
		_, err := conn.Conn().PgConn().CopyTo(ctx, file, "copy (select "+written(t)+" from "+pgx.Identifier{postgres.Schema(c.group), t.Name()}.Sanitize()+") to stdout (format binary)")
		return err
	})
	return errors.Join(err, file.Close())
}

// written names the columns of a table that it does not compute itself.
func written(t *projections.Table) string {
	var names []string
	for _, column := range t.Columns() {
		if !column.Generated {
			names = append(names, pgx.Identifier{column.Name}.Sanitize())
		}
	}
	return strings.Join(names, ", ")
}

// load puts the rows into tables of the same definition by COPY, and makes the keys and indexes after.
func (c *copied) load(contacts int) func(context.Context) (int, error) {
	const schema = "loaded"
	return func(ctx context.Context) (int, error) {
		if _, err := c.pool.Exec(ctx, "create schema "+schema); err != nil {
			return 0, err
		}
		for _, t := range c.group.Tables() {
			if err := c.loadTable(ctx, schema, t); err != nil {
				return 0, fmt.Errorf("load %s: %w", t.Name(), err)
			}
		}
		return contacts, nil
	}
}

func (c *copied) loadTable(ctx context.Context, schema string, t *projections.Table) error {
	if _, err := c.pool.Exec(ctx, t.Create(pgx.Identifier{schema}.Sanitize())[0]); err != nil {
		return err
	}
	if err := bare(ctx, c.pool, schema, t.Name()); err != nil {
		return err
	}
	file, err := os.Open(filepath.Join(c.dir, t.Name()))
	if err != nil {
		return err
	}
	defer func() { _ = file.Close() }()
	err = c.pool.AcquireFunc(ctx, func(conn *pgxpool.Conn) error {
		_, err := conn.Conn().PgConn().CopyFrom(ctx, file, "copy "+pgx.Identifier{schema, t.Name()}.Sanitize()+" ("+written(t)+") from stdin (format binary)")
		return err
	})
	if err != nil {
		return err
	}
	return furnish(ctx, c.pool, schema, t)
}

// reading measures what readers notice of a rebuild: goal 7.
func reading(ctx context.Context, t *table, h *house) error {
	at, err := h.reader(ctx)
	if err != nil {
		return err
	}
	defer at.close(ctx)
	filters := at.filters()
	ask := func(ctx context.Context) error {
		if at.r.IntN(2) == 0 {
			return at.page(ctx)
		}
		return at.filtered(filters[at.r.IntN(len(filters)-1)].choose)(ctx)
	}
	return t.addTimes(ctx, times{
		"pages and filters while a rebuild runs", "7: ≤ 1.25", "7: ≤ 10 ms",
		sample{"beside a rebuild", func(ctx context.Context) ([]float64, error) { return h.duringRebuild(ctx, oneByOne(t.turn, ask)) }},
		sample{"alone", oneByOne(t.turn, ask)},
	})
}

// duringRebuild measures from the moment on in which rows are made, and then lets the rebuild be.
func (h *house) duringRebuild(ctx context.Context, measure func(context.Context) ([]float64, error)) ([]float64, error) {
	rebuilding, cancel := context.WithCancelCause(ctx)
	begun, ended := make(chan struct{}), make(chan error, 1)
	once := sync.OnceFunc(func() { close(begun) })
	go func() {
		_, err := h.rebuild(0, func(p runner.Progress) {
			if p.Events > 0 {
				once()
			}
		})(rebuilding)
		once()
		ended <- err
	}()
	<-begun
	took, err := measure(ctx)
	cancel(runner.ErrCancelled)
	if rebuilt := <-ended; rebuilt != nil && !errors.Is(rebuilt, runner.ErrCancelled) && !errors.Is(rebuilt, context.Canceled) {
		err = errors.Join(err, rebuilt)
	}
	return took, err
}
