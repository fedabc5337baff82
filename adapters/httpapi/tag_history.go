package httpapi

import (
	"context"
	"net/http"
	"time"

	"tagtrail/commands"
	"tagtrail/domain/fault"
	"tagtrail/readmodels"
)

// TagStay is the time that a tag was on a contact.
type TagStay struct {
	Assignment  string     `json:"assignment" format:"uuid" doc:"One that ended and began again, as with an archived contact that was restored, has several stays."`
	Tag         StayingTag `json:"tag"`
	Value       *string    `json:"value" doc:"Of a valued tag."`
	ValueErased bool       `json:"value_erased" doc:"There was a value, and the person was erased."`
	From        time.Time  `json:"from"`
	To          *time.Time `json:"to" doc:"null while it lasts."`
	EndedReason *string    `json:"ended_reason" enum:"removed,tag_deleted,value_changed,merged,separated,archived,erased" doc:"tag_deleted: it goes on when the tag is restored."`
	Begun       Deed       `json:"begun"`
	Ended       *Deed      `json:"ended,omitempty" doc:"What ended it; left out while it lasts."`
	Edits       []TagEdit  `json:"edits" nullable:"false" doc:"What became of the tag in the catalogue while it was on the contact, the oldest first."`
}

// StayingTag is a tag as a stay shows it.
type StayingTag struct {
	ID        string     `json:"id" format:"uuid"`
	Number    int32      `json:"number" example:"7"`
	Name      string     `json:"name" doc:"As it is called now." example:"VIP"`
	NameThen  string     `json:"name_then" doc:"As it was called when the stay began." example:"important"`
	Color     Color      `json:"color" example:"amber"`
	DeletedAt *time.Time `json:"deleted_at"`
}

type listTagHistory struct {
	ByContact
	PerPage
	InOrder
	Tag string `query:"tag" format:"uuid" pattern:"^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$" doc:"Only this tag."`
}

func (a *api) registerTagHistory() {
	register(a, operation{
		id: "list-tag-history", method: http.MethodGet, path: "/v1/contacts/{id}/tag-history", group: "History", permission: commands.MayRead,
		summary:     "List every tag that a contact ever carried",
		description: "With its source, who put it on and took it off and why, and what became of the tag meanwhile. A tag that was taken off and put on again is there twice. Nothing is ever left out.",
		lists:       true, past: true, faults: []*fault.Fault{commands.ErrNotFound},
	}, a.listTagHistory)
}

func (a *api) listTagHistory(ctx context.Context, in *listTagHistory) (*listed[TagStay], error) {
	org, contact := orgOf(ctx), parsed(in.ID)
	of := place{org: org, list: "tag history", filters: []string{in.ID, in.Tag, in.Order}}
	after, err := open[readmodels.StayKey](a, of, in.Cursor)
	if err != nil {
		return nil, err
	}
	deed, err := a.shownDeeds(ctx)
	if err != nil {
		return nil, err
	}
	stays, next, err := a.tagHistory.Of(ctx, org, contact, parsedOr(in.Tag), readmodels.Order(in.Order), after, in.Limit)
	if err != nil {
		return nil, err
	}
	if len(stays) == 0 {
		if err := a.concerned(ctx, contact); err != nil {
			return nil, err
		}
	}
	show := func(s readmodels.TagStay) TagStay { return stayOf(s, deed) }
	return pageOf(ctx, a, of, stays, next, show, func(bound int) (int, error) {
		return a.tagHistory.Count(ctx, org, contact, parsedOr(in.Tag), bound)
	})
}

func stayOf(s readmodels.TagStay, deed func(readmodels.Deed) Deed) TagStay {
	shown := TagStay{
		Assignment: s.Assignment.String(), Value: revealed(s.Value), ValueErased: s.Value.IsErased(),
		Tag: StayingTag{
			ID: s.Tag.ID.String(), Number: s.Tag.Number, Name: s.Tag.Name, NameThen: s.Tag.NameThen, Color: Color(s.Tag.Color), DeletedAt: utc(s.Tag.DeletedAt),
		},
		From: s.Begun.OccurredAt, EndedReason: textOrNull(s.EndedReason), Begun: deed(s.Begun), Edits: make([]TagEdit, len(s.Edits)),
	}
	if s.Ended != nil {
		ended, to := deed(*s.Ended), s.Ended.OccurredAt
		if s.EndedReason == readmodels.EndedByTag {
			to = s.Ended.RecordedAt // as the tag says itself
		}
		shown.Ended, shown.To = &ended, &to
	}
	for i, edit := range s.Edits {
		shown.Edits[i] = tagEditOf(edit, deed)
	}
	return shown
}
