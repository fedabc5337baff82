package postgres

import (
	"context"
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

	mu    sync.Mutex
	leads map[int64]*lead // by epoch
}

// lead is one projector's connection to the generation that it moves on.
type lead struct {
	conn   *pgx.Conn
	schema string
	texts  statementTexts
}

// NewSink makes a sink over the pool of whoever writes.
func NewSink(pool *pgxpool.Pool) *Sink { return &Sink{pool: pool, leads: map[int64]*lead{}} }

// Lead tries to become the one projector of the group's generation, and answers whether it did.
func (s *Sink) Lead(ctx context.Context, g projections.Group) (projections.Generation, bool, error) {
	schema := Schema(g)
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
	if err := takeOver(ctx, conn, &generation); err != nil {
		closeConn(ctx, conn)
		return projections.Generation{}, false, explainSQL(err, "take over "+schema)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.leads[generation.Epoch] = &lead{conn: conn, schema: schema, texts: statementTexts{}}
	return generation, true, nil
}

// takeOver draws the epoch that ends every earlier projector, and sets the connection up for batches.
//
// They need no sync of their own, because rows and checkpoint live or die together and the log is the truth. Their
// statements come again and again with arrays of every length, so they are planned once: for rows that are looked up by
// key, since a plan that was made while a table was empty would read all of it ever after.
func takeOver(ctx context.Context, conn *pgx.Conn, g *projections.Generation) error {
	var position int64
	err := conn.QueryRow(ctx, `
		update `+quoted(g.Schema)+`.checkpoint set epoch = nextval('tagtrail.epochs') returning epoch, position`,
	).Scan(&g.Epoch, &position)
	if err != nil {
		return err
	}
	g.Position = event.Position(position) //nolint:gosec // never negative
	_, err = conn.Exec(ctx, `
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

// Commit writes the changes and moves the checkpoint, in one transaction and one round trip. It answers
// [projections.ErrOvertaken] when the checkpoint was not where this projector left it; nothing is written then.
func (s *Sink) Commit(ctx context.Context, g projections.Generation, changes *projections.Changes, from, upTo event.Position) error {
	s.mu.Lock()
	l := s.leads[g.Epoch]
	s.mu.Unlock()
	if l == nil {
		return fmt.Errorf("commit to %s after giving it up: %w: %w", g.Schema, projections.ErrUnavailable, projections.ErrLost)
	}
	batch := &pgx.Batch{}
	// The checkpoint goes first: a stale projector stumbles over it before it touches a row. An update that finds
	// nothing is no error in SQL, so a division by the number of rows makes it one.
	batch.Queue(`
		with moved as (
			update `+quoted(l.schema)+`.checkpoint set position = $1, moved_at = now() where position = $2 and epoch = $3 returning 1
		) select 1 / count(*) from moved`, int64(upTo), int64(from), g.Epoch) //nolint:gosec // positions stay far below the half of 64 bits
	parts := []string{"checkpoint"}
	for _, table := range changes.Tables() {
		for _, st := range l.texts.statements(l.schema, table) {
			batch.Queue(st.sql, st.args...)
			parts = append(parts, table.Table.Name())
		}
	}
	batch.Queue(`select pg_notify($1, $2)`, PositionChannel, l.schema+" "+upTo.String())
	parts = append(parts, "notification")
	return l.send(ctx, batch, parts)
}

func (l *lead) send(ctx context.Context, batch *pgx.Batch, parts []string) error {
	results := l.conn.SendBatch(ctx, batch)
	var failed error
	for i, part := range parts {
		if _, err := results.Exec(); err != nil {
			failed = explainSQL(err, "write "+part+" of "+l.schema)
			if i == 0 && hasCode(err, "22012") {
				failed = fmt.Errorf("move the checkpoint of %s: %w", l.schema, projections.ErrOvertaken)
			}
			break
		}
	}
	if err := results.Close(); err != nil && failed == nil {
		failed = explainSQL(err, "commit to "+l.schema)
	}
	if failed != nil && l.conn.IsClosed() {
		failed = fmt.Errorf("%w: %w", failed, projections.ErrLost)
	}
	return failed
}
