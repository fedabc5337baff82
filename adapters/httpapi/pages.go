package httpapi

import "net/http"

// servePages puts the pages for people beside the API.
func (a *api) servePages() {
	a.router.Handle("/openapi.json", named("/openapi.json", http.HandlerFunc(a.serveDescription()))).Methods(http.MethodGet)
}

func (a *api) serveDescription() http.HandlerFunc {
	delete(a.huma.OpenAPI().Components.Schemas.Map(), "ErrorModel")
	delete(a.huma.OpenAPI().Components.Schemas.Map(), "ErrorDetail")
	document, err := a.huma.OpenAPI().MarshalJSON()
	if err != nil {
		panic(err) // the description is made of literals and types: whatever is wrong is wrong at every start
	}
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/openapi+json")
		w.Header().Set("Cache-Control", "no-cache")
		_, _ = w.Write(document)
	}
}
