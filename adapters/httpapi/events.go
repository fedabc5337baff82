package httpapi

import (
	"context"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/go-json-experiment/json/jsontext"

	"tagtrail/commands"
	"tagtrail/readmodels"
)

// Event is an event as it was recorded, as a CloudEvent 1.0. The names of its attributes are what that standard allows.
type Event struct {
	SpecVersion     string    `json:"specversion" enum:"1.0"`
	ID              string    `json:"id" format:"uuid"`
	Source          string    `json:"source" doc:"The organisation, as a URN." example:"urn:uuid:0197a1b2-0000-7000-8000-000000000001"`
	Type            string    `json:"type" example:"contact.tag-assigned"`
	Subject         string    `json:"subject" doc:"The stream that the event is on." example:"contact-0197a1b2-0000-7000-8000-0000000000c1"`
	Time            time.Time `json:"time" doc:"When it was recorded, by the log's clock, which follows the order of the log but for clock steps."`
	DataContentType string    `json:"datacontenttype" enum:"application/json"`
	Data            EventData `json:"data" doc:"As it was recorded. A personal value is a text, {\"erased\":true} where the person was erased, or {\"masked\":true} where the key may not see it; secrets are masked for every key."`
	DataVersion     int32     `json:"dataversion" doc:"Of the form of the data." example:"1"`
	Position        string    `json:"position" doc:"Where it stands in the log, for after, Tagtrail-Min-Position and as_of."`
	Sequence        string    `json:"sequence" doc:"Orders the events of all streams, as texts." example:"00000000000000012345"`
	Revision        int64     `json:"revision" doc:"Orders the events of the stream, from 0."`
	OccurredAt      time.Time `json:"occurredat" doc:"By the source's clock."`
	Via             string    `json:"via" enum:"manual_admin,manual_agent,api,ai_tool,ai_auto_close,import,bulk,rule,whatsapp,merge,system" doc:"By which way it came."`
	ActorKind       string    `json:"actorkind" doc:"The kind of key, channel, rule, or system." example:"owner"`
	ActorID         *string   `json:"actorid" format:"uuid" doc:"Of the key, channel or rule; null for the system."`
	ActorName       string    `json:"actorname" doc:"As the key, channel or rule is called." example:"Front desk"`
	Contact         *string   `json:"contact" format:"uuid" doc:"Whom it is about."`
	Operation       *string   `json:"operation" format:"uuid"`
	Command         *string   `json:"command" format:"uuid" doc:"All events of one command have the same."`
	Correlation     *string   `json:"correlation"`
	Causation       *string   `json:"causation"`
	Reason          *string   `json:"reason" doc:"Why, where somebody said so."`
	ReasonErased    bool      `json:"reasonerased"`
	AIModel         *string   `json:"aimodel" doc:"Which model decided, where one did."`
	AIConfidence    *string   `json:"aiconfidence" doc:"From 0 to 1; a text, as the standard has no fractions." example:"0.93"`
	RuleVersion     *int      `json:"ruleversion" doc:"Which version of a rule did it, where one did; the actor is the rule." example:"2"`
}

// EventData is an object as it was recorded.
type EventData struct{ jsontext.Value }

// Schema is any object.
func (*EventData) Schema(huma.Registry) *huma.Schema {
	return &huma.Schema{Type: huma.TypeObject, AdditionalProperties: true}
}

// EventFilters narrow a list of events; all that is said must hold.
type EventFilters struct {
	Types     []string `query:"type,explode" nullable:"false" maxItems:"50" maxLength:"100" pattern:"^[a-z]+\\.[a-z-]*$" doc:"Of this type; several mean any of them. One that ends with a dot means all that begin so, as in contact." example:"contact.tag-assigned"`
	Actor     string   `query:"actor" format:"uuid" pattern:"^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$" doc:"By this key or channel."`
	ActorKind string   `query:"actor_kind" maxLength:"40" doc:"By this kind of key, by a channel, or by the system." example:"ai_tool"`
	Contact   string   `query:"contact" format:"uuid" pattern:"^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$" doc:"Naming this contact; its timeline has all that is about it."`
	Tag       string   `query:"tag" format:"uuid" pattern:"^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$" doc:"About this tag, in the catalogue or on contacts."`
	Operation string   `query:"operation" format:"uuid" pattern:"^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$" doc:"Part of this operation."`
	From      string   `query:"from" maxLength:"40" doc:"Recorded at this instant or later; a date begins in the organisation's zone." example:"2026-05-01"`
	To        string   `query:"to" maxLength:"40" doc:"Recorded before this instant, or before this date begins." example:"2026-06-01T00:00:00Z"`
	After     string   `query:"after" maxLength:"40" doc:"Behind this position."`
}

