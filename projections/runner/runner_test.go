package runner_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/ThreeDotsLabs/watermill/message"
	"github.com/google/uuid"
	"go.uber.org/goleak"

	"tagtrail/domain/event"
	"tagtrail/projections"
	"tagtrail/projections/projectionstest"
	"tagtrail/projections/runner"
)

var org = uuid.MustParse("0193a000-0000-7000-8000-000000000001")

// said is the event of these tests: something is counted under a word.
type said struct{ Word string }

func (said) EventName() string { return "test.said" }

// counting counts words, and cannot handle the word that it is given.
func counting(name, poison string) projections.Group {
	words := projections.NewTable("words", projections.Key("org", "word"), `org uuid, word text, times int not null default 0`)
	return projections.Group{Name: name, Projections: []projections.Projection{projections.Define("words", 1, words,
		projections.On(func(w *projections.Writer, e event.Recorded[said]) {
			if e.Data.Word == poison {
				panic("no such word")
			}
			w.Add(words, projections.At{e.Org(), e.Data.Word}, projections.Cols{"times": 1})
		}))}}
}

func saying(words ...string) []event.Recorded[event.Event] {
	events := make([]event.Event, 0, len(words))
	for _, word := range words {
		events = append(events, said{word})
	}
	return projectionstest.History(org, projectionstest.On("talk-1", events...))
}

// unheard are metrics that nobody reads.
type unheard struct{}

func (unheard) Batch(string, int, time.Duration) {}

func (unheard) At(string, event.Position, event.Position, time.Duration) {}

func (unheard) State(string, runner.State) {}

func (unheard) Failed(string, bool) {}

type setup struct {
	log    *projectionstest.Log
	sink   runner.Sink
	groups []projections.Group
	decode runner.Decoder
	skips  func(context.Context, string) ([]event.Position, error)
	out    *output
}

func (s setup) start(t *testing.T) *runner.Runner {
	t.Helper()
	if s.decode == nil {
		s.decode = s.log
	}
	if s.out == nil {
		s.out = &output{}
	}
	r, err := runner.New(runner.Config{
		Groups: s.groups, Sink: s.sink, Decoder: s.decode, Subscribe: s.log.Subscribe, Head: s.log.Head,
		Skips: s.skips, Without: s.log.Without,
		Metrics: unheard{}, Logger: slog.New(slog.NewTextHandler(s.out, &slog.HandlerOptions{Level: slog.LevelDebug})), Poll: 10 * time.Millisecond,
	})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- r.Run(ctx) }()
	t.Cleanup(func() {
		cancel()
		select {
		case err := <-ended:
			if err != nil {
				t.Errorf("run: %v", err)
			}
		case <-time.After(30 * time.Second):
			t.Error("the runner does not end")
		}
	})
	return r
}

// output collects what is logged.
type output struct {
	mu   sync.Mutex
	text strings.Builder
}

func (o *output) Write(line []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.text.Write(line)
}

func (o *output) String() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.text.String()
}

func eventually(t *testing.T, what string, holds func() bool) {
	t.Helper()
	for deadline := time.Now().Add(20 * time.Second); !holds(); {
		if time.Now().After(deadline) {
			t.Fatalf("never: %s", what)
		}
		time.Sleep(2 * time.Millisecond)
	}
}

func ready(t *testing.T, r *runner.Runner) {
	t.Helper()
	select {
	case <-r.Ready():
	case <-time.After(20 * time.Second):
		t.Fatalf("never ready: %+v", r.Status())
	}
}

func times(m *projectionstest.Memory) string { return fmt.Sprint(m.Rows("words")) }

func TestAGroupIsReadyWhenItIsWhereTheLogEnded(t *testing.T) {
	t.Parallel()
	group := counting("one", "")
	memory := projectionstest.NewMemory(group)
	log := projectionstest.NewLog(saying("a", "b", "a")...)
	log.BatchMax = 2
	r := setup{log: log, sink: memory, groups: []projections.Group{group}}.start(t)
	ready(t, r)
	if got, want := times(memory), fmt.Sprintf("[[%s a 2] [%s b 1]]", org, org); got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	eventually(t, "nothing is left to do", func() bool {
		s := r.Status()[0]
		return s.State == runner.Running && s.Position == 30 && s.Head == 30 && s.Lag == 0 && s.CaughtUp
	})
}

