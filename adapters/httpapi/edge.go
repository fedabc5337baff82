package httpapi

import (
	"context"
	"fmt"
	"net/http"
	"runtime/debug"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/gorilla/mux"

	"tagtrail/commands"
	"tagtrail/domain/event"
)

// request is what is known of a request while it is served.
type request struct {
	id         string
	operation  string // its name in the API, or the path of the route
	credential commands.Credential
	origin     commands.Origin // of a write
	ifMatch    precondition
	prefer     preferences
	body       []byte
	upload     *upload  // the body, where it is a file
	passedOver findings // in the body
	applied    []string // preferences that were honoured

	minPosition event.Position // that the answer must show; 0 when none is named
}

type requestKey struct{}

// requestOf answers the request that a context belongs to.
func requestOf(ctx context.Context) *request {
	if r, ok := ctx.Value(requestKey{}).(*request); ok {
		return r
	}
	return &request{}
}

// serve is the outermost handler: every request gets an id, safe headers, one line in the log, and an answer even to a panic.
func (a *api) serve(w http.ResponseWriter, r *http.Request) {
	began := time.Now()
	req := &request{id: uuid.Must(uuid.NewV7()).String()}
	r = r.WithContext(context.WithValue(r.Context(), requestKey{}, req))
	answer := &answer{ResponseWriter: w, request: req}
	guard(answer.Header(), req.id)

	defer func() {
		if thrown := recover(); thrown != nil {
			a.caught(answer, r, thrown)
		}
		a.report(r, req, answer, time.Since(began))
	}()
	a.dispatch(answer, r)
}

// guard sets what every answer carries.
func guard(header http.Header, id string) {
	header.Set("X-Request-Id", id)
	header.Set("X-Content-Type-Options", "nosniff")
	header.Set("X-Frame-Options", "DENY")
	header.Set("Referrer-Policy", "no-referrer")
	header.Set("Cross-Origin-Resource-Policy", "same-origin")
	header.Set("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'")
	header.Set("Cache-Control", "no-store")
}

// longestURI bounds what is matched against routes.
const longestURI = 16 << 10

// dispatch routes a request. HEAD is GET whose body the server keeps to itself; OPTIONS says which methods a path takes.
func (a *api) dispatch(w http.ResponseWriter, r *http.Request) {
	r.Header.Del("Accept") // there is one form of each answer, and negotiating is left to nobody's parser
	switch {
	case len(r.RequestURI) > longestURI:
		a.refuse(w, r, ErrURITooLong)
		return
	case r.Method == http.MethodHead:
		r = as(r, http.MethodGet)
	case r.Method == http.MethodOptions:
		if allowed := a.allowed(r); len(allowed) > 0 {
			w.Header().Set("Allow", strings.Join(allowed, ", "))
			w.WriteHeader(http.StatusNoContent)
			return
		}
	}
	a.router.ServeHTTP(w, r)
}

// as answers the request with another method.
func as(r *http.Request, method string) *http.Request {
	other := r.WithContext(r.Context())
	other.Method = method
	return other
}

// allowed answers the methods that the path of a request takes; none means that there is no such path.
func (a *api) allowed(r *http.Request) []string {
	var methods []string
	for _, method := range []string{http.MethodGet, http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete} {
		var match mux.RouteMatch
		if a.router.Match(as(r, method), &match) && match.MatchErr == nil && match.Route != nil {
			methods = append(methods, method)
		}
	}
	if len(methods) == 0 {
		return nil
	}
	if slices.Contains(methods, http.MethodGet) {
		methods = append(methods, http.MethodHead)
	}
	return append(methods, http.MethodOptions)
}

// notFound answers what no route takes. The router forgets that a path takes another method where a later route has the same
// form, as that of an id.
func (a *api) notFound(w http.ResponseWriter, r *http.Request) {
	if len(a.allowed(r)) > 0 {
		a.methodNotAllowed(w, r)
		return
	}
	a.refuse(w, r, commands.ErrNotFound)
}

func (a *api) methodNotAllowed(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Allow", strings.Join(a.allowed(r), ", "))
	a.refuse(w, r, ErrMethod)
}

// caught answers a panic. What was thrown may hold anything, so that only its type enters the log.
func (a *api) caught(w *answer, r *http.Request, thrown any) {
	if thrown == http.ErrAbortHandler { //nolint:errorlint // the server compares it the same way
		panic(thrown)
	}
	a.Log.ErrorContext(r.Context(), "request panicked",
		"request_id", requestOf(r.Context()).id, "thrown", fmt.Sprintf("%T", thrown), "stack", string(debug.Stack()))
	if w.status == 0 {
		a.refuse(w, r, &Problem{
			Type: a.typeOf(ErrInternal), Title: ErrInternal.Message, Status: http.StatusInternalServerError,
			Detail: ErrInternal.Message, Instance: requestOf(r.Context()).id,
		})
	}
}

// requestLimit is how long a request may be worked at. It is well below the time after which the server cuts the connection
// off, so that whoever asked for too much is told, and does not find the connection closed.
const requestLimit = time.Minute

// limited answers a context that ends when the request has been worked at for too long. It names no deadline: what is behind
// it bounds its own waits where the caller does not, and shorter.
func (a *api) limited(ctx context.Context) (context.Context, context.CancelFunc) {
	ctx, cancel := context.WithCancelCause(ctx)
	timer := time.AfterFunc(a.Limit, func() { cancel(context.DeadlineExceeded) })
	return ctx, func() { timer.Stop(); cancel(nil) }
}

// report writes the line of the log, with ids and never what was said.
func (a *api) report(r *http.Request, req *request, w *answer, took time.Duration) {
	status := w.status
	if status == 0 {
		status = http.StatusOK
	}
	if a.Observe != nil {
		a.Observe(req.operation, methodOf(r), status, took)
	}
	attributes := []any{
		"request_id", req.id, "operation", req.operation, "method", methodOf(r), "status", status, "took", took,
	}
	if req.credential.Key != uuid.Nil {
		attributes = append(attributes, "organization", req.credential.Organization.String(), "key", req.credential.Key.String())
	}
	a.Log.DebugContext(r.Context(), "request answered", attributes...)
}

// methodOf answers the method, unless the caller made it up.
func methodOf(r *http.Request) string {
	switch r.Method {
	case http.MethodGet, http.MethodHead, http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete, http.MethodOptions:
		return r.Method
	}
	return "other"
}

// named tells the log which route was taken.
func named(operation string, next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		requestOf(r.Context()).operation = operation
		next.ServeHTTP(w, r)
	})
}

// answer remembers the status that was sent.
type answer struct {
	http.ResponseWriter
	request *request
	status  int
}

// WriteHeader sends the status, and with a success which preferences were honoured.
func (a *answer) WriteHeader(status int) {
	if a.status == 0 {
		a.status = status
		if len(a.request.applied) > 0 && status < http.StatusBadRequest {
			a.Header().Set("Preference-Applied", strings.Join(a.request.applied, ", "))
		}
	}
	a.ResponseWriter.WriteHeader(status)
}

// Write sends a part of the body.
func (a *answer) Write(body []byte) (int, error) {
	if a.status == 0 {
		a.WriteHeader(http.StatusOK)
	}
	return a.ResponseWriter.Write(body)
}

// Unwrap lets http.ResponseController reach the connection.
func (a *answer) Unwrap() http.ResponseWriter { return a.ResponseWriter }
