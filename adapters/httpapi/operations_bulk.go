package httpapi

import (
	"context"
	"encoding/csv"
	"io"
	"math"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/google/uuid"

	"tagtrail/commands"
	"tagtrail/domain/fault"
	operations "tagtrail/domain/operation"
	"tagtrail/domain/organization"
	"tagtrail/readmodels"
)

// Operations has somebody work at what is done to many in the background.
type Operations interface {
	// Prepare keeps an operation that is about to be started, with whom it is about where that is known one by one.
	Prepare(ctx context.Context, org organization.ID, id operations.ID, kind operations.Kind, contacts []uuid.UUID) error
	// Wake has somebody look at an operation whose phase changed.
	Wake(ctx context.Context, org organization.ID, id operations.ID) error
	// Progress answers how far an operation is.
	Progress(ctx context.Context, org organization.ID, id operations.ID) (OperationProgress, error)
	// Reports answers on whom something did not go as asked, behind a number, in the order of the work.
	Reports(ctx context.Context, org organization.ID, id operations.ID, behind, limit int) ([]OperationReport, error)
}

// OperationProgress is how far an operation is.
type OperationProgress struct {
	operations.Counts
	Selected bool    // the total is known
	Rate     float64 // results a second, of late
}

// OperationReport is one contact on whom something did not go as asked.
type OperationReport struct {
	Number  int
	Contact uuid.UUID
	Result  operations.Result
	Code    string
	Kept    string
}

// Operation is something that is done to many contacts.
type Operation struct {
	ID         string     `json:"id" format:"uuid"`
	Kind       string     `json:"kind" enum:"bulk,import,undo,personal-data"`
	Action     string     `json:"action" doc:"What is done to each contact." example:"add_tag"`
	State      string     `json:"state" enum:"running,paused,cancelling,cancelled,finished"`
	Total      *int       `json:"total" doc:"How many contacts it is about; null while they are gathered."`
	Done       int        `json:"done" doc:"How many of them have a result."`
	Changed    int        `json:"changed" doc:"Of an undo: reverted."`
	Unchanged  int        `json:"unchanged" doc:"It was so already."`
	Refused    int        `json:"refused" doc:"A rule was against it; the file of refusals says which."`
	Kept       int        `json:"kept" doc:"Of an undo: changed since, so that it stays, in part or in whole."`
	Rate       *float64   `json:"rate" doc:"Contacts a second, of late; null while nobody works at it."`
	FinishesIn *int       `json:"finishes_in" doc:"Seconds, at that rate; null while that cannot be told."`
	Undoes     *string    `json:"undoes" format:"uuid" doc:"The operation that this one takes back."`
	UndoneBy   *string    `json:"undone_by" format:"uuid" doc:"The operation that takes this one back."`
	AskedAt    time.Time  `json:"asked_at"`
	AskedBy    Actor      `json:"asked_by"`
	EndedAt    *time.Time `json:"ended_at"`
}

func operationOf(o readmodels.Operation) Operation {
	shown := Operation{
		ID: o.ID.String(), Kind: o.Kind, Action: o.Action, State: o.Phase, Changed: o.Changed, Unchanged: o.Unchanged, Refused: o.Refused, Kept: o.Kept,
		Undoes: idOf(o.Undoes), UndoneBy: idOf(o.UndoneBy), AskedAt: o.AskedAt.UTC(), AskedBy: actorOf(o.AskedBy), EndedAt: utc(o.EndedAt),
	}
	shown.Done = o.Changed + o.Unchanged + o.Refused + o.Kept
	switch {
	case o.EndedAt == nil:
		return shown
	case o.Cancelled:
		shown.State = "cancelled"
	default:
		shown.State = "finished"
	}
	shown.Total = &o.Total
	return shown
}

// at shows how far an operation is that has not ended.
func (o *Operation) at(p OperationProgress) {
	o.Changed, o.Unchanged, o.Refused, o.Kept, o.Done = p.Changed, p.Unchanged, p.Refused, p.Kept, p.Done()
	if p.Selected {
		o.Total = &p.Total
	}
	if o.State != "running" || p.Rate <= 0 {
		return
	}
	rate := math.Round(p.Rate*10) / 10
	o.Rate = &rate
	if p.Selected {
		left := int(math.Ceil(float64(p.Total-p.Done()) / p.Rate))
		o.FinishesIn = &left
	}
}

// ByOperation names an operation in the path.
type ByOperation struct {
	ID string `path:"id" format:"uuid" pattern:"^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$"`
}

func (b ByOperation) operation() operations.ID { return operations.ID{UUID: parsed(b.ID)} }

