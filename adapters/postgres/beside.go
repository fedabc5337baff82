package postgres

import (
	"context"
	"fmt"
	"slices"

	"github.com/jackc/pgx/v5"

	"tagtrail/domain/event"
	"tagtrail/projections"
	"tagtrail/projections/runner"
)

// What the schemas of generations beside the live one end with.
const (
	nextSuffix     = "_next"
	checkSuffix    = "_check"
	previousSuffix = "_prev"
	namedSuffix    = "_as_"
	switchSuffix   = "_switch"
)

// Beside names the schema of the generation that a rebuild is about.
func Beside(g projections.Group, kind runner.Kind, name string) string {
	switch kind {
	case runner.Verify:
		return Schema(g) + checkSuffix
	case runner.Rollback:
		return Schema(g) + previousSuffix
	case runner.Until:
		return Schema(g) + namedSuffix + name
	case runner.Replace:
	}
	return Schema(g) + nextSuffix
}

// The states of generations.
const (
	stateLive     = "live"
	stateBuilding = "building" // without indexes
	stateBuilt    = "built"
	statePrevious = "previous"
	stateNamed    = "named"
)

// Site is where one rebuild of a group works. Its connection holds a lock, so that there is one at a time: who lost
// the connection can do nothing here any more.
type Site struct {
	sink  *Sink
	group projections.Group
	conn  *pgx.Conn
}

// Claim answers where the group's generations are built, unless somebody else works there.
func (s *Sink) Claim(ctx context.Context, g projections.Group) (runner.Site, bool, error) {
	pooled, err := s.pool.Acquire(ctx)
	if err != nil {
		return nil, false, explainSQL(err, "connect to rebuild "+g.Name)
	}
	var locked bool
	err = pooled.QueryRow(ctx, `select pg_try_advisory_lock(hashtextextended('tagtrail rebuild ' || $1, 0))`, g.Name).Scan(&locked)
	if err != nil || !locked {
		pooled.Release()
		return nil, false, explainSQL(err, "take the lock for rebuilds of "+g.Name)
	}
	site := &Site{sink: s, group: g, conn: pooled.Hijack()}
	_, err = site.conn.Exec(ctx, `select set_config('application_name', $1, false), set_config('jit', 'off', false)`, "tagtrail rebuild "+g.Name)
	if err != nil {
		site.Close(ctx)
		return nil, false, explainSQL(err, "prepare to rebuild "+g.Name)
	}
	return site, true, nil
}

// Close lets others work.
func (s *Site) Close(ctx context.Context) { closeConn(ctx, s.conn) }

// Live answers where the live generation is, and the schema of the one that it feeds.
func (s *Site) Live(ctx context.Context) (event.Position, string, error) {
	found, err := standingOf(ctx, s.conn, Schema(s.group))
	if hasCode(err, undefinedTable, undefinedSchema) {
		return 0, "", runner.ErrNoGeneration
	}
	return found.Position, found.Feeds, explainSQL(err, "read the checkpoint of "+Schema(s.group))
}

// Exists says whether a generation is there.
func (s *Site) Exists(ctx context.Context, beside string) (bool, error) {
	there, err := generationExists(ctx, s.conn, beside)
	return there, explainSQL(err, "look for generation "+beside)
}

// Begin makes a generation without its indexes, if it is not there.
func (s *Site) Begin(ctx context.Context, beside string) error {
	return makeGeneration(ctx, s.conn, s.group, beside, stateBuilding, generationOf(s.group, beside).tables)
}

// Lead takes the lead of a generation beside the live one, and answers whether nobody else has it.
func (s *Site) Lead(ctx context.Context, beside string) (projections.Generation, bool, error) {
	return s.sink.lead(ctx, s.group, beside)
}

// Complete makes the indexes, all or none, and lets the planner see the rows. It does nothing where they are.
func (s *Site) Complete(ctx context.Context, beside string, named bool) error {
	state := stateBuilt
	if named {
		state = stateNamed
	}
	return complete(ctx, s.conn, s.group, beside, state)
}

// Join has the projector of the live generation feed this one from now on. It keeps that projector from committing
// while the rest of the way is gone: rest answers what the events up to a position change.
func (s *Site) Join(ctx context.Context, g projections.Generation, from event.Position, rest func(upTo event.Position) (*projections.Changes, error)) (event.Position, error) {
	l, err := s.sink.leadOf(g)
	if err != nil {
		return 0, err
	}
	var at event.Position
	var failed error
	err = pgx.BeginFunc(ctx, l.conn, func(tx pgx.Tx) error {
		live, err := lockStanding(ctx, tx, Schema(s.group))
		if err != nil {
			return err
		}
		if at = live.Position; at < from {
			return fmt.Errorf("%s is at %d and %s at %d: %w", g.Schema, from, Schema(s.group), at, runner.ErrNotFed)
		}
		changes, err := rest(at)
		if err != nil {
			failed = err
			return err
		}
		p := &pipeline{}
		p.move(g.Schema, `set position = $1, epoch = $4, moved_at = now() where single and position = $2 and epoch = $3`, ``,
			int64(at), int64(from), g.Epoch, live.epoch) //nolint:gosec // positions stay far below the half of 64 bits
		if err := p.write(ctx, tx, l.texts, g.Schema, changes, nil); err != nil {
			return err
		}
		p.move(Schema(s.group), `set feeds = $1`, ``, g.Schema)
		_, failed = p.send(ctx, tx)
		return failed
	})
	if failed != nil {
		return 0, failed
	}
	return at, explainUnlessNamed(err, "have "+g.Schema+" fed")
}

