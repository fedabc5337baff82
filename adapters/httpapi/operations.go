package httpapi

import (
	"context"
	"net/http"
	"reflect"
	"slices"
	"strconv"
	"strings"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humamux"
	"github.com/google/uuid"

	"tagtrail/commands"
	"tagtrail/domain/fault"
	"tagtrail/domain/organization"
	"tagtrail/domain/personal"
)

// operation is one thing that can be asked of the API.
type operation struct {
	id, method, path     string
	group                string // under which it is documented
	summary, description string
	permission           commands.Permission
	takes                string // media type of the body, "" for none
	uploads              bool   // whether the body is a file, which is read by whoever handles it
	asks                 bool   // whether it only asks, although its method is that of writes
	ifMatch              bool   // whether If-Match is honoured
	lists                bool   // whether it answers pages, and counts what matches
	past                 bool   // whether it is answered from the tables of the past
	status               int
	answers              map[int]any // what it answers besides the type of the handler's answer
	faults               []*fault.Fault
}

func (o operation) reads() bool { return o.method == http.MethodGet || o.asks }

// register adds an operation to the API and to its description.
func register[I, O any](a *api, o operation, handle func(ctx context.Context, in *I) (*O, error)) {
	op := huma.Operation{
		OperationID: o.id, Method: o.method, Path: o.path, Tags: []string{o.group},
		Summary: o.summary, Description: o.description, DefaultStatus: o.status,
		MaxBodyBytes: maxBodyBytes + 1, BodyReadTimeout: -1,
		Security:   []map[string][]string{{"key": {}}},
		Parameters: o.parameters(),
		Responses:  a.responses(o),
	}
	body := requiresBody[I]()
	_, streams := any(new(O)).(*huma.StreamResponse)
	op.Middlewares = huma.Middlewares{func(hc huma.Context, next func(huma.Context)) {
		r, w := humamux.Unwrap(hc)
		ctx, err := a.admit(w, r, o, hc.Operation(), body)
		if err != nil {
			a.refuse(w, r, err)
			return
		}
		if !streams && !o.uploads {
			var cancel context.CancelFunc
			ctx, cancel = a.limited(ctx)
			defer cancel()
		}
		next(huma.WithContext(hc, ctx))
	}}
	huma.Register(a.huma, op, func(ctx context.Context, in *I) (*O, error) {
		if passed := requestOf(ctx).passedOver; len(passed) > 0 {
			return nil, a.problemOf(ctx, passed)
		}
		out, err := handle(ctx, in)
		if err != nil {
			return nil, a.problemOf(ctx, err)
		}
		return out, nil
	})
	if o.uploads {
		a.describeUpload(o.path)
	}
}

// requiresBody says whether an input has a body that cannot be left out.
func requiresBody[I any]() bool {
	body, ok := reflect.TypeFor[I]().FieldByName("Body")
	return ok && body.Type.Kind() != reflect.Pointer
}

// admit lets a request in that is known, may, and can be read; the order is who, what, how.
func (a *api) admit(w http.ResponseWriter, r *http.Request, o operation, op *huma.Operation, bodyRequired bool) (context.Context, error) {
	ctx := r.Context()
	req := requestOf(ctx)
	req.operation = o.id
	var err error
	if req.credential, err = a.authenticate(ctx, r.Header); err != nil {
		return nil, err
	}
	if err := a.limitRate(w.Header(), req); err != nil {
		return nil, err
	}
	if !req.credential.Can(o.permission) {
		return nil, ErrDenied
	}
	if err := checkQuery(r.URL.RawQuery, op); err != nil {
		return nil, err
	}
	if o.uploads {
		req.upload, err = takeUpload(w, r)
	} else {
		req.body, err = takeBody(w, r, o.takes, bodyRequired)
	}
	if err != nil {
		return nil, err
	}
	req.passedOver = passedOver(a.huma.OpenAPI().Components.Schemas, op, req.body)
	if req.ifMatch, err = preconditionOf(r.Header); err != nil {
		return nil, err
	}
	if req.ifMatch.given && !o.ifMatch && !o.reads() {
		return nil, ErrPrecondition
	}
	req.prefer = preferencesOf(r.Header)
	if o.past {
		return ctx, a.await(r, req.prefer, a.Past.Positions)
	}
	if o.reads() {
		return ctx, a.await(r, req.prefer, a.Positions)
	}
	req.origin, err = a.origin(ctx, r, req)
	return ctx, err
}

// authenticate answers whose key the request carries.
func (a *api) authenticate(ctx context.Context, header http.Header) (commands.Credential, error) {
	given := header.Values("Authorization")
	if len(given) != 1 {
		return commands.Credential{}, ErrUnauthenticated
	}
	scheme, token, _ := strings.Cut(given[0], " ")
	if !strings.EqualFold(scheme, "Bearer") {
		return commands.Credential{}, ErrUnauthenticated
	}
	return a.Commands.Authenticate(ctx, strings.TrimSpace(token))
}

