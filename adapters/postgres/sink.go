package postgres

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"tagtrail/domain/event"
	"tagtrail/projections"
)

// PositionChannel is the channel on which every move of a checkpoint is told, as "<schema> <position>".
const PositionChannel = "tagtrail_position"

// Sink commits what events do to tables, together with the checkpoint.
//
// A projector leads a generation through a connection of its own, which holds an advisory lock. The lock only spares
// two projectors the work of both: what keeps a stale one from committing is the checkpoint, which moves only from
// where the projector left it and only under the epoch that it drew.
type Sink struct {
	pool *pgxpool.Pool
	told func(schema string, at event.Position)

	mu    sync.Mutex
	leads map[int64]*lead // by epoch
}

// lead is one projector's connection to the generation that it moves on.
type lead struct {
	conn   *pgx.Conn
	schema string
	feeds  string // the schema of the generation that gets every batch too, "" for none
	texts  statementTexts
	known  map[string]bool // the tables that hold rows which are put again
}

// NewSink makes a sink over the pool of whoever writes.
func NewSink(pool *pgxpool.Pool) *Sink {
	return &Sink{pool: pool, told: func(string, event.Position) {}, leads: map[int64]*lead{}}
}

// Telling has the positions of the same process know of each commit as soon as it is one, and answers the sink.
func (s *Sink) Telling(positions *Positions) *Sink {
	s.told = positions.told
	return s
}

// Lead tries to become the one projector of the group's generation, and answers whether it did.
func (s *Sink) Lead(ctx context.Context, g projections.Group) (projections.Generation, bool, error) {
	return s.lead(ctx, g, Schema(g))
}

func (s *Sink) lead(ctx context.Context, g projections.Group, schema string) (projections.Generation, bool, error) {
	pooled, err := s.pool.Acquire(ctx)
	if err != nil {
		return projections.Generation{}, false, explainSQL(err, "connect a projector of "+schema)
	}
	var locked bool
	err = pooled.QueryRow(ctx, `select pg_try_advisory_lock(hashtextextended('tagtrail projector ' || $1, 0))`, schema).Scan(&locked)
	if err != nil || !locked {
		pooled.Release()
		return projections.Generation{}, false, explainSQL(err, "take the lock of "+schema)
	}
	conn := pooled.Hijack()
	generation := projections.Generation{Group: g, Schema: schema}
	l := &lead{conn: conn, schema: schema, texts: statementTexts{}, known: map[string]bool{}}
	if err := l.takeOver(ctx, &generation); err != nil {
		closeConn(ctx, conn)
		if hasCode(err, undefinedTable, undefinedSchema) { // it was dropped since somebody looked, and can be made again
			return projections.Generation{}, false, fmt.Errorf("take over %s, which is gone: %w", schema, projections.ErrUnavailable)
		}
		return projections.Generation{}, false, explainSQL(err, "take over "+schema)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.leads[generation.Epoch] = l
	return generation, true, nil
}

// takeOver draws the epoch that ends every earlier projector, and sets the connection up for batches.
//
// They need no sync of their own, because rows and checkpoint live or die together and the log is the truth. Their
// statements come again and again with arrays of every length, so they are planned once: for rows that are looked up by
// key, since a plan that was made while a table was empty would read all of it ever after.
func (l *lead) takeOver(ctx context.Context, g *projections.Generation) error {
	var position int64
	err := pgx.BeginFunc(ctx, l.conn, func(tx pgx.Tx) error {
		if _, err := tx.Exec(ctx, shareGeneration, l.schema); err != nil {
			return err
		}
		return tx.QueryRow(ctx, `
			update `+quoted(l.schema)+`.checkpoint set epoch = nextval('tagtrail.epochs') returning epoch, position, coalesce(feeds, '')`,
		).Scan(&g.Epoch, &position, &l.feeds)
	})
	if err != nil {
		return err
	}
	g.Position = event.Position(position) //nolint:gosec // never negative
	_, err = l.conn.Exec(ctx, `
		select set_config('synchronous_commit', 'off', false), set_config('plan_cache_mode', 'force_generic_plan', false),
			set_config('enable_seqscan', 'off', false), set_config('enable_hashjoin', 'off', false),
			set_config('enable_mergejoin', 'off', false), set_config('jit', 'off', false),
			set_config('application_name', $1, false)`, "tagtrail projector "+g.Group.Name)
	return err
}

// Release gives the generation up, for whoever stands by.
func (s *Sink) Release(ctx context.Context, g projections.Generation) {
	s.mu.Lock()
	l := s.leads[g.Epoch]
	delete(s.leads, g.Epoch)
	s.mu.Unlock()
	if l != nil {
		closeConn(ctx, l.conn)
	}
}

func closeConn(ctx context.Context, conn *pgx.Conn) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
	defer cancel()
	_ = conn.Close(ctx)
}