// Leave ends the feeding of a generation by the live one.
func (s *Site) Leave(ctx context.Context, live, beside string) error {
	_, err := s.conn.Exec(ctx, `update `+quoted(live)+`.checkpoint set feeds = null where feeds = $1`, beside)
	if hasCode(err, undefinedTable, undefinedSchema) {
		return nil
	}
	return explainSQL(err, "end the feeding of "+beside)
}

// Discard drops a generation that nobody feeds any more.
func (s *Site) Discard(ctx context.Context, beside string) error {
	err := pgx.BeginFunc(ctx, s.conn, func(tx pgx.Tx) error {
		// A query that still reads it is waited for, and not so long that others wait for us.
		if _, err := tx.Exec(ctx, `set local lock_timeout = '1s'`); err != nil {
			return err
		}
		if err := lockGeneration(ctx, tx, beside); err != nil {
			return err
		}
		return dropGeneration(ctx, tx, beside)
	})
	return explainSQL(err, "drop generation "+beside)
}

func dropGeneration(ctx context.Context, tx pgx.Tx, schema string) error {
	for _, statement := range []string{
		"drop schema if exists " + quoted(readSchema(schema)) + " cascade",
		"drop schema if exists " + quoted(schema) + " cascade",
	} {
		if _, err := tx.Exec(ctx, statement); err != nil {
			return err
		}
	}
	if _, err := tx.Exec(ctx, `delete from tagtrail.generations where schema = $1`, schema); err != nil {
		return err
	}
	_, err := tx.Exec(ctx, `delete from tagtrail.projectors where schema = $1`, schema)
	return err
}

// Switch puts the generation that is fed in the place of the live one, which becomes the previous one. Both schemas of
// each get their names in one transaction, so that every statement sees the tables of one generation; statements that
// were prepared find those of the new one.
func (s *Site) Switch(ctx context.Context, r runner.Rebuild, found *runner.Comparison) error {
	live, beside, previous := r.Schema, r.Beside, r.Schema+previousSuffix
	comparison, err := comparisonText(found)
	if err != nil {
		return err
	}
	if beside != previous {
		if err := s.Discard(ctx, previous); err != nil {
			return err
		}
	}
	err = pgx.BeginFunc(ctx, s.conn, func(tx pgx.Tx) error {
		if _, err := tx.Exec(ctx, `set local synchronous_commit = on`); err != nil {
			return err
		}
		for _, schema := range slices.Sorted(slices.Values([]string{live, beside, previous})) {
			if err := lockGeneration(ctx, tx, schema); err != nil {
				return err
			}
		}
		was, err := lockStanding(ctx, tx, live)
		if err != nil {
			return err
		}
		is, err := lockStanding(ctx, tx, beside)
		if err != nil {
			return err
		}
		if was.Feeds != beside || is.Position < was.Position {
			return fmt.Errorf("%s is at %d and %s at %d: %w", live, was.Position, beside, is.Position, runner.ErrNotFed)
		}
		// A rebuild that ends with the switch is never done twice, which would undo a rollback.
		ended, err := tx.Exec(ctx, finishRebuild, r.ID, runner.Done, "", comparison)
		if err == nil && ended.RowsAffected() == 0 {
			err = runner.ErrNoRebuild
		}
		if err != nil {
			return err
		}
		if err := switchGenerations(ctx, tx, live, beside, previous, was.epoch); err != nil || s.group.Name != projections.Reporting {
			return err
		}
		return publish(ctx, tx, s.group)
	})
	return explainUnlessNamed(err, "switch to "+beside)
}

// switchGenerations renames. Whoever waits to commit to the old generation finds another epoch there, looks again, and
// finds its own epoch and position in the new one.
func switchGenerations(ctx context.Context, tx pgx.Tx, live, beside, previous string, epoch int64) error {
	aside := live + switchSuffix
	batch := &pgx.Batch{}
	batch.Queue(`update ` + quoted(live) + `.checkpoint set feeds = null, epoch = nextval('tagtrail.epochs')`)
	batch.Queue(`update `+quoted(beside)+`.checkpoint set feeds = null, epoch = $1`, epoch)
	for _, step := range [][2]string{{beside, aside}, {live, previous}, {aside, live}} {
		batch.Queue("alter schema " + quoted(step[0]) + " rename to " + quoted(step[1]))
		batch.Queue("alter schema " + quoted(readSchema(step[0])) + " rename to " + quoted(readSchema(step[1])))
	}
	batch.Queue(`update tagtrail.generations set schema = $2 where schema = $1`, live, aside)
	batch.Queue(`update tagtrail.generations set schema = $2, state = $3 where schema = $1`, beside, live, stateLive)
	// One without indexes stays known for it: whoever rolls back to it makes them first.
	batch.Queue(`update tagtrail.generations set schema = $2, state = case state when $4 then state else $3 end where schema = $1`,
		aside, previous, statePrevious, stateBuilding)
	return tx.SendBatch(ctx, batch).Close()
}

// tablesIn answers the tables of a generation, without the checkpoint.
func tablesIn(ctx context.Context, db interface {
	Query(ctx context.Context, sql string, args ...any) (pgx.Rows, error)
}, schema string,
) ([]string, error) {
	rows, err := db.Query(ctx, `
		select c.relname from pg_class c join pg_namespace n on n.oid = c.relnamespace
		where n.nspname = $1 and c.relkind = 'r' and c.relname <> 'checkpoint' order by c.relname collate "C"`, schema)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, pgx.RowTo[string])
}
