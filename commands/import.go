package commands

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strconv"
	"sync"

	"github.com/google/uuid"
	"golang.org/x/sync/errgroup"

	"tagtrail/domain/event"
	"tagtrail/domain/importing"
	"tagtrail/domain/tag"
)

// Import asks that the rows of a file become contacts.
//
// Rows are taken in batches. Those of a batch are worked at side by side, but
// rows about the same contact one after the other and written by one append, so
// that of them all is done or nothing. Each row is a command of its own, whose id
// follows from the import's and its line: what an import that was interrupted had
// done already is met again and written once.
type Import struct {
	Settings importing.Settings
	Open     func() (importing.Sheet, error)                                                   // reads the file from its beginning
	Done     ImportProgress                                                                    // what an earlier run that was interrupted had kept
	Keep     func(ctx context.Context, progress ImportProgress, rows []importing.Result) error // keeps what came of a batch
}

// ImportProgress is how far an import is. What is kept together with it does not happen again.
type ImportProgress struct {
	Batches  int
	Tally    importing.Tally
	Refusals importing.Refusals
}

const (
	importBatch  = 1000 // rows that are kept together
	importAtOnce = 48   // contacts at a time: enough for the log to write many with one sync
)

// Import runs an import to its end and answers the tally of all its rows. The
// origin names the operation, under which every event is recorded. A dry run
// decides the same on a log of its own.
func (s *Service) Import(ctx context.Context, cmd Import) (importing.Tally, error) {
	im, err := s.beginImport(ctx, cmd)
	if err != nil {
		return importing.Tally{}, err
	}
	sheet, err := cmd.Open()
	if err != nil {
		return importing.Tally{}, err
	}
	if err := im.readHeader(ctx, sheet.Header()); err != nil {
		return importing.Tally{}, err
	}
	if im.rehearsal != nil {
		if im.repeated, err = im.findRepeated(sheet); err != nil {
			return importing.Tally{}, err
		}
		if sheet, err = cmd.Open(); err != nil {
			return importing.Tally{}, err
		}
	}
	progress := cmd.Done
	if im.rehearsal != nil {
		progress = ImportProgress{} // what it had written besides the log is gone
	}
	if err := skip(sheet, progress.Tally.Rows); err != nil {
		return progress.Tally, err
	}
	for {
		rows, ended, err := next(sheet, importBatch)
		if err != nil {
			return progress.Tally, err
		}
		if len(rows) > 0 {
			results, tally, err := im.batch(ctx, rows)
			if err != nil {
				return progress.Tally, err
			}
			progress.Batches++
			progress.Tally, progress.Refusals = progress.Tally.Plus(tally), progress.Refusals.Plus(results)
			if err := cmd.Keep(ctx, progress, results); err != nil {
				return progress.Tally, fmt.Errorf("keep what came of the rows up to %d: %w", progress.Tally.Rows, err)
			}
		}
		if ended {
			progress.Tally.TagsCreated, err = im.tagsCreated(ctx)
			return progress.Tally, err
		}
	}
}

// CheckImport answers what the columns of a file hold, or why it cannot be taken.
func (s *Service) CheckImport(ctx context.Context, settings importing.Settings, header []string) ([]importing.Column, error) {
	im, err := s.beginImport(ctx, Import{Settings: settings})
	if err != nil {
		return nil, err
	}
	err = im.readHeader(ctx, header)
	return im.columns, err
}

// skip passes over rows whose results are kept.
func skip(sheet importing.Sheet, rows int) error {
	for range rows {
		if _, err := sheet.Next(); err != nil {
			return err
		}
	}
	return nil
}

// next answers the next rows, and whether they are the last.
func next(sheet importing.Sheet, most int) (rows []importing.Row, ended bool, err error) {
	for len(rows) < most {
		row, err := sheet.Next()
		if errors.Is(err, io.EOF) {
			return rows, true, nil
		}
		if err != nil {
			return nil, false, err
		}
		rows = append(rows, row)
	}
	return rows, false, nil
}

// running is an import while it runs.
type running struct {
	*Service
	rehearsal *rehearsal // of a dry run
	settings  importing.Settings
	scope     string
	columns   []importing.Column
	begun     bool           // whether a batch is done: no earlier run came to those behind it
	met       map[string]met // of the identities of a batch
	repeated  map[uint64]int // how many rows are to come, by a hash of whoever has more than one, of a dry run

	turn     sync.Mutex // of whoever gives the catalogue a tag
	catalog  *tag.Catalog
	revision event.Revision
	tagLimit int

	allowance sync.Mutex
	limit     int // of the plan; 0 is none
	left      int // how many more contacts it allows
}

