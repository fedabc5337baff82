package jobs_test

import (
	"context"
	"errors"
	"log/slog"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5/pgxpool"

	"tagtrail/adapters/embedded/postgres/postgrestest"
	"tagtrail/adapters/jobs"
	"tagtrail/adapters/postgres"
	"tagtrail/commands"
	"tagtrail/commands/commandstest"
	"tagtrail/domain/operation"
)

func TestMain(m *testing.M) { postgrestest.Main(m) }

// shop is a log in memory, real tables, and a worker that does as the test says.
type shop struct {
	*commandstest.World
	t    *testing.T
	pool *pgxpool.Pool
	ends chan operation.ID
	work func(ctx context.Context, things []jobs.Thing) ([]jobs.Outcome, error)
	page []uuid.UUID // whom the worker selects

	mu   sync.Mutex
	done []uuid.UUID
}

func newShop(t *testing.T) *shop {
	t.Helper()
	database := postgrestest.Database(t)
	if err := postgres.Migrate(t.Context(), database); err != nil {
		t.Fatal(err)
	}
	pool, err := postgres.Open(t.Context(), database)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(pool.Close)
	s := &shop{World: commandstest.New(t), t: t, pool: pool, ends: make(chan operation.ID, 100)}
	s.work = s.changes
	s.Store.After(func(_ context.Context, a commandstest.Attempt) error {
		for _, e := range a.Events {
			if _, ended := e.Event.(operation.Finished); ended {
				s.ends <- operation.ID{UUID: e.Metadata.OperationID}
			}
		}
		return nil
	})
	return s
}

func (s *shop) Kind() operation.Kind { return operation.Bulk }

func (s *shop) Select(_ context.Context, _ jobs.Asked, add func([]uuid.UUID) error) error {
	return errors.Join(add(s.page), add(s.page)) // whoever is named twice is meant once
}

func (s *shop) Work(ctx context.Context, _ jobs.Asked, things []jobs.Thing) ([]jobs.Outcome, error) {
	return s.work(ctx, things)
}

// changes is the work that changes everything.
func (s *shop) changes(_ context.Context, things []jobs.Thing) ([]jobs.Outcome, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	outcomes := make([]jobs.Outcome, len(things))
	for i, thing := range things {
		s.done = append(s.done, thing.ID)
		outcomes[i].Result = operation.Changed
	}
	return outcomes, nil
}

// worked answers at what was worked, in order.
func (s *shop) worked() []uuid.UUID {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.done)
}

func (s *shop) room(workers ...jobs.Worker) *jobs.Jobs {
	s.t.Helper()
	j, err := jobs.New(s.t.Context(), jobs.Config{Pool: s.pool, Commands: s.Service, Workers: workers, Log: slog.New(slog.DiscardHandler), Piece: 2})
	if err != nil {
		s.t.Fatal(err)
	}
	return j
}

// open runs a room that works until it is closed.
func (s *shop) open() (j *jobs.Jobs, closed func()) {
	s.t.Helper()
	j = s.room(s)
	ctx, cancel := context.WithCancel(s.t.Context())
	stopped := make(chan error, 1)
	go func() { stopped <- j.Run(ctx) }()
	return j, func() {
		cancel()
		if err := <-stopped; err != nil {
			s.t.Error(err)
		}
	}
}

// start asks for an operation on things, or on whom the worker selects.
func (s *shop) start(j *jobs.Jobs, things []uuid.UUID) operation.ID {
	s.t.Helper()
	ctx := s.Ask(s.t.Context())
	check(s.t, j.Prepare(ctx, s.Organization, commands.NextOperation(ctx), operation.Bulk, things))
	id, _, err := s.Service.StartOperation(ctx, commands.StartOperation{Kind: operation.Bulk, Action: "add_tag"})
	check(s.t, err)
	check(s.t, j.Wake(ctx, s.Organization, id))
	return id
}

func (s *shop) ended(id operation.ID, want operation.Counts) {
	s.t.Helper()
	select {
	case got := <-s.ends:
		if got != id {
			s.t.Fatalf("%s ended, not %s", got, id)
		}
	case <-time.After(time.Minute):
		s.t.Fatal("the operation does not end")
	}
	events := s.Store.Events(id.Stream())
	if got := events[len(events)-1]; got != (operation.Finished{Counts: want}) {
		s.t.Errorf("it ended with %+v, want %+v", got, want)
	}
}

