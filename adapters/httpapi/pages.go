package httpapi

import (
	"bytes"
	"crypto/sha256"
	_ "embed" // templates and the style of pages
	"encoding/base64"
	"html/template"
	"net/http"
	"slices"
	"strings"

	"github.com/danielgtaylor/huma/v2"
	"github.com/gorilla/mux"

	"tagtrail/commands"
	"tagtrail/domain/fault"
)

//go:embed pages.css
var style string

//go:embed docs.html.tmpl
var docsPage string

//go:embed problem.html.tmpl
var problemPage string

// servePages puts the pages for people beside the API. They are made once, hold no script, and ask nothing of other hosts.
func (a *api) servePages() {
	const html = "text/html; charset=utf-8"
	var description, docs []byte
	a.page("openapi", "/openapi.json", "Get this description", "application/openapi+json", func(*http.Request) []byte { return description })
	a.page("docs", "/docs", "Read this description", html, func(*http.Request) []byte { return docs })

	a.serveReportingPage()

	problems := a.problemPages()
	a.page("list-problems", "/problems", "Read which problems there are", html, func(*http.Request) []byte { return problems[""] })
	a.page("get-problem", "/problems/{code}", "Read what a problem means, and what to do", html, func(r *http.Request) []byte { return problems[mux.Vars(r)["code"]] })

	description = a.finishDescription() // with the pages themselves
	docs = rendered(docsPage, a.manual())
}

// page serves what is the same for everybody; nil is not found.
func (a *api) page(id, path, summary, media string, content func(*http.Request) []byte) {
	hash := sha256.Sum256([]byte(style))
	policy := "default-src 'self'; script-src 'none'; style-src 'sha256-" + base64.StdEncoding.EncodeToString(hash[:]) + "'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
	bare, _, _ := strings.Cut(media, ";")
	op := huma.Operation{
		OperationID: id, Method: http.MethodGet, Path: path, Summary: summary,
		Responses: map[string]*huma.Response{"200": answers("The page", bare)},
	}
	if strings.HasSuffix(path, "{code}") {
		op.Parameters = []*huma.Param{{
			Name: "code", In: "path", Required: true, Description: "The code of the problem.", Schema: &huma.Schema{Type: huma.TypeString},
		}}
	}
	a.beside(op, "Pages", http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body := content(r)
		if body == nil {
			a.refuse(w, r, commands.ErrNotFound)
			return
		}
		w.Header().Set("Content-Type", media)
		w.Header().Set("Content-Security-Policy", policy)
		w.Header().Set("Cache-Control", "no-cache")
		_, _ = w.Write(body)
	}))
}

// finishDescription takes out what the framework put in by itself, and writes the document.
func (a *api) finishDescription() []byte {
	schemas := a.huma.OpenAPI().Components.Schemas.Map()
	delete(schemas, "ErrorModel")
	delete(schemas, "ErrorDetail")
	for _, schema := range schemas {
		for _, member := range schema.Properties {
			if member.Nullable && len(member.Enum) > 0 && !slices.Contains(member.Enum, nil) {
				member.Enum = append(member.Enum, nil)
			}
		}
	}
	document, err := a.huma.OpenAPI().MarshalJSON()
	if err != nil {
		panic(err) // it is made of literals and types: whatever is wrong is wrong at every start
	}
	return document
}

func rendered(page string, data any) []byte {
	out := &bytes.Buffer{}
	if err := template.Must(template.New("page").Parse(page)).Execute(out, data); err != nil {
		panic(err) // as above
	}
	return out.Bytes()
}

type problemEntry struct {
	Code, Message string
	Status        int
}

type problemText struct {
	Style               template.CSS
	Base                string
	Title, Text, Advice string
	Problems            []problemEntry
}

// problemPages answers the page of each registered fault by its code, and the list of all under "".
func (a *api) problemPages() map[string][]byte {
	pages := map[string][]byte{}
	all := problemText{Style: template.CSS(style), Base: a.PublicURL, Title: "Problems", Text: "Every refusal names one of these in its type."}
	for code, f := range a.faults {
		entry := problemEntry{Code: code, Message: f.Message, Status: statusOf(f)}
		all.Problems = append(all.Problems, entry)
		pages[code] = rendered(problemPage, problemText{
			Style: all.Style, Base: a.PublicURL, Title: code, Problems: []problemEntry{entry}, Advice: advice(f),
		})
	}
	slices.SortFunc(all.Problems, func(x, y problemEntry) int { return strings.Compare(x.Code, y.Code) })
	pages[""] = rendered(problemPage, all)
	return pages
}

// advice says what a caller can do about a kind of fault.
func advice(f *fault.Fault) string {
	switch f.Kind {
	case fault.Malformed, fault.Unsupported, fault.TooLarge:
		return "The request cannot be taken as it is: sending it again changes nothing. Look at the errors of the problem, and at the operation in the API's description."
	case fault.Invalid:
		return "The request was understood and breaks a rule. Change what the errors of the problem point at."
	case fault.Unauthenticated:
		return "Send a key that opens the organisation, as a bearer token in one Authorization header."
	case fault.Denied:
		return "Use a key of a kind that may do this."
	case fault.NotFound:
		return "Look at the address: there is no such thing, or it is another organisation's."
	case fault.Conflict:
		return "Read the resource, see what stands against the request, and decide anew."
	case fault.Gone:
		return "It will not come back."
	case fault.Stale:
		return "Somebody was faster. Read the resource again, and repeat the change with its new ETag."
	case fault.Unavailable:
		return "Nothing is wrong with the request: send it again in a moment, with the same Idempotency-Key where it had one."
	}
	return ""
}
