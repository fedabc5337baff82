package runner_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"tagtrail/adapters/postgres"
	"tagtrail/domain/event"
	"tagtrail/projections"
	"tagtrail/projections/projectionstest"
	"tagtrail/projections/runner"
)

// shop is a log, a database and a group that a runner moves along, and a builder beside.
type shop struct {
	pool    *pgxpool.Pool
	sink    *postgres.Sink
	log     *projectionstest.Log
	group   projections.Group
	builder *runner.Builder
}

func newShop(t *testing.T, group projections.Group, log *projectionstest.Log) *shop {
	t.Helper()
	pool := openPostgres(t)
	s := &shop{pool: pool, sink: postgres.NewSink(pool), log: log, group: group}
	s.builder = s.newBuilder(s.sink)
	return s
}

// newBuilder makes a builder whose stretches are short, so that one that dies soon has come further.
func (s *shop) newBuilder(sites runner.Sites) *runner.Builder {
	return runner.NewBuilder(s.config(func(*runner.Config) {}), sites)
}

func (s *shop) config(changes func(*runner.Config)) runner.Config {
	config := runner.Config{
		Decoder: s.log, Subscribe: s.log.Subscribe, Head: s.log.Head, Skips: s.sink.Skips, Without: s.log.Without,
		Logger: slog.New(slog.DiscardHandler), Poll: 10 * time.Millisecond, Stretch: 20,
	}
	changes(&config)
	return config
}

// live runs a projector until all that the log has is projected.
func (s *shop) live(t *testing.T) *runner.Runner {
	t.Helper()
	r := setup{log: s.log, sink: s.sink, groups: []projections.Group{s.group}}.start(t)
	ready(t, r)
	return r
}

func (s *shop) ask(t *testing.T, kind runner.Kind, changes ...func(*runner.Rebuild)) runner.Rebuild {
	t.Helper()
	r := runner.Rebuild{
		ID: uuid.New(), Group: s.group.Name, Kind: kind, Schema: postgres.Schema(s.group), Beside: postgres.Beside(s.group, kind, "then"),
		AskedBy: runner.ByCommand,
	}
	for _, change := range changes {
		change(&r)
	}
	if err := s.sink.Ask(t.Context(), r); err != nil {
		t.Fatal(err)
	}
	return r
}

func (s *shop) carry(ctx context.Context, r runner.Rebuild) (*runner.Comparison, error) {
	return s.builder.Carry(ctx, s.sink, s.group, r, func(runner.Progress) {})
}

// generations answers the schemas that there are, as the catalogue and as our own table know them.
func (s *shop) generations(t *testing.T) []string {
	t.Helper()
	rows, _ := s.pool.Query(t.Context(), `select nspname::text from pg_namespace where nspname like 'one\_%' and nspname not like '%\_read' order by 1`)
	schemas, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		t.Fatal(err)
	}
	rows, _ = s.pool.Query(t.Context(), `select schema from tagtrail.generations where grp = 'one' order by 1`)
	known, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil || !slices.Equal(schemas, known) {
		t.Errorf("there are %v, and known are %v: %v", schemas, known, err)
	}
	return schemas
}

func (s *shop) sum(t *testing.T, schema string) (total int) {
	t.Helper()
	if err := s.pool.QueryRow(t.Context(), `select coalesce(sum(times), 0) from `+schema+`.words`).Scan(&total); err != nil {
		t.Fatal(err)
	}
	return total
}

func manyWords(n int) []event.Recorded[event.Event] {
	words := make([]string, n)
	for i := range words {
		words[i] = fmt.Sprint("word ", i%97)
	}
	return saying(words...)
}

func TestARebuildTakesThePlaceOfTheLiveGeneration(t *testing.T) {
	t.Parallel()
	history := manyWords(500)
	log := projectionstest.NewLog(history[:400]...)
	s := newShop(t, counting("one", ""), log)
	s.live(t)
	schema := postgres.Schema(s.group)
	var before, after uint32
	of := func(into *uint32) {
		if err := s.pool.QueryRow(t.Context(), `select $1::regclass::oid`, schema+".words").Scan(into); err != nil {
			t.Fatal(err)
		}
	}
	of(&before)
	found, err := s.carry(t.Context(), s.ask(t, runner.Replace))
	if err != nil || !found.Equal() || len(found.Tables) != 1 || found.Tables[0].Rows != 97 {
		t.Fatalf("found %+v, %v", found, err)
	}
	of(&after)
	if before == after {
		t.Error("the live tables are the old ones")
	}
	if got := s.generations(t); !slices.Equal(got, []string{schema, schema + "_prev"}) {
		t.Errorf("there are %v", got)
	}
	log.Append(history[400:]...)
	eventually(t, "the projector goes on in the new one", func() bool { return s.sum(t, schema) == 500 })
	if n := s.sum(t, schema+"_prev"); n != 400 {
		t.Errorf("the previous one is at %d", n)
	}

	if _, err := s.carry(t.Context(), s.ask(t, runner.Rollback)); err != nil {
		t.Fatal(err)
	}
	of(&after)
	if before != after || s.sum(t, schema) != 500 || s.sum(t, schema+"_prev") != 500 {
		t.Error("the previous generation is not the live one again, brought up to date")
	}
}

