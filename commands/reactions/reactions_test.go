package reactions_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/ThreeDotsLabs/watermill/message"
	"github.com/google/uuid"

	"tagtrail/commands/reactions"
	"tagtrail/domain/contact"
	"tagtrail/domain/conversation"
	"tagtrail/domain/event"
	"tagtrail/domain/fault"
	"tagtrail/projections/projectionstest"
)

var errAway = fault.New(fault.Unavailable, "test.away", "it is away")

func TestAReactionSeesWhatItAsksForInOrderAndGoesOnBehindItsCheckpoint(t *testing.T) {
	t.Parallel()
	w := newWorld(t, closings(6)...)
	seen := w.collect(reactions.Reaction{Name: "r", Asks: isClosed})
	w.awaitPosition("r", w.last())
	w.stop()
	if got := seen(); len(got) != 6 || !slices.IsSortedFunc(got, byPosition) {
		t.Fatalf("it saw %v", got)
	}
	w.append(closings(2)...)
	more := w.collect(reactions.Reaction{Name: "r", Asks: isClosed})
	w.awaitPosition("r", w.last())
	w.stop()
	if got := more(); len(got) != 2 || got[0].Position <= seen()[5].Position {
		t.Errorf("after a restart it saw %v", got)
	}
}

func TestAReactionThatNeverRanBeginsWhereTheLogStands(t *testing.T) {
	t.Parallel()
	w := newWorld(t, closings(3)...)
	w.checkpoints.begun = nil
	seen := w.collect(reactions.Reaction{Name: "new", Asks: isClosed})
	w.awaitState("new", reactions.Running)
	w.append(closings(1)...)
	w.awaitPosition("new", w.last())
	w.stop()
	if got := seen(); len(got) != 1 {
		t.Errorf("it saw %v", got)
	}
}

func TestWhatIsOutOfReachIsTriedAgainAndNothingOvertakesIt(t *testing.T) {
	t.Parallel()
	w := newWorld(t, closings(3)...)
	var mu sync.Mutex
	var order []event.Position
	tries := 0
	w.run(reactions.Reaction{Name: "r", Asks: isClosed, React: func(_ context.Context, events []reactions.Event) error {
		mu.Lock()
		defer mu.Unlock()
		if tries++; tries <= 3 {
			return fmt.Errorf("ask: %w", errAway)
		}
		order = append(order, events[0].Position)
		return nil
	}})
	w.awaitPosition("r", w.last())
	w.stop()
	if len(order) != 3 || !slices.IsSorted(order) || tries != 6 {
		t.Errorf("%d tries, in the order %v", tries, order)
	}
	if w.metrics.failed["r/false"] < 3 || w.metrics.failed["r/true"] != 0 {
		t.Errorf("noted %v", w.metrics.failed)
	}
}

func TestAReactionStopsVisiblyAtWhatItCannotPassAndTakesNobodyWithIt(t *testing.T) {
	t.Parallel()
	w := newWorld(t, closings(3)...)
	second := w.log(1).Position
	failing := func(broken func()) reactions.Reaction {
		return reactions.Reaction{Name: "bad", Asks: isClosed, React: func(_ context.Context, events []reactions.Event) error {
			if events[0].Position == second {
				broken()
				return errors.New("no way")
			}
			return nil
		}}
	}
	for name, broken := range map[string]func(){": no way": func() {}, ": a panic: no word": func() { panic("no word") }} {
		t.Run(name, func(t *testing.T) { //nolint:paralleltest // one after the other in one world
			w.checkpoints.set("bad", 0)
			w.checkpoints.set("good", 0)
			w.run(failing(broken), reactions.Reaction{Name: "good", Asks: isClosed, React: func(context.Context, []reactions.Event) error { return nil }})
			w.metrics.await(t, "bad", func(s reactions.Status) bool {
				return s.State == reactions.Stopped && strings.HasSuffix(s.Reason, name) && strings.Contains(s.Reason, fmt.Sprintf("at position %d: ", second))
			})
			w.awaitPosition("good", w.last())
			if at := w.checkpoints.at("bad"); at >= second || at == 0 {
				t.Errorf("it stands at %d, not right before %d", at, second)
			}
			// An operator has it pass the event by, and it goes on by itself.
			w.checkpoints.pass("bad", second)
			w.awaitPosition("bad", w.last())
			w.stop()
			w.checkpoints.pass("bad")
		})
	}
}