func TestAnEmptyLogIsCaughtUpWith(t *testing.T) {
	t.Parallel()
	group := counting("one", "")
	ready(t, setup{log: projectionstest.NewLog(), sink: projectionstest.NewMemory(group), groups: []projections.Group{group}}.start(t))
}

func TestEventsAreProjectedAsTheyCome(t *testing.T) {
	t.Parallel()
	group := counting("one", "")
	memory := projectionstest.NewMemory(group)
	log := projectionstest.NewLog()
	ready(t, setup{log: log, sink: memory, groups: []projections.Group{group}}.start(t))
	for i, e := range saying("a", "a", "a") {
		log.Append(e)
		eventually(t, "the event is projected", func() bool { return times(memory) == fmt.Sprintf("[[%s a %d]]", org, i+1) })
	}
}

// F22: the group stops at the event that it cannot handle, names it, and takes nobody with it.
func TestAPoisonEventStopsItsGroupAlone(t *testing.T) {
	t.Parallel()
	sick, well := counting("sick", "poison"), counting("well", "")
	sinks := sinkByGroup{"sick": projectionstest.NewMemory(sick), "well": projectionstest.NewMemory(well)}
	log := projectionstest.NewLog(saying("a", "poison", "b")...)
	log.BatchMax = 1
	out := &output{}
	r := setup{log: log, sink: sinks, groups: []projections.Group{sick, well}, out: out}.start(t)
	eventually(t, "one is stopped and the other is not", func() bool {
		s := r.Status()
		return s[0].State == runner.Stopped && s[1].State == runner.Running && s[1].Position == 30
	})
	s := r.Status()[0]
	if s.Position != 10 || s.CaughtUp || !strings.Contains(s.Reason, "test.said, revision 1 of talk-1 at position 20: no such word") {
		t.Errorf("status %+v", s)
	}
	if got, want := times(sinks["sick"]), fmt.Sprintf("[[%s a 1]]", org); got != want {
		t.Errorf("rows of the stopped group: %s, want %s", got, want)
	}
	if !strings.Contains(out.String(), `level=ERROR msg="projection group is in another state" group=sick state=stopped position=10`) {
		t.Error("nobody was told")
	}
	select {
	case <-r.Ready():
		t.Error("ready with a stopped group")
	default:
	}
}

func TestAnEventThatCannotBeDecodedStopsTheGroup(t *testing.T) {
	t.Parallel()
	group := counting("one", "")
	log := projectionstest.NewLog(saying("a")...)
	for name, decode := range map[string]decoder{
		"unknown": func() error { return fmt.Errorf("contact.teleported version 1: %w", event.ErrUnknown) },
		"panics":  func() error { panic("torn") },
	} {
		r := setup{log: log, sink: projectionstest.NewMemory(group), groups: []projections.Group{group}, decode: decode}.start(t)
		eventually(t, name+" stops", func() bool { return r.Status()[0].State == runner.Stopped })
		if reason := r.Status()[0].Reason; strings.Contains(reason, "\n") {
			t.Errorf("%s: the reason is long: %s", name, reason)
		}
	}
}

// spoilt decodes up to an event that it cannot.
type spoilt struct {
	runner.Decoder
	at event.Position
}

func (s spoilt) Decode(ctx context.Context, msg *message.Message) ([]event.Recorded[event.Event], error) {
	events, err := s.Decoder.Decode(ctx, msg)
	for i := range events {
		if events[i].Position == s.at {
			return events[:i], fmt.Errorf("event at position %d: %w", s.at, event.ErrUnknown)
		}
	}
	return events, err
}

