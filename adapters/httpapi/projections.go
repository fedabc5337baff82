package httpapi

import (
	"context"
	"net/http"
	"time"

	"github.com/google/uuid"

	"tagtrail/commands"
	"tagtrail/domain/event"
	"tagtrail/domain/fault"
)

// Generations is how the tables are looked at and built anew. They hold the rows of all organisations.
type Generations interface {
	List(ctx context.Context) ([]GenerationState, error)
	// Ask has a generation built; asking again under the same id changes nothing.
	Ask(ctx context.Context, asked AskedRebuild) (RebuildState, error)
	Rebuilds(ctx context.Context, group string) ([]RebuildState, error)
	Rebuild(ctx context.Context, group string, id uuid.UUID) (RebuildState, error)
	Cancel(ctx context.Context, group string, id uuid.UUID) (RebuildState, error)
	// Drop drops a generation that nobody keeps up to date.
	Drop(ctx context.Context, group, generation string) error
	// Faults lists what any of these refuses with.
	Faults() []*fault.Fault
}

// GenerationState says how a generation is.
type GenerationState struct {
	Group, Generation, Kind, State string
	Current                        bool
	Position                       event.Position
}

// AskedRebuild is what is asked of a rebuild.
type AskedRebuild struct {
	ID          uuid.UUID
	Group, Kind string
	Until       event.Position // of a named generation, 0 when a time is meant
	UntilTime   time.Time
	Name        string
}

// RebuildState says how a rebuild is.
type RebuildState struct {
	ID               uuid.UUID
	Group, Kind      string
	Name, Phase      string
	Position, Target event.Position
	Events           int64
	AskedAt, NotedAt time.Time
	FinishedAt       time.Time // zero while it is not
	Compared         bool
	Differing        int64
	Differences      []DifferingRow // the first of them
}

// DifferingRow names a row that differs, by ids.
type DifferingRow struct {
	Table   string            `json:"table"`
	Key     map[string]string `json:"key"`
	How     string            `json:"how" enum:"missing,extra,changed" doc:"missing: only the tables that are read have it; extra: only those that were built."`
	Columns []string          `json:"columns,omitempty" doc:"The columns that differ."`
}

// Generation is one copy of a group's tables.
type Generation struct {
	Group      string `json:"group" example:"console"`
	Generation string `json:"generation" doc:"Its name."`
	Kind       string `json:"kind" enum:"live,building,built,previous,named" doc:"live: a process keeps it up to date."`
	State      string `json:"state" doc:"What the process that keeps it up to date said last, such as running or stopped; unattended when it says nothing."`
	Current    bool   `json:"current" doc:"Whether this version answers from it."`
	Position   string `json:"position" doc:"What it shows everything up to."`
}

// Rebuild is the building of a generation.
type Rebuild struct {
	ID         string     `json:"id" format:"uuid"`
	Group      string     `json:"group"`
	Kind       string     `json:"kind" enum:"rebuild,verify,rollback,until"`
	Name       string     `json:"name,omitempty"`
	Phase      string     `json:"phase" enum:"waiting,building,indexing,joining,comparing,done,differs,cancelled,failed,interrupted" doc:"interrupted: who worked at it is gone; it goes on when somebody takes it up."`
	Position   string     `json:"position" doc:"How far it is."`
	Target     string     `json:"target" doc:"Where it goes, as far as it is known."`
	Events     int64      `json:"events" doc:"Events projected since it began or went on."`
	AskedAt    time.Time  `json:"asked_at"`
	NotedAt    time.Time  `json:"noted_at"`
	FinishedAt *time.Time `json:"finished_at"`
	// Differing counts rows of all organisations; those of others are not named.
	Differing   *int64         `json:"differing" doc:"How many rows differ, of all organisations; null when nothing was compared."`
	Differences []DifferingRow `json:"differences" doc:"The first of those rows that are the organisation's own."`
}