// origin says who asks for a change, and which command it is: the same key of idempotency on the same method and path of
// the same credential is the same command.
func (a *api) origin(ctx context.Context, r *http.Request, req *request) (commands.Origin, error) {
	command, err := commandID(r, req.credential)
	if err != nil {
		return commands.Origin{}, err
	}
	path := r.URL.EscapedPath()
	hmac, err := a.Commands.RequestHMAC(ctx, req.credential.Organization, r.Method, path, req.body)
	if err != nil {
		return commands.Origin{}, err
	}
	return commands.Origin{
		Organization: req.credential.Organization, Actor: req.credential.Actor(), Source: req.credential.Source(),
		CommandID: command, RequestHMAC: hmac, CorrelationID: req.id, CausationID: command.String(),
	}, nil
}

func commandID(r *http.Request, credential commands.Credential) (uuid.UUID, error) {
	keys := r.Header.Values("Idempotency-Key")
	if len(keys) == 0 {
		return uuid.NewV7()
	}
	if len(keys) > 1 || len(keys[0]) == 0 || len(keys[0]) > 255 {
		return uuid.Nil, ErrKeyForm
	}
	for _, b := range []byte(keys[0]) {
		if b <= ' ' || b > '~' {
			return uuid.Nil, ErrKeyForm
		}
	}
	return uuid.NewSHA1(credential.Key, []byte(r.Method+" "+r.URL.EscapedPath()+" "+keys[0])), nil
}

// asking answers the context of a command, with the reason that the caller gives.
func asking(ctx context.Context, reason string) (context.Context, error) {
	origin := requestOf(ctx).origin
	if reason != "" {
		kept, err := cleanReason(reason)
		if err != nil {
			return nil, err
		}
		origin.Reason = personal.New(kept)
	}
	return commands.WithOrigin(ctx, origin), nil
}

// parameters answers the headers that an operation takes.
func (o operation) parameters() []*huma.Param {
	header := func(name, description string) *huma.Param {
		return &huma.Param{Name: name, In: "header", Description: description, Schema: &huma.Schema{Type: huma.TypeString}}
	}
	if o.reads() {
		prefer := "`wait=N`: wait up to N seconds, at most 10, for the position."
		if o.lists {
			prefer += " `return=total-count`: say in Tagtrail-Total-Count how many match."
		}
		return []*huma.Param{
			header("Tagtrail-Min-Position", "A position that a write answered: the answer shows at least everything up to it, or says 503 that it does not yet."),
			header("Prefer", prefer),
		}
	}
	headers := []*huma.Param{header("Idempotency-Key", "1 to 255 visible ASCII characters. A repeat with the same key, path and body takes effect once; it answers the resource as it is now, the first position, and `Idempotent-Replayed: true`.")}
	if o.ifMatch {
		headers = append(headers, header("If-Match", "Entity tags of the resource: the write is refused with 412 when it has another by now."))
	}
	return headers
}

// responses describes what an operation answers besides its success.
func (a *api) responses(o operation) map[string]*huma.Response {
	registry := a.huma.OpenAPI().Components.Schemas
	responses := map[string]*huma.Response{}
	for status, example := range o.answers {
		responses[strconv.Itoa(status)] = answering(registry, status, example)
	}
	general := []*fault.Fault{ErrMalformed, ErrQuery, ErrUnauthenticated, organization.ErrUnknownKey, ErrDenied, ErrInvalid, ErrInternal, ErrUnavailable, ErrBusy, ErrTooMany, commands.ErrLogUnavailable}
	if o.uploads {
		general = append(general, ErrUpload, ErrFileTooLarge, ErrTimeout)
	}
	if o.takes != "" {
		general = append(general, ErrJSON, ErrTooDeep, ErrTooLarge, ErrTimeout, ErrUnsupported)
	}
	if o.reads() {
		general = append(general, ErrPosition, ErrBehind)
		if responses["200"] == nil {
			responses["200"] = &huma.Response{Description: http.StatusText(http.StatusOK), Headers: map[string]*huma.Param{}}
		}
		responses["200"].Headers["Preference-Applied"] = textHeader("The preferences that were honoured.")
	} else {
		general = append(general, ErrKeyForm, commands.ErrKeyReused, commands.ErrContended)
	}
	if o.lists {
		general = append(general, ErrCursor)
	}
	if o.ifMatch {
		general = append(general, ErrPrecondition, ErrStale)
	}
	codes := map[int][]string{}
	for _, f := range slices.Concat(o.faults, general) {
		codes[statusOf(f)] = append(codes[statusOf(f)], "`"+f.Code+"`")
	}
	for status, of := range codes {
		responses[strconv.Itoa(status)] = a.refusal(http.StatusText(status) + ": " + strings.Join(of, ", "))
	}
	responses["default"] = a.refusal("Any other problem")
	return responses
}

func (a *api) refusal(description string) *huma.Response {
	return &huma.Response{
		Description: description,
		Content:     map[string]*huma.MediaType{"application/problem+json": {Schema: a.problem}},
	}
}
