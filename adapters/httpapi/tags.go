package httpapi

import (
	"context"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/google/uuid"

	"tagtrail/commands"
	"tagtrail/domain/fault"
	"tagtrail/domain/tag"
	"tagtrail/readmodels"
)

// Tag is a tag of the catalogue.
type Tag struct {
	ID          string     `json:"id" format:"uuid" example:"0197a1b2-0000-7000-8000-0000000000b1"`
	Number      int32      `json:"number" doc:"Small number, unique in the organisation, never used again." example:"7"`
	Name        string     `json:"name" example:"VIP"`
	Description string     `json:"description" doc:"Read by people, and by the AI that chooses tags." example:"Spends more than 1,000 a year"`
	Color       Color      `json:"color" example:"amber"`
	Kind        string     `json:"kind" enum:"label,valued"`
	Values      []string   `json:"values" nullable:"false" doc:"Of a valued tag with a fixed list: what can be chosen. Empty for free text."`
	Status      string     `json:"status" enum:"active,deleted,merged"`
	MergedInto  *string    `json:"merged_into" format:"uuid" doc:"The tag that stands for it: whoever carries it carries that one."`
	MergedAt    *time.Time `json:"merged_at"`
	Contacts    int64      `json:"contacts" doc:"How many contacts carry it, or would again if it were restored; with those of tags that were merged into it." example:"12"`
	CreatedAt   time.Time  `json:"created_at"`
	CreatedBy   Actor      `json:"created_by"`
	DeletedAt   *time.Time `json:"deleted_at"`
	Revision    int64      `json:"revision" doc:"Of its own last event; the ETag." example:"3"`
}

func tagOf(t readmodels.Tag) Tag {
	shown := Tag{
		ID: t.ID.String(), Number: t.Number, Name: t.Name, Description: t.Description, Color: Color(t.Color),
		Kind: t.Kind, Values: make([]string, len(t.Values)), Status: "active", Contacts: t.Contacts,
		CreatedAt: t.CreatedAt, CreatedBy: actorOf(t.CreatedBy), DeletedAt: utc(t.DeletedAt), Revision: t.Revision,
		MergedInto: idOf(t.MergedInto), MergedAt: utc(t.MergedAt),
	}
	for i, value := range t.Values {
		shown.Values[i] = value.Name
	}
	switch {
	case t.MergedInto != nil:
		shown.Status = "merged"
	case t.DeletedAt != nil:
		shown.Status = "deleted"
	}
	return shown
}

// NewTag is what is asked of a new tag.
type NewTag struct {
	Name        string   `json:"name" maxLength:"400" doc:"1 to 50 characters; no comma and no |." example:"VIP"`
	Description string   `json:"description,omitempty" maxLength:"4000" doc:"Up to 500 characters." example:"Spends more than 1,000 a year"`
	Color       Color    `json:"color,omitempty" doc:"Purely visual; the default when left out."`
	Kind        string   `json:"kind,omitempty" enum:"label,valued" doc:"A label when left out."`
	Values      []string `json:"values,omitempty" nullable:"false" maxItems:"200" maxLength:"400" doc:"Of a valued tag: the list to choose from; without one its values are free text."`
}

// TagPatch is what is asked of a tag; what is left out stays.
type TagPatch struct {
	Name        member[string]   `json:"name,omitzero" maxLength:"400" doc:"1 to 50 characters; no comma and no |."`
	Description member[string]   `json:"description,omitzero" maxLength:"4000" doc:"Up to 500 characters; null is none."`
	Color       member[Color]    `json:"color,omitzero" doc:"null is the default."`
	Values      member[[]string] `json:"values,omitzero" maxItems:"200" maxLength:"400" doc:"The whole list of a valued tag with a fixed list."`
}

// RestoredAs is how a tag comes back.
type RestoredAs struct {
	Name *string `json:"name,omitempty" maxLength:"400" doc:"Another name, where the old one is taken by now."`
}

// ManyTags names tags.
type ManyTags struct {
	Tags []string `json:"tags" nullable:"false" minItems:"1" maxItems:"500" pattern:"^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$" format:"uuid" doc:"All of them are deleted or, when one is refused, none."`
}

type listTags struct {
	PerPage
	Status string `query:"status" enum:"active,deleted,merged,all" default:"active" doc:"Which tags are listed."`
}

// ByTag names a tag in the path.
type ByTag struct {
	ID string `path:"id" format:"uuid" pattern:"^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$" example:"0197a1b2-0000-7000-8000-0000000000b1"`
}

