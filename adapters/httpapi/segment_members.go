package httpapi

import (
	"context"
	"net/http"
	"time"

	"github.com/google/uuid"

	"tagtrail/commands"
	"tagtrail/domain/fault"
	"tagtrail/readmodels"
)

// SegmentMember is a contact that is in a dynamic segment.
type SegmentMember struct {
	Contact     string    `json:"contact" format:"uuid"`
	DisplayName string    `json:"display_name" example:"Ana Ruiz"`
	EnteredAt   time.Time `json:"entered_at" doc:"When it was noticed that the segment means the contact."`
}

// SegmentTurn is a contact's entering or leaving of a dynamic segment.
type SegmentTurn struct {
	Contact    string    `json:"contact" format:"uuid"`
	Turn       string    `json:"turn" enum:"entered,left"`
	At         time.Time `json:"at" doc:"When it was noticed."`
	Position   string    `json:"position" doc:"Where it stands in the log."`
	Definition int64     `json:"definition" doc:"The revision of the segment whose filter said so." example:"2"`
	Cause      string    `json:"cause" enum:"contacts,segment,review" doc:"contacts: something was recorded of the contact. segment: it was created, redefined, deleted or restored. review: time went by, or tags, fields or limits changed."`
}

func (a *api) segmentMembers() readmodels.SegmentMembers {
	return readmodels.SegmentMembers{DB: a.Reads}
}

func (a *api) registerSegmentMembers() {
	register(a, operation{
		id: "list-segment-members", method: http.MethodGet, path: "/v1/segments/{id}/members", group: "Segments", permission: commands.MayRead,
		summary:     "List who is recorded to be in a dynamic segment, who entered last first",
		description: "What was noticed: moments after something changes of a contact, and about a minute after time alone lets it in or out. Whom the segment means this instant is asked for under contacts. A saved search has no members.",
		lists:       true, faults: []*fault.Fault{commands.ErrNotFound},
	}, a.listSegmentMembers)
	register(a, operation{
		id: "list-segment-history", method: http.MethodGet, path: "/v1/segments/{id}/history", group: "Segments", permission: commands.MayRead,
		summary: "List who entered a dynamic segment and who left it, the last first", lists: true, faults: []*fault.Fault{commands.ErrNotFound},
	}, a.listSegmentHistory)
}

type listSegmentMembers struct {
	BySegment
	PerPage
}

func (a *api) listSegmentMembers(ctx context.Context, in *listSegmentMembers) (*listed[SegmentMember], error) {
	org, id := orgOf(ctx), parsed(in.ID)
	if _, err := a.segments().Get(ctx, org, id); err != nil {
		return nil, err
	}
	read := func(after *readmodels.MemberKey, limit int) ([]readmodels.Member, *readmodels.MemberKey, error) {
		return a.segmentMembers().Of(ctx, org, id, after, limit)
	}
	show := func(m readmodels.Member) SegmentMember {
		return SegmentMember{Contact: m.Contact.String(), DisplayName: m.DisplayName, EnteredAt: m.EnteredAt}
	}
	of := place{org: org, list: "segment members", filters: []string{in.ID}}
	return pageBehind(ctx, a, of, in.PerPage, read, show, func(int) (int, error) { return a.segmentMembers().Count(ctx, org, id) })
}

type listSegmentHistory struct {
	BySegment
	PerPage
	Contact string `query:"contact" format:"uuid" pattern:"^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$" doc:"Only this contact."`
}

func (a *api) listSegmentHistory(ctx context.Context, in *listSegmentHistory) (*listed[SegmentTurn], error) {
	org, id, contact := orgOf(ctx), parsed(in.ID), uuid.Nil
	if in.Contact != "" {
		contact = parsed(in.Contact)
	}
	if _, err := a.segments().Get(ctx, org, id); err != nil {
		return nil, err
	}
	token, err := a.tokens(ctx)
	if err != nil {
		return nil, err
	}
	read := func(after *readmodels.MemberKey, limit int) ([]readmodels.Turn, *readmodels.MemberKey, error) {
		return a.segmentMembers().History(ctx, org, id, contact, after, limit)
	}
	show := func(t readmodels.Turn) SegmentTurn {
		shown := SegmentTurn{Contact: t.Contact.String(), Turn: "left", At: t.At, Position: token(t.Position), Definition: t.Definition, Cause: t.Cause}
		if t.Entered {
			shown.Turn = "entered"
		}
		return shown
	}
	of := place{org: org, list: "segment history", filters: []string{in.ID, in.Contact}}
	return pageBehind(ctx, a, of, in.PerPage, read, show, func(bound int) (int, error) {
		return a.segmentMembers().CountHistory(ctx, org, id, contact, bound)
	})
}
