package httpapi

import (
	"net/http"
	"reflect"
	"strings"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humamux"
	"github.com/gorilla/mux"
)

// describe begins the API and its description, without what the framework would put in by itself: schema links made from
// the Host of a request, and pages that load scripts from elsewhere.
func (a *api) describe() {
	version := a.Version
	if version == "" {
		version = "unversioned"
	}
	description := &huma.OpenAPI{
		OpenAPI: "3.1.0",
		Info: &huma.Info{
			Title: "tagtrail", Version: version,
			Description: strings.TrimSpace(introduction),
		},
		Components: &huma.Components{
			Schemas: huma.NewMapRegistry("#/components/schemas/", huma.DefaultSchemaNamer),
			SecuritySchemes: map[string]*huma.SecurityScheme{
				"key": {Type: "http", Scheme: "bearer", Description: "A key of the organisation: tt_live_…"},
			},
		},
		Tags: []*huma.Tag{
			{Name: "Contacts", Description: "People who write to the team, and where they stand in the funnel."},
			{Name: "Segments", Description: "Filters that are kept under a name."},
			{Name: "Operations", Description: "What is done to many contacts at once, in the background: how far it is, and taking it back."},
			{Name: "Contact tags", Description: "Tags on contacts."},
			{Name: "Notes", Description: "What the team wrote down about contacts, who never see it."},
			{Name: "Conversations", Description: "What the inbox reports of the talk with a contact, and what is counted of it."},
			{Name: "Custom fields", Description: "What the organisation asks about its contacts besides what everybody asks."},
			{Name: "Tags", Description: "The catalogue: every tag that can be put on a contact."},
			{Name: "History", Description: "What was recorded, by whom and why, and how tags and lead statuses came to be."},
			{Name: "Channels", Description: "The WhatsApp numbers of the organisation."},
			{Name: "Team", Description: "Who belongs to the team, and what its roles may do and see."},
			{Name: "Keys", Description: "What opens the organisation to programs."},
			{Name: "Webhooks", Description: "Where WhatsApp delivers to. A delivery proves itself; there is no key."},
			{Name: "Operation", Description: "How the process is. No key."},
			{Name: "Pages", Description: "What this API is, for programs and for people. No key."},
		},
	}
	if a.PublicURL != "" {
		description.Servers = []*huma.Server{{URL: a.PublicURL}}
	} else {
		description.Servers = []*huma.Server{{URL: "/"}}
	}
	a.problem = description.Components.Schemas.Schema(reflect.TypeFor[Problem](), true, "Problem")
	a.huma = humamux.New(a.router, huma.Config{
		OpenAPI:                      description,
		Formats:                      map[string]huma.Format{plainJSON: format(), "json": format()},
		DefaultFormat:                plainJSON,
		RejectUnknownQueryParameters: true,
		Transformers:                 []huma.Transformer{a.retell, a.conceal},
	}, humamux.WithRouteCustomizer(func(op *huma.Operation, route *mux.Route) {
		if strings.Contains(op.Path, "{") {
			route.MatcherFunc(a.isNoPathOfItsOwn)
			return
		}
		a.literal[op.Path] = true
	}))
}

// isNoPathOfItsOwn keeps a path that an operation has for itself, such as that of an export, from being taken for the id of
// something: it takes the methods of that operation and no others.
func (a *api) isNoPathOfItsOwn(r *http.Request, _ *mux.RouteMatch) bool {
	return !a.literal[r.URL.Path]
}

const introduction = `
Contacts of a WhatsApp team, the tags on them, and their lead status.

**Keys.** Every request carries one key as a bearer token. The kind of the key decides what it may do, and under which source its changes are recorded.

**Writes.** A write is durable before it is answered. Its answer is the resource as it is now; while the tables do not show it yet, which is rare, it is 202 with the id alone. ` + "`Tagtrail-Position`" + ` says where the write stands in the log: send it as ` + "`Tagtrail-Min-Position`" + ` with ` + "`Prefer: wait=2`" + `, and a read shows at least that. With an ` + "`Idempotency-Key`" + `, a repeat takes effect once.

**Limits.** Where the operator limits how much is asked, every answer says how many more requests may follow (` + "`RateLimit`, `RateLimit-Policy`" + `), and one too many is 429 with ` + "`Retry-After`" + `.

**Lists.** A page names the cursor of the next in ` + "`next`" + `. A cursor goes with its filters and its organisation.

**Problems.** Every refusal is ` + "`application/problem+json`" + ` whose type leads to a page about it, and whose instance is the id of the request, as in ` + "`X-Request-Id`" + `.

HEAD is answered wherever GET is, and OPTIONS everywhere.
`
