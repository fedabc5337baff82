package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"time"

	"github.com/google/uuid"

	"tagtrail/adapters/files"
	"tagtrail/commands"
	"tagtrail/domain/event"
	"tagtrail/domain/importing"
)

// load is a file whose import is weighed.
type load struct {
	name   string
	format files.Format
	each   int // rows there are of a person
	dry    bool
}

func (l load) row(rows int) string {
	return fmt.Sprintf("heap while %d rows are taken: %s", rows, l.name)
}

// weighing measures what imports of large files hold of the heap: what they keep for each row would make the second half
// heavier than the first. How long each takes is said on the way.
func weighing(ctx context.Context, t *table) (err error) {
	loads := []load{
		{"CSV, rehearsed", files.CSV, 1, true}, {"Excel, rehearsed", files.XLSX, 1, true},
		{"CSV, everybody twice, rehearsed", files.CSV, 2, true}, {"CSV", files.CSV, 1, false},
	}
	names := make([]string, len(loads))
	for i, l := range loads {
		names[i] = l.row(t.heavy)
	}
	if !t.wanted(names...) {
		return nil
	}
	s, err := openService(ctx, filepath.Join(t.dir, "weighing"))
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, s.close()) }()
	stop, err := s.project(ctx, console())
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, stop()) }()
	for i, l := range loads {
		if !t.wanted(names[i]) {
			continue
		}
		goal := "≤ 1.1"
		if l.each > 1 {
			goal = "" // whoever comes again is remembered until then
		}
		began := time.Now()
		halves, err := s.weigh(ctx, l, filepath.Join(t.dir, "weighed"), t.heavy)
		if err != nil {
			return t.fail(ctx, fmt.Errorf("%s: %w", names[i], err))
		}
		fmt.Fprintf(os.Stderr, "%s: %s\n", names[i], time.Since(began).Round(time.Second))
		t.results = append(t.results, result{
			row:  row{name: names[i], goal: goal, unit: "MiB", ours: side{name: "second half"}, yardstick: side{name: "first half"}},
			ours: halves[1:], yardstick: halves[:1], ratio: []float64{halves[1] / halves[0]},
		})
	}
	return nil
}

// weigh imports a file, and answers the most that the heap held in either half, in MiB.
func (s *service) weigh(ctx context.Context, l load, path string, rows int) ([]float64, error) {
	if err := writeLoad(l, path, rows); err != nil {
		return nil, err
	}
	stat, err := os.Stat(path)
	if err != nil {
		return nil, err
	}
	var opened []*os.File
	defer func() {
		for _, file := range opened {
			_ = file.Close()
		}
	}()
	halves := make([]float64, 2)
	asked := commands.WithOrigin(ctx, commands.Origin{Organization: s.org, Actor: s.actor(), Source: event.Import, OperationID: uuid.Must(uuid.NewV7())})
	tally, err := s.commands.Import(asked, commands.Import{
		Settings: importing.Settings{UnknownTags: importing.SkipUnknown, DryRun: l.dry},
		Open: func() (importing.Sheet, error) {
			file, err := os.Open(path)
			if err != nil {
				return nil, err
			}
			opened = append(opened, file)
			return files.Open(file, stat.Size(), files.Options{})
		},
		Keep: func(_ context.Context, now commands.ImportProgress, _ []importing.Result) error {
			const looks = 20
			if at := now.Tally.Rows; at%max(rows/looks, 1) < 1000 {
				half := &halves[min(2*(at-1)/rows, 1)]
				*half = max(*half, float64(inUse())/(1<<20))
			}
			return nil
		},
	})
	if err == nil && (tally.Rows != rows || tally.Created != rows/l.each) {
		err = fmt.Errorf("counts %+v", tally)
	}
	return halves, err
}

// writeLoad writes a row about each person, and then the same rows again where there are several of each.
func writeLoad(l load, path string, rows int) error {
	file, err := os.Create(path)
	if err != nil {
		return err
	}
	defer func() { _ = file.Close() }()
	out := files.NewWriter(file, l.format, false)
	err = out.Write([]string{"id", "name", "tags"})
	for n := 0; n < rows && err == nil; n++ {
		person := n % (rows / l.each)
		err = out.Write([]string{fmt.Sprintf("1%03d%07d", 201+person/7_000_000, 2_000_000+person%7_000_000), "Somebody " + strconv.Itoa(person), "new"})
	}
	return errors.Join(err, out.Close())
}