func TestAVerificationLeavesNothing(t *testing.T) {
	t.Parallel()
	s := newShop(t, counting("one", ""), projectionstest.NewLog(manyWords(50)...))
	s.live(t)
	found, err := s.carry(t.Context(), s.ask(t, runner.Verify))
	if err != nil || !found.Equal() || found.Tables[0].Hash != found.Tables[0].Beside {
		t.Fatalf("found %+v, %v", found, err)
	}
	if got := s.generations(t); !slices.Equal(got, []string{postgres.Schema(s.group)}) {
		t.Errorf("there are %v", got)
	}
}

// byBatches is a wrong projection: what it writes depends on where batches are cut.
func byBatches() projections.Group {
	words := projections.NewTable("words", projections.Key("org", "word"), `org uuid, word text, times int not null default 0, batch int`)
	var mu sync.Mutex
	handled := 0
	return projections.Group{Name: "one", Projections: []projections.Projection{projections.Define("words", 1, words,
		projections.On(func(w *projections.Writer, e event.Recorded[said]) {
			mu.Lock()
			defer mu.Unlock()
			handled++
			w.Add(words, projections.At{e.Org(), e.Data.Word}, projections.Cols{"times": 1})
			if e.Data.Word == "word 7" {
				w.Set(words, projections.At{e.Org(), e.Data.Word}, projections.Cols{"batch": handled})
			}
		}))}}
}

func TestAWrongProjectionIsStoppedByTheComparison(t *testing.T) {
	t.Parallel()
	s := newShop(t, byBatches(), projectionstest.NewLog(manyWords(200)...))
	s.live(t)
	r := s.ask(t, runner.Replace)
	found, err := s.carry(t.Context(), r)
	if !errors.Is(err, runner.ErrDiffers) {
		t.Fatalf("got %v", err)
	}
	want := runner.Difference{Table: "words", How: runner.Changed, Columns: []string{"batch"}, Key: map[string]string{"org": org.String(), "word": "word 7"}}
	if found.Differing != 1 || fmt.Sprint(found.Differences) != fmt.Sprint([]runner.Difference{want}) {
		t.Errorf("found %+v", found)
	}
	if got := s.generations(t); !slices.Equal(got, []string{postgres.Schema(s.group)}) {
		t.Errorf("there are %v", got)
	}
	kept, err := s.sink.Rebuild(t.Context(), r.ID)
	if err != nil || kept.Progress.Phase != runner.Differs || kept.Comparison.Differing != 1 || kept.FinishedAt.IsZero() {
		t.Errorf("kept is %+v, %v", kept, err)
	}
}

func TestRowsThatWereMadeOrLostByHandAreNamed(t *testing.T) {
	t.Parallel()
	s := newShop(t, counting("one", ""), projectionstest.NewLog(manyWords(200)...))
	s.live(t)
	_, err := s.pool.Exec(t.Context(), `with gone as (delete from `+postgres.Schema(s.group)+`.words where word = 'word 3')
		insert into `+postgres.Schema(s.group)+`.words (org, word) values ('`+org.String()+`', 'made')`)
	if err != nil {
		t.Fatal(err)
	}
	found, err := s.carry(t.Context(), s.ask(t, runner.Verify))
	if !errors.Is(err, runner.ErrDiffers) || found.Differing != 2 {
		t.Fatalf("found %+v, %v", found, err)
	}
	var how []string
	for _, d := range found.Differences {
		how = append(how, d.How+" "+d.Key["word"])
	}
	if !slices.Equal(how, []string{"missing made", "extra word 3"}) {
		t.Errorf("found %v", how)
	}
}

func TestANamedGenerationShowsTheTablesAsTheyWere(t *testing.T) {
	t.Parallel()
	history := manyWords(100)
	for i := range history {
		history[i].RecordedAt = time.Unix(int64(i), 0)
	}
	history[50].RecordedAt = time.Unix(90, 0) // a clock that went back: what follows comes after it nevertheless
	s := newShop(t, counting("one", ""), projectionstest.NewLog(history...))
	s.log.BatchMax = 7
	s.live(t)
	schema := postgres.Schema(s.group)
	for name, c := range map[string]struct {
		until func(*runner.Rebuild)
		want  int
	}{
		"position": {func(r *runner.Rebuild) { r.UntilPosition = history[29].Position }, 30},
		"between":  {func(r *runner.Rebuild) { r.UntilPosition = history[29].Position + 1 }, 30},
		"time":     {func(r *runner.Rebuild) { r.UntilTime = time.Unix(70, 0) }, 50},
		"nothing":  {func(r *runner.Rebuild) { r.UntilTime = time.Unix(-1, 0) }, 0},
		"all":      {func(r *runner.Rebuild) { r.UntilTime = time.Unix(1000, 0) }, 100},
	} {
		r := s.ask(t, runner.Until, c.until, func(r *runner.Rebuild) { r.Name, r.Beside = name, postgres.Beside(s.group, runner.Until, name) })
		if _, err := s.carry(t.Context(), r); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if got := s.sum(t, schema+"_as_"+name); got != c.want {
			t.Errorf("%s: %d events are counted, want %d", name, got, c.want)
		}
	}
	r := s.ask(t, runner.Until, func(r *runner.Rebuild) { r.UntilPosition = history[99].Position + 1 })
	if _, err := s.carry(t.Context(), r); !errors.Is(err, runner.ErrFuture) {
		t.Errorf("beyond the end: %v", err)
	}
}
