package runner_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"tagtrail/adapters/embedded/postgres/postgrestest"
	"tagtrail/adapters/postgres"
	"tagtrail/domain/event"
	"tagtrail/projections"
	"tagtrail/projections/projectionstest"
	"tagtrail/projections/runner"
)

func TestMain(m *testing.M) { postgrestest.Main(m) }

func openPostgres(t *testing.T) *pgxpool.Pool {
	t.Helper()
	url := postgrestest.Database(t)
	if err := postgres.Migrate(t.Context(), url); err != nil {
		t.Fatal(err)
	}
	pool, err := postgres.Open(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(pool.Close)
	return pool
}

// F1, F5, F10: two projectors of one group, whose connections are killed again and again while events come in, project
// every event once.
func TestProjectorsThatLoseTheirConnectionsProjectEveryEventOnce(t *testing.T) {
	t.Parallel()
	pool := openPostgres(t)
	group := counting("one", "")
	log := projectionstest.NewLog()
	log.BatchMax = 7
	runners := []*runner.Runner{
		setup{log: log, sink: postgres.NewSink(pool), groups: []projections.Group{group}}.start(t),
		setup{log: log, sink: postgres.NewSink(pool), groups: []projections.Group{group}}.start(t),
	}
	const rounds, each = 25, 40
	words := make([]string, rounds*each)
	for i := range words {
		words[i] = fmt.Sprint("word ", i%9)
	}
	history := saying(words...)
	seed := rand.Uint64()
	t.Logf("pauses by seed %d", seed)
	random := rand.New(rand.NewPCG(seed, 0))
	for round := range rounds {
		log.Append(history[round*each : (round+1)*each]...)
		at := event.Position(round * each * 10) //nolint:gosec // small
		eventually(t, "somebody goes on", func() bool {
			now, err := runnerPosition(t.Context(), pool, group)
			return err == nil && now > at
		})
		time.Sleep(time.Duration(random.IntN(3000)) * time.Microsecond) // so that a batch is hit anywhere
		kill(t, pool)
	}
	end := history[len(history)-1].Position
	eventually(t, "all is projected", func() bool {
		at, err := runnerPosition(t.Context(), pool, group)
		return err == nil && at == end
	})
	var total, most int
	err := pool.QueryRow(t.Context(), `select sum(times), max(times) from `+postgres.Schema(group)+`.words`).Scan(&total, &most)
	if err != nil || total != rounds*each || most != (rounds*each+8)/9 {
		t.Errorf("%d events are counted, want %d, the most for a word %d: %v", total, rounds*each, most, err)
	}
	for _, r := range runners {
		if s := r.Status()[0]; s.State == runner.Stopped {
			t.Errorf("a runner stopped: %s", s.Reason)
		}
	}
}

// F10: a server that crashes forgets what it had not written yet. A projector that had caught up, and has nothing to do,
// notices and projects that again.
func TestWhatACrashTookAwayIsProjectedAgain(t *testing.T) {
	t.Parallel()
	pool := openPostgres(t)
	group := counting("one", "")
	history := saying("a", "b", "a")
	r := setup{log: projectionstest.NewLog(history...), sink: postgres.NewSink(pool), groups: []projections.Group{group}}.start(t)
	ready(t, r)
	schema := postgres.Schema(group)
	_, err := pool.Exec(t.Context(), `delete from `+schema+`.words; update `+schema+`.checkpoint set position = 0`, pgx.QueryExecModeSimpleProtocol)
	if err != nil {
		t.Fatal(err)
	}
	eventually(t, "it is projected again", func() bool {
		var total int
		err := pool.QueryRow(t.Context(), `select coalesce(sum(times), 0) from `+schema+`.words`).Scan(&total)
		return err == nil && total == len(history)
	})
	if now := r.Status()[0]; now.State == runner.Stopped {
		t.Errorf("it stopped: %s", now.Reason)
	}
}

// F22: a build that can handle the event goes on where the other stopped.
func TestAMendedBuildGoesOnWhereTheOtherStopped(t *testing.T) {
	t.Parallel()
	pool := openPostgres(t)
	log := projectionstest.NewLog(saying("a", "poison", "b")...)
	log.BatchMax = 1
	sick := setup{log: log, sink: postgres.NewSink(pool), groups: []projections.Group{counting("one", "poison")}}.start(t)
	eventually(t, "it stops", func() bool { return sick.Status()[0].State == runner.Stopped })
	group := counting("one", "")
	ready(t, setup{log: log, sink: postgres.NewSink(pool), groups: []projections.Group{group}}.start(t))
	var words int
	err := pool.QueryRow(t.Context(), `select count(*) from `+postgres.Schema(group)+`.words where times = 1`).Scan(&words)
	if err != nil || words != 3 {
		t.Errorf("%d words, %v", words, err)
	}
}

func runnerPosition(ctx context.Context, pool *pgxpool.Pool, group projections.Group) (event.Position, error) {
	return postgres.NewSink(pool).Position(ctx, group)
}

func kill(t *testing.T, pool *pgxpool.Pool) {
	t.Helper()
	_, err := pool.Exec(t.Context(), `
		select pg_terminate_backend(pid) from pg_stat_activity where application_name like 'tagtrail projector %' and datname = current_database()`,
		pgx.QueryExecModeSimpleProtocol)
	if err != nil {
		t.Fatal(err)
	}
}
