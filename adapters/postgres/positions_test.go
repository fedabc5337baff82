package postgres_test

import (
	"context"
	"errors"
	"log/slog"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"
	"golang.org/x/sync/errgroup"

	"tagtrail/adapters/postgres"
	"tagtrail/domain/event"
	"tagtrail/projections"
)

func listenTo(t *testing.T, pool *pgxpool.Pool, groups ...projections.Group) *postgres.Positions {
	t.Helper()
	positions := postgres.NewPositions(pool, groups, slog.New(slog.DiscardHandler))
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- positions.Run(ctx) }()
	t.Cleanup(func() {
		cancel()
		if err := <-ended; err != nil {
			t.Error(err)
		}
	})
	return positions
}

func waitFor(t *testing.T, p *postgres.Positions, group string, position event.Position) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	if err := p.Wait(ctx, group, position); err != nil {
		t.Fatal(err)
	}
}

func TestAReaderWaitsForAPosition(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	group := groupOf(everything())
	generation := b.lead(t, group)
	positions := listenTo(t, b.pool, group)
	waitFor(t, positions, "test", 0)

	var waiting errgroup.Group
	for _, wanted := range []event.Position{5, 1, 7, 3, 5} {
		waiting.Go(func() error {
			ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
			defer cancel()
			if err := positions.Wait(ctx, "test", wanted); err != nil {
				return err
			}
			if at, err := b.sink.Position(ctx, group); at < wanted || err != nil {
				t.Errorf("woken for %d at %d, %v", wanted, at, err)
			}
			return nil
		})
	}
	for at := range event.Position(7) {
		if err := b.sink.Commit(t.Context(), generation, &projections.Changes{}, at, at+1); err != nil {
			t.Fatal(err)
		}
	}
	if err := waiting.Wait(); err != nil {
		t.Fatal(err)
	}
	if at, err := positions.Position(t.Context(), "test"); at != 7 || err != nil {
		t.Errorf("at %d, %v", at, err)
	}
}

func TestAReaderIsToldWhenItsTimeIsOver(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	group := groupOf(everything())
	b.lead(t, group)
	positions := listenTo(t, b.pool, group)
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
	defer cancel()
	if err := positions.Wait(ctx, "test", 1); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("got %v", err)
	}
	if err := positions.Wait(t.Context(), "nonesuch", 0); err == nil {
		t.Error("somebody waits for a group that is not there")
	}
}

// A server that crashed may have lost batches that it had told of; readers must not be told of them any more.
func TestAfterALostConnectionTheCheckpointItselfCounts(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	group := groupOf(everything())
	generation := b.lead(t, group)
	positions := listenTo(t, b.pool, group)
	if err := b.sink.Commit(t.Context(), generation, &projections.Changes{}, 0, 9); err != nil {
		t.Fatal(err)
	}
	waitFor(t, positions, "test", 9)
	admin := connect(t, b.url)
	execute(t, admin, `update `+generation.Schema+`.checkpoint set position = 4`)
	execute(t, admin, `select pg_terminate_backend(pid) from pg_stat_activity where query ilike 'listen %' or query ilike 'select position%'`)
	for deadline := time.Now().Add(20 * time.Second); ; {
		at, err := positions.Position(t.Context(), "test")
		if err == nil && at == 4 {
			break
		}
		if time.Now().After(deadline) {
			t.Fatalf("at %d, %v", at, err)
		}
		time.Sleep(5 * time.Millisecond)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	if err := positions.Wait(ctx, "test", 9); err == nil {
		t.Error("a reader is told of a position that was lost")
	}
	if err := b.sink.Commit(t.Context(), generation, &projections.Changes{}, 4, 10); err != nil {
		t.Fatal(err)
	}
	waitFor(t, positions, "test", 10)
}

// Every role of a server can notify; readers are told of what the tables show, and of nothing else.
func TestAForgedNotificationTellsNobodyOfAPosition(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	group := groupOf(everything())
	generation := b.lead(t, group)
	positions := listenTo(t, b.pool, group)
	waitFor(t, positions, "test", 0)
	execute(t, connect(t, b.url), `select pg_notify('`+postgres.PositionChannel+`', '`+generation.Schema+` 999')`)
	if err := b.sink.Commit(t.Context(), generation, &projections.Changes{}, 0, 5); err != nil {
		t.Fatal(err)
	}
	waitFor(t, positions, "test", 5)
	if at, err := positions.Position(t.Context(), "test"); at != 5 || err != nil {
		t.Errorf("at %d, %v", at, err)
	}
}

// What is read at the same moment may be older than what was told, and is not believed.
func TestReadersOfTheProjectorsProcessKnowOfACommitAtOnce(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	group := groupOf(everything())
	generation := b.lead(t, group)
	positions := listenTo(t, b.pool, group)
	waitFor(t, positions, "test", 0)
	sink := b.sink.Telling(positions)
	for at := range event.Position(100) {
		if err := sink.Commit(t.Context(), generation, &projections.Changes{}, at, at+1); err != nil {
			t.Fatal(err)
		}
		if known, err := positions.Position(t.Context(), "test"); known != at+1 || err != nil {
			t.Fatalf("at %d after a commit of %d, %v", known, at+1, err)
		}
	}
}