// NewRebuild is what is asked of a rebuild.
type NewRebuild struct {
	Kind  string `json:"kind" enum:"rebuild,verify,rollback,until" doc:"rebuild: build the tables anew, compare, and switch to them; verify: build, compare, and drop them; rollback: go back to those that a rebuild replaced; until: build them as they were, under a name."`
	Until string `json:"until,omitempty" maxLength:"64" doc:"Of kind until: a position, or a time." example:"2026-05-30T12:00:00Z"`
	Name  string `json:"name,omitempty" maxLength:"20" pattern:"^[a-z][a-z0-9_]*$" doc:"Of kind until: the name."`
}

// OfGroup names a group of projections.
type OfGroup struct {
	Group string `path:"group" maxLength:"30" pattern:"^[a-z]+$"`
}

// OfRebuild names a rebuild of a group.
type OfRebuild struct {
	OfGroup
	ID string `path:"id" format:"uuid" pattern:"^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$"`
}

type askRebuild struct {
	OfGroup
	Body NewRebuild
}

type dropGeneration struct {
	OfGroup
	Generation string `path:"generation" maxLength:"63" pattern:"^[a-z][a-z0-9_]*$"`
}

// ErrUntil refuses a rebuild that does not say where it is to stop, or says so where it does not stop.
var ErrUntil = fault.New(fault.Invalid, "request.invalid-until", "a rebuild of kind until, and no other, has a name, and a position or a time that it stops at")

func (a *api) registerProjections() {
	if a.Generations == nil {
		return
	}
	faults := a.Generations.Faults()
	register(a, operation{
		id: "list-projections", method: http.MethodGet, path: "/v1/projections", group: "Projections", permission: commands.MayRebuild,
		summary:     "List the generations of the tables",
		description: "What lists are served from. They are of the whole installation, whatever organisation asks.",
	}, a.listGenerations)
	register(a, operation{
		id: "list-rebuilds", method: http.MethodGet, path: "/v1/projections/{group}/rebuilds", group: "Projections", permission: commands.MayRebuild,
		summary: "List the rebuilds of a group, the newest first", faults: faults,
	}, a.listRebuilds)
	register(a, operation{
		id: "create-rebuild", method: http.MethodPost, path: "/v1/projections/{group}/rebuilds", group: "Projections", permission: commands.MayRebuild,
		summary: "Build the tables of a group anew from the log", takes: plainJSON, status: http.StatusAccepted,
		description: "It is done in the background, also after a crash; nobody who reads notices. Where rows differ, nothing is switched and the rows are named. Of a group there is one at a time.",
		answers:     map[int]any{http.StatusAccepted: Rebuild{}}, faults: append([]*fault.Fault{ErrUntil}, faults...),
	}, a.askRebuild)
	register(a, operation{
		id: "get-rebuild", method: http.MethodGet, path: "/v1/projections/{group}/rebuilds/{id}", group: "Projections", permission: commands.MayRebuild,
		summary: "How far a rebuild is, and what came of it", faults: faults,
	}, a.getRebuild)
	register(a, operation{
		id: "cancel-rebuild", method: http.MethodDelete, path: "/v1/projections/{group}/rebuilds/{id}", group: "Projections", permission: commands.MayRebuild,
		summary: "Cancel a rebuild", description: "What was built is taken away within seconds. One that has ended stays as it is.",
		status: http.StatusAccepted, answers: map[int]any{http.StatusAccepted: Rebuild{}}, faults: faults,
	}, a.cancelRebuild)
	register(a, operation{
		id: "drop-generation", method: http.MethodDelete, path: "/v1/projections/{group}/generations/{generation}", group: "Projections", permission: commands.MayRebuild,
		summary: "Drop a generation that no process keeps up to date", description: "Such as the previous one, or one that was built under a name.",
		status: http.StatusNoContent, answers: map[int]any{http.StatusNoContent: nil}, faults: faults,
	}, a.dropGeneration)
}

func (a *api) listGenerations(ctx context.Context, _ *struct{}) (*struct{ Body List[Generation] }, error) {
	found, err := a.Generations.List(ctx)
	if err != nil {
		return nil, err
	}
	out := &struct{ Body List[Generation] }{Body: List[Generation]{Items: make([]Generation, 0, len(found))}}
	for _, g := range found {
		position, err := a.token(ctx, g.Position)
		if err != nil {
			return nil, err
		}
		out.Body.Items = append(out.Body.Items, Generation{
			Group: g.Group, Generation: g.Generation, Kind: g.Kind, State: g.State, Current: g.Current, Position: position,
		})
	}
	return out, nil
}

