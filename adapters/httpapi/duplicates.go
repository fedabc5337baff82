package httpapi

import (
	"context"
	"math"
	"net/http"

	"tagtrail/commands"
	"tagtrail/domain/contact"
	"tagtrail/domain/fault"
	"tagtrail/readmodels"
)

// Duplicate is two contacts that may be one person.
type Duplicate struct {
	Contacts       []ListedContact `json:"contacts" minItems:"2" maxItems:"2" nullable:"false" doc:"The older one first."`
	Shared         []string        `json:"shared" nullable:"false" doc:"What both have, the strongest first: number (in any of its variants), email, social.<network>, address, company." example:"[\"email\"]"`
	NameSimilarity float64         `json:"name_similarity" minimum:"0" maximum:"1" example:"0.73"`
	Score          float64         `json:"score" minimum:"0" maximum:"1" doc:"How likely they are one person." example:"0.94"`
	MergePreview   string          `json:"merge_preview" doc:"Where it is told what it would do to merge the newer one into the older." example:"/v1/contacts/0197a1b2-0000-7000-8000-0000000000c1/merge-preview?contact=0197a1b2-0000-7000-8000-0000000000c2"`
}

// ToldApart names two contacts that are two people.
type ToldApart struct {
	Contact string `json:"contact" format:"uuid" pattern:"^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$"`
	Other   string `json:"other" format:"uuid" pattern:"^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$" doc:"In whichever order."`
	Why
}

type listDuplicates struct{ PerPage }

func (a *api) registerDuplicates() {
	register(a, operation{
		id: "list-duplicates", method: http.MethodGet, path: "/v1/duplicates", group: "Contacts", permission: commands.MayRead,
		summary: "List contacts that may be one person",
		description: "By the strongest thing that two share: a number, an e-mail address, a social profile, or an address or a company where their names are similar too. " +
			"Of more than 20 contacts that share one thing the first 20 are compared. Each page looks at a bounded number of contacts: one may be empty, and `next` says whether there is more.",
		faults: []*fault.Fault{ErrCursor},
	}, a.listDuplicates)
	register(a, operation{
		id: "tell-contacts-apart", method: http.MethodPost, path: "/v1/duplicates/dismiss", group: "Contacts", permission: commands.MayMergeContacts,
		summary: "Say that two contacts are two people", description: "They are listed as a pair no more. They can still be merged.",
		takes: plainJSON, status: http.StatusNoContent, answers: map[int]any{http.StatusNoContent: nil},
		faults: []*fault.Fault{
			contact.ErrUnknown, contact.ErrErased, contact.ErrMerged, contact.ErrArchived, contact.ErrTellItself, contact.ErrTooManyApart, ErrReason,
		},
	}, a.tellApart)
}

func (a *api) listDuplicates(ctx context.Context, in *listDuplicates) (*listed[Duplicate], error) {
	of := place{org: orgOf(ctx), list: "duplicates"}
	after, err := open[readmodels.PairKey](a, of, in.Cursor)
	if err != nil {
		return nil, err
	}
	pairs, next, err := readmodels.Duplicates{DB: a.Reads}.List(ctx, of.org, after, in.Limit)
	if err != nil {
		return nil, err
	}
	out := &listed[Duplicate]{Body: List[Duplicate]{Items: make([]Duplicate, len(pairs))}}
	for i, p := range pairs {
		out.Body.Items[i] = duplicateOf(p)
	}
	out.Body.Next, err = cursor(a, of, next)
	return out, err
}

func duplicateOf(p readmodels.Pair) Duplicate {
	hundredths := func(part float64) float64 { return math.Round(part*100) / 100 }
	return Duplicate{
		Contacts: []ListedContact{listedContactOf(p.Contacts[0]), listedContactOf(p.Contacts[1])}, Shared: p.Shared,
		NameSimilarity: hundredths(p.Similarity), Score: hundredths(p.Score),
		MergePreview: "/v1/contacts/" + p.Contacts[0].ID.String() + "/merge-preview?contact=" + p.Contacts[1].ID.String(),
	}
}

func (a *api) tellApart(ctx context.Context, in *struct{ Body ToldApart }) (*done, error) {
	asked, err := asking(ctx, in.Body.Reason)
	if err != nil {
		return nil, err
	}
	receipt, err := a.Commands.TellApart(asked, commands.TellApart{
		One: contact.ID{UUID: parsed(in.Body.Contact)}, Other: contact.ID{UUID: parsed(in.Body.Other)},
	})
	if err != nil {
		return nil, err
	}
	return a.done(ctx, receipt)
}