func check(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func ids(n int) []uuid.UUID {
	all := make([]uuid.UUID, n)
	for i := range all {
		all[i] = uuid.New()
	}
	return all
}

func TestAnOperationWorksAtEachThingOnceAndReportsWhatDidNotGo(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	j, closed := s.open()
	defer closed()
	things := ids(5)
	s.work = func(ctx context.Context, piece []jobs.Thing) ([]jobs.Outcome, error) {
		outcomes, err := s.changes(ctx, piece)
		for i, thing := range piece {
			switch thing.ID {
			case things[1]:
				outcomes[i] = jobs.Outcome{Result: operation.Refused, Code: "contact.too-many-tags", Details: map[string]string{"limit": "20"}}
			case things[2]:
				outcomes[i] = jobs.Outcome{Result: operation.Unchanged}
			}
		}
		return outcomes, err
	}
	id := s.start(j, things)
	s.ended(id, operation.Counts{Total: 5, Changed: 3, Unchanged: 1, Refused: 1})
	if got := s.worked(); !slices.Equal(got, things) {
		t.Errorf("worked at %v, want %v", got, things)
	}
	reports, err := j.Reports(t.Context(), s.Organization, id, 0, 10)
	check(t, err)
	if len(reports) != 1 || reports[0].Thing != things[1] || reports[0].Code != "contact.too-many-tags" || reports[0].Details["limit"] != "20" {
		t.Errorf("reported %+v", reports)
	}
	progress, err := j.Progress(t.Context(), s.Organization, id)
	check(t, err)
	if progress.Done() != 5 || progress.Rate <= 0 {
		t.Errorf("progress is %+v", progress)
	}
	if other, err := j.Progress(t.Context(), newShop(t).Organization, id); err != nil || other != (jobs.Progress{}) {
		t.Errorf("another organisation is told %+v, %v", other, err)
	}
}

func TestWhoIsSelectedTwiceIsWorkedAtOnce(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	s.page = ids(3)
	j, closed := s.open()
	defer closed()
	s.ended(s.start(j, nil), operation.Counts{Total: 3, Changed: 3})
	if got := s.worked(); !slices.Equal(got, s.page) {
		t.Errorf("worked at %v, want %v", got, s.page)
	}
}

func TestAnOperationOnNobodyEnds(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	j, closed := s.open()
	defer closed()
	s.ended(s.start(j, nil), operation.Counts{})
}

// S1-37: whoever dies in the middle of a piece leaves it to be done again, and what was done before it is not.
func TestAnOperationGoesOnWhereADeadWorkerLeftIt(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	things := ids(6)
	dying := make(chan struct{})
	s.work = func(ctx context.Context, piece []jobs.Thing) ([]jobs.Outcome, error) {
		if piece[0].Number > 2 {
			close(dying)
			<-ctx.Done()
			return nil, ctx.Err()
		}
		return s.changes(ctx, piece)
	}
	j, killed := s.open()
	id := s.start(j, things)
	<-dying
	killed()
	if got := s.worked(); !slices.Equal(got, things[:2]) {
		t.Fatalf("worked at %v before it died", got)
	}
	s.work = s.changes
	_, closed := s.open()
	defer closed()
	s.ended(id, operation.Counts{Total: 6, Changed: 6})
	if got := s.worked(); !slices.Equal(got, things) {
		t.Errorf("worked at %v, want %v", got, things)
	}
}

func TestAnOperationIsPausedResumedAndCancelled(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	things := ids(6)
	at, goOn := make(chan int), make(chan struct{})
	s.work = func(ctx context.Context, piece []jobs.Thing) ([]jobs.Outcome, error) {
		at <- piece[0].Number
		<-goOn
		return s.changes(ctx, piece)
	}
	j, closed := s.open()
	defer closed()
	id := s.start(j, things)
	<-at
	_, err := s.Service.PauseOperation(s.Ask(t.Context()), id)
	check(t, err)
	goOn <- struct{}{}
	// Whoever resumes may die before it wakes somebody: the worker finds out by itself.
	_, err = s.Service.ResumeOperation(s.Ask(t.Context()), id)
	check(t, err)
	if next := <-at; next != 3 {
		t.Errorf("it went on at %d, want 3", next)
	}
	_, err = s.Service.CancelOperation(s.Ask(t.Context()), id)
	check(t, err)
	goOn <- struct{}{}
	s.ended(id, operation.Counts{Total: 6, Changed: 4})
	if got := s.worked(); !slices.Equal(got, things[:4]) {
		t.Errorf("worked at %v, want %v", got, things[:4])
	}
}

func TestAPieceThatFailsIsDoneAgain(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	tries := 0
	s.work = func(ctx context.Context, piece []jobs.Thing) ([]jobs.Outcome, error) {
		if tries++; tries == 1 {
			return nil, commands.ErrLogUnavailable
		}
		return s.changes(ctx, piece)
	}
	j, closed := s.open()
	defer closed()
	s.ended(s.start(j, ids(2)), operation.Counts{Total: 2, Changed: 2})
}

// Whoever asks may die before anybody is woken.
func TestAnOperationThatWasStartedAndNeverWokenIsFound(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	asking := s.room()
	ctx := s.Ask(t.Context())
	check(t, asking.Prepare(ctx, s.Organization, commands.NextOperation(ctx), operation.Bulk, ids(1)))
	check(t, asking.Prepare(ctx, s.Organization, commands.NextOperation(ctx), operation.Bulk, ids(1))) // again is as once
	id, _, err := s.Service.StartOperation(ctx, commands.StartOperation{Kind: operation.Bulk})
	check(t, err)
	_, err = s.pool.Exec(t.Context(), `update jobs.operations set noted_at = noted_at - interval '1 minute'`)
	check(t, err)
	_, closed := s.open()
	defer closed()
	s.ended(id, operation.Counts{Total: 1, Changed: 1})
}
