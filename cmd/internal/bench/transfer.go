package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"runtime"
	"runtime/metrics"
	"strings"
	"sync"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"tagtrail/adapters/files"
	"tagtrail/adapters/postgres"
	"tagtrail/commands"
	"tagtrail/domain/event"
	"tagtrail/domain/importing"
	"tagtrail/readmodels"
)

const (
	exporting   = "all contacts as a CSV file"
	importingIn = "a file of contacts until they are visible"
	decided     = "a file of contacts until they are in the log"
)

// transfer measures files out and in, and what others notice of them: goals 9, 14 and 15.
func transfer(ctx context.Context, t *table, h *house) error {
	beside := times{name: "command → visible while an import runs", goal99: "9: ≤ 75 ms"}
	if !t.wanted(append(beside.names(), exporting, importingIn, decided)...) {
		return nil
	}
	conn, err := alone(ctx, h.reads)
	if err != nil {
		return err
	}
	defer func() { _ = conn.Close(context.WithoutCancel(ctx)) }()
	out := &exporter{house: h, contacts: readmodels.Contacts{DB: conn}}
	if err := t.add(ctx, row{exporting, "14: ≤ 1.1", "s", true, side{"Export", out.export}, side{"COPY TO", out.copy}}); err != nil {
		return err
	}
	if t.wanted(exporting) {
		out.weighing = true
		if _, err := out.export(ctx); err != nil {
			return err
		}
		t.note(fmt.Sprintf("export: while the file of %d contacts was written, what the heap held beside the bench's own crowd grew by %d MiB at most", len(h.crowd.contacts), out.heap>>20))
	}
	if !t.wanted(append(beside.names(), importingIn, decided)...) {
		return nil
	}
	if err := h.stop(); err != nil {
		return err
	}
	h.stop = func() error { return nil }
	in := &importer{house: h, rows: t.file}
	schema := postgres.Schema(console())
	if _, err := h.pool.Exec(ctx, `create table public.copied (like `+schema+`.contacts including all)`); err != nil {
		return fmt.Errorf("make a table to copy into: %w", err)
	}
	if err := t.add(ctx, row{decided, "", "/s", true, side{"Import", in.decide}, side{"COPY with indexes", in.copy}}); err != nil {
		return err
	}
	if !t.wanted(append(beside.names(), importingIn)...) {
		return nil
	}
	if h.stop, err = h.project(ctx, console()); err != nil {
		return err
	}
	if err := t.add(ctx, row{importingIn, "15: ≥ 0.2", "/s", true, side{"Import", in.run}, side{"COPY with indexes", in.copy}}); err != nil {
		return err
	}
	w, r, nth := h.writing(), rand.New(rand.NewPCG(9, 9)), 0 //nolint:gosec // the same commands each time
	change := oneByOne(t.turn, func(ctx context.Context) error { nth++; return w.command(ctx, r, 0, len(w.stands), nth) })
	beside.ours = sample{"beside an import", func(ctx context.Context) ([]float64, error) { return in.during(ctx, change) }}
	beside.yardstick = sample{"alone", change}
	return t.addTimes(ctx, beside)
}

type exporter struct {
	*house
	contacts readmodels.Contacts
	weighing bool   // collects garbage on the way, to see what is held, for which nobody takes the time
	heap     uint64 // bytes by which it grew, the most that were seen
}

func (e *exporter) export(ctx context.Context) (float64, error) {
	began := time.Now()
	before, written := uint64(0), 0
	if e.weighing {
		before = inUse()
	}
	columns, err := e.contacts.ExportColumns(ctx, e.crowd.org)
	if err != nil {
		return 0, err
	}
	file := files.NewWriter(io.Discard, files.CSV, true)
	var cells []string
	err = e.contacts.ExportEach(ctx, e.crowd.org, readmodels.ContactFilter{}, columns, func(c readmodels.ExportedContact) error {
		cells = append(append(cells[:0], strings.TrimPrefix(c.Phone, "+"), c.Name, strings.Join(c.Labels, ","), c.Email, c.LeadStatus), c.Values...)
		if written++; e.weighing && written%50_000 == 0 {
			now := inUse()
			e.heap = max(e.heap, now-min(before, now))
		}
		return file.Write(cells)
	})
	if err == nil {
		err = file.Close()
	}
	return time.Since(began).Seconds(), err
}

// inUse answers how many bytes of the heap are in use.
func inUse() uint64 {
	runtime.GC()
	held := []metrics.Sample{{Name: "/gc/heap/live:bytes"}}
	metrics.Read(held)
	return held[0].Value.Uint64()
}

