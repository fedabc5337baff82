package main

import (
	"context"
	"fmt"
	"os"
	"slices"
	"time"
)

// sample is one half of a row of times: it works for a turn and answers how many milliseconds each thing took.
type sample struct {
	name    string
	measure func(ctx context.Context) ([]float64, error)
}

// times sets how long ours takes beside a yardstick. The median and the 99th percentile are rows of their own, out of the same measurement.
type times struct {
	name            string
	goal50, goal99  string
	ours, yardstick sample
}

func (r times) names() []string { return []string{r.name + ", p50", r.name + ", p99"} }

// addTimes lets both sides take turns as add does. The times of all pieces of a round are ranked together.
func (t *table) addTimes(ctx context.Context, r times) error {
	if !t.wanted(r.names()...) {
		return nil
	}
	fmt.Fprintf(os.Stderr, "%s …\n", r.name)
	ranked := [2]result{}
	for i, name := range r.names() {
		ranked[i].row = row{name: name, goal: [2]string{r.goal50, r.goal99}[i], unit: " ms", ours: side{name: r.ours.name}, yardstick: side{name: r.yardstick.name}}
	}
	for round := range t.rounds + 1 {
		took := [2][]float64{}
		err := turns(ctx, r.name, pieces, round, [2]string{r.ours.name, r.yardstick.name}, func(ctx context.Context, which int) error {
			some, err := [2]sample{r.ours, r.yardstick}[which].measure(ctx)
			took[which] = append(took[which], some...)
			return err
		})
		if err != nil {
			return t.fail(ctx, err)
		}
		if round == 0 {
			continue // to warm up
		}
		for i, rank := range []float64{0.5, 0.99} {
			ours, yardstick := atRank(took[0], rank), atRank(took[1], rank)
			ranked[i].ours = append(ranked[i].ours, ours)
			ranked[i].yardstick = append(ranked[i].yardstick, yardstick)
			ranked[i].ratio = append(ranked[i].ratio, ours/yardstick)
		}
	}
	t.results = append(t.results, ranked[:]...)
	return nil
}

// atRank answers the time that a share of all times does not exceed.
func atRank(took []float64, rank float64) float64 {
	slices.Sort(took)
	return took[min(int(rank*float64(len(took))), len(took)-1)]
}

// oneByOne does a thing again and again until the turn is over, at least once, and answers how long each took.
func oneByOne(turn time.Duration, do func(ctx context.Context) error) func(ctx context.Context) ([]float64, error) {
	return func(ctx context.Context) ([]float64, error) {
		var took []float64
		for began := time.Now(); len(took) == 0 || time.Since(began) < turn; {
			asked := time.Now()
			if err := do(ctx); err != nil {
				return nil, err
			}
			took = append(took, milliseconds(time.Since(asked)))
		}
		return took, nil
	}
}

func milliseconds(d time.Duration) float64 { return float64(d) / float64(time.Millisecond) }
