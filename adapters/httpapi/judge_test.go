package httpapi_test

import (
	"bytes"
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/getkin/kin-openapi/openapi3filter"
	"github.com/getkin/kin-openapi/routers"
	"github.com/getkin/kin-openapi/routers/gorillamux"
	"github.com/go-json-experiment/json"
)

// judge holds every answer against the description that the API serves of itself.
type judge struct {
	document *openapi3.T
	router   routers.Router
}

func newJudge(t *testing.T, server *httptest.Server) *judge {
	t.Helper()
	answer, err := server.Client().Get(server.URL + "/openapi.json")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = answer.Body.Close() }()
	text, err := io.ReadAll(answer.Body)
	if err != nil {
		t.Fatal(err)
	}
	document, err := openapi3.NewLoader().LoadFromData(text)
	if err != nil {
		t.Fatal(err)
	}
	if err := document.Validate(context.WithoutCancel(t.Context())); err != nil {
		t.Fatal(err)
	}
	router, err := gorillamux.NewRouter(document)
	if err != nil {
		t.Fatal(err)
	}
	return &judge{document: document, router: router}
}

func (j *judge) judge(t *testing.T, r *http.Request, sent string, answer *http.Response, body []byte) {
	t.Helper()
	if answer.Header.Get("X-Request-Id") == "" || answer.Header.Get("X-Content-Type-Options") != "nosniff" {
		t.Errorf("%s %s answered without its id or without safe headers: %v", r.Method, r.URL.Path, answer.Header)
	}
	if answer.StatusCode >= 400 && r.Method != http.MethodHead {
		j.judgeProblem(t, r, answer, body)
	}
	route, parameters, err := j.router.FindRoute(r)
	if err != nil {
		j.judgeUndescribed(t, r, answer)
		return
	}
	r.Body = io.NopCloser(strings.NewReader(sent))
	options := &openapi3filter.Options{AuthenticationFunc: openapi3filter.NoopAuthenticationFunc, IncludeResponseStatus: true}
	request := &openapi3filter.RequestValidationInput{Request: r, PathParams: parameters, Route: route, Options: options}
	if answer.StatusCode < 400 {
		if err := openapi3filter.ValidateRequest(r.Context(), request); err != nil {
			t.Errorf("%s %s was taken and is not as described: %v", r.Method, r.URL, err)
		}
	}
	err = openapi3filter.ValidateResponse(r.Context(), &openapi3filter.ResponseValidationInput{
		RequestValidationInput: request, Status: answer.StatusCode, Header: answer.Header,
		Body: io.NopCloser(bytes.NewReader(body)), Options: options,
	})
	if err != nil {
		t.Errorf("the answer to %s %s is not as described: %v", r.Method, r.URL, err)
	}
}

// declares says whether the API says of itself that a request may be refused by a code.
func (j *judge) declares(t *testing.T, method, url, code string) bool {
	t.Helper()
	route, _, err := j.router.FindRoute(httptest.NewRequest(method, url, nil))
	if err != nil {
		t.Fatal(err)
	}
	for _, response := range route.Operation.Responses.Map() {
		if strings.Contains(*response.Value.Description, "`"+code+"`") {
			return true
		}
	}
	return false
}

// judgeUndescribed lets pass what is the same everywhere: that there is no such path or method, and what HEAD and OPTIONS answer.
func (j *judge) judgeUndescribed(t *testing.T, r *http.Request, answer *http.Response) {
	t.Helper()
	switch answer.StatusCode {
	case http.StatusNotFound, http.StatusMethodNotAllowed, http.StatusRequestURITooLong:
	default:
		if r.Method != http.MethodHead && r.Method != http.MethodOptions {
			t.Errorf("%s %s is answered with %d and is not described", r.Method, r.URL, answer.StatusCode)
		}
	}
}

// judgeProblem holds a refusal against the schema of problems, wherever it came from.
func (j *judge) judgeProblem(t *testing.T, r *http.Request, answer *http.Response, body []byte) {
	t.Helper()
	var v map[string]any
	if answer.Header.Get("Content-Type") != "application/problem+json" || json.Unmarshal(body, &v) != nil {
		t.Errorf("%s %s answered %d without a problem document: %s", r.Method, r.URL, answer.StatusCode, body)
		return
	}
	if err := j.document.Components.Schemas["Problem"].Value.VisitJSON(v); err != nil {
		t.Errorf("%s %s: the problem is not as described: %v", r.Method, r.URL, err)
	}
	if v["instance"] != answer.Header.Get("X-Request-Id") {
		t.Errorf("%s %s: the instance is not the id of the request", r.Method, r.URL)
	}
}
