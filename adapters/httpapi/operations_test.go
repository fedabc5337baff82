package httpapi_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"tagtrail/adapters/httpapi"
	"tagtrail/adapters/jobs"
	"tagtrail/adapters/postgres"
	"tagtrail/commands"
	"tagtrail/commands/commandstest"
	"tagtrail/domain"
	"tagtrail/domain/event"
	"tagtrail/domain/importing"
	"tagtrail/domain/operation"
	"tagtrail/domain/organization"
	"tagtrail/domain/tag"
	"tagtrail/readmodels"
)

// factory is where operations are really worked at. An import stops behind each batch until the test lets it go on.
type factory struct {
	*desk
	*jobs.Jobs
	kept  chan int      // how many rows of an import have been worked at
	goOn  chan struct{} // lets it go on
	ended chan operation.ID
}

func (f *factory) Start(ctx context.Context, org organization.ID, id operation.ID) error {
	if err := f.Prepare(ctx, org, id, operation.Import, nil); err != nil {
		return err
	}
	return f.Wake(ctx, org, id)
}

func (f *factory) Kind() operation.Kind { return operation.Import }

// Carry goes on with an import, and stops where it is told to.
func (f *factory) Carry(ctx context.Context, asked jobs.Asked, tell jobs.Tell) (operation.Counts, error) {
	var settings importing.Settings
	if err := json.Unmarshal([]byte(asked.Asked.Reveal()), &settings); err != nil {
		return operation.Counts{}, err
	}
	f.mu.Lock()
	at := f.at[asked.ID]
	done := commands.ImportProgress{Tally: at.Tally}
	at.Total = bytes.Count(f.files[asked.ID], []byte("\n")) - 1
	f.mu.Unlock()
	counts := func(t importing.Tally) operation.Counts {
		return operation.Counts{Total: t.Rows, Changed: t.Created + t.Updated, Unchanged: t.Unchanged, Refused: t.Refused}
	}
	tally, err := f.commands.Import(commands.ForOperation(ctx, asked.Organization, asked.ID, asked.Operation, "import"), commands.Import{
		Settings: settings, Done: done, Open: func() (importing.Sheet, error) { return f.open(asked.ID, settings.Encoding) },
		Keep: func(ctx context.Context, progress commands.ImportProgress, _ []importing.Result) error {
			f.mu.Lock()
			at.Tally = progress.Tally
			f.mu.Unlock()
			select {
			case f.kept <- progress.Tally.Rows:
			case <-ctx.Done():
				return ctx.Err()
			}
			select {
			case <-f.goOn:
			case <-ctx.Done():
				return ctx.Err()
			}
			goOn, err := tell(ctx, counts(progress.Tally))
			if err == nil && !goOn {
				err = errors.New("it is not to go on")
			}
			return err
		},
	})
	if err != nil {
		return operation.Counts{}, err
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	at.Tally = tally
	return counts(tally), nil
}

func (f *factory) Progress(ctx context.Context, org organization.ID, id operation.ID) (httpapi.OperationProgress, error) {
	p, err := f.Jobs.Progress(ctx, org, id)
	return httpapi.OperationProgress{Counts: p.Counts, Selected: p.Selected, Rate: p.Rate}, err
}

func (f *factory) Reports(ctx context.Context, org organization.ID, id operation.ID, behind, limit int) ([]httpapi.OperationReport, error) {
	found, err := f.Jobs.Reports(ctx, org, id, behind, limit)
	reports := make([]httpapi.OperationReport, len(found))
	for i, r := range found {
		reports[i] = httpapi.OperationReport{Number: r.Number, Contact: r.Thing, Result: r.Result, Code: r.Code, Kept: r.Details["kept"]}
	}
	return reports, err
}

// newWorkingWorld is a world in which operations are worked at until the test ends.
func newWorkingWorld(t *testing.T) (*world, *factory) {
	t.Helper()
	f := &factory{
		desk: &desk{files: map[operation.ID][]byte{}, at: map[operation.ID]*imported{}},
		kept: make(chan int), goOn: make(chan struct{}), ended: make(chan operation.ID, 100),
	}
	w := newWorld(t, func(c *httpapi.Config) {
		f.commands = c.Commands
		c.Imports, c.Operations = f, f
	})
	w.Store.After(func(_ context.Context, a commandstest.Attempt) error {
		for _, e := range a.Events {
			if _, ended := e.Event.(operation.Finished); ended {
				f.ended <- operation.ID{UUID: e.Metadata.OperationID}
			}
		}
		return nil
	})
	pool, err := postgres.Open(t.Context(), w.database)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(pool.Close)
	shows := func(of *tables) func(context.Context, event.Position) error {
		return func(ctx context.Context, position event.Position) error { return of.Wait(ctx, position) }
	}
	f.Jobs, err = jobs.New(t.Context(), jobs.Config{
		Pool: pool, Commands: w.Service, Log: slog.New(slog.DiscardHandler), Carriers: []jobs.Carrier{f},
		Workers: []jobs.Worker{
			jobs.Bulk{Commands: w.Service, Contacts: readmodels.Contacts{DB: w.reads}, Show: shows(w.tables)},
			jobs.Undo{
				Commands: w.Service, Show: shows(w.past),
				Events: readmodels.Events{DB: w.readsPast, Opener: w.seals, Known: readmodels.NewVocabulary(domain.Withheld())},
				Carriers: func(ctx context.Context, org organization.ID, id tag.ID) (int64, error) {
					if err := w.Wait(ctx, event.Position(len(w.Store.All()))); err != nil {
						return 0, err
					}
					found, err := readmodels.Tags{DB: w.reads}.Get(ctx, org.UUID, id.UUID)
					return int64(found.Contacts), err
				},
			},
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.WithoutCancel(t.Context()))
	stopped := make(chan error, 1)
	go func() { stopped <- f.Run(ctx) }()
	t.Cleanup(func() {
		cancel()
		if err := <-stopped; err != nil {
			t.Error(err)
		}
	})
	return w, f
}

// patience bounds how long a test waits for what comes in the background.
const patience = 2 * time.Minute

func (f *factory) keeps(t *testing.T) int {
	t.Helper()
	select {
	case rows := <-f.kept:
		return rows
	case <-time.After(patience):
		t.Fatal("no rows are worked at")
		return 0
	}
}

// ends waits for an operation to end, and answers it.
func (f *factory) ends(t *testing.T, w *world, id string) httpapi.Operation {
	t.Helper()
	for {
		select {
		case ended := <-f.ended:
			if ended.String() == id {
				return decoded[httpapi.Operation](w.upToDate("/v1/bulk-operations/" + id).must(200))
			}
		case <-time.After(patience):
			t.Fatalf("operation %s does not end", id)
		}
	}
}

// upToDate reads when the tables show all that is in the log.
func (w *world) upToDate(path string) reply {
	w.t.Helper()
	if err := w.Wait(context.WithoutCancel(w.t.Context()), event.Position(len(w.Store.All()))); err != nil {
		w.t.Fatal(err)
	}
	return w.get(path)
}

// twoBatches is a file whose first batch nobody is made of, and whose second makes two contacts.
func twoBatches() string {
	return "id,name,tags\n" + strings.Repeat("nobody,x,\n", 1000) + "16505550121,Ana,dog\n16505550122,Bo,dog|cat\n"
}

// An import is an operation like any other: paused, resumed, cancelled and undone over the API, where it is.
func TestAnImportIsPausedResumedCancelledAndUndone(t *testing.T) {
	t.Parallel()
	w, f := newWorkingWorld(t)
	change := func(id, how string) httpapi.Operation {
		t.Helper()
		return decoded[httpapi.Operation](w.do(call{method: "POST", path: "/v1/bulk-operations/" + id + "/" + how}).must(200))
	}
	state := func(id string) httpapi.Import {
		return decoded[httpapi.Import](w.upToDate("/v1/imports/" + id).must(200))
	}

	id := decoded[httpapi.Import](w.send("?unknown_tags=create", "text/csv", twoBatches()).must(202)).ID
	if rows := f.keeps(t); rows != 1000 {
		t.Fatalf("%d rows were worked at", rows)
	}
	if paused := change(id, "pause"); paused.State != "paused" || paused.Kind != "import" {
		t.Errorf("paused it is %+v", paused)
	}
	f.goOn <- struct{}{}
	if at := state(id); at.State != "paused" || at.Counts.Rows != 1000 || at.Counts.Created != 0 {
		t.Errorf("while it is paused %+v", at)
	}
	if listed := decoded[httpapi.List[httpapi.Operation]](w.get("/v1/bulk-operations").must(200)).Items; len(listed) != 1 || listed[0].State != "paused" || listed[0].Done != 1000 {
		t.Errorf("listed: %+v", listed)
	}
	change(id, "resume")
	if rows := f.keeps(t); rows != 1002 {
		t.Errorf("resumed it is at %d", rows)
	}
	f.goOn <- struct{}{}
	f.ends(t, w, id)
	if at := state(id); at.State != "finished" || at.Counts.Created != 2 || at.Counts.TagsCreated != 2 || at.Counts.Refused != 1000 {
		t.Errorf("at its end %+v", at)
	}
	w.do(call{method: "POST", path: "/v1/bulk-operations/" + id + "/pause"}).fails(409, "operation.ended")

	cancelled := decoded[httpapi.Import](w.send("?unknown_tags=create", "text/csv", strings.ReplaceAll(twoBatches(), "165055501", "165055502")).must(202)).ID
	f.keeps(t)
	if c := change(cancelled, "cancel"); c.State != "cancelling" {
		t.Errorf("cancelled it is %+v", c)
	}
	f.goOn <- struct{}{}
	f.ends(t, w, cancelled)
	if at := state(cancelled); at.State != "cancelled" || at.Counts.Rows != 1000 || at.Counts.Created != 0 {
		t.Errorf("cancelled: %+v", at)
	}

	w.undoes(t, f, id)
}

// Contacts that an import created are archived by its undo. Of the tags that it created those go that nobody else carries; the
// others are named. Who undoes that has all of it back.
func (w *world) undoes(t *testing.T, f *factory, id string) {
	t.Helper()
	bea := w.contact("Bea", "+16505550129")
	tags := map[string]string{}
	for _, each := range decoded[httpapi.List[httpapi.Tag]](w.get("/v1/tags?status=all").must(200)).Items {
		tags[each.Name] = each.ID
	}
	w.do(call{method: "PUT", path: "/v1/contacts/" + bea.ID + "/tags/" + tags["cat"]}).must(200)
	undo := func(id string) httpapi.Operation {
		t.Helper()
		asked := decoded[httpapi.Operation](w.do(call{method: "POST", path: "/v1/bulk-operations/" + id + "/undo"}).must(202))
		return f.ends(t, w, asked.ID)
	}
	left := func() (names, active []string) {
		for _, c := range decoded[httpapi.List[httpapi.ListedContact]](w.upToDate("/v1/contacts").must(200)).Items {
			names = append(names, c.DisplayName)
		}
		for _, each := range decoded[httpapi.List[httpapi.Tag]](w.get("/v1/tags").must(200)).Items {
			active = append(active, each.Name)
		}
		slices.Sort(names)
		slices.Sort(active)
		return names, active
	}
	first := undo(id)
	if first.Changed != 3 || first.Kept != 1 || first.Refused != 0 || *first.Total != 4 {
		t.Errorf("undone: %+v", first)
	}
	if names, active := left(); !slices.Equal(names, []string{"Bea"}) || !slices.Equal(active, []string{"cat"}) {
		t.Errorf("left are %v and the tags %v", names, active)
	}
	kept := string(w.get("/v1/bulk-operations/" + first.ID + "/refusals").must(200).body)
	if want := fmt.Sprintf(",kept,undo.tag-in-use,\"contacts carry this tag besides, and it stays\",tag:%s\r\n", tags["cat"]); !strings.HasSuffix(kept, "\n"+want) {
		t.Errorf("kept are %q, want %q", kept, want)
	}
	second := undo(first.ID)
	if second.Changed != 3 || second.Kept != 0 {
		t.Errorf("the undo undone: %+v", second)
	}
	names, active := left()
	if !slices.Equal(names, []string{"Ana", "Bea", "Bo"}) || !slices.Equal(active, []string{"cat", "dog"}) {
		t.Errorf("back are %v and the tags %v", names, active)
	}
	if dogs := decoded[httpapi.List[httpapi.ListedContact]](w.get("/v1/contacts?tag=" + tags["dog"]).must(200)).Items; len(dogs) != 2 {
		t.Errorf("%d carry the tag that came back, want 2", len(dogs))
	}
	w.do(call{method: "POST", path: "/v1/bulk-operations/" + uuid.NewString() + "/undo"}).fails(404, "operation.unknown")
}