func TestAnEventThatCannotBeDecodedLeavesThoseBeforeItWritten(t *testing.T) {
	t.Parallel()
	for name, apart := range map[string]event.Position{"close to the end of the log": 1, "far from it": 1000} {
		for _, size := range []int{0, 2, 3} {
			group := counting("one", "")
			memory := projectionstest.NewMemory(group)
			history := saying("a", "b", "a", "spoilt", "a")
			for i := range history {
				history[i].Position *= apart
			}
			log := projectionstest.NewLog(history...)
			log.BatchMax = size
			r := setup{log: log, sink: memory, groups: []projections.Group{group}, decode: spoilt{log, history[3].Position}}.start(t)
			eventually(t, name, func() bool { return r.Status()[0].State == runner.Stopped })
			status := r.Status()[0]
			if !strings.Contains(status.Reason, fmt.Sprintf("event at position %d", history[3].Position)) || status.Position != history[2].Position {
				t.Errorf("%s, in batches of %d: it stops at %d because of %s", name, size, status.Position, status.Reason)
			}
			if got, want := times(memory), fmt.Sprintf("[[%s a 2] [%s b 1]]", org, org); got != want {
				t.Errorf("%s, in batches of %d: got %s, want %s", name, size, got, want)
			}
		}
	}
}

type decoder func() error

func (d decoder) Decode(context.Context, *message.Message) ([]event.Recorded[event.Event], error) {
	return nil, d()
}

// F5: what is out of reach is waited for, and nothing is lost or doubled.
func TestAnOutageIsWaitedFor(t *testing.T) {
	t.Parallel()
	group := counting("one", "")
	memory := projectionstest.NewMemory(group)
	sink := &unreliable{Memory: memory}
	sink.down.Store(true)
	log := projectionstest.NewLog(saying("a", "b", "a", "c", "a")...)
	log.BatchMax = 1
	r := setup{log: log, sink: sink, groups: []projections.Group{group}}.start(t)
	eventually(t, "it waits", func() bool { return r.Status()[0].State == runner.Waiting })
	if reason := r.Status()[0].Reason; !strings.Contains(reason, "out of reach") {
		t.Errorf("reason %q", reason)
	}
	sink.down.Store(false)
	ready(t, r)
	if got, want := times(memory), fmt.Sprintf("[[%s a 3] [%s b 1] [%s c 1]]", org, org, org); got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	eventually(t, "it runs again", func() bool { return r.Status()[0].State == runner.Running })
}

// unreliable is out of reach while it is down, and loses the answer to every other commit.
type unreliable struct {
	*projectionstest.Memory
	down    atomic.Bool
	commits atomic.Int64
}

func (u *unreliable) Commit(ctx context.Context, g projections.Generation, c *projections.Changes, from, upTo event.Position) error {
	if u.down.Load() {
		return projections.ErrUnavailable
	}
	err := u.Memory.Commit(ctx, g, c, from, upTo)
	if u.commits.Add(1)%2 == 0 && err == nil {
		return projections.ErrUnavailable
	}
	return err
}

