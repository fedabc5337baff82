// Package jobs works at operations on many contacts in the background: River's
// queue in PostgreSQL wakes a worker, and tables beside it say how far each is.
//
// # Decisions
//
// The log says what is to be done, and these tables only how far it is: a worker
// asks the log before each piece whether to go on, so that pausing and
// cancelling need no second truth.
//
// A piece may be done twice. Whatever an operation does has a command id that
// follows from the operation and the contact, so that a piece that a dead worker
// left undone is simply begun again; the lock that a worker holds spares two of
// them the same work, and nothing depends on it.
//
// Whoever dies lets go of its lock. Every worker looks every other second for
// operations that say they are worked at while their lock is free, and wakes
// them; the queue's own rescue, which knows only how long a job has taken, would
// have to wait for the longest operation there is.
package jobs

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/riverqueue/river"
	"github.com/riverqueue/river/riverdriver/riverpgxv5"
	"github.com/riverqueue/river/rivermigrate"

	"tagtrail/commands"
	"tagtrail/domain/operation"
	"tagtrail/domain/organization"
)

const (
	schema      = "jobs"
	atOnce      = 2 // operations that one process works at
	sweepEvery  = 2 * time.Second
	tryAgain    = 2 * time.Second
	lettingGo   = 100 * time.Millisecond // how long a piece may go on when the process stops
	migrating   = 0x7461676a6f           // "tagjo": one process at a time brings the queue's tables up to date
	rescueAfter = 24 * time.Hour         // of the queue, which is for jobs whose operation has long been woken again
)

// Asked is one operation as its worker sees it.
type Asked struct {
	ID           operation.ID
	Organization organization.ID
	*operation.Operation
}

// Thing is one of the many.
type Thing struct {
	Number int // counts from 1
	ID     uuid.UUID
}

// Outcome is what came of one of the many. Code and details are those of the fault that was in the way.
type Outcome struct {
	Result  operation.Result
	Code    string
	Details map[string]string
}

// Worker knows how to work at one kind of operation.
type Worker interface {
	Kind() operation.Kind
	// Select answers whom the operation is about, page by page, where that was not said when it was asked for. It is asked
	// again from the beginning when it was interrupted, and may name somebody twice.
	Select(ctx context.Context, asked Asked, add func(ids []uuid.UUID) error) error
	// Work does its work to each and answers as many outcomes. An error is no outcome: the same piece is done again later.
	Work(ctx context.Context, asked Asked, things []Thing) ([]Outcome, error)
}

// Config is what the jobs stand on.
type Config struct {
	Pool     *pgxpool.Pool // of whoever writes
	Commands *commands.Service
	Workers  []Worker // none where this process only asks for work
	Carriers []Carrier
	Log      *slog.Logger
	Piece    int // how many things are worked at between two looks at the log; 200 when zero
}

// Jobs is the room.
type Jobs struct {
	Config
	queue   *river.Client[pgx.Tx]
	workers map[operation.Kind]Worker
	whole   map[operation.Kind]Carrier
}

// New brings the queue's tables up to date and answers the room; nothing is worked at before Run.
func New(ctx context.Context, config Config) (*Jobs, error) {
	if config.Piece == 0 {
		config.Piece = 200
	}
	j := &Jobs{Config: config, workers: map[operation.Kind]Worker{}, whole: map[operation.Kind]Carrier{}}
	for _, w := range config.Workers {
		j.workers[w.Kind()] = w
	}
	for _, c := range config.Carriers {
		j.whole[c.Kind()] = c
	}
	if err := migrate(ctx, config.Pool); err != nil {
		return nil, err
	}
	settings := &river.Config{
		Schema: schema, Logger: slog.New(warnings{config.Log.Handler()}),
		JobTimeout: -1, RescueStuckJobsAfter: rescueAfter, SoftStopTimeout: lettingGo,
	}
	if len(config.Workers)+len(config.Carriers) > 0 {
		settings.Workers = river.NewWorkers()
		river.AddWorker(settings.Workers, &waker{jobs: j})
		settings.Queues = map[string]river.QueueConfig{river.QueueDefault: {MaxWorkers: atOnce}}
	}
	var err error
	if j.queue, err = river.NewClient(riverpgxv5.New(config.Pool), settings); err != nil {
		return nil, fmt.Errorf("make the queue of jobs: %w", err)
	}
	return j, nil
}

// migrate brings the queue's tables up to date, one process at a time.
func migrate(ctx context.Context, pool *pgxpool.Pool) error {
	conn, err := pool.Acquire(ctx)
	if err != nil {
		return fmt.Errorf("connect for the tables of the queue: %w", err)
	}
	held := conn.Hijack()
	defer func() { _ = held.Close(context.WithoutCancel(ctx)) }() // which lets go of the lock
	if _, err := held.Exec(ctx, `select pg_advisory_lock($1)`, int64(migrating)); err != nil {
		return fmt.Errorf("wait for the queue's tables of another process: %w", err)
	}
	migrator, err := rivermigrate.New(riverpgxv5.New(pool), &rivermigrate.Config{Schema: schema, Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		return fmt.Errorf("read the queue's migrations: %w", err)
	}
	if _, err := migrator.Migrate(ctx, rivermigrate.DirectionUp, nil); err != nil {
		return fmt.Errorf("bring the queue's tables up to date: %w", err)
	}
	return nil
}

// Run works at what is asked for until ctx ends, and lets go of everything before it returns.
func (j *Jobs) Run(ctx context.Context) error {
	if err := j.queue.Start(ctx); err != nil {
		return fmt.Errorf("start the queue of jobs: %w", err)
	}
	tick := time.NewTicker(sweepEvery)
	defer tick.Stop()
	for {
		if err := j.sweep(ctx); err != nil && ctx.Err() == nil {
			j.Log.WarnContext(ctx, "operations are not looked after", "error", err)
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			<-j.queue.Stopped()
			return nil
		}
	}
}

// wake is a job of the queue: ids alone.
type wake struct {
	Organization uuid.UUID `json:"organization"`
	Operation    uuid.UUID `json:"operation"`
}

// Kind is what the job is called in the queue, for ever.
func (wake) Kind() string { return "operation" }

type waker struct {
	river.WorkerDefaults[wake]
	jobs *Jobs
}

// Work works at the operation as far as it goes. What stands in the way is tried again, without counting how often.
func (w *waker) Work(ctx context.Context, job *river.Job[wake]) error {
	j, id := w.jobs, operation.ID{UUID: job.Args.Operation}
	err := j.carry(ctx, organization.ID{UUID: job.Args.Organization}, id)
	switch {
	case err == nil, ctx.Err() != nil:
		return nil
	case errors.Is(err, errBusy):
		return river.JobSnooze(tryAgain)
	}
	j.Log.WarnContext(ctx, "operation waits", "operation", id.String(), "error", err)
	if err := j.note(ctx, id, queued); err != nil {
		return fmt.Errorf("put operation %s back: %w", id, err)
	}
	return river.JobSnooze(tryAgain)
}

// warnings keeps what a queue says of its everyday life out of the log.
type warnings struct{ slog.Handler }

// Enabled says whether a record is worth a line.
func (w warnings) Enabled(ctx context.Context, level slog.Level) bool {
	return level >= slog.LevelWarn && w.Handler.Enabled(ctx, level)
}

// WithAttrs answers the same with more attributes.
func (w warnings) WithAttrs(attrs []slog.Attr) slog.Handler {
	return warnings{w.Handler.WithAttrs(attrs)}
}

// WithGroup answers the same within a group.
func (w warnings) WithGroup(name string) slog.Handler { return warnings{w.Handler.WithGroup(name)} }
