package httpapi

import (
	"context"
	"net/http"

	"tagtrail/commands"
	"tagtrail/domain/fault"
	"tagtrail/domain/tag"
)

// NewTagMerge names the tag that stands for both from now on.
type NewTagMerge struct {
	Into string `json:"into" format:"uuid" pattern:"^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$" doc:"The tag that stays."`
	Why
}

type mergeTag struct {
	ByTag
	Body NewTagMerge
}

func (a *api) registerTagMerges() {
	answers := map[int]any{http.StatusOK: Tag{}, http.StatusAccepted: Pending{}}
	register(a, operation{
		id: "merge-tag", method: http.MethodPost, path: "/v1/tags/{id}/merge", group: "Tags", permission: commands.MayEditTags,
		summary: "Merge this tag into another one",
		description: "Whoever carries it carries the other one from now on, in lists, filters, counts and the limit, however many they are, and with what was merged into it before. " +
			"Its name is free. A contact that carries both carries one; of two values the other tag's own counts. Labels merge with labels, and tags of free values with their like. It can be undone. Answers the tag.",
		takes: plainJSON, ifMatch: true, status: http.StatusOK, answers: answers,
		faults: append(namedInBody(tag.ErrUnknown), tag.ErrUnknown, tag.ErrDeleted, tag.ErrMerged, tag.ErrMergeItself, tag.ErrMergeKinds, tag.ErrStale, ErrReason),
	}, a.mergeTag)
	register(a, operation{
		id: "unmerge-tag", method: http.MethodPost, path: "/v1/tags/{id}/unmerge", group: "Tags", permission: commands.MayEditTags,
		summary:     "Undo the merge of this tag",
		description: "It stands for itself again, and for what was merged into it, on whoever carries it still. Where another tag took the name, a new name has to be given. Answers the tag.",
		takes:       plainJSON, status: http.StatusOK, answers: answers,
		faults: []*fault.Fault{
			tag.ErrUnknown, tag.ErrDeleted, tag.ErrActive, tag.ErrTooManyTags, tag.ErrBlankName, tag.ErrNameTooLong, tag.ErrNameCharacters, tag.ErrNameTaken,
		},
	}, a.unmergeTag)
}

func (a *api) mergeTag(ctx context.Context, in *mergeTag) (*written, error) {
	asked, err := asking(ctx, in.Body.Reason)
	if err != nil {
		return nil, err
	}
	ifMatch, err := requestOf(ctx).ifMatch.revisionsSeen()
	if err != nil {
		return nil, err
	}
	cmd := commands.MergeTags{Tag: tag.ID{UUID: parsed(in.ID)}, Into: tag.ID{UUID: parsed(in.Body.Into)}, IfMatch: ifMatch}
	receipt, err := a.Commands.MergeTags(asked, cmd)
	if f := fault.Of(err); f != nil && f.Details["tag"] == in.Body.Into && in.Body.Into != in.ID {
		return nil, inBody(err, "/into")
	}
	if err != nil {
		return nil, err
	}
	return a.wroteTag(ctx, http.StatusOK, receipt, cmd.Tag)
}

func (a *api) unmergeTag(ctx context.Context, in *restoreTag) (*written, error) {
	asked, err := asking(ctx, "")
	if err != nil {
		return nil, err
	}
	cmd := commands.UnmergeTag{Tag: tag.ID{UUID: parsed(in.ID)}}
	if in.Body != nil {
		cmd.As = in.Body.Name
	}
	receipt, err := a.Commands.UnmergeTag(asked, cmd)
	if err != nil {
		return nil, err
	}
	return a.wroteTag(ctx, http.StatusOK, receipt, cmd.Tag)
}
