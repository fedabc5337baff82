package httpapi

import (
	"context"
	"net/http"
	"time"

	"github.com/google/uuid"

	"tagtrail/commands"
	"tagtrail/domain/fault"
	"tagtrail/domain/filter"
	"tagtrail/domain/segment"
	"tagtrail/readmodels"
)

// Segment is a filter that is kept under a name.
type Segment struct {
	ID        string        `json:"id" format:"uuid"`
	Name      string        `json:"name" example:"Hot leads"`
	Kind      string        `json:"kind" enum:"saved,dynamic" doc:"saved: a search to come back to. dynamic: a group to work with."`
	Filter    WrittenFilter `json:"filter" doc:"Whom it means."`
	CreatedAt time.Time     `json:"created_at"`
	CreatedBy Actor         `json:"created_by"`
	DeletedAt *time.Time    `json:"deleted_at"`
	Revision  int64         `json:"revision" doc:"Of its own last event; the ETag." example:"3"`
}

func segmentOf(s readmodels.Segment) Segment {
	return Segment{
		ID: s.ID.String(), Name: s.Name, Kind: s.Kind, Filter: WrittenFilter{JSON: []byte(s.Filter)},
		CreatedAt: s.CreatedAt, CreatedBy: actorOf(s.CreatedBy), DeletedAt: utc(s.DeletedAt), Revision: s.Revision,
	}
}

// NewSegment is what is asked of a new segment.
type NewSegment struct {
	Name   string        `json:"name" maxLength:"800" doc:"1 to 100 characters." example:"Hot leads"`
	Kind   string        `json:"kind,omitempty" enum:"saved,dynamic" doc:"dynamic where it is left out."`
	Filter WrittenFilter `json:"filter" doc:"Whom it means; it names no segment."`
}

// SegmentPatch is what is asked of a segment; what is left out stays.
type SegmentPatch struct {
	Name   string         `json:"name,omitempty" maxLength:"800" doc:"1 to 100 characters."`
	Filter *WrittenFilter `json:"filter,omitzero" doc:"The whole filter."`
}

type listSegments struct {
	PerPage
	Status string `query:"status" enum:"active,deleted" default:"active" doc:"Which segments are listed."`
}

// BySegment names a segment in the path.
type BySegment struct {
	ID string `path:"id" format:"uuid" pattern:"^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$"`
}

func (b BySegment) segment() segment.ID { return segment.ID{UUID: parsed(b.ID)} }

func (a *api) registerSegments() {
	refusals := append([]*fault.Fault{segment.ErrName, segment.ErrKind, ErrMasked}, filter.Faults()...)
	register(a, operation{
		id: "list-segments", method: http.MethodGet, path: "/v1/segments", group: "Segments", permission: commands.MayRead,
		summary: "List saved searches and dynamic segments, by name", lists: true,
	}, a.listSegments)
	register(a, operation{
		id: "create-segment", method: http.MethodPost, path: "/v1/segments", group: "Segments", permission: commands.MayEditContacts,
		summary: "Keep a filter under a name", description: "Who is in a segment is whom its filter means at the moment of asking. Names need not be unique.",
		takes: plainJSON, status: http.StatusCreated, answers: map[int]any{http.StatusCreated: Segment{}, http.StatusAccepted: Pending{}}, faults: refusals,
	}, a.createSegment)
	register(a, operation{
		id: "get-segment", method: http.MethodGet, path: "/v1/segments/{id}", group: "Segments", permission: commands.MayRead,
		summary: "Get a segment, deleted or not", faults: []*fault.Fault{commands.ErrNotFound},
	}, a.getSegment)
	register(a, operation{
		id: "edit-segment", method: http.MethodPatch, path: "/v1/segments/{id}", group: "Segments", permission: commands.MayEditContacts,
		summary: "Edit a segment", takes: mergePatch, ifMatch: true, status: http.StatusOK,
		answers: map[int]any{http.StatusOK: Segment{}, http.StatusAccepted: Pending{}},
		faults:  append([]*fault.Fault{segment.ErrUnknown, segment.ErrDeleted, segment.ErrStale}, refusals...),
	}, a.editSegment)
	register(a, operation{
		id: "delete-segment", method: http.MethodDelete, path: "/v1/segments/{id}", group: "Segments", permission: commands.MayEditContacts,
		summary: "Delete a segment", description: "It means nobody any more, in other filters too, and can be restored. Nothing happens to the contacts.",
		status: http.StatusNoContent, answers: map[int]any{http.StatusNoContent: nil}, faults: []*fault.Fault{segment.ErrUnknown},
	}, a.deleteSegment)
	register(a, operation{
		id: "restore-segment", method: http.MethodPost, path: "/v1/segments/{id}/restore", group: "Segments", permission: commands.MayEditContacts,
		summary: "Restore a deleted segment", status: http.StatusOK,
		answers: map[int]any{http.StatusOK: Segment{}, http.StatusAccepted: Pending{}}, faults: []*fault.Fault{segment.ErrUnknown},
	}, a.restoreSegment)
	register(a, operation{
		id: "list-segment-contacts", method: http.MethodGet, path: "/v1/segments/{id}/contacts", group: "Segments", permission: commands.MayRead,
		summary: "List the contacts that a segment means now, the last seen first", lists: true, faults: []*fault.Fault{commands.ErrNotFound, segment.ErrDeleted},
	}, a.listSegmentContacts)
}

