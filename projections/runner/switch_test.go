package runner_test

import (
	"context"
	"errors"
	"math/rand/v2"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"tagtrail/adapters/postgres"
	"tagtrail/projections"
	"tagtrail/projections/projectionstest"
	"tagtrail/projections/runner"
)

// F20, F24: while events come in, ten rebuilds switch under readers whose statements are prepared on pooled connections.
// No read fails, and none shows less than one before it did.
func TestTenSwitchesAreNotNoticedByReaders(t *testing.T) {
	t.Parallel()
	const switches = 10
	log := projectionstest.NewLog()
	s := newShop(t, counting("one", ""), log)
	history := manyWords(20_000)
	log.Append(history[:50]...)
	s.live(t)
	reads := openReader(t, s)

	reading, stop := context.WithCancel(t.Context())
	var busy sync.WaitGroup
	var done, failed, backward atomic.Int64
	var highest atomic.Uint64
	for range 4 {
		busy.Go(func() {
			for reading.Err() == nil {
				least := highest.Load()
				position, total, err := read(reading, reads)
				switch {
				case reading.Err() != nil:
					return
				case err != nil:
					failed.Add(1)
					t.Logf("a read fails: %v", err)
				case position < least || total*10 < least:
					backward.Add(1)
				}
				for seen := highest.Load(); position > seen && !highest.CompareAndSwap(seen, position); seen = highest.Load() {
				}
				done.Add(1)
			}
		})
	}
	busy.Go(func() {
		for rest := history[50:]; len(rest) > 10 && reading.Err() == nil; rest = rest[10:] {
			log.Append(rest[:10]...)
			pause(reading, 5*time.Millisecond)
		}
	})
	for i := range switches {
		kind := runner.Replace
		if i%3 == 2 {
			kind = runner.Rollback
		}
		if _, err := s.carry(t.Context(), s.ask(t, kind)); err != nil {
			t.Errorf("%s: %v", kind, err)
		}
	}
	stop()
	busy.Wait()
	t.Logf("%d reads during %d switches, up to position %d", done.Load(), switches, highest.Load())
	if failed.Load() > 0 || backward.Load() > 0 || done.Load() < 100 || highest.Load() < 1000 {
		t.Errorf("of %d reads %d failed and %d went backward, up to position %d", done.Load(), failed.Load(), backward.Load(), highest.Load())
	}
}

func pause(ctx context.Context, d time.Duration) {
	select {
	case <-ctx.Done():
	case <-time.After(d):
	}
}

// read asks as read models do: the organisation and the question in one round trip.
func read(ctx context.Context, reads *pgxpool.Pool) (position, total uint64, err error) {
	batch := &pgx.Batch{}
	batch.Queue(`select set_config('tagtrail.organization', $1, true)`, org.String())
	batch.Queue(`select (select position from checkpoint), (select coalesce(sum(times), 0) from words)`).QueryRow(func(row pgx.Row) error {
		return row.Scan(&position, &total)
	})
	return position, total, reads.SendBatch(ctx, batch).Close()
}

func openReader(t *testing.T, s *shop) *pgxpool.Pool {
	t.Helper()
	reads, err := postgres.OpenReader(t.Context(), s.pool.Config().ConnString(), postgres.ReadSchema(s.group))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(reads.Close)
	return reads
}

// F1, F5: a rebuild whose process dies at any moment, and whose connections are killed, goes on where it was; at the end
// the rows are those of the log.
func TestARebuildThatDiesAtAnyMomentGoesOn(t *testing.T) {
	t.Parallel()
	log := projectionstest.NewLog()
	log.BatchMax = 50
	s := newShop(t, counting("one", ""), log)
	history := manyWords(6000)
	log.Append(history[:3000]...)
	s.live(t)
	seed := rand.Uint64()
	t.Logf("moments by seed %d", seed)
	random := rand.New(rand.NewPCG(seed, 0))
	r := s.ask(t, runner.Replace)
	rest := history[3000:]
	deaths := 0
	for {
		life, die := context.WithCancel(t.Context())
		moment := time.AfterFunc(time.Duration(random.IntN(40+2*deaths))*time.Millisecond, die)
		_, err := s.newBuilder(postgres.NewSink(s.pool)).Carry(life, s.sink, s.group, r, func(runner.Progress) {})
		moment.Stop()
		die()
		if err == nil {
			break
		}
		if deaths++; deaths%5 == 0 {
			kill(t, s.pool)
		}
		if !errors.Is(err, context.Canceled) && !errors.Is(err, runner.ErrBusy) {
			t.Fatal(err)
		}
		if n := min(len(rest), 20); n > 0 {
			log.Append(rest[:n]...)
			rest = rest[n:]
		}
		if now, err := s.sink.Rebuild(t.Context(), r.ID); err != nil || !now.FinishedAt.IsZero() {
			break // it died between the switch and the answer
		}
	}
	t.Logf("it died %d times", deaths)
	log.Append(rest...)
	schema := postgres.Schema(s.group)
	eventually(t, "all is projected", func() bool { return s.sum(t, schema) == len(history) })
	if _, err := s.carry(t.Context(), s.ask(t, runner.Verify)); err != nil {
		t.Error(err)
	}
	if got := s.generations(t); !slices.Equal(got, []string{schema, schema + "_prev"}) {
		t.Errorf("there are %v", got)
	}
}

