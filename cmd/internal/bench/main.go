// Command bench measures how fast tagtrail is beside a yardstick for each goal, all in one run, and prints one table.
//
// The machine's own speed changes from minute to minute, so that an absolute figure says little: ours and its yardstick
// take turns for several rounds, in one process and on one disk, and the ratio is what counts.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"regexp"
	"runtime/pprof"
	"syscall"
	"time"

	"tagtrail/cmd/internal/app"
)

// plan says how long to measure, and what.
type plan struct {
	dir    string        // where the data lies while it is measured
	rounds int           // of both sides of each row, after one that does not count
	turn   time.Duration // of one side, before the other takes over
	events int           // of a log that is read from one end to the other
	crowd  int           // contacts of the organisation whose lists are read
	lives  int           // contacts whose events are in the log that becomes tables
	file   int           // rows of a file that is imported
	heavy  int           // rows of a file whose import is weighed
	only   *regexp.Regexp
}

func main() {
	quick := flag.Bool("quick", false, "shorter rounds, for a first impression")
	rounds := flag.Int("rounds", 0, "rounds of each row (7; 5 with -quick)")
	dir := flag.String("dir", os.TempDir(), "where to put the data: a directory of the disk to measure")
	crowd := flag.Int("contacts", 0, "contacts in the tables (1,000,000; 50,000 with -quick)")
	lives := flag.Int("lives", 0, "contacts whose events are in the log (50,000; 2,500 with -quick)")
	file := flag.Int("rows", 0, "rows of a file that is imported (20,000, and 100,000 where it is weighed; 1,000 and 10,000 with -quick)")
	only := flag.String("only", "", "measure only the rows that match this expression")
	profile := flag.String("cpuprofile", "", "write a CPU profile to this file")
	flag.Parse()

	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	app.PaceGarbageCollector() // as whoever serves does
	p := plan{rounds: 7, turn: 350 * time.Millisecond, events: 200_000, crowd: 1_000_000, lives: 50_000, file: 20_000, heavy: 100_000}
	if *quick {
		p = plan{rounds: 5, turn: 50 * time.Millisecond, events: 50_000, crowd: 50_000, lives: 2_500, file: 1_000, heavy: 10_000}
	}
	if *rounds > 0 {
		p.rounds = *rounds
	}
	if *crowd > 0 {
		p.crowd = *crowd
	}
	if *lives > 0 {
		p.lives = *lives
	}
	if *file > 0 {
		p.file, p.heavy = *file, *file
	}
	if err := run(ctx, p, *dir, *only, *profile); err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		stop()
		os.Exit(1)
	}
}

func run(ctx context.Context, p plan, parent, only, profile string) (err error) {
	if p.only, err = regexp.Compile(only); err != nil {
		return fmt.Errorf("read -only: %w", err)
	}
	if p.dir, err = os.MkdirTemp(parent, "tb"); err != nil {
		return err
	}
	defer func() { _ = os.RemoveAll(p.dir) }()
	if profile != "" {
		f, err := os.Create(profile)
		if err != nil {
			return err
		}
		defer func() { _ = f.Close() }()
		if err := pprof.StartCPUProfile(f); err != nil {
			return err
		}
		defer pprof.StopCPUProfile()
	}
	return measure(ctx, p, os.Stdout)
}

// chapters open what a few rows share, measure them, and close it again. What was measured is printed, whatever else
// could not be.
func measure(ctx context.Context, p plan, out io.Writer) error {
	t := &table{plan: p, out: out}
	for _, chapter := range []func(context.Context, *table) error{theLog, theWire, catchUp, live, tables, weighing} {
		if err := chapter(ctx, t); err != nil {
			t.failed = append(t.failed, err)
		}
		if ctx.Err() != nil {
			break
		}
	}
	t.print()
	return errors.Join(t.failed...)
}
