package httpapi

import (
	_ "embed" // the template of the page
	"html/template"
	"net/http"
	"strings"

	"tagtrail/readmodels"
)

//go:embed reporting.html.tmpl
var reportingTemplate string

// reportingManual is what the page for analysts shows.
type reportingManual struct {
	Style    template.CSS
	Version  string
	Views    []readmodels.ReportingView
	Examples []readmodels.ReportingExample
}

// serveReportingPage puts the page for analysts beside that of the API.
func (a *api) serveReportingPage() {
	page := rendered(reportingTemplate, a.reportingManual())
	a.page("docs-reporting", "/docs/reporting", "Read what analysts find in SQL", "text/html; charset=utf-8", func(*http.Request) []byte { return page })
}

func (a *api) reportingManual() reportingManual {
	manual := reportingManual{Style: template.CSS(style), Version: a.huma.OpenAPI().Info.Version, Views: readmodels.ReportingViews()}
	for _, example := range readmodels.ReportingExamples() {
		example.SQL = strings.TrimSpace(example.SQL)
		manual.Examples = append(manual.Examples, example)
	}
	return manual
}