func (a *api) registerTags() {
	naming := []*fault.Fault{tag.ErrBlankName, tag.ErrNameTooLong, tag.ErrNameCharacters, tag.ErrNameTaken}
	describing := []*fault.Fault{
		tag.ErrDescriptionTooLong, tag.ErrDescriptionCharacters, tag.ErrUnknownColor, tag.ErrBlankValue,
		tag.ErrValueTooLong, tag.ErrValueCharacters, tag.ErrValueTwice, tag.ErrTooManyValues, tag.ErrNoFixedValues,
	}
	register(a, operation{
		id: "list-tags", method: http.MethodGet, path: "/v1/tags", group: "Tags", permission: commands.MayRead,
		summary: "List the tags of the catalogue, by name", lists: true,
	}, a.listTags)
	register(a, operation{
		id: "create-tag", method: http.MethodPost, path: "/v1/tags", group: "Tags", permission: commands.MayEditTags,
		summary:     "Create a tag",
		description: "Names are unique among active tags, whatever their case and width. The name of a deleted tag is free. Links lead to a deleted tag of the name, and to active ones whose names look the same (rel=related).",
		takes:       plainJSON, status: http.StatusCreated,
		answers: map[int]any{http.StatusCreated: Tag{}, http.StatusAccepted: Pending{}},
		faults:  append(append([]*fault.Fault{tag.ErrTooManyTags}, naming...), describing...),
	}, a.createTag)
	register(a, operation{
		id: "get-tag", method: http.MethodGet, path: "/v1/tags/{id}", group: "Tags", permission: commands.MayRead,
		summary: "Get a tag, deleted or not", faults: []*fault.Fault{commands.ErrNotFound},
	}, a.getTag)
	register(a, operation{
		id: "edit-tag", method: http.MethodPatch, path: "/v1/tags/{id}", group: "Tags", permission: commands.MayEditTags,
		summary:     "Edit an active tag",
		description: "The change shows on every contact that carries the tag.",
		takes:       mergePatch, ifMatch: true, status: http.StatusOK,
		answers: map[int]any{http.StatusOK: Tag{}, http.StatusAccepted: Pending{}},
		faults:  append(append([]*fault.Fault{tag.ErrUnknown, tag.ErrDeleted, tag.ErrMerged, tag.ErrStale, tag.ErrNoValues}, naming...), describing...),
	}, a.editTag)
	register(a, operation{
		id: "delete-tag", method: http.MethodDelete, path: "/v1/tags/{id}", group: "Tags", permission: commands.MayEditTags,
		summary:     "Delete a tag softly",
		description: "It can no longer be applied. Contacts that carry it keep it as history, and past assignments stay readable.",
		ifMatch:     true, status: http.StatusNoContent, answers: map[int]any{http.StatusNoContent: nil},
		faults: []*fault.Fault{tag.ErrUnknown, tag.ErrStale},
	}, a.deleteTag)
	register(a, operation{
		id: "restore-tag", method: http.MethodPost, path: "/v1/tags/{id}/restore", group: "Tags", permission: commands.MayEditTags,
		summary:     "Restore a deleted tag",
		description: "Its assignments count again. Where another tag took the name, a new name has to be given.",
		takes:       plainJSON, status: http.StatusOK,
		answers: map[int]any{http.StatusOK: Tag{}, http.StatusAccepted: Pending{}},
		faults:  append([]*fault.Fault{tag.ErrUnknown, tag.ErrMerged, tag.ErrTooManyTags}, naming...),
	}, a.restoreTag)
	register(a, operation{
		id: "bulk-delete-tags", method: http.MethodPost, path: "/v1/tags/bulk-delete", group: "Tags", permission: commands.MayEditTags,
		summary: "Delete several tags softly", takes: plainJSON, status: http.StatusNoContent,
		answers: map[int]any{http.StatusNoContent: nil},
		faults:  append(namedInBody(tag.ErrUnknown), tag.ErrTooManyAtOnce),
	}, a.deleteTags)
}

func (a *api) listTags(ctx context.Context, in *listTags) (*listed[Tag], error) {
	org := orgOf(ctx)
	of := place{org: org, list: "tags", filters: []string{in.Status}}
	after, err := open[readmodels.TagKey](a, of, in.Cursor)
	if err != nil {
		return nil, err
	}
	tags, next, err := a.tags.List(ctx, org, readmodels.TagStatus(in.Status), after, in.Limit)
	if err != nil {
		return nil, err
	}
	return pageOf(ctx, a, of, tags, next, tagOf, func(bound int) (int, error) {
		return a.tags.Count(ctx, org, readmodels.TagStatus(in.Status), bound)
	})
}

// orgOf answers the organisation whose key the request carries.
func orgOf(ctx context.Context) uuid.UUID { return requestOf(ctx).credential.Organization.UUID }

func (a *api) readTag(ctx context.Context, id uuid.UUID) (Tag, int64, error) {
	found, err := a.tags.Get(ctx, orgOf(ctx), id)
	return tagOf(found), found.Revision, err
}

func (a *api) getTag(ctx context.Context, in *ByTag) (*found[Tag], error) {
	shown, revision, err := a.readTag(ctx, parsed(in.ID))
	if err != nil {
		return nil, err
	}
	return &found[Tag]{ETag: etag(revision), Body: shown}, nil
}

