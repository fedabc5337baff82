package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"regexp"
	"slices"
	"strconv"
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
	notes   []string
	failed  []error
}

// wanted says whether any row of these is to be measured, so that what they need must be opened.
func (t *table) wanted(names ...string) bool { return slices.ContainsFunc(names, t.only.MatchString) }

// note says below the table how a row is to be read.
func (t *table) note(text string) { t.notes = append(t.notes, text) }

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
			return t.fail(ctx, err)
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

// fail passes the row over, unless nobody wants the others any more.
func (t *table) fail(ctx context.Context, err error) error {
	if ctx.Err() == nil {
		t.failed = append(t.failed, err)
	}
	return ctx.Err()
}

// round answers the means of both sides.
func (t *table) round(ctx context.Context, r row, round int) (ours, yardstick float64, err error) {
	count := pieces
	if r.whole {
		count = 1
	}
	sums := [2]float64{}
	err = turns(ctx, r.name, count, round, [2]string{r.ours.name, r.yardstick.name}, func(ctx context.Context, which int) error {
		figure, err := [2]side{r.ours, r.yardstick}[which].measure(ctx)
		sums[which] += figure
		return err
	})
	return sums[0] / float64(count), sums[1] / float64(count), err
}

// turns lets two sides take turns, as often as there are pieces; who begins changes each time.
func turns(ctx context.Context, row string, pieces, round int, names [2]string, turn func(ctx context.Context, which int) error) error {
	for piece := range pieces {
		first := (round + piece) % 2
		for _, which := range [2]int{first, 1 - first} {
			err := turn(ctx, which)
			if err == nil {
				err = ctx.Err()
			}
			if err != nil {
				return fmt.Errorf("%s, %s: %w", row, names[which], err)
			}
		}
	}
	return nil
}

func (t *table) print() {
	if len(t.results) == 0 {
		return
	}
	w := tabwriter.NewWriter(t.out, 0, 0, 2, ' ', 0)
	_, _ = fmt.Fprintln(w, "what\tgoal\tours\tyardstick\tratio, median (min–max)\tgoal met\t")
	for _, r := range t.results {
		goal := r.goal
		if goal == "" {
			goal = "–"
		}
		low, high := slices.Min(r.ratio), slices.Max(r.ratio)
		_, _ = fmt.Fprintf(w, "%s\t%s\t%s %s\t%s %s\t%.2f (%.2f–%.2f)\t%s\t\n",
			r.name, goal, r.row.ours.name, figure(median(r.ours), r.unit), r.row.yardstick.name, figure(median(r.yardstick), r.unit), median(r.ratio), low, high, r.verdict())
	}
	_ = w.Flush()
	_, _ = fmt.Fprintf(t.out, "%d rounds each, ours and yardstick in turns; where a goal has a unit it is about ours, else about the ratio\n", t.rounds)
	for _, text := range t.notes {
		_, _ = fmt.Fprintln(t.out, text)
	}
}

// wished is one condition of a goal, as in "≥ 0.9" or "≤ 5 ms".
var wished = regexp.MustCompile(`([≥≤]) ([0-9.]+)( ms)?`)

// verdict says whether the medians meet all that the goal asks.
func (r result) verdict() string {
	met := "–"
	for _, w := range wished.FindAllStringSubmatch(r.goal, -1) {
		limit, _ := strconv.ParseFloat(w[2], 64)
		is := median(r.ratio)
		if w[3] != "" {
			is = median(r.ours)
		}
		if w[1] == "≥" && is < limit || w[1] == "≤" && is > limit {
			return "no"
		}
		met = "yes"
	}
	return met
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
