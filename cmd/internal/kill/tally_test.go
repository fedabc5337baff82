package kill_test

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

// tally counts what was done and checked, over all trials of a run.
type tally struct {
	cycles, rebuilds                 atomic.Int64
	acknowledged, idle, refused      atomic.Int64 // commands whose outcome was judged
	resent, tookEffectBefore         atomic.Int64 // commands without an answer, and those of them that the answer had been lost of
	replayed                         atomic.Int64 // commands that were sent again on purpose
	delivered, deliveriesRepeated    atomic.Int64
	reads, readsRefused, readsJudged atomic.Int64
	events, rows                     atomic.Int64 // compared at the ends of trials
	mending, looking                 atomic.Int64 // nanoseconds
	mu                               sync.Mutex
	kills                            map[target]int
	processes                        int
}

func newTally() *tally { return &tally{kills: map[target]int{}} }

func (t *tally) killed(at target, processes int) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.kills[at]++
	t.processes += processes
}

// survived counts a cycle, and says now and then how many there were to whoever waits.
func (t *tally) survived() {
	const often = 100
	if n := t.cycles.Add(1); n%often == 0 {
		fmt.Printf("%d cycles, %d commands acknowledged and found once\n", n, t.acknowledged.Load())
	}
}

// order counts an order that was judged.
func (t *tally) order(o order, did bool) {
	switch {
	case did:
		t.acknowledged.Add(1)
	case o.ok():
		t.idle.Add(1)
	default:
		t.refused.Add(1)
	}
	if o.sendings > 1 {
		t.resent.Add(1)
	}
	if o.sendings > 1 && o.answer.replayed {
		t.tookEffectBefore.Add(1)
	}
}

// print says it all in a few lines.
func (t *tally) print(seed uint64, took time.Duration) string {
	t.mu.Lock()
	defer t.mu.Unlock()
	var kills []string
	for _, at := range slices.Sorted(maps.Keys(t.kills)) {
		kills = append(kills, fmt.Sprintf("%s %d", at, t.kills[at]))
	}
	var b strings.Builder
	line := func(name, format string, args ...any) {
		fmt.Fprintf(&b, "%-12s "+format+"\n", append([]any{name}, args...)...)
	}
	line("seed", "%d", seed)
	line("cycles", "%d in %s, %.2f s each", t.cycles.Load(), took.Round(time.Second), took.Seconds()/float64(max(1, t.cycles.Load())))
	line("of it", "%.2f s to start what was killed, %.2f s to look at everything", t.mean(&t.mending), t.mean(&t.looking))
	line("kills", "%s; %d processes", strings.Join(kills, ", "), t.processes)
	line("commands", "%d acknowledged and found once in the log, %d had nothing to do, %d refused", t.acknowledged.Load(), t.idle.Load(), t.refused.Load())
	line("unanswered", "%d sent again, %d of them had taken effect before; %d more repeated on purpose", t.resent.Load(), t.tookEffectBefore.Load(), t.replayed.Load())
	line("deliveries", "%d acknowledged, %d times delivered again", t.delivered.Load(), t.deliveriesRepeated.Load())
	line("reads", "%d answered and %d judged by the position that they named, %d refused for the moment", t.reads.Load(), t.readsJudged.Load(), t.readsRefused.Load())
	line("tables", "equal to a rebuild after each cycle; %d rebuilds from the first event on, of %d events to %d rows", t.rebuilds.Load(), t.events.Load(), t.rows.Load())
	return b.String()
}

// mean answers the seconds of one cycle.
func (t *tally) mean(total *atomic.Int64) float64 {
	return time.Duration(total.Load()).Seconds() / float64(max(1, t.cycles.Load()))
}
