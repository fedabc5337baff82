package runner_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"

	"tagtrail/adapters/postgres"
	"tagtrail/domain/event"
	"tagtrail/projections"
	"tagtrail/projections/projectionstest"
	"tagtrail/projections/runner"
)

// spread puts events as far apart as they are in a log that counts bytes.
func spread(events []event.Recorded[event.Event]) []event.Recorded[event.Event] {
	for i := range events {
		events[i].Position *= 1000
	}
	return events
}

// indexed counts words as counting does, in a table with an index.
func indexed(poison string) projections.Group {
	words := projections.NewTable("words", projections.Key("org", "word"), `org uuid, word text, times int not null default 0`,
		projections.Index(`create index words_by_times on {table} (org, times)`))
	return projections.Group{Name: "one", Projections: []projections.Projection{projections.Define("words", 1, words,
		projections.On(func(w *projections.Writer, e event.Recorded[said]) {
			if e.Data.Word == poison {
				panic("no such word")
			}
			w.Add(words, projections.At{e.Org(), e.Data.Word}, projections.Cols{"times": 1})
		}))}}
}

// indexes answers the indexes of a group's tables besides their keys, and what its generation is known as.
func (s *shop) indexes(t *testing.T) string {
	t.Helper()
	var indexes int
	var state string
	schema := postgres.Schema(s.group)
	err := s.pool.QueryRow(t.Context(), `select (select count(*) from pg_indexes where schemaname = $1 and indexname like '%\_by\_%'), state
		from tagtrail.generations where schema = $1`, schema).Scan(&indexes, &state)
	if err != nil {
		t.Fatal(err)
	}
	return fmt.Sprint(indexes, " ", state)
}

// watched is a sink that is looked into before it does something.
type watched struct {
	runner.Sink
	committing, completing func()
}

func (s watched) Commit(ctx context.Context, g projections.Generation, changes *projections.Changes, from, upTo event.Position) error {
	s.committing()
	return s.Sink.Commit(ctx, g, changes, from, upTo)
}

func (s watched) Complete(ctx context.Context, g projections.Generation) error {
	s.completing()
	return s.Sink.Complete(ctx, g)
}

func TestANewGroupFarBehindCatchesUpWithoutIndexesAndIsReadyWithThem(t *testing.T) {
	t.Parallel()
	log := projectionstest.NewLog(spread(manyWords(300))...)
	s := newShop(t, indexed(""), log)
	log.BatchMax = 7
	var r *runner.Runner
	var seen []string
	started := make(chan struct{})
	sink := watched{
		s.sink,
		func() { seen = append(seen, s.indexes(t)) },
		func() {
			<-started
			seen = append(seen, fmt.Sprint(s.indexes(t), " ", r.Status()[0].CaughtUp))
		},
	}
	r = setup{log: log, sink: sink, groups: []projections.Group{s.group}}.start(t)
	close(started)
	ready(t, r)
	if want := []string{"0 building", "0 building false"}; !slices.Equal(seen, want) {
		t.Errorf("at its commits and when they end: %q, want %q", seen, want)
	}
	if got := s.indexes(t); got != "1 live" || s.sum(t, postgres.Schema(s.group)) != 300 {
		t.Errorf("it is ready with %s and %d events", got, s.sum(t, postgres.Schema(s.group)))
	}
}

// lead leads the group's generation without a runner, and writes some of the log.
func (s *shop) lead(t *testing.T, history []event.Recorded[event.Event], before func(projections.Generation) error) projections.Generation {
	t.Helper()
	if err := s.sink.Prepare(t.Context(), s.group); err != nil {
		t.Fatal(err)
	}
	generation, led, err := s.sink.Lead(t.Context(), s.group)
	if err != nil || !led {
		t.Fatal(led, err)
	}
	t.Cleanup(func() { s.sink.Release(t.Context(), generation) })
	if err := before(generation); err != nil {
		t.Fatal(err)
	}
	changes, err := s.group.Project(history)
	if err != nil {
		t.Fatal(err)
	}
	if err := s.sink.Commit(t.Context(), generation, changes, 0, history[len(history)-1].Position); err != nil {
		t.Fatal(err)
	}
	return generation
}

