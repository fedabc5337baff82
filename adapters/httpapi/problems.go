package httpapi

import (
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"net"
	"net/http"
	"slices"
	"strings"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/validation"
	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
	"github.com/jackc/pgx/v5/pgconn"

	"tagtrail/commands"
	"tagtrail/domain/contact"
	"tagtrail/domain/fault"
	"tagtrail/readmodels"
)

// Problem is a refusal or failure, in the form of RFC 9457. It never repeats what the caller sent.
type Problem struct {
	Type     string            `json:"type" format:"uri-reference" doc:"Names the problem for ever, and leads to a page about it." example:"/problems/tag.name-taken"`
	Title    string            `json:"title" doc:"What this type of problem is." example:"another tag has this name"`
	Status   int               `json:"status" doc:"The HTTP status." example:"409"`
	Detail   string            `json:"detail" doc:"What it is this time." example:"another tag has this name"`
	Instance string            `json:"instance" doc:"The id of the request, as in X-Request-Id." example:"0197a1b2-0000-7000-8000-000000000001"`
	Errors   []ProblemError    `json:"errors,omitempty" nullable:"false" doc:"What exactly is wrong, one by one."`
	Details  map[string]string `json:"details,omitempty" doc:"Ids that help to go on, such as the contact that has the number."`
	Survivor string            `json:"survivor,omitempty" format:"uuid" doc:"Of a contact that was merged: the one that stands for it, which the Link leads to (rel=canonical)."`

	retryAfter string
}

// ProblemError is one thing that is wrong with a request.
type ProblemError struct {
	Pointer   string `json:"pointer,omitempty" doc:"JSON pointer into the body." example:"/name"`
	Parameter string `json:"parameter,omitempty" doc:"Name of a parameter in the path, the query or the headers." example:"limit"`
	Detail    string `json:"detail" doc:"What is wrong with it." example:"expected number <= 200"`
}

// Error answers the detail.
func (p *Problem) Error() string { return p.Detail }

// GetStatus answers the HTTP status.
func (p *Problem) GetStatus() int { return p.Status }

// GetHeaders answers what comes with the problem.
func (p *Problem) GetHeaders() http.Header {
	headers := http.Header{}
	if p.retryAfter != "" {
		headers.Set("Retry-After", p.retryAfter)
	}
	if p.Survivor != "" {
		headers.Set("Link", `</v1/contacts/`+p.Survivor+`>; rel="canonical"`)
	}
	return headers
}

// ContentType answers the media type of problems.
func (p *Problem) ContentType(string) string { return "application/problem+json" }

// problemOf says in HTTP's words what an error means for the caller.
func (a *api) problemOf(ctx context.Context, err error) *Problem {
	if p, ok := errors.AsType[*Problem](err); ok {
		return p
	}
	f := faultOf(ctx, err)
	p := &Problem{
		Type: a.typeOf(f), Title: f.Message, Status: statusOf(f), Detail: f.Message,
		Instance: requestOf(ctx).id, Details: f.Details,
	}
	if known := a.faults[f.Code]; known != nil {
		p.Title = known.Message
	}
	if f.Pointer != "" {
		p.Errors = []ProblemError{{Pointer: f.Pointer, Detail: f.Message}}
	}
	if wrong, ok := errors.AsType[findings](err); ok {
		p.Errors, p.Detail = wrong, p.Title+": "+wrong.Error()
	}
	if f.Code == contact.ErrMerged.Code {
		p.Survivor = f.Details["contact"]
	}
	if p.Status == http.StatusServiceUnavailable {
		p.retryAfter = "1"
		if f != ErrBehind && f != ErrBusy {
			a.Log.WarnContext(ctx, "request not served", "request_id", p.Instance, "fault", f.Code, "error", loggable(err))
		}
	}
	if f == ErrInternal {
		a.Log.ErrorContext(ctx, "request failed", "request_id", p.Instance, "error", loggable(err))
	}
	return p
}

// faultOf answers the fault that an error is, or amounts to.
func faultOf(ctx context.Context, err error) *fault.Fault {
	if f := fault.Of(err); f != nil {
		return f
	}
	if _, ok := errors.AsType[findings](err); ok {
		return ErrInvalid
	}
	if errors.Is(err, readmodels.ErrNotFound) {
		return commands.ErrNotFound
	}
	if errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) || ctx.Err() != nil {
		return ErrBusy
	}
	if outOfReach(err) {
		return ErrUnavailable
	}
	return ErrInternal
}