// F10: whoever lost the lead without knowing commits nothing, and stands by.
func TestAStaleProjectorStandsBy(t *testing.T) {
	t.Parallel()
	group := counting("one", "")
	memory := projectionstest.NewMemory(group)
	log := projectionstest.NewLog(saying("a")...)
	first := setup{log: log, sink: memory, groups: []projections.Group{group}}.start(t)
	ready(t, first)
	memory.LoseLock()
	second := setup{log: log, sink: memory, groups: []projections.Group{group}}.start(t)
	eventually(t, "the second runs", func() bool { return second.Status()[0].State == runner.Running })
	ready(t, second)
	log.Append(saying("a", "a")[1:]...)
	eventually(t, "the first stands by", func() bool { return first.Status()[0].State == runner.Standby })
	eventually(t, "both see the end", func() bool { return first.Status()[0].Position == 20 && second.Status()[0].Position == 20 })
	if got, want := times(memory), fmt.Sprintf("[[%s a 2]]", org); got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

func TestAStandbyTakesOver(t *testing.T) {
	t.Parallel()
	group := counting("one", "")
	memory := projectionstest.NewMemory(group)
	log := projectionstest.NewLog(saying("a")...)
	first, led, err := memory.Lead(t.Context(), group)
	if err != nil || !led {
		t.Fatal(led, err)
	}
	r := setup{log: log, sink: memory, groups: []projections.Group{group}}.start(t)
	eventually(t, "it stands by", func() bool { return r.Status()[0].State == runner.Standby })
	memory.Release(t.Context(), first)
	ready(t, r)
	if s := r.Status()[0]; s.State != runner.Running || s.Position != 10 {
		t.Errorf("status %+v", s)
	}
}

// F9: an event that is missing, repeated or moved stops the group before anything is written.
func TestDisorderStopsTheGroup(t *testing.T) {
	t.Parallel()
	history := saying("a", "b", "c", "d")
	swapped := saying("a", "b", "c", "d")
	swapped[1], swapped[2] = swapped[2], swapped[1]
	swapped[1].Position, swapped[2].Position = swapped[2].Position, swapped[1].Position
	backwards := saying("a", "b", "c", "d")
	backwards[2].Position = 15
	backwards[1].Position = 17
	for name, events := range map[string][]event.Recorded[event.Event]{
		"missing":   {history[0], history[2], history[3]},
		"moved":     swapped,
		"backwards": backwards,
	} {
		for _, batch := range []int{1, 0} {
			group := counting("one", "")
			memory := projectionstest.NewMemory(group)
			log := projectionstest.NewLog(events...)
			log.BatchMax = batch
			r := setup{log: log, sink: memory, groups: []projections.Group{group}}.start(t)
			eventually(t, name+" stops", func() bool { return r.Status()[0].State == runner.Stopped })
			if s := r.Status()[0]; !strings.Contains(s.Reason, runner.ErrDisorder.Error()) || strings.Contains(times(memory), "c") {
				t.Errorf("%s in batches of %d: %+v, rows %s", name, batch, s, times(memory))
			}
		}
	}
}

func TestAStoppedRunnerLeavesNothingRunning(t *testing.T) {
	before := goleak.IgnoreCurrent()
	t.Run("run", func(t *testing.T) {
		group := counting("one", "")
		r := setup{log: projectionstest.NewLog(saying("a")...), sink: projectionstest.NewMemory(group), groups: []projections.Group{group}}.start(t)
		ready(t, r)
	})
	goleak.VerifyNone(t, before)
}

// sinkByGroup keeps each group in a sink of its own.
type sinkByGroup map[string]*projectionstest.Memory

func (s sinkByGroup) Prepare(ctx context.Context, g projections.Group) error {
	return s[g.Name].Prepare(ctx, g)
}

func (s sinkByGroup) WithoutIndexes(ctx context.Context, g projections.Generation) error {
	return s[g.Group.Name].WithoutIndexes(ctx, g)
}

func (s sinkByGroup) Complete(ctx context.Context, g projections.Generation) error {
	return s[g.Group.Name].Complete(ctx, g)
}

func (s sinkByGroup) Lead(ctx context.Context, g projections.Group) (projections.Generation, bool, error) {
	return s[g.Name].Lead(ctx, g)
}

func (s sinkByGroup) Commit(ctx context.Context, g projections.Generation, c *projections.Changes, from, upTo event.Position) error {
	return s[g.Group.Name].Commit(ctx, g, c, from, upTo)
}

func (s sinkByGroup) Release(ctx context.Context, g projections.Generation) {
	s[g.Group.Name].Release(ctx, g)
}

func (s sinkByGroup) Whole(ctx context.Context, g projections.Group) (bool, error) {
	return s[g.Name].Whole(ctx, g)
}

func (s sinkByGroup) Position(ctx context.Context, g projections.Group) (event.Position, error) {
	return s[g.Name].Position(ctx, g)
}

func TestAGroupWithOneNameTwiceIsRefused(t *testing.T) {
	t.Parallel()
	group := counting("one", "")
	group.Projections = append(group.Projections, group.Projections[0])
	if _, err := runner.New(runner.Config{Groups: []projections.Group{group}, Logger: slog.Default()}); err == nil || errors.Is(err, projections.ErrUnavailable) {
		t.Errorf("got %v", err)
	}
}
