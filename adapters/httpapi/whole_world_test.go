package httpapi_test

import (
	"context"
	"io"
	"reflect"
	"slices"
	"sync"
	"testing"

	"github.com/google/uuid"

	"tagtrail/adapters/httpapi"
	"tagtrail/commands"
	"tagtrail/domain/contact"
	"tagtrail/domain/event"
	"tagtrail/domain/fault"
	"tagtrail/domain/operation"
	"tagtrail/domain/organization"
)

// newWholeWorld is a world with all that the API can stand on, so that none of its operations is missing.
func newWholeWorld(t *testing.T) *world {
	t.Helper()
	d := &desk{files: map[operation.ID][]byte{}, at: map[operation.ID]*imported{}}
	return newWorld(t, func(c *httpapi.Config) {
		d.commands = c.Commands
		c.Imports, c.Operations, c.Generations, c.Gathered = d, &clerk{asked: map[operation.ID][]uuid.UUID{}}, &hall{}, folder{}
	})
}

// What there is no part for has no routes, and would be tested by nobody.
func TestTheWholeWorldLeavesOutNoPartThatHasOperations(t *testing.T) {
	t.Parallel()
	without := []string{"Certifier", "WhatsApp", "Live", "Ready", "Metrics", "Log", "Observe", "Now"} // none has an operation that takes a key
	var config httpapi.Config
	newWorld(t, func(c *httpapi.Config) {
		c.Imports, c.Operations, c.Generations, c.Gathered = &desk{}, &clerk{}, &hall{}, folder{}
		config = *c
	})
	parts := reflect.ValueOf(config)
	for i := range parts.NumField() {
		kind, name := parts.Field(i).Kind(), parts.Type().Field(i).Name
		if (kind == reflect.Interface || kind == reflect.Func) && parts.Field(i).IsNil() && !slices.Contains(without, name) {
			t.Errorf("the whole world has no %s: add it to newWholeWorld", name)
		}
	}
}

// clerk takes operations on and never works at them.
type clerk struct {
	mu    sync.Mutex
	asked map[operation.ID][]uuid.UUID
}

func (c *clerk) Prepare(_ context.Context, _ organization.ID, id operation.ID, _ operation.Kind, contacts []uuid.UUID) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.asked[id] = contacts
	return nil
}

func (*clerk) Wake(context.Context, organization.ID, operation.ID) error { return nil }

func (c *clerk) Progress(_ context.Context, _ organization.ID, id operation.ID) (httpapi.OperationProgress, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	n := len(c.asked[id])
	return httpapi.OperationProgress{Counts: operation.Counts{Total: n}, Selected: n > 0}, nil
}

func (c *clerk) Reports(_ context.Context, _ organization.ID, id operation.ID, behind, _ int) ([]httpapi.OperationReport, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	var all []httpapi.OperationReport
	for i, contact := range c.asked[id] {
		if i >= behind {
			all = append(all, httpapi.OperationReport{Number: i + 1, Contact: contact, Result: operation.Refused, Code: "contact.too-many-tags"})
		}
	}
	return all, nil
}

// folder has a file about everybody.
type folder struct{}

func (folder) Read(_ context.Context, _ organization.ID, _ operation.ID, _ contact.ID, out io.Writer) error {
	_, err := io.WriteString(out, "PK")
	return err
}

// hall keeps rebuilds of the installation's tables, and builds nothing.
type hall struct {
	mu  sync.Mutex
	all []httpapi.RebuildState
}

func (*hall) List(context.Context) ([]httpapi.GenerationState, error) {
	return []httpapi.GenerationState{{Group: "console", Generation: "console_1", Kind: "live", State: "running", Current: true}}, nil
}

func (h *hall) Ask(_ context.Context, asked httpapi.AskedRebuild) (httpapi.RebuildState, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.all = append(h.all, httpapi.RebuildState{ID: asked.ID, Group: asked.Group, Kind: asked.Kind, Phase: "waiting"})
	return h.all[len(h.all)-1], nil
}

func (h *hall) Rebuilds(context.Context, string) ([]httpapi.RebuildState, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	return slices.Clone(h.all), nil
}

func (h *hall) Rebuild(_ context.Context, group string, id uuid.UUID) (httpapi.RebuildState, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	return httpapi.RebuildState{ID: id, Group: group, Kind: "rebuild", Phase: "done", Position: event.Position(1)}, nil
}

func (h *hall) Cancel(ctx context.Context, group string, id uuid.UUID) (httpapi.RebuildState, error) {
	return h.Rebuild(ctx, group, id)
}

func (*hall) Drop(context.Context, string, string) error { return nil }

func (*hall) Faults() []*fault.Fault { return nil }

// worked answers an operation of the organisation; one that has ended is finished by whoever would have worked at it.
func (w *world) worked(asked reply, ended bool) string {
	w.t.Helper()
	made := decoded[httpapi.Operation](asked.must(202))
	id := operation.ID{UUID: uuid.MustParse(made.ID)}
	if !ended {
		return made.ID
	}
	ctx := context.WithoutCancel(w.t.Context())
	o, err := w.Service.Operation(ctx, w.Organization, id)
	if err != nil {
		w.t.Fatal(err)
	}
	if _, err := w.Service.FinishOperation(commands.ForOperation(ctx, w.Organization, id, o, "finished"), id, operation.Counts{}); err != nil {
		w.t.Fatal(err)
	}
	return made.ID
}