func (s *Service) beginImport(ctx context.Context, cmd Import) (*running, error) {
	settings, err := cmd.Settings.Check()
	if err != nil {
		return nil, err
	}
	im := &running{Service: s, settings: settings}
	if settings.DryRun {
		im.Service, im.rehearsal = s.rehearsed()
	}
	org := originOf(ctx).Organization
	o, err := im.organization(ctx, org)
	if err != nil {
		return nil, err
	}
	if settings.Channel != uuid.Nil {
		if _, err := o.Channel(settings.Channel); err != nil {
			return nil, err
		}
	}
	if im.scope, err = im.channelScope(ctx, settings.Channel); err != nil {
		return nil, err
	}
	if im.limit = o.ContactLimit; im.limit > 0 {
		n, err := s.counts.Contacts(ctx, org)
		if err != nil {
			return nil, err
		}
		im.left = max(im.limit-n, 0)
	}
	return im, im.refresh(ctx)
}

// refresh takes the catalogue and the limit of tags as they are now; a batch is decided on those of its beginning.
func (im *running) refresh(ctx context.Context) error {
	org := originOf(ctx).Organization
	o, err := im.organization(ctx, org)
	if err != nil {
		return err
	}
	im.tagLimit = o.TagLimit()
	im.catalog, im.revision, err = im.Service.catalog(ctx, org)
	return err
}

// seen answers the revision of the catalogue that is decided on.
func (im *running) seen() *event.Revision {
	im.turn.Lock()
	defer im.turn.Unlock()
	revision := im.revision
	return &revision
}

func (im *running) readHeader(ctx context.Context, header []string) error {
	o, err := im.organization(ctx, originOf(ctx).Organization)
	if err != nil {
		return err
	}
	im.columns, err = importing.Columns(header, im.settings, im.catalog, o.Fields())
	return err
}

// batch works at rows side by side, and answers what came of each in their order.
func (im *running) batch(ctx context.Context, rows []importing.Row) ([]importing.Result, importing.Tally, error) {
	if err := im.refresh(ctx); err != nil {
		return nil, importing.Tally{}, err
	}
	results := make([]importing.Result, len(rows))
	groups := map[string][]wished{}
	var order []string
	for i, row := range rows {
		wish, refusal := importing.Read(row, im.columns, im.settings.TagsMode)
		results[i] = importing.Result{Line: row.Line}
		if refusal != nil {
			results[i].Refuse(*refusal)
			continue
		}
		key := wish.Key()
		if groups[key] == nil {
			order = append(order, key)
		}
		groups[key] = append(groups[key], wished{wish, &results[i]})
	}
	if err := im.introduce(ctx, groups); err != nil {
		return nil, importing.Tally{}, err
	}
	working, cancelled := errgroup.WithContext(ctx)
	working.SetLimit(importAtOnce)
	if im.limit > 0 && im.left < len(rows) {
		working.SetLimit(1) // so that it is the first that the plan still allows
	}
	for _, key := range order {
		more := im.more(key, len(groups[key]))
		working.Go(func() error { return im.take(cancelled, groups[key], more) })
	}
	if err := working.Wait(); err != nil {
		return nil, importing.Tally{}, err
	}
	im.begun = true
	tally := importing.Tally{}
	for i := range results {
		if results[i].Outcome == importing.Refused {
			results[i].Cells = cellsOf(rows[i])
		}
		tally.Count(results[i])
	}
	return results, tally, nil
}

func cellsOf(row importing.Row) []string {
	cells := make([]string, len(row.Cells))
	for i, cell := range row.Cells {
		cells[i] = cell.Text
	}
	return cells
}

// row answers the id of the command that a row is.
func row(operation uuid.UUID, line int) uuid.UUID {
	return derive(operation, "row", strconv.Itoa(line))
}

// tagsCreated counts what the import gave the catalogue.
func (im *running) tagsCreated(ctx context.Context) (int, error) {
	if im.settings.UnknownTags != importing.CreateUnknown {
		return 0, nil
	}
	origin := originOf(ctx)
	n := 0
	for recorded, err := range im.store.ReadStream(ctx, origin.Organization.CatalogStream(), 0) {
		if err != nil {
			return 0, err
		}
		if _, created := recorded.Data.(tag.Created); created && recorded.Metadata.OperationID == origin.OperationID {
			n++
		}
	}
	return n, nil
}