type listEvents struct {
	PerPage
	EventFilters
	Order string `query:"order" enum:"asc,desc" default:"asc" doc:"asc: in the order of the log. desc: the newest first."`
}

func (a *api) registerEvents() {
	register(a, operation{
		id: "list-events", method: http.MethodGet, path: "/v1/events", group: "History", permission: commands.MayReadEvents,
		summary: "List what was recorded in the organisation",
		description: "Every event, once, in the order of the log, as CloudEvents 1.0. Who follows the log asks for what is behind the position of the last event seen. " +
			"Keys of owners, managers and auditors see personal values; for others they are masked.",
		lists: true, past: true,
	}, a.listEvents)
}

func (a *api) listEvents(ctx context.Context, in *listEvents) (*listed[Event], error) {
	org := orgOf(ctx)
	filter, err := a.eventFilterOf(ctx, in.EventFilters)
	if err != nil {
		return nil, err
	}
	of := place{org: org, list: "events", filters: []string{
		strings.Join(in.Types, ","), in.Actor, in.ActorKind, in.Contact, in.Tag, in.Operation, in.From, in.To, in.After, in.Order,
	}}
	after, err := open[int64](a, of, in.Cursor)
	if err != nil {
		return nil, err
	}
	token, err := a.tokens(ctx)
	if err != nil {
		return nil, err
	}
	sight := readmodels.Sight(requestOf(ctx).credential.Can(commands.MayOpenEvents))
	events, next, err := a.events.List(ctx, org, filter, sight, readmodels.Order(in.Order), after, in.Limit)
	if err != nil {
		return nil, err
	}
	show := func(e readmodels.Event) Event { return eventOf(e, org.String(), token) }
	return pageOf(ctx, a, of, events, next, show, func(bound int) (int, error) { return a.events.Count(ctx, org, filter, bound) })
}

func (a *api) eventFilterOf(ctx context.Context, f EventFilters) (readmodels.EventFilter, error) {
	filter := readmodels.EventFilter{
		Types: f.Types, ActorKind: f.ActorKind, Actor: parsedOr(f.Actor), Contact: parsedOr(f.Contact), Tag: parsedOr(f.Tag), Operation: parsedOr(f.Operation),
	}
	var err error
	if filter.From, err = a.instant(ctx, "from", f.From); err != nil {
		return filter, err
	}
	if filter.To, err = a.instant(ctx, "to", f.To); err != nil {
		return filter, err
	}
	if filter.From != nil && filter.To != nil && filter.To.Before(*filter.From) {
		return filter, invalidParameter("to", "it is before from")
	}
	if f.After != "" {
		position, err := a.position(ctx, f.After)
		if err != nil {
			return filter, err
		}
		filter.Behind = int64(position) //nolint:gosec // positions stay far below the half of 64 bits
	}
	return filter, nil
}

func eventOf(e readmodels.Event, org string, token func(int64) string) Event {
	shown := Event{
		SpecVersion: "1.0", ID: e.ID.String(), Source: "urn:uuid:" + org, Type: e.Type, Subject: e.Stream, Time: e.RecordedAt,
		DataContentType: plainJSON, Data: EventData{e.Data}, DataVersion: e.Version,
		Position: token(e.Position), Sequence: fmt.Sprintf("%020d", e.Position), Revision: e.Revision, OccurredAt: e.OccurredAt,
		Via: e.Source, ActorKind: e.Actor.Kind, ActorID: idOf(e.Actor.ID), ActorName: e.Actor.Name,
		Contact: idOf(e.Contact), Operation: idOf(e.Operation), Command: idOf(e.Command),
		Correlation: textOrNull(e.Correlation), Causation: textOrNull(e.Causation), Reason: revealed(e.Reason), ReasonErased: e.Reason.IsErased(),
	}
	if e.AI != nil {
		shown.AIModel = &e.AI.Model
		confidence := strconv.FormatFloat(e.AI.Confidence, 'f', -1, 64)
		shown.AIConfidence = &confidence
	}
	if e.RuleVersion > 0 {
		shown.RuleVersion = &e.RuleVersion
	}
	return shown
}