// copy has PostgreSQL write the same rows in the same order, with the numbers of tags in place of their names, and the values
// that some of them have.
func (e *exporter) copy(ctx context.Context) (float64, error) {
	began := time.Now()
	conn, err := e.pool.Acquire(ctx)
	if err != nil {
		return 0, err
	}
	defer conn.Release()
	org, schema := `'`+e.crowd.org.String()+`'`, postgres.Schema(console())
	_, err = conn.Conn().PgConn().CopyTo(ctx, io.Discard, `
		copy (select c.phone, c.name, c.tags, c.email, c.lead_status,
				case when c.tags && array(select number from `+schema+`.tags where org = `+org+` and kind = 'valued') then array(
					select row(a.number, a.value, a.value_number) from `+schema+`.contact_tags a
					where a.org = c.org and a.contact = c.contact and a.ended_at is null and (a.value is not null or a.value_number is not null)) end
			from `+schema+`.contacts c
			where c.org = `+org+` and c.listed order by c.seen_order, c.contact) to stdout (format csv)`)
	return time.Since(began).Seconds(), err
}

// importer takes files in whose contacts nobody knows yet.
type importer struct {
	*house
	rows int
	from int // the first number that nobody has
}

// lines is a file that is made while it is read.
type lines struct{ from, next, rows int }

// Header answers the headings.
func (*lines) Header() []string { return []string{"id", "name", "tags"} }

// Next answers the next row.
func (l *lines) Next() (importing.Row, error) {
	if l.next == l.rows {
		return importing.Row{}, io.EOF
	}
	l.next++
	number := l.from + l.next
	return importing.Row{Line: l.next + 1, Cells: []importing.Cell{
		{Text: fmt.Sprintf("1%03d%07d", 201+number/7_000_000, 2_000_000+number%7_000_000)}, {Text: fmt.Sprint("Somebody ", number)}, {Text: "new"},
	}}, nil
}

// take imports so many rows, and says after each batch that it did.
func (i *importer) take(ctx context.Context, rows int, batch func()) (importing.Tally, error) {
	file := &lines{from: i.from, rows: rows}
	asked := commands.WithOrigin(ctx, commands.Origin{Organization: i.service.org, Actor: i.actor(), Source: event.Import, OperationID: uuid.Must(uuid.NewV7())})
	tally, err := i.commands.Import(asked, commands.Import{
		Settings: importing.Settings{UnknownTags: importing.SkipUnknown},
		Open:     func() (importing.Sheet, error) { return file, nil },
		Keep:     func(context.Context, commands.ImportProgress, []importing.Result) error { batch(); return nil },
	})
	i.from += file.next
	return tally, err
}

// during measures while an import runs, from its first batch on, and then lets the import be.
func (i *importer) during(ctx context.Context, measure func(context.Context) ([]float64, error)) ([]float64, error) {
	running, cancel := context.WithCancel(ctx)
	defer cancel()
	begun, ended := make(chan struct{}), make(chan error, 1)
	once := sync.OnceFunc(func() { close(begun) })
	go func() {
		_, err := i.take(running, 1_000_000, once)
		once()
		ended <- err
	}()
	<-begun
	took, err := measure(ctx)
	cancel()
	if ran := <-ended; !errors.Is(ran, context.Canceled) {
		err = errors.Join(err, ran)
	}
	return took, err
}

// decide imports while nobody projects.
func (i *importer) decide(ctx context.Context) (float64, error) {
	began := time.Now()
	err := i.whole(ctx)
	return float64(i.rows) / time.Since(began).Seconds(), err
}

// whole imports a file to its end.
func (i *importer) whole(ctx context.Context) error {
	tally, err := i.take(ctx, i.rows, func() {})
	if err == nil && tally.Created != i.rows {
		err = fmt.Errorf("of %d rows %d became contacts", i.rows, tally.Created)
	}
	return err
}

func (i *importer) run(ctx context.Context) (float64, error) {
	began := time.Now()
	if err := i.whole(ctx); err != nil {
		return 0, err
	}
	head, err := i.events.Head(ctx)
	if err != nil {
		return 0, err
	}
	err = i.positions.Wait(ctx, console().Name, head)
	return float64(i.rows) / time.Since(began).Seconds(), err
}

// copy puts as many rows into a table with the same indexes.
func (i *importer) copy(ctx context.Context) (float64, error) {
	began := time.Now()
	columns := []string{"org", "contact", "name", "phone", "lead_status", "lead_status_since", "tags", "origin", "source", "created_at", "created_by_kind", "revision"}
	err := copyInto(ctx, i.pool, pgx.Identifier{"public", "copied"}, columns, func(yield func([]any) error) error {
		for n := range i.rows {
			err := yield([]any{
				i.service.org.UUID, uuid.New(), fmt.Sprint("Somebody ", n), fmt.Sprintf("+1201%07d", 2_000_000+n), "cold", today, []int32{1}, "import", "import", today, "owner", 1,
			})
			if err != nil {
				return err
			}
		}
		return nil
	})
	return float64(i.rows) / time.Since(began).Seconds(), err
}