// Commit writes the changes and moves the checkpoint, in one transaction and one round trip, before which it asks what
// stands where every version is kept. It answers
// [projections.ErrOvertaken] when the checkpoint was not where this projector left it; nothing is written then.
//
// A generation that the checkpoint names to be fed gets the same in the same transaction, and can never be a reason for
// the live one not to go on: where it cannot be written, it is fed no more.
func (s *Sink) Commit(ctx context.Context, g projections.Generation, changes *projections.Changes, from, upTo event.Position) error {
	l, err := s.leadOf(g)
	if err != nil {
		return err
	}
	for {
		err := l.commit(ctx, g, changes, from, upTo)
		switch {
		case err == nil:
			s.told(g.Schema, upTo)
			return nil
		case l.remember(err):
			continue
		case errors.Is(err, errNotFed): // whatever the reason, also when that one is somewhere else
			if err = l.starve(ctx); err == nil {
				continue
			}
		case errors.Is(err, projections.ErrOvertaken):
			// Only who is fed may have changed, which needs no new term.
			changed, lookErr := l.lookWhomToFeed(ctx, g, from)
			if lookErr == nil && changed {
				continue
			}
		}
		return err
	}
}

func (s *Sink) leadOf(g projections.Generation) (*lead, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	l := s.leads[g.Epoch]
	if l == nil {
		return nil, fmt.Errorf("commit to %s after giving it up: %w: %w", g.Schema, projections.ErrUnavailable, projections.ErrLost)
	}
	return l, nil
}

func (l *lead) commit(ctx context.Context, g projections.Generation, changes *projections.Changes, from, upTo event.Position) error {
	first, rest := &pipeline{}, &pipeline{}
	first.queue(l.schema, "generation", shareGeneration, l.schema)
	// The checkpoint goes before the rows: a stale projector stumbles over it before it touches a row.
	first.move(l.schema, `set position = $1, moved_at = now() where single and position = $2 and epoch = $3 and feeds is not distinct from nullif($4, '')`,
		`, pg_notify($5, $6)`, int64(upTo), int64(from), g.Epoch, l.feeds, PositionChannel, l.schema+" "+upTo.String()) //nolint:gosec // positions stay far below the half of 64 bits
	if checkpointApart {
		if _, err := first.send(ctx, l.conn); err != nil {
			return l.orLost(err)
		}
		first = &pipeline{}
	}
	var rows *loading
	if l.feeds == "" { // which of two generations cannot be written is told from one pipeline
		rows = &loading{schema: l.schema, known: l.known}
	}
	if err := rest.write(ctx, l.conn, l.texts, l.schema, changes, rows); err != nil {
		return l.orLost(err)
	}
	if l.feeds != "" {
		rest.move(l.feeds, `set position = $1, epoch = $3, moved_at = now() where single and position = $2`, ``, int64(upTo), int64(from), g.Epoch) //nolint:gosec // as above
		if err := rest.write(ctx, l.conn, l.texts, l.feeds, changes, nil); err != nil && !errors.Is(err, projections.ErrUnavailable) {
			return fmt.Errorf("%w: %w", errNotFed, err)
		} else if err != nil {
			return l.orLost(err)
		}
	}
	if rows.any() {
		return l.orLost(l.commitLoading(ctx, first, rest, rows))
	}
	first.then(rest)
	failedIn, err := first.send(ctx, l.conn)
	// Statements are prepared before the first runs: one for a generation that is gone fails as if it were the first.
	gone := failedIn == l.feeds || hasCode(err, undefinedTable, undefinedSchema)
	if err != nil && l.feeds != "" && gone && !errors.Is(err, projections.ErrUnavailable) {
		return fmt.Errorf("%w: %w", errNotFed, err)
	}
	return l.orLost(err)
}

// orLost says of what went wrong whether it took the lead with it.
func (l *lead) orLost(err error) error {
	if err != nil && l.conn.IsClosed() {
		return fmt.Errorf("%w: %w", err, projections.ErrLost)
	}
	return err
}