func (a *api) listSegments(ctx context.Context, in *listSegments) (*listed[Segment], error) {
	org, deleted := orgOf(ctx), in.Status == "deleted"
	of := place{org: org, list: "segments", filters: []string{in.Status}}
	read := func(after *readmodels.SegmentKey, limit int) ([]readmodels.Segment, *readmodels.SegmentKey, error) {
		return a.segments().List(ctx, org, deleted, after, limit)
	}
	return pageBehind(ctx, a, of, in.PerPage, read, segmentOf, func(bound int) (int, error) { return a.segments().Count(ctx, org, deleted, bound) })
}

func (a *api) segments() readmodels.Segments { return readmodels.Segments{DB: a.Reads} }

func (a *api) readSegment(ctx context.Context, id uuid.UUID) (Segment, int64, error) {
	s, err := a.segments().Get(ctx, orgOf(ctx), id)
	return segmentOf(s), s.Revision, err
}

func (a *api) getSegment(ctx context.Context, in *BySegment) (*found[Segment], error) {
	shown, revision, err := a.readSegment(ctx, parsed(in.ID))
	if err != nil {
		return nil, err
	}
	return &found[Segment]{ETag: etag(revision), Body: shown}, nil
}

func (a *api) wroteSegment(ctx context.Context, status int, receipt commands.Receipt, id segment.ID) (*written, error) {
	return wrote(ctx, a, status, receipt, id.UUID, func(ctx context.Context) (Segment, int64, error) { return a.readSegment(ctx, id.UUID) })
}

func (a *api) createSegment(ctx context.Context, in *struct{ Body NewSegment }) (*written, error) {
	asked, err := asking(ctx, "")
	if err != nil {
		return nil, err
	}
	cmd := commands.CreateSegment{Name: in.Body.Name, Kind: segment.Kind(in.Body.Kind), Filter: in.Body.Filter.JSON}
	if cmd.Kind == "" {
		cmd.Kind = segment.Dynamic
	}
	if err := a.checkFilter(ctx, &in.Body.Filter); err != nil {
		return nil, err
	}
	id, receipt, err := a.Commands.CreateSegment(asked, cmd)
	if err != nil {
		return nil, err
	}
	out, err := a.wroteSegment(ctx, http.StatusCreated, receipt, id)
	if err == nil {
		out.Location = "/v1/segments/" + id.String()
	}
	return out, err
}

// checkFilter refuses a filter that could not be asked: what custom fields take is known to their tables alone.
func (a *api) checkFilter(ctx context.Context, written *WrittenFilter) error {
	parsed, _, err := written.parse()
	if err != nil {
		return err
	}
	if err := keepable(ctx, parsed); err != nil {
		return err
	}
	return inFilter(a.contacts.Check(ctx, orgOf(ctx), parsed))
}

type editSegment struct {
	BySegment
	Body SegmentPatch `contentType:"application/merge-patch+json"`
}

func (a *api) editSegment(ctx context.Context, in *editSegment) (*written, error) {
	asked, err := asking(ctx, "")
	if err != nil {
		return nil, err
	}
	cmd := commands.EditSegment{Segment: in.segment()}
	if in.Body.Name != "" {
		cmd.Name = &in.Body.Name
	}
	if in.Body.Filter != nil {
		if err := a.checkFilter(ctx, in.Body.Filter); err != nil {
			return nil, err
		}
		cmd.Filter = in.Body.Filter.JSON
	}
	if cmd.IfMatch, err = requestOf(ctx).ifMatch.revisionsSeen(); err != nil {
		return nil, err
	}
	receipt, err := a.Commands.EditSegment(asked, cmd)
	if err != nil {
		return nil, err
	}
	return a.wroteSegment(ctx, http.StatusOK, receipt, cmd.Segment)
}

func (a *api) deleteSegment(ctx context.Context, in *BySegment) (*done, error) {
	asked, err := asking(ctx, "")
	if err != nil {
		return nil, err
	}
	receipt, err := a.Commands.DeleteSegment(asked, in.segment())
	if err != nil {
		return nil, err
	}
	return a.done(ctx, receipt)
}

func (a *api) restoreSegment(ctx context.Context, in *BySegment) (*written, error) {
	asked, err := asking(ctx, "")
	if err != nil {
		return nil, err
	}
	receipt, err := a.Commands.RestoreSegment(asked, in.segment())
	if err != nil {
		return nil, err
	}
	return a.wroteSegment(ctx, http.StatusOK, receipt, in.segment())
}

type listSegmentContacts struct {
	BySegment
	PerPage
}

func (a *api) listSegmentContacts(ctx context.Context, in *listSegmentContacts) (*listed[ListedContact], error) {
	org := orgOf(ctx)
	s, err := a.segments().Get(ctx, org, parsed(in.ID))
	if err != nil {
		return nil, err
	}
	if s.DeletedAt != nil {
		return nil, segment.ErrDeleted
	}
	// Whoever turns a page when the segment means others by now begins again.
	of := place{org: org, list: "segment contacts", filters: []string{in.ID, s.Filter}}
	key, err := open[searchKey](a, of, in.Cursor)
	if err != nil {
		return nil, err
	}
	clock, err := a.clock(ctx, key)
	if err != nil {
		return nil, err
	}
	narrowed := readmodels.ContactFilter{Where: filter.IDs{Of: filter.Segment, IDs: []uuid.UUID{s.ID}}, Clock: clock}
	contacts, next, err := a.contacts.Page(ctx, org, narrowed, key.contact(), in.Limit)
	if err != nil {
		return nil, err
	}
	return pageOf(ctx, a, of, contacts, key.next(clock, 0, next), listedContactOf, func(bound int) (int, error) {
		return a.contacts.Count(ctx, org, narrowed, bound)
	})
}