func TestOnlyOneProcessLeadsAReactionAndAnotherTakesOver(t *testing.T) {
	t.Parallel()
	w := newWorld(t, closings(2)...)
	first := w.collect(reactions.Reaction{Name: "r", Asks: isClosed})
	w.awaitPosition("r", w.last())

	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	var mu sync.Mutex
	var second []reactions.Event
	config := w.config(reactions.Reaction{Name: "r", Asks: isClosed, React: func(_ context.Context, events []reactions.Event) error {
		mu.Lock()
		defer mu.Unlock()
		second = append(second, events...)
		return nil
	}})
	other := newMetrics()
	config.Metrics = other
	go func() { ended <- reactions.Run(ctx, config) }()
	other.await(t, "r", func(s reactions.Status) bool { return s.State == reactions.Standby })
	w.stop()
	other.await(t, "r", func(s reactions.Status) bool { return s.State == reactions.Running })
	w.append(closings(1)...)
	other.await(t, "r", func(s reactions.Status) bool { return s.Position == w.last() })
	cancel()
	if err := <-ended; err != nil {
		t.Fatal(err)
	}
	if len(first()) != 2 || len(second) != 1 {
		t.Errorf("the first saw %d, the second %d", len(first()), len(second))
	}
}

func TestALeaderThatWasOvertakenMovesNothing(t *testing.T) {
	t.Parallel()
	w := newWorld(t, closings(1)...)
	reacting, goOn := make(chan struct{}, 8), make(chan struct{}, 8)
	w.run(reactions.Reaction{Name: "r", Asks: isClosed, React: func(ctx context.Context, _ []reactions.Event) error {
		reacting <- struct{}{}
		select {
		case <-goOn:
		case <-ctx.Done():
		}
		return ctx.Err()
	}})
	<-reacting
	w.checkpoints.takeOver("r")
	goOn <- struct{}{}
	<-reacting // in another term, since the checkpoint did not move
	if at := w.checkpoints.at("r"); at != 0 {
		t.Errorf("the checkpoint moved to %d", at)
	}
	goOn <- struct{}{}
	w.awaitPosition("r", w.last())
	w.stop()
}

func TestAReviewComesAtTheBeginningAndAfterItsPauseAndAgainWhenItFails(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	reviews := make(chan int)
	n := 0
	w.run(reactions.Reaction{Name: "r", Asks: isClosed, Review: func(ctx context.Context, _ event.Position) (time.Duration, error) {
		n++
		select {
		case reviews <- n:
		case <-ctx.Done():
		}
		if n == 2 {
			return 0, errAway
		}
		return time.Millisecond, nil
	}, React: func(context.Context, []reactions.Event) error { return nil }})
	for want := 1; want <= 4; want++ {
		if got := <-reviews; got != want {
			t.Fatalf("review %d is %d", want, got)
		}
	}
	w.stop()
}

func TestAReviewThatNeverCanStopsTheReaction(t *testing.T) {
	t.Parallel()
	for reason, broken := range map[string]func() error{"review: no way": func() error { return errors.New("no way") }, "review: a panic: no word": func() error { panic("no word") }} {
		w := newWorld(t)
		w.run(reactions.Reaction{Name: "r", Asks: isClosed, Review: func(context.Context, event.Position) (time.Duration, error) {
			return 0, broken()
		}, React: func(context.Context, []reactions.Event) error { return nil }})
		w.metrics.await(t, "r", func(s reactions.Status) bool { return s.State == reactions.Stopped && s.Reason == reason })
		w.stop()
	}
}

func TestCommandsThatFollowFromAnEventAreTheSameEachTime(t *testing.T) {
	t.Parallel()
	e := reactions.Event{ID: uuid.MustParse("0197a1b2-0000-7000-8000-0000000000e1")}
	seen := map[string]string{}
	for _, reaction := range []string{"a", "b"} {
		for ordinal := range 2 {
			ids := map[string]bool{}
			for range 2 {
				ids[reactions.CommandID(reaction, e, ordinal).String()] = true
			}
			if len(ids) != 1 {
				t.Errorf("%s %d has the ids %v", reaction, ordinal, ids)
			}
			for id := range ids {
				if before, taken := seen[id]; taken {
					t.Errorf("%s %d has the id of %s", reaction, ordinal, before)
				}
				seen[id] = fmt.Sprint(reaction, ordinal)
			}
		}
	}
}