func (a *api) registerOperations() {
	if a.Operations == nil {
		return
	}
	a.registerBulk()
	register(a, operation{
		id: "list-operations", method: http.MethodGet, path: "/v1/bulk-operations", group: "Operations", permission: commands.MayRead,
		summary: "List what was done to many contacts at once, imports and undoings among it, the last first", lists: true,
		description: "One that has not ended says how far it is.",
	}, a.listOperations)
	register(a, operation{
		id: "get-operation", method: http.MethodGet, path: "/v1/bulk-operations/{id}", group: "Operations", permission: commands.MayRead,
		summary: "How far an operation is, and what came of it", faults: []*fault.Fault{commands.ErrNotFound},
	}, a.getOperation)
	for _, change := range []struct {
		word, summary string
		faults        []*fault.Fault
		do            func(context.Context, operations.ID) (commands.Receipt, error)
	}{
		{"pause", "Pause an operation", []*fault.Fault{operations.ErrEnded}, a.Commands.PauseOperation},
		{"resume", "Have a paused operation go on where it was", []*fault.Fault{operations.ErrEnded}, a.Commands.ResumeOperation},
		{"cancel", "Leave the rest of an operation undone", []*fault.Fault{operations.ErrEnded}, a.Commands.CancelOperation},
	} {
		register(a, operation{
			id: change.word + "-operation", method: http.MethodPost, path: "/v1/bulk-operations/{id}/" + change.word, group: "Operations",
			permission: commands.MayWorkInBulk, summary: change.summary, status: http.StatusOK,
			description: "It takes effect within the piece of work that is being done. What was done stays.",
			answers:     map[int]any{http.StatusOK: Operation{}, http.StatusAccepted: Pending{}}, faults: append(change.faults, operations.ErrUnknown),
		}, a.changeOperation(change.do))
	}
	register(a, operation{
		id: "undo-operation", method: http.MethodPost, path: "/v1/bulk-operations/{id}/undo", group: "Operations", permission: commands.MayWorkInBulk,
		summary: "Undo an operation", status: http.StatusAccepted,
		description: "That is an operation of its own, which can be undone too. Each contact is brought back to what it was as far as nobody changed the same thing since; what was changed since is kept, and what cannot be taken back is refused and says why. Contacts that an import created are archived, and tags that it created are deleted where no contact carries them any more.",
		answers:     map[int]any{http.StatusAccepted: Operation{}},
		faults:      []*fault.Fault{operations.ErrUnknown, operations.ErrNotEnded, operations.ErrUndone, operations.ErrNotUndoable},
	}, a.undoOperation)
	register(a, operation{
		id: "get-operation-refusals", method: http.MethodGet, path: "/v1/bulk-operations/{id}/refusals", group: "Operations", permission: commands.MayRead,
		summary: "On which contacts it did not go as asked, and why, as CSV", answers: map[int]any{http.StatusOK: nil}, faults: []*fault.Fault{commands.ErrNotFound},
	}, a.getRefusals)
	a.huma.OpenAPI().Paths["/v1/bulk-operations/{id}/refusals"].Get.Responses["200"].Content = map[string]*huma.MediaType{
		"text/csv": {Schema: &huma.Schema{Type: huma.TypeString}},
	}
}

func (a *api) operations() readmodels.Operations { return readmodels.Operations{DB: a.Reads} }

func (a *api) readOperation(ctx context.Context, id uuid.UUID) (Operation, error) {
	o, err := a.operations().Get(ctx, orgOf(ctx), id)
	if err != nil {
		return Operation{}, err
	}
	shown := operationOf(o)
	return shown, a.showProgress(ctx, &shown, id)
}

// showProgress says how far an operation is that has not ended.
func (a *api) showProgress(ctx context.Context, shown *Operation, id uuid.UUID) error {
	if shown.EndedAt != nil {
		return nil
	}
	progress, err := a.Operations.Progress(ctx, requestOf(ctx).credential.Organization, operations.ID{UUID: id})
	shown.at(progress)
	return err
}

func (a *api) listOperations(ctx context.Context, in *PerPage) (*listed[Operation], error) {
	org := orgOf(ctx)
	of := place{org: org, list: "operations"}
	after, err := open[int64](a, of, in.Cursor)
	if err != nil {
		return nil, err
	}
	found, next, err := a.operations().List(ctx, org, after, in.Limit)
	if err != nil {
		return nil, err
	}
	out, err := pageOf(ctx, a, of, found, next, operationOf, func(bound int) (int, error) { return a.operations().Count(ctx, org, bound) })
	if err != nil {
		return nil, err
	}
	for i := range out.Body.Items {
		if err := a.showProgress(ctx, &out.Body.Items[i], found[i].ID); err != nil {
			return nil, err
		}
	}
	return out, nil
}

func (a *api) getOperation(ctx context.Context, in *ByOperation) (*struct{ Body Operation }, error) {
	shown, err := a.readOperation(ctx, parsed(in.ID))
	if err != nil {
		return nil, err
	}
	return &struct{ Body Operation }{shown}, nil
}

