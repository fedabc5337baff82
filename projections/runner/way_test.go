package runner_test

import (
	"context"
	"slices"
	"sync"
	"testing"

	"tagtrail/domain/event"
	"tagtrail/projections"
	"tagtrail/projections/projectionstest"
	"tagtrail/projections/runner"
)

// noted are sites that note what is committed.
type noted struct {
	runner.Sites
	mu       sync.Mutex
	from, to []event.Position
	rows     []int
}

func (n *noted) Commit(ctx context.Context, g projections.Generation, changes *projections.Changes, from, upTo event.Position) error {
	err := n.Sites.Commit(ctx, g, changes, from, upTo)
	n.mu.Lock()
	defer n.mu.Unlock()
	n.from, n.to, n.rows = append(n.from, from), append(n.to, upTo), append(n.rows, changes.Rows())
	return err
}

func TestARebuildIsWrittenInStretchesOneBehindTheOther(t *testing.T) {
	t.Parallel()
	history := manyWords(1000)
	log := projectionstest.NewLog(history...)
	log.BatchMax = 7
	s := newShop(t, counting("one", ""), log)
	s.live(t)
	sites := &noted{Sites: s.sink}
	s.builder = s.newBuilder(sites)
	found, err := s.carry(t.Context(), s.ask(t, runner.Verify))
	if err != nil || !found.Equal() {
		t.Fatalf("found %+v, %v", found, err)
	}
	// 97 words change again and again: a stretch of 20 rows and a batch more has at most 27 of them.
	if len(sites.rows) < 1000/27 || slices.Max(sites.rows) > 27 {
		t.Errorf("the stretches have %v rows", sites.rows)
	}
	if sites.from[0] != 0 || !slices.Equal(sites.from[1:], sites.to[:len(sites.to)-1]) || slices.Max(sites.to) != history[999].Position {
		t.Errorf("the stretches go from %v to %v", sites.from, sites.to)
	}
}

func TestAStretchEndsAtSoManyBytesHoweverFewRowsItChanges(t *testing.T) {
	t.Parallel()
	history := manyWords(100)
	log := projectionstest.NewLog(history...)
	log.BatchMax, log.EventBytes = 10, 1<<20
	s := newShop(t, counting("one", ""), log)
	s.live(t)
	sites := &noted{Sites: s.sink}
	s.builder = runner.NewBuilder(s.config(func(c *runner.Config) { c.Stretch, c.StretchBytes = 1000, 25<<20 }), sites)
	if _, err := s.carry(t.Context(), s.ask(t, runner.Verify)); err != nil {
		t.Fatal(err)
	}
	if want := []event.Position{history[29].Position, history[59].Position, history[89].Position, history[99].Position}; !slices.Equal(sites.to, want) {
		t.Errorf("stretches of 30 MiB go to %v, want %v", sites.to, want)
	}
}
