package httpapi

import (
	"net/http"

	"github.com/danielgtaylor/huma/v2"
	"github.com/google/uuid"
	"github.com/gorilla/mux"

	"tagtrail/commands"
)

// beside puts a route beside the API and into its description. It takes no key: those who ask are WhatsApp, operators and
// readers of pages.
func (a *api) beside(op huma.Operation, group string, handler http.Handler) {
	op.Tags = []string{group}
	op.Responses["default"] = a.refusal("Any problem")
	a.huma.OpenAPI().AddOperation(&op)
	a.router.Handle(op.Path, named(op.Path, handler)).Methods(op.Method)
}

// answers describes a successful answer by its media type, "" for one without a body.
func answers(description, media string) *huma.Response {
	response := &huma.Response{Description: description}
	if media != "" {
		response.Content = map[string]*huma.MediaType{media: {}}
	}
	return response
}

// serveOperations puts the handlers that the operator asks for beside the API.
func (a *api) serveOperations() {
	const text = "text/plain"
	for _, o := range []struct {
		handler http.Handler
		op      huma.Operation
	}{
		{a.Live, huma.Operation{
			OperationID: "live", Path: "/livez", Summary: "Is the process alive?",
			Responses: map[string]*huma.Response{"200": answers("It answers", text)},
		}},
		{a.Ready, huma.Operation{
			OperationID: "ready", Path: "/readyz", Summary: "Can the process do its work?",
			Parameters: []*huma.Param{{
				Name: "verbose", In: "query", AllowEmptyValue: true, Schema: &huma.Schema{Type: huma.TypeString},
				Description: "Say of each thing that the process needs how it is.",
			}},
			Responses: map[string]*huma.Response{"200": answers("It can", text), "503": answers("It cannot, for now", text)},
		}},
		{a.Metrics, huma.Operation{
			OperationID: "metrics", Path: "/metrics", Summary: "What the process counts, in the text form of Prometheus",
			Responses: map[string]*huma.Response{"200": answers("The metrics", text)},
		}},
	} {
		if o.handler != nil {
			o.op.Method = http.MethodGet
			a.beside(o.op, "Operation", o.handler)
		}
	}
}

// serveWebhooks hands deliveries on: their sender knows no key, and what proves them is in the delivery.
func (a *api) serveWebhooks() {
	if a.WhatsApp == nil {
		return
	}
	serve := a.WhatsApp(a.refuse)
	handler := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		channel, err := uuid.Parse(mux.Vars(r)["channel"])
		if err != nil || channel.String() != mux.Vars(r)["channel"] {
			a.refuse(w, r, commands.ErrNotFound)
			return
		}
		ctx, cancel := a.limited(r.Context())
		defer cancel()
		serve(w, r.WithContext(ctx), channel)
	})
	text := func(in, name, description string) *huma.Param {
		return &huma.Param{Name: name, In: in, Required: true, Description: description, Schema: &huma.Schema{Type: huma.TypeString}}
	}
	channel := text("path", "channel", "The id of the channel.")
	channel.Schema.Format = "uuid"
	a.beside(huma.Operation{
		OperationID: "verify-webhook", Method: http.MethodGet, Path: "/webhooks/whatsapp/{channel}",
		Summary:     "Prove to WhatsApp that this is the webhook of the channel",
		Description: "Gives the challenge back to whoever names the verify token of the channel.",
		Parameters: []*huma.Param{
			channel, text("query", "hub.mode", "`subscribe`."), text("query", "hub.verify_token", "The verify token of the channel."),
			text("query", "hub.challenge", "What is given back."),
		},
		Responses: map[string]*huma.Response{"200": answers("The challenge", "text/plain")},
	}, "Webhooks", handler)
	a.beside(huma.Operation{
		OperationID: "take-delivery", Method: http.MethodPost, Path: "/webhooks/whatsapp/{channel}",
		Summary:     "Take a delivery of WhatsApp's in",
		Description: "200 says that all of it is durable; anything else, that it is to be delivered again. A delivery may come any number of times, in any order. Shapes that are not known are kept.",
		Parameters:  []*huma.Param{channel, text("header", "X-Hub-Signature-256", "`sha256=` and the HMAC of the body under the app secret of the channel, in hexadecimal digits.")},
		RequestBody: &huma.RequestBody{Required: true, Content: map[string]*huma.MediaType{plainJSON: {}}},
		Responses:   map[string]*huma.Response{"200": answers("All of it is durable", "")},
	}, "Webhooks", handler)
}