func isClosed(eventType string) bool { return eventType == conversation.Closed{}.EventName() }

func byPosition(a, b reactions.Event) int { return int(a.Position) - int(b.Position) } //nolint:gosec // small

// closings are conversations that were closed, with what nobody asks for in between.
func closings(n int) []event.Event {
	var all []event.Event
	for i := range n {
		all = append(all, conversation.Closed{Number: i + 1}, conversation.Opened{Number: i + 2})
	}
	return all
}

// world is a log, checkpoints in memory, and who reacts.
type world struct {
	t           *testing.T
	held        *projectionstest.Log
	events      []event.Recorded[event.Event]
	checkpoints *checkpoints
	metrics     *metrics
	cancel      context.CancelFunc
	ended       chan error
}

func newWorld(t *testing.T, events ...event.Event) *world {
	t.Helper()
	w := &world{t: t, held: projectionstest.NewLog(), checkpoints: newCheckpoints(), metrics: newMetrics()}
	for _, name := range []string{"r", "bad", "good"} {
		w.checkpoints.set(name, 0)
	}
	w.append(events...)
	return w
}

func (w *world) append(events ...event.Event) {
	stream := conversation.Stream(contact.ID{UUID: uuid.New()})
	more := projectionstest.History(uuid.New(), projectionstest.On(stream, events...))
	for i := range more {
		more[i].ID, more[i].Position = uuid.New(), w.last()+event.Position(10*(i+1)) //nolint:gosec // small
	}
	w.events = append(w.events, more...)
	w.held.Append(more...)
}

// log answers the nth event that reactions ask for.
func (w *world) log(n int) reactions.Event { return w.events[2*n] }

func (w *world) last() event.Position {
	if len(w.events) == 0 {
		return 0
	}
	return w.events[len(w.events)-1].Position
}

func (w *world) config(of ...reactions.Reaction) reactions.Config {
	return reactions.Config{
		Reactions: of, Checkpoints: w.checkpoints, Subscribe: w.held.Subscribe, Head: w.held.Head, Metrics: w.metrics,
		Logger: slog.New(slog.DiscardHandler), Poll: time.Millisecond,
		Decode: func(ctx context.Context, msg *message.Message, wanted func(string, event.Position) bool) ([]reactions.Event, error) {
			events, err := w.held.Decode(ctx, msg)
			return slices.DeleteFunc(events, func(e reactions.Event) bool { return !wanted(e.Data.EventName(), e.Position) }), err
		},
	}
}

func (w *world) run(of ...reactions.Reaction) {
	ctx, cancel := context.WithCancel(w.t.Context())
	w.cancel, w.ended, w.metrics = cancel, make(chan error, 1), newMetrics()
	config := w.config(of...)
	go func() { w.ended <- reactions.Run(ctx, config) }()
}

func (w *world) stop() {
	w.t.Helper()
	w.cancel()
	if err := <-w.ended; err != nil {
		w.t.Fatal(err)
	}
}

// collect runs a reaction that remembers what it sees.
func (w *world) collect(r reactions.Reaction) func() []reactions.Event {
	var mu sync.Mutex
	var seen []reactions.Event
	r.React = func(_ context.Context, events []reactions.Event) error {
		mu.Lock()
		defer mu.Unlock()
		seen = append(seen, events...)
		return nil
	}
	w.run(r)
	return func() []reactions.Event {
		mu.Lock()
		defer mu.Unlock()
		return slices.Clone(seen)
	}
}

func (w *world) awaitPosition(reaction string, at event.Position) {
	w.t.Helper()
	w.metrics.await(w.t, reaction, func(s reactions.Status) bool { return s.Position == at })
}

func (w *world) awaitState(reaction string, state reactions.State) {
	w.t.Helper()
	w.metrics.await(w.t, reaction, func(s reactions.Status) bool { return s.State == state })
}