// outOfReach tells a database that cannot answer for now from a question that is wrong.
func outOfReach(err error) bool {
	refusal, ok := errors.AsType[*pgconn.PgError](err)
	if !ok {
		_, unconnected := errors.AsType[*pgconn.ConnectError](err)
		_, network := errors.AsType[net.Error](err)
		return unconnected || network || pgconn.SafeToRetry(err) ||
			errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, net.ErrClosed)
	}
	switch refusal.Code[:min(2, len(refusal.Code))] {
	case "08", "53", "55", "57", "58": // connection, resources, state, shutdown, input and output
		return true
	}
	return refusal.Code == "42P01" || refusal.Code == "3F000" // no generation has been built yet
}

// loggable answers what of an error may enter a log: what the database says can repeat a value.
func loggable(err error) string {
	if refusal, ok := errors.AsType[*pgconn.PgError](err); ok {
		return "the database refused: SQLSTATE " + refusal.Code
	}
	return err.Error()
}

func (a *api) typeOf(f *fault.Fault) string { return a.PublicURL + "/problems/" + f.Code }

// refuse answers an error where the framework is not at work.
func (a *api) refuse(w http.ResponseWriter, r *http.Request, err error) {
	p := a.problemOf(r.Context(), err)
	maps.Copy(w.Header(), p.GetHeaders())
	if p.Status == http.StatusUnauthorized {
		w.Header().Set("WWW-Authenticate", `Bearer realm="tagtrail"`)
	}
	body, err := json.Marshal(p, jsontext.AllowInvalidUTF8(true)) // what is no text is replaced, and never keeps a problem from being told
	if err != nil {
		panic(fmt.Errorf("write a problem: %w", err))
	}
	w.Header().Set("Content-Type", p.ContentType(""))
	w.WriteHeader(p.Status)
	_, _ = w.Write(body)
}

// retell puts our problem in the place of the framework's, which repeats what it was sent.
func (a *api) retell(ctx huma.Context, _ string, v any) (any, error) {
	theirs, ok := v.(*huma.ErrorModel)
	if !ok {
		return v, nil
	}
	p := a.problemOf(ctx.Context(), byStatus(theirs.Status))
	if p.Status == http.StatusUnprocessableEntity {
		p.Errors = slices.Clone(requestOf(ctx.Context()).passedOver)
	}
	for _, e := range theirs.Errors {
		if len(p.Errors) == maxProblemErrors {
			break
		}
		p.Errors = append(p.Errors, retold(e))
	}
	if n := len(p.Errors); n > 0 && p.Errors[0].Detail != "" {
		p.Detail = p.Title + ": " + p.Errors[0].Detail
	}
	return p, nil
}

// maxProblemErrors bounds a problem about a body in which everything is wrong.
const maxProblemErrors = 20

// retold answers one of the framework's findings without the value. What it says of a whole body that cannot be read may repeat it.
func retold(e *huma.ErrorDetail) ProblemError {
	where, rest, _ := strings.Cut(e.Location, ".")
	missing, isMissing := missingMember(e.Message)
	switch {
	case where == "body" && isMissing:
		return ProblemError{Pointer: pointerOf(rest) + "/" + missing, Detail: e.Message}
	case where == "body" && rest == "" && strings.HasPrefix(e.Message, "json"):
		return ProblemError{Detail: "the body does not have the types that it should have"}
	case where == "body":
		return ProblemError{Pointer: bounded(pointerOf(rest)), Detail: bounded(e.Message)}
	default:
		return ProblemError{Parameter: bounded(rest), Detail: bounded(e.Message)}
	}
}

// missingMember answers the name of the member that a message says is required.
func missingMember(message string) (string, bool) {
	before, behind, _ := strings.Cut(validation.MsgExpectedRequiredProperty, "%s")
	name, begins := strings.CutPrefix(message, before)
	name, ends := strings.CutSuffix(name, behind)
	return name, begins && ends
}

// pointerOf turns items[3].name into /items/3/name.
func pointerOf(location string) string {
	if location == "" {
		return ""
	}
	return "/" + strings.NewReplacer("].", "/", "]", "", "[", "/", ".", "/").Replace(location)
}

// bounded keeps a name that a caller made up from growing the answer, and what is no text out of it.
func bounded(s string) string {
	const longest = 200
	if len(s) > longest {
		s = s[:longest] + "…"
	}
	return strings.ToValidUTF8(s, "\ufffd")
}