func TestACancelledRebuildLeavesNothing(t *testing.T) {
	t.Parallel()
	for _, phase := range []runner.Phase{runner.Building, runner.Indexing, runner.Joining, runner.Comparing} {
		t.Run(string(phase), func(t *testing.T) {
			t.Parallel()
			s := newShop(t, counting("one", ""), projectionstest.NewLog(manyWords(300)...))
			projector := s.live(t)
			r := s.ask(t, runner.Replace)
			_, err := s.builder.Carry(t.Context(), s.sink, s.group, r, func(p runner.Progress) {
				if p.Phase != phase {
					return
				}
				// The one who works at it hears of it within a second; until then it waits here.
				if err := s.sink.Cancel(t.Context(), r.ID); err != nil {
					t.Error(err)
				}
				pause(t.Context(), 1200*time.Millisecond)
			})
			if !errors.Is(err, runner.ErrCancelled) {
				t.Fatalf("got %v", err)
			}
			if got := s.generations(t); !slices.Equal(got, []string{postgres.Schema(s.group)}) {
				t.Errorf("there are %v", got)
			}
			if kept, err := s.sink.Rebuild(t.Context(), r.ID); err != nil || kept.Progress.Phase != runner.Cancelled {
				t.Errorf("kept is %+v, %v", kept, err)
			}
			s.log.Append(manyWords(301)[300:]...)
			eventually(t, "the projector goes on", func() bool { return projector.Status()[0].Position == 3010 })
		})
	}
}

// Somebody reads what is to go: it goes when that one is done.
func TestACancelledRebuildWaitsForWhoeverReadsIt(t *testing.T) {
	t.Parallel()
	s := newShop(t, counting("one", ""), projectionstest.NewLog(manyWords(300)...))
	s.live(t)
	r := s.ask(t, runner.Replace)
	reading, err := s.pool.Begin(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = reading.Rollback(context.WithoutCancel(t.Context())) })
	cancelled, cancel := context.WithCancelCause(t.Context())
	ended := make(chan error, 1)
	go func() {
		_, err := s.builder.Carry(cancelled, s.sink, s.group, r, func(p runner.Progress) {
			if p.Phase != runner.Comparing {
				return
			}
			if _, err := reading.Exec(t.Context(), `select from `+r.Beside+`.words`); err != nil {
				t.Error(err)
			}
			cancel(runner.ErrCancelled)
		})
		ended <- err
	}()
	for _, waits := range []bool{true, false, true} { // it gives up once, so that nobody waits behind it for long
		eventually(t, "it waits and gives up in turns", func() bool {
			var blocked bool
			err := s.pool.QueryRow(t.Context(), `
				select exists (select from pg_stat_activity where datname = current_database() and $1 = any(pg_blocking_pids(pid)))`,
				reading.Conn().PgConn().PID()).Scan(&blocked)
			return err == nil && blocked == waits
		})
	}
	if err := reading.Rollback(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := <-ended; !errors.Is(err, runner.ErrCancelled) || errors.Is(err, projections.ErrUnavailable) {
		t.Fatalf("got %v", err)
	}
	if got := s.generations(t); !slices.Equal(got, []string{r.Schema}) {
		t.Errorf("there are %v", got)
	}
}

// A generation that cannot be written is fed no more, and the live one goes on.
func TestTheLiveGenerationNeverWaitsForTheOneBeside(t *testing.T) {
	t.Parallel()
	history := manyWords(400)
	s := newShop(t, counting("one", ""), projectionstest.NewLog(history[:300]...))
	projector := s.live(t)
	r := s.ask(t, runner.Replace)
	beside := 0
	spoil := func(p runner.Progress) {
		if p.Phase != runner.Comparing {
			return
		}
		beside++
		if beside > 1 {
			return
		}
		if _, err := s.pool.Exec(t.Context(), `alter table `+r.Beside+`.words add check (times < 0) not valid`); err != nil {
			t.Error(err)
		}
		s.log.Append(history[300:]...)
		eventually(t, "the projector goes on", func() bool { return projector.Status()[0].Position == history[399].Position })
		if _, err := s.pool.Exec(t.Context(), `alter table `+r.Beside+`.words drop constraint words_times_check`); err != nil {
			t.Error(err)
		}
	}
	if _, err := s.builder.Carry(t.Context(), s.sink, s.group, r, spoil); err != nil {
		t.Fatal(err)
	}
	if beside != 2 {
		t.Errorf("it was compared %d times, want a second time after it was not fed", beside)
	}
	if n := s.sum(t, r.Schema); n != 400 {
		t.Errorf("%d events are counted", n)
	}
}

