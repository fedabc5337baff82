package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"text/tabwriter"
)

// side is one half of a row: it works for a turn and answers its figure.
type side struct {
	name    string
	measure func(ctx context.Context) (float64, error)
}

// row sets ours beside a yardstick in the same unit.
type row struct {
	name            string
	goal            string // a ratio to be reached; empty where there is none
	unit            string
	whole           bool // a turn cannot be cut into slices
	ours, yardstick side
}

type result struct {
	row
	ours, yardstick, ratio []float64
}

// table measures rows as they are added, and prints them all at the end.
type table struct {
	plan
	out     io.Writer
	results []result
}

// wanted says whether any row of these is to be measured, so that what they need must be opened.
func (t *table) wanted(names ...string) bool { return slices.ContainsFunc(names, t.only.MatchString) }

// pieces is how often the sides change hands within a round, so that a disturbance hits both sides.
const pieces = 4

// add lets both sides take turns, and who begins changes each time: what one leaves to the disk hits either alike.
func (t *table) add(ctx context.Context, r row) error {
	if !t.wanted(r.name) {
		return nil
	}
	fmt.Fprintf(os.Stderr, "%s …\n", r.name)
	measured := result{row: r}
	for round := range t.rounds + 1 {
		ours, yardstick, err := t.round(ctx, r, round)
		if err != nil {
			return err
		}
		if round == 0 {
			continue // to warm up
		}
		measured.ours = append(measured.ours, ours)
		measured.yardstick = append(measured.yardstick, yardstick)
		measured.ratio = append(measured.ratio, ours/yardstick)
	}
	t.results = append(t.results, measured)
	return nil
}

// round answers the means of both sides.
func (t *table) round(ctx context.Context, r row, round int) (ours, yardstick float64, err error) {
	count := pieces
	if r.whole {
		count = 1
	}
	sums := [2]float64{}
	sides := [2]side{r.ours, r.yardstick}
	for piece := range count {
		first := (round + piece) % 2
		for _, which := range [2]int{first, 1 - first} {
			figure, err := sides[which].measure(ctx)
			if err == nil {
				err = ctx.Err()
			}
			if err != nil {
				return 0, 0, fmt.Errorf("%s, %s: %w", r.name, sides[which].name, err)
			}
			sums[which] += figure
		}
	}
	return sums[0] / float64(count), sums[1] / float64(count), nil
}

func (t *table) print() {
	w := tabwriter.NewWriter(t.out, 0, 0, 2, ' ', 0)
	_, _ = fmt.Fprintln(w, "what\tgoal\tours\tyardstick\tratio, median (min–max)\t")
	for _, r := range t.results {
		goal := r.goal
		if goal == "" {
			goal = "–"
		}
		low, high := slices.Min(r.ratio), slices.Max(r.ratio)
		_, _ = fmt.Fprintf(w, "%s\t%s\t%s %s\t%s %s\t%.2f (%.2f–%.2f)\t\n",
			r.name, goal, r.row.ours.name, figure(median(r.ours), r.unit), r.row.yardstick.name, figure(median(r.yardstick), r.unit), median(r.ratio), low, high)
	}
	_ = w.Flush()
	_, _ = fmt.Fprintf(t.out, "%d rounds each, ours and yardstick in turns\n", t.rounds)
}

func median(figures []float64) float64 {
	sorted := slices.Sorted(slices.Values(figures))
	middle := len(sorted) / 2
	if len(sorted)%2 == 1 {
		return sorted[middle]
	}
	return (sorted[middle-1] + sorted[middle]) / 2
}

// figure writes a number as people read it: 12,345/s or 0.123 ms.
func figure(f float64, unit string) string {
	if f < 100 {
		return strings.TrimSpace(fmt.Sprintf("%.3f %s", f, unit))
	}
	digits := fmt.Sprintf("%.0f", f)
	var grouped strings.Builder
	for i, d := range digits {
		if i > 0 && (len(digits)-i)%3 == 0 {
			grouped.WriteByte(',')
		}
		grouped.WriteRune(d)
	}
	return grouped.String() + unit
}
