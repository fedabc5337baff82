package httpapi

import (
	"context"
	"net/http"

	"github.com/google/uuid"

	"tagtrail/commands"
	"tagtrail/domain/contact"
	"tagtrail/domain/fault"
)

// SuggestedTags are tags that somebody may mean.
type SuggestedTags struct {
	Items []Tag `json:"items" nullable:"false" doc:"The likeliest first."`
}

type suggestTags struct {
	Q       string `query:"q" maxLength:"200" doc:"What was typed so far. Names that begin so come first, then those with a word that does, those that have it anywhere, and those that are written nearly so."`
	Contact string `query:"contact" format:"uuid" pattern:"^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$" doc:"What this contact carries already is left out."`
	Limit   int    `query:"limit" minimum:"1" maximum:"50" default:"10" doc:"How many are suggested at most."`
}

func (a *api) registerTagSuggestions() {
	register(a, operation{
		id: "suggest-tags", method: http.MethodGet, path: "/v1/tags/suggest", group: "Tags", permission: commands.MayRead,
		summary:     "Suggest tags while somebody types",
		description: "Active tags only. Where nothing is typed yet, those that most contacts carry.",
		faults:      []*fault.Fault{commands.ErrNotFound, contact.ErrMerged},
	}, a.suggestTags)
}

func (a *api) suggestTags(ctx context.Context, in *suggestTags) (*struct{ Body SuggestedTags }, error) {
	whose := uuid.Nil
	if in.Contact != "" {
		whose = parsed(in.Contact)
		if _, err := a.contacts.Get(ctx, orgOf(ctx), whose); err != nil {
			return nil, err
		}
	}
	tags, err := a.tags.Suggest(ctx, orgOf(ctx), in.Q, whose, in.Limit)
	if err != nil {
		return nil, err
	}
	out := &struct{ Body SuggestedTags }{SuggestedTags{Items: make([]Tag, len(tags))}}
	for i, t := range tags {
		out.Body.Items[i] = tagOf(t)
	}
	return out, nil
}