// A projector that took over while another generation was fed, and has written nothing since, goes on after the switch.
func TestAProjectorThatTookOverBeforeTheSwitchGoesOnAfterIt(t *testing.T) {
	t.Parallel()
	history := manyWords(200)
	s := newShop(t, counting("one", ""), projectionstest.NewLog(history[:100]...))
	s.live(t)
	heir := setup{log: s.log, sink: postgres.NewSink(s.pool), groups: []projections.Group{s.group}}.start(t)
	eventually(t, "the other stands by", func() bool { return heir.Status()[0].State == runner.Standby })
	r := s.ask(t, runner.Replace)
	_, err := s.builder.Carry(t.Context(), s.sink, s.group, r, func(p runner.Progress) {
		if p.Phase == runner.Comparing {
			kill(t, s.pool)
			eventually(t, "the other takes over", func() bool { return heir.Status()[0].State == runner.Running })
		}
	})
	if err != nil {
		t.Fatal(err)
	}
	s.log.Append(history[100:]...)
	eventually(t, "all is projected", func() bool { return s.sum(t, r.Schema) == len(history) })
	if now := heir.Status()[0]; now.State == runner.Stopped {
		t.Errorf("it stopped: %s", now.Reason)
	}
}

func TestOneRebuildOfAGroupAtATime(t *testing.T) {
	t.Parallel()
	s := newShop(t, counting("one", ""), projectionstest.NewLog(manyWords(10)...))
	s.live(t)
	r := s.ask(t, runner.Verify)
	other := r
	other.ID = [16]byte{1}
	if err := s.sink.Ask(t.Context(), other); !errors.Is(err, runner.ErrBusy) {
		t.Errorf("asking for another: %v", err)
	}
	if err := s.sink.Ask(t.Context(), r); err != nil {
		t.Errorf("asking again: %v", err)
	}
	site, claimed, err := s.sink.Claim(t.Context(), s.group)
	if err != nil || !claimed {
		t.Fatal(claimed, err)
	}
	if _, claimed, err := postgres.NewSink(s.pool).Claim(t.Context(), s.group); err != nil || claimed {
		t.Errorf("two work at one group: %v, %v", claimed, err)
	}
	site.Close(t.Context())
}

// The service goes on by itself with what it was asked for, also with what another process left.
func TestTheServiceWorksAtWhatItWasAskedFor(t *testing.T) {
	t.Parallel()
	s := newShop(t, counting("one", ""), projectionstest.NewLog(manyWords(100)...))
	s.live(t)
	r := s.ask(t, runner.Replace, func(r *runner.Rebuild) { r.AskedBy = runner.ByService })
	serving, stop := context.WithCancel(t.Context())
	ended, told := make(chan error, 1), make(chan struct{})
	var phases []runner.Phase
	go func() {
		ended <- s.builder.Serve(serving, s.sink, func(runner.Rebuild) (projections.Group, bool) { return s.group, true },
			func(_ runner.Rebuild, p runner.Progress) {
				if len(phases) == 0 || phases[len(phases)-1] != p.Phase {
					phases = append(phases, p.Phase)
				}
				if p.Phase == runner.Done {
					close(told)
				}
			})
	}()
	eventually(t, "it is done, and said so", func() bool {
		kept, err := s.sink.Rebuild(t.Context(), r.ID)
		select {
		case <-told:
			return err == nil && kept.Progress.Phase == runner.Done && !kept.FinishedAt.IsZero()
		default:
			return false
		}
	})
	stop()
	if err := <-ended; err != nil {
		t.Error(err)
	}
	want := []runner.Phase{runner.Building, runner.Indexing, runner.Joining, runner.Comparing, runner.Done}
	if !slices.Equal(phases, want) {
		t.Errorf("phases %v, want %v", phases, want)
	}
}

// A rebuild of an abandoned build: it is cancelled though nobody works at it.
func TestWhatNobodyWorksAtCanBeCancelled(t *testing.T) {
	t.Parallel()
	s := newShop(t, counting("one", ""), projectionstest.NewLog(manyWords(100)...))
	s.live(t)
	r := s.ask(t, runner.Replace)
	dying, die := context.WithCancel(t.Context())
	_, err := s.builder.Carry(dying, s.sink, s.group, r, func(p runner.Progress) {
		if p.Phase == runner.Comparing {
			die()
		}
	})
	if !errors.Is(err, context.Canceled) || len(s.generations(t)) != 2 {
		t.Fatalf("got %v, there are %v", err, s.generations(t))
	}
	cancelled, cancel := context.WithCancelCause(t.Context())
	cancel(runner.ErrCancelled)
	if _, err := s.carry(cancelled, r); !errors.Is(err, runner.ErrCancelled) {
		t.Fatal(err)
	}
	if got := s.generations(t); !slices.Equal(got, []string{r.Schema}) {
		t.Errorf("there are %v", got)
	}
}
