package postgres

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"tagtrail/commands/reactions"
	"tagtrail/domain/event"
	"tagtrail/domain/fault"
	"tagtrail/projections"
)

// The faults of what operators ask about reactions.
var (
	ErrNoReaction     = fault.New(fault.NotFound, "reactions.unknown", "no such reaction ever ran")
	ErrReactionPassed = fault.New(fault.Conflict, "reactions.passed", "the reaction is behind that position already")
)

// Reactions keeps how far each reaction is.
type Reactions struct{ pool *pgxpool.Pool }

// NewReactions makes what keeps the checkpoints of reactions, over the pool of whoever writes.
func NewReactions(pool *pgxpool.Pool) *Reactions { return &Reactions{pool: pool} }

// reactionLead leads a reaction through a connection of its own that holds an advisory lock. The lock spares two processes
// the work of both; what keeps a stale one from moving the checkpoint is the epoch.
type reactionLead struct {
	conn     *pgx.Conn
	name     string
	epoch    int64
	position event.Position
}

// Lead tries to become the one that leads the reaction, and answers nil when somebody else does.
func (r *Reactions) Lead(ctx context.Context, name string, begin event.Position) (reactions.Lead, error) {
	pooled, err := r.pool.Acquire(ctx)
	if err != nil {
		return nil, explainSQL(err, "connect for the reaction "+name)
	}
	var locked bool
	err = pooled.QueryRow(ctx, `select pg_try_advisory_lock(hashtextextended('tagtrail reaction ' || $1, 0))`, name).Scan(&locked)
	if err != nil || !locked {
		pooled.Release()
		return nil, explainSQL(err, "take the lock of the reaction "+name)
	}
	l := &reactionLead{conn: pooled.Hijack(), name: name}
	var position int64
	err = l.conn.QueryRow(ctx, `
		insert into tagtrail.reactions (name, position, epoch) values ($1, $2, nextval('tagtrail.epochs'))
		on conflict (name) do update set epoch = excluded.epoch
		returning epoch, position`, name, int64(begin)).Scan(&l.epoch, &position) //nolint:gosec // positions stay far below the half of 64 bits
	if err != nil {
		closeConn(ctx, l.conn)
		return nil, explainSQL(err, "take over the reaction "+name)
	}
	l.position = event.Position(position) //nolint:gosec // never negative
	return l, nil
}

// Position answers the checkpoint.
func (l *reactionLead) Position() event.Position { return l.position }

// Move moves the checkpoint, unless somebody else leads by now.
func (l *reactionLead) Move(ctx context.Context, upTo event.Position) error {
	moved, err := l.conn.Exec(ctx, `
		update tagtrail.reactions set position = $1, moved_at = now() where name = $2 and position = $3 and epoch = $4`,
		int64(upTo), l.name, int64(l.position), l.epoch) //nolint:gosec // positions stay far below the half of 64 bits
	switch {
	case err != nil && l.conn.IsClosed():
		return fmt.Errorf("%w: %w", reactions.ErrOvertaken, explainSQL(err, "move the reaction "+l.name))
	case err != nil:
		return explainSQL(err, "move the reaction "+l.name)
	case moved.RowsAffected() == 0:
		return fmt.Errorf("move %s from %d: %w", l.name, l.position, reactions.ErrOvertaken)
	}
	l.position = upTo
	return nil
}

// Release gives the lead up, for whoever stands by.
func (l *reactionLead) Release(ctx context.Context) { closeConn(ctx, l.conn) }

// Report keeps how a reaction is.
func (r *Reactions) Report(ctx context.Context, s reactions.Status) error {
	_, err := r.pool.Exec(ctx, `update tagtrail.reactions set state = $2, reason = $3, reported_at = now() where name = $1`,
		s.Reaction, s.State, s.Reason)
	return explainSQL(err, "report on the reaction "+s.Reaction)
}

// Passed answers the positions of the events that a reaction passes by.
func (r *Reactions) Passed(ctx context.Context, name string) ([]event.Position, error) {
	rows, err := r.pool.Query(ctx, `select position from tagtrail.reaction_skips where reaction = $1 order by position`, name)
	if err != nil {
		return nil, explainSQL(err, "look at what is passed by")
	}
	passed, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (event.Position, error) {
		var at int64
		err := row.Scan(&at)
		return event.Position(at), err //nolint:gosec // never negative
	})
	return passed, explainSQL(err, "look at what is passed by")
}

// Skip has a reaction pass an event by, and keeps why.
func (r *Reactions) Skip(ctx context.Context, name string, at event.Position, reason string) error {
	err := pgx.BeginFunc(ctx, r.pool, func(tx pgx.Tx) error {
		var position int64
		err := tx.QueryRow(ctx, `select coalesce((select position from tagtrail.reactions where name = $1), -1)`, name).Scan(&position)
		switch {
		case err != nil:
			return err
		case position < 0:
			return ErrNoReaction
		case at <= event.Position(position):
			return ErrReactionPassed
		}
		_, err = tx.Exec(ctx, `insert into tagtrail.reaction_skips (reaction, position, reason) values ($1, $2, $3) on conflict do nothing`,
			name, int64(at), reason) //nolint:gosec // positions stay far below the half of 64 bits
		return err
	})
	return explainUnlessNamed(err, "have "+name+" pass by "+at.String())
}

// ReactionReport is how a reaction was when its leader last said so.
type ReactionReport struct {
	Reaction   string
	Position   event.Position
	State      string
	Reason     string
	ReportedAt time.Time
	Skipped    []int64
}

// Reports answers how every reaction is that ever ran.
func (r *Reactions) Reports(ctx context.Context) ([]ReactionReport, error) {
	rows, err := r.pool.Query(ctx, `
		select r.name, r.position, r.state, r.reason, r.reported_at,
			array(select s.position from tagtrail.reaction_skips s where s.reaction = r.name order by 1)
		from tagtrail.reactions r order by r.name`)
	if err != nil {
		return nil, explainSQL(err, "look at the reactions")
	}
	reports, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (s ReactionReport, err error) {
		var at int64
		err = row.Scan(&s.Reaction, &at, &s.State, &s.Reason, &s.ReportedAt, &s.Skipped)
		s.Position = event.Position(at) //nolint:gosec // never negative
		return s, err
	})
	return reports, explainSQL(err, "look at the reactions")
}

// Explain names what somebody read who reacts to events, and tells an outage from a question that will never work. Tables
// that are not there are being made.
func Explain(err error, doing string) error {
	if hasCode(err, undefinedTable, undefinedSchema) {
		return fmt.Errorf("%s: %w", doing, projections.ErrUnavailable)
	}
	return explainUnlessNamed(err, doing)
}
