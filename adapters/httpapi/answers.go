package httpapi

import (
	"context"
	"errors"
	"net/http"
	"reflect"
	"strconv"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/google/uuid"

	"tagtrail/commands"
	"tagtrail/readmodels"
)

// List is one page of a list.
type List[T any] struct {
	Items []T     `json:"items" nullable:"false" doc:"The page, in the order of the list."`
	Next  *string `json:"next" doc:"Cursor of the next page; null on the last."`
}

// Pending is the answer to a write that the tables do not show yet.
type Pending struct {
	ID string `json:"id" format:"uuid" doc:"The id of what was written. Read it with Tagtrail-Min-Position."`
}

// Actor is who did something.
type Actor struct {
	Kind string  `json:"kind" doc:"The kind of key, channel, rule, or system." example:"owner"`
	ID   *string `json:"id" format:"uuid" doc:"Of the member, key, channel or rule; null for the system."`
	Name string  `json:"name" doc:"As the member, key, channel or rule is called." example:"Front desk"`
}

func actorOf(a readmodels.Actor) Actor { return Actor{Kind: a.Kind, ID: idOf(a.ID), Name: a.Name} }

func idOf(id *uuid.UUID) *string {
	if id == nil || *id == uuid.Nil {
		return nil
	}
	written := id.String()
	return &written
}

// parsed answers an id whose form the schema has checked.
func parsed(id string) uuid.UUID { return uuid.MustParse(id) }

func parsedAll(ids []string) []uuid.UUID {
	all := make([]uuid.UUID, len(ids))
	for i, id := range ids {
		all[i] = parsed(id)
	}
	return all
}

// found is the answer to a question about one resource.
type found[T any] struct {
	ETag string `header:"ETag" doc:"For If-Match."`
	Body T
}

// listed is the answer to a question about many.
type listed[T any] struct {
	TotalCount string `header:"Tagtrail-Total-Count" doc:"How many match, up to 10000, else 10000+; only where Prefer: return=total-count asks for it."`
	Body       List[T]
}

// totalBound is how far what matches is counted for a list.
const totalBound = 10000

// pageBehind opens a cursor, and shows the page that begins behind it.
func pageBehind[R, K, T any](
	ctx context.Context, a *api, of place, in PerPage, read func(after *K, limit int) ([]R, *K, error), show func(R) T, count func(bound int) (int, error),
) (*listed[T], error) {
	after, err := open[K](a, of, in.Cursor)
	if err != nil {
		return nil, err
	}
	rows, next, err := read(after, in.Limit)
	if err != nil {
		return nil, err
	}
	return pageOf(ctx, a, of, rows, next, show, count)
}

// pageOf shows the rows of a page, and counts what matches where the caller prefers to know.
func pageOf[R, K, T any](
	ctx context.Context, a *api, of place, rows []R, next *K, show func(R) T, count func(bound int) (int, error),
) (*listed[T], error) {
	out := &listed[T]{Body: List[T]{Items: make([]T, len(rows))}}
	for i, row := range rows {
		out.Body.Items[i] = show(row)
	}
	var err error
	if out.Body.Next, err = cursor(a, of, next); err != nil {
		return nil, err
	}
	req := requestOf(ctx)
	if !req.prefer.totalCount {
		return out, nil
	}
	total, err := count(totalBound)
	if err != nil {
		return nil, err
	}
	if out.TotalCount = strconv.Itoa(total); total > totalBound {
		out.TotalCount = strconv.Itoa(totalBound) + "+"
	}
	req.applied = append(req.applied, "return=total-count")
	return out, nil
}

// written is the answer to a write: the resource as it is now, or its id alone while the tables do not show it.
type written struct {
	Status   int
	Position string `header:"Tagtrail-Position" doc:"Where the write stands in the log, for Tagtrail-Min-Position."`
	Replayed string `header:"Idempotent-Replayed" doc:"true when the same request had taken effect before."`
	Location string `header:"Location" doc:"Where the new resource is."`
	Link     string `header:"Link" doc:"Of a tag that was named: the deleted tag of the same name, which could have been restored (rel=alternate), and active ones whose names look the same (rel=related)."`
	ETag     string `header:"ETag" doc:"For If-Match."`
	Body     any
}

// done is the answer to a write that leaves nothing to show.
type done struct {
	Position string `header:"Tagtrail-Position" doc:"Where the write stands in the log, for Tagtrail-Min-Position."`
	Replayed string `header:"Idempotent-Replayed" doc:"true when the same request had taken effect before."`
}

// wrote answers a write with the resource that it was about, once the tables show it.
func wrote[T any](
	ctx context.Context, a *api, status int, receipt commands.Receipt, id uuid.UUID, read func(context.Context) (T, int64, error),
) (*written, error) {
	at, err := a.done(ctx, receipt)
	if err != nil {
		return nil, err
	}
	out := &written{Status: http.StatusAccepted, Position: at.Position, Replayed: at.Replayed, Body: Pending{ID: id.String()}}
	if !a.shows(ctx, receipt.Position) {
		return out, nil
	}
	resource, revision, err := read(ctx)
	if err != nil {
		// The write is durable: what fails now is only showing it.
		if !errors.Is(err, context.Canceled) {
			a.Log.WarnContext(ctx, "written resource not read", "request_id", requestOf(ctx).id, "error", loggable(err))
		}
		return out, nil
	}
	out.Status, out.Body = status, resource
	if revision >= 0 {
		out.ETag = etag(revision)
	}
	return out, nil
}

func (a *api) done(ctx context.Context, receipt commands.Receipt) (*done, error) {
	position, err := a.token(ctx, receipt.Position)
	if err != nil {
		return nil, err
	}
	out := &done{Position: position}
	if receipt.Replayed {
		out.Replayed = "true"
	}
	return out, nil
}

// answering describes a successful answer by an example of its body; nil has none.
func answering(registry huma.Registry, status int, body any) *huma.Response {
	response := &huma.Response{Description: http.StatusText(status), Headers: map[string]*huma.Param{}}
	if status == http.StatusAccepted {
		response.Description = "Written; the tables do not show it yet"
		response.Headers["Tagtrail-Position"] = textHeader("Where the write stands in the log, for Tagtrail-Min-Position.")
	}
	if body != nil {
		response.Content = map[string]*huma.MediaType{plainJSON: {Schema: registry.Schema(reflect.TypeOf(body), true, "")}}
	}
	return response
}

// textHeader describes a header of an answer.
func textHeader(description string) *huma.Param {
	return &huma.Param{Description: description, Schema: &huma.Schema{Type: huma.TypeString}}
}

// utc answers an instant, or nil where there is none.
func utc(t *time.Time) *time.Time {
	if t == nil {
		return nil
	}
	at := t.UTC()
	return &at
}

// PerPage are the parameters of every list. What is embedded has to be exported: the framework looks into nothing else.
type PerPage struct {
	Limit  int    `query:"limit" minimum:"1" maximum:"200" default:"50" doc:"How many items a page holds at most."`
	Cursor string `query:"cursor" doc:"The next of the page before, with the same filters."`
}