func (a *api) createTag(ctx context.Context, in *struct{ Body NewTag }) (*written, error) {
	asked, err := asking(ctx, "")
	if err != nil {
		return nil, err
	}
	id, receipt, err := a.Commands.CreateTag(asked, commands.CreateTag{
		Name: in.Body.Name, Description: in.Body.Description, Color: string(in.Body.Color),
		Kind: tag.Kind(in.Body.Kind), Values: in.Body.Values,
	})
	if err != nil {
		return nil, err
	}
	links, err := a.namesakes(asked, id, in.Body.Name)
	if err != nil {
		return nil, err
	}
	out, err := a.wroteTag(ctx, http.StatusCreated, receipt, id)
	if err != nil {
		return nil, err
	}
	out.Location, out.Link = "/v1/tags/"+id.String(), links
	return out, nil
}

// namesakes links to tags that whoever named a tag may want to know of.
func (a *api) namesakes(asked context.Context, id tag.ID, name string) (string, error) {
	var links []string
	link := func(to tag.ID, relation, title string) {
		links = append(links, "</v1/tags/"+to.String()+`>; rel="`+relation+`"; title="`+title+`"`)
	}
	namesake, err := a.Commands.DeletedNamesake(asked, name)
	if err != nil {
		return "", err
	}
	if namesake != (tag.ID{}) {
		link(namesake, "alternate", "deleted tag of the same name")
	}
	alike, err := a.Commands.LookAlikes(asked, id, name)
	if err != nil {
		return "", err
	}
	for _, each := range alike {
		link(each, "related", "tag whose name looks the same")
	}
	return strings.Join(links, ", "), nil
}

func (a *api) wroteTag(ctx context.Context, status int, receipt commands.Receipt, id tag.ID) (*written, error) {
	return wrote(ctx, a, status, receipt, id.UUID, func(ctx context.Context) (Tag, int64, error) { return a.readTag(ctx, id.UUID) })
}

type editTag struct {
	ByTag
	Body TagPatch `contentType:"application/merge-patch+json"`
}

func (a *api) editTag(ctx context.Context, in *editTag) (*written, error) {
	asked, err := asking(ctx, "")
	if err != nil {
		return nil, err
	}
	id := tag.ID{UUID: parsed(in.ID)}
	ifMatch, err := requestOf(ctx).ifMatch.revisionsSeen()
	if err != nil {
		return nil, err
	}
	receipt, err := a.Commands.EditTag(asked, commands.EditTag{
		Tag: id, Name: in.Body.Name.pointer(), Description: in.Body.Description.pointer(),
		Color: (*string)(in.Body.Color.pointer()), Values: in.Body.Values.pointer(), IfMatch: ifMatch,
	})
	if err != nil {
		return nil, err
	}
	out, err := a.wroteTag(ctx, http.StatusOK, receipt, id)
	if err == nil && in.Body.Name.given {
		out.Link, err = a.namesakes(asked, id, in.Body.Name.value)
	}
	return out, err
}

func (a *api) deleteTag(ctx context.Context, in *ByTag) (*done, error) {
	asked, err := asking(ctx, "")
	if err != nil {
		return nil, err
	}
	ifMatch, err := requestOf(ctx).ifMatch.revisionsSeen()
	if err != nil {
		return nil, err
	}
	receipt, err := a.Commands.DeleteTags(asked, commands.DeleteTags{Tags: []tag.ID{{UUID: parsed(in.ID)}}, IfMatch: ifMatch})
	if err != nil {
		return nil, err
	}
	return a.done(ctx, receipt)
}

type restoreTag struct {
	ByTag
	Body *RestoredAs
}

func (a *api) restoreTag(ctx context.Context, in *restoreTag) (*written, error) {
	asked, err := asking(ctx, "")
	if err != nil {
		return nil, err
	}
	cmd := commands.RestoreTag{Tag: tag.ID{UUID: parsed(in.ID)}}
	if in.Body != nil {
		cmd.As = in.Body.Name
	}
	receipt, err := a.Commands.RestoreTag(asked, cmd)
	if err != nil {
		return nil, err
	}
	return a.wroteTag(ctx, http.StatusOK, receipt, cmd.Tag)
}

func (a *api) deleteTags(ctx context.Context, in *struct{ Body ManyTags }) (*done, error) {
	asked, err := asking(ctx, "")
	if err != nil {
		return nil, err
	}
	var cmd commands.DeleteTags
	for _, id := range parsedAll(in.Body.Tags) {
		cmd.Tags = append(cmd.Tags, tag.ID{UUID: id})
	}
	receipt, err := a.Commands.DeleteTags(asked, cmd)
	if err != nil {
		pointer := "/tags"
		if f := fault.Of(err); f != nil && slices.Contains(in.Body.Tags, f.Details["tag"]) {
			pointer += "/" + strconv.Itoa(slices.Index(in.Body.Tags, f.Details["tag"]))
		}
		return nil, inBody(err, pointer)
	}
	return a.done(ctx, receipt)
}