func TestWhoTakesOverAGenerationWithoutIndexesMakesThem(t *testing.T) {
	t.Parallel()
	history := spread(manyWords(100))
	s := newShop(t, indexed(""), projectionstest.NewLog(history...))
	dead := s.lead(t, history[:99], func(g projections.Generation) error { return s.sink.WithoutIndexes(t.Context(), g) })
	if got := s.indexes(t); got != "0 building" {
		t.Errorf("there are %s", got)
	}
	s.sink.Release(t.Context(), dead)
	s.live(t)
	if got := s.indexes(t); got != "1 live" || s.sum(t, postgres.Schema(s.group)) != 100 {
		t.Errorf("there are %s and %d events", got, s.sum(t, postgres.Schema(s.group)))
	}
}

func TestAGenerationThatWasWrittenToKeepsItsIndexes(t *testing.T) {
	t.Parallel()
	s := newShop(t, indexed(""), projectionstest.NewLog())
	generation := s.lead(t, manyWords(3), func(projections.Generation) error { return nil })
	if err := s.sink.WithoutIndexes(t.Context(), generation); err != nil {
		t.Fatal(err)
	}
	if got := s.indexes(t); got != "1 live" {
		t.Errorf("there are %s", got)
	}
	s.sink.Release(t.Context(), generation)
	if err := s.sink.WithoutIndexes(t.Context(), generation); err == nil {
		t.Error("who does not lead takes the indexes off")
	}
}

func TestAGroupThatHurriesStopsInFrontOfWhatItCannotProject(t *testing.T) {
	t.Parallel()
	words := strings.Fields(strings.Repeat("a b c ", 100))
	words[250] = "poison"
	history := spread(saying(words...))
	log := projectionstest.NewLog(history...)
	log.BatchMax = 50
	s := newShop(t, indexed("poison"), log)
	r := setup{log: log, sink: s.sink, groups: []projections.Group{s.group}}.start(t)
	eventually(t, "the group stops", func() bool { return r.Status()[0].State == runner.Stopped })
	status := r.Status()[0]
	if !strings.Contains(status.Reason, fmt.Sprintf("test.said, revision 250 of talk-1 at position %d", history[250].Position)) {
		t.Errorf("it stopped because of %s", status.Reason)
	}
	if got := s.sum(t, postgres.Schema(s.group)); got != 250 || status.Position != history[249].Position {
		t.Errorf("%d events are there, and it is at %d", got, status.Position)
	}
	if got := s.indexes(t); got != "1 live" {
		t.Errorf("there are %s", got)
	}
}

func TestWhoStandsByIsNotReadyBeforeTheIndexesAreThere(t *testing.T) {
	t.Parallel()
	history := spread(manyWords(300))
	log := projectionstest.NewLog(history...)
	s := newShop(t, indexed(""), log)
	reached, released := make(chan struct{}), make(chan struct{})
	release := sync.OnceFunc(func() { close(released) })
	slow := watched{s.sink, func() {}, func() { close(reached); <-released }}
	setup{log: log, sink: slow, groups: []projections.Group{s.group}}.start(t)
	t.Cleanup(release)
	<-reached
	second := setup{log: log, sink: postgres.NewSink(s.pool), groups: []projections.Group{s.group}}.start(t)
	eventually(t, "the second stands by where the first is", func() bool {
		status := second.Status()[0]
		return status.State == runner.Standby && status.Position == history[299].Position
	})
	if second.Status()[0].CaughtUp {
		t.Errorf("it is ready over %s", s.indexes(t))
	}
	release()
	ready(t, second)
	if got := s.indexes(t); got != "1 live" {
		t.Errorf("it is ready over %s", got)
	}
}

// Where the log counts bytes, a few events that come meanwhile are far.
func TestAGroupThatCatchesUpWhileMoreComesIsReadyAllTheSame(t *testing.T) {
	t.Parallel()
	history := spread(manyWords(3000))
	log := projectionstest.NewLog(history[:300]...)
	s := newShop(t, indexed(""), log)
	told := 300
	more := func() { // with each commit come more events than are near
		if told < len(history) {
			log.Append(history[told : told+20]...)
			told += 20
		}
	}
	completed := make(chan int, 1)
	sink := watched{s.sink, more, func() { completed <- told }}
	setup{log: log, sink: sink, groups: []projections.Group{s.group}}.start(t)
	if told := <-completed; told > 1000 {
		t.Errorf("it hurried behind the end for %d events", told)
	}
}