func (a *api) changeOperation(do func(context.Context, operations.ID) (commands.Receipt, error)) func(context.Context, *ByOperation) (*written, error) {
	return func(ctx context.Context, in *ByOperation) (*written, error) {
		asked, err := asking(ctx, "")
		if err == nil {
			err = a.mayTouch(ctx, in.operation())
		}
		if err != nil {
			return nil, err
		}
		receipt, err := do(asked, in.operation())
		if err != nil {
			return nil, err
		}
		if err := a.Operations.Wake(ctx, requestOf(ctx).credential.Organization, in.operation()); err != nil {
			return nil, err
		}
		return a.wroteOperation(ctx, http.StatusOK, receipt, in.operation())
	}
}

// mayTouch refuses whoever may not do to one contact what the operation does to many, or what the operation takes back did.
func (a *api) mayTouch(ctx context.Context, id operations.ID) error {
	credential := requestOf(ctx).credential
	o, err := a.Commands.Operation(ctx, credential.Organization, id)
	for err == nil && o.Kind == operations.Undo {
		o, err = a.Commands.Operation(ctx, credential.Organization, o.Undoes)
	}
	if err != nil {
		return err
	}
	needed := commands.Action(o.Action).Needs()
	switch o.Kind {
	case operations.Import:
		needed = commands.MayImportContacts
	case operations.PersonalData:
		needed = commands.MayExportPersonalData
	case operations.Bulk, operations.Undo:
	}
	if o.Phase() != operations.Unknown && !credential.Can(needed) {
		return ErrDenied
	}
	return nil
}

func (a *api) wroteOperation(ctx context.Context, status int, receipt commands.Receipt, id operations.ID) (*written, error) {
	return wrote(ctx, a, status, receipt, id.UUID, func(ctx context.Context) (Operation, int64, error) {
		shown, err := a.readOperation(ctx, id.UUID)
		return shown, -1, err
	})
}

func (a *api) undoOperation(ctx context.Context, in *ByOperation) (*written, error) {
	asked, err := asking(ctx, "")
	if err == nil {
		err = a.mayTouch(ctx, in.operation())
	}
	if err == nil {
		err = a.Commands.CheckUndo(asked, in.operation()) // the undoing of what is somebody else's is not even prepared
	}
	if err != nil {
		return nil, err
	}
	return a.begin(ctx, commands.UndoOf(in.operation()), operations.Undo, nil, func() (commands.Receipt, error) {
		_, receipt, err := a.Commands.UndoOperation(asked, in.operation())
		return receipt, err
	})
}

// begin has an operation started and worked at; whom it is about is kept before it is started, so that somebody who dies in
// between leaves nothing half begun.
func (a *api) begin(
	ctx context.Context, id operations.ID, kind operations.Kind, contacts []uuid.UUID, start func() (commands.Receipt, error),
) (*written, error) {
	org := requestOf(ctx).credential.Organization
	if err := a.Operations.Prepare(ctx, org, id, kind, contacts); err != nil {
		return nil, err
	}
	receipt, err := start()
	if err != nil {
		return nil, err
	}
	if err := a.Operations.Wake(ctx, org, id); err != nil {
		return nil, err
	}
	out, err := a.wroteOperation(ctx, http.StatusAccepted, receipt, id)
	if err == nil {
		out.Location = "/v1/bulk-operations/" + id.String()
	}
	return out, err
}

// reportsAtOnce is how many refusals are read at once while their file is sent.
const reportsAtOnce = 1000

func (a *api) getRefusals(ctx context.Context, in *ByOperation) (*huma.StreamResponse, error) {
	org, id := requestOf(ctx).credential.Organization, in.operation()
	if _, err := a.operations().Get(ctx, org.UUID, id.UUID); err != nil {
		return nil, err
	}
	return a.download("operation-"+id.String()+"-refusals.csv", "text/csv; charset=utf-8", nil, func(ctx context.Context, out io.Writer) error {
		rows := csv.NewWriter(out)
		rows.UseCRLF = true
		if err := rows.Write([]string{"Contact", "Result", "Code", "Message", "Kept"}); err != nil {
			return err
		}
		for behind := 0; ; {
			reports, err := a.Operations.Reports(ctx, org, id, behind, reportsAtOnce)
			if err != nil {
				return err
			}
			for _, r := range reports {
				message := ""
				if f := a.faults[r.Code]; f != nil {
					message = f.Message
				}
				whose := r.Contact.String()
				if r.Kept == "tag:"+whose {
					whose = "" // it was a tag of the catalogue, and no contact
				}
				_ = rows.Write([]string{whose, string(r.Result), r.Code, message, r.Kept})
				behind = r.Number
			}
			rows.Flush()
			if len(reports) < reportsAtOnce || rows.Error() != nil {
				return rows.Error()
			}
		}
	}), nil
}