func (a *api) listRebuilds(ctx context.Context, in *OfGroup) (*struct{ Body List[Rebuild] }, error) {
	found, err := a.Generations.Rebuilds(ctx, in.Group)
	if err != nil {
		return nil, err
	}
	out := &struct{ Body List[Rebuild] }{Body: List[Rebuild]{Items: make([]Rebuild, 0, len(found))}}
	for _, r := range found {
		shown, err := a.rebuildOf(ctx, r)
		if err != nil {
			return nil, err
		}
		out.Body.Items = append(out.Body.Items, shown)
	}
	return out, nil
}

// rebuilding is the answer about one rebuild.
type rebuilding struct {
	Location string `header:"Location" doc:"Where the rebuild is."`
	Body     Rebuild
}

func (a *api) askRebuild(ctx context.Context, in *askRebuild) (*rebuilding, error) {
	asked := AskedRebuild{ID: requestOf(ctx).origin.CommandID, Group: in.Group, Kind: in.Body.Kind, Name: in.Body.Name}
	until := in.Body.Until
	if named := in.Body.Kind == "until"; named != (until != "") || named != (in.Body.Name != "") {
		return nil, ErrUntil
	}
	var err error
	if isPosition(until) {
		asked.Until, err = a.position(ctx, until)
	} else if until != "" {
		if asked.UntilTime, err = time.Parse(time.RFC3339Nano, until); err != nil {
			err = ErrUntil
		}
	}
	if err != nil {
		return nil, err
	}
	return a.answerRebuild(ctx, func() (RebuildState, error) { return a.Generations.Ask(ctx, asked) })
}

func (a *api) getRebuild(ctx context.Context, in *OfRebuild) (*rebuilding, error) {
	return a.answerRebuild(ctx, func() (RebuildState, error) { return a.Generations.Rebuild(ctx, in.Group, parsed(in.ID)) })
}

func (a *api) cancelRebuild(ctx context.Context, in *OfRebuild) (*rebuilding, error) {
	return a.answerRebuild(ctx, func() (RebuildState, error) { return a.Generations.Cancel(ctx, in.Group, parsed(in.ID)) })
}

func (a *api) dropGeneration(ctx context.Context, in *dropGeneration) (*struct{}, error) {
	return nil, a.Generations.Drop(ctx, in.Group, in.Generation)
}

func (a *api) answerRebuild(ctx context.Context, find func() (RebuildState, error)) (*rebuilding, error) {
	found, err := find()
	if err != nil {
		return nil, err
	}
	shown, err := a.rebuildOf(ctx, found)
	return &rebuilding{Location: "/v1/projections/" + found.Group + "/rebuilds/" + shown.ID, Body: shown}, err
}

// rebuildOf shows a rebuild; of the rows that differ only the organisation's own are named.
func (a *api) rebuildOf(ctx context.Context, r RebuildState) (Rebuild, error) {
	shown := Rebuild{
		ID: r.ID.String(), Group: r.Group, Kind: r.Kind, Name: r.Name, Phase: r.Phase, Events: r.Events,
		AskedAt: r.AskedAt.UTC(), NotedAt: r.NotedAt.UTC(), Differences: []DifferingRow{},
	}
	var err error
	if shown.Position, err = a.token(ctx, r.Position); err != nil {
		return shown, err
	}
	if shown.Target, err = a.token(ctx, r.Target); err != nil {
		return shown, err
	}
	if !r.FinishedAt.IsZero() {
		shown.FinishedAt = utc(&r.FinishedAt)
	}
	if r.Compared {
		shown.Differing = &r.Differing
	}
	for _, d := range r.Differences {
		if d.Key["org"] == orgOf(ctx).String() {
			shown.Differences = append(shown.Differences, d)
		}
	}
	return shown, nil
}
