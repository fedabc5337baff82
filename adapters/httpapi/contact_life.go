package httpapi

import (
	"context"
	"net/http"

	"tagtrail/commands"
	"tagtrail/domain/contact"
	"tagtrail/domain/fault"
	"tagtrail/domain/organization"
	"tagtrail/domain/tag"
)

// Why is a reason that may be given.
type Why struct {
	Reason string `json:"reason,omitempty" maxLength:"4000" doc:"Why; up to 500 characters." example:"asked not to be contacted"`
}

// NewMerge names the contact that is the same person.
type NewMerge struct {
	Contact string `json:"contact" format:"uuid" pattern:"^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$" doc:"It stands for nobody any more; its id leads to the survivor."`
	Why
}

// MergePreview is what a merge would do.
type MergePreview struct {
	Taken      []string `json:"taken" nullable:"false" format:"uuid" doc:"Tags that go on at the survivor, as the assignments that they are."`
	Ended      []string `json:"ended" nullable:"false" format:"uuid" doc:"Tags that end, because the survivor carries them already."`
	Filled     []string `json:"filled" nullable:"false" doc:"What the survivor does not know of the person and would learn; what it knows stays." example:"[\"email\"]"`
	Along      []string `json:"along" nullable:"false" format:"uuid" doc:"Contacts that were merged into the one that goes, and go along."`
	ActiveTags int      `json:"active_tags" doc:"How many active tags the survivor would carry."`
	TagLimit   int      `json:"tag_limit" doc:"How many it may be given. A merge may go over it; then none is added until there are fewer."`
	OverLimit  bool     `json:"over_limit"`
}

type onContact struct {
	ByContact
	Body *Why
}

type mergeContact struct {
	ByContact
	Body NewMerge
}

type previewMerge struct {
	ByContact
	Contact string `query:"contact" required:"true" format:"uuid" pattern:"^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$" doc:"The contact that would go."`
}

func (a *api) registerContactLife() {
	answers := map[int]any{http.StatusOK: Contact{}, http.StatusAccepted: Pending{}}
	register(a, operation{
		id: "archive-contact", method: http.MethodPost, path: "/v1/contacts/{id}/archive", group: "Contacts", permission: commands.MayArchiveContacts,
		summary:     "Put a contact away",
		description: "What lists call deleting: the contact is listed no more and its tags end, until it is restored with them. Nothing is lost; who writes stays known. Answers the contact.",
		takes:       plainJSON, status: http.StatusOK, answers: answers,
		faults: []*fault.Fault{contact.ErrUnknown, contact.ErrErased, contact.ErrMerged, ErrReason},
	}, a.archiveContact)
	register(a, operation{
		id: "restore-contact", method: http.MethodPost, path: "/v1/contacts/{id}/restore", group: "Contacts", permission: commands.MayArchiveContacts,
		summary:     "Take an archived contact out again",
		description: "With the tags that it carried, even where these are more than it could be given. Answers the contact.",
		takes:       plainJSON, status: http.StatusOK, answers: answers,
		faults: []*fault.Fault{contact.ErrUnknown, contact.ErrErased, contact.ErrMerged, ErrReason},
	}, a.restoreContact)
	register(a, operation{
		id: "preview-merge", method: http.MethodGet, path: "/v1/contacts/{id}/merge-preview", group: "Contacts", permission: commands.MayRead,
		summary: "What it would do to merge another contact into this one",
		faults:  []*fault.Fault{contact.ErrUnknown, contact.ErrErased, contact.ErrMerged, contact.ErrArchived, contact.ErrMergeItself},
	}, a.previewMerge)
	register(a, operation{
		id: "merge-contact", method: http.MethodPost, path: "/v1/contacts/{id}/merge", group: "Contacts", permission: commands.MayMergeContacts,
		summary:     "Merge another contact into this one",
		description: "They are one person from now on, and this contact stands for both: its tags, messages and history are those of both, and whoever writes under the other's number writes to it. It can be undone. Answers the contact that stays.",
		takes:       plainJSON, status: http.StatusOK, answers: answers,
		faults: []*fault.Fault{contact.ErrUnknown, contact.ErrErased, contact.ErrMerged, contact.ErrArchived, contact.ErrMergeItself, ErrReason},
	}, a.mergeContact)
	register(a, operation{
		id: "separate-contact", method: http.MethodPost, path: "/v1/contacts/{id}/separate", group: "Contacts", permission: commands.MayMergeContacts,
		summary:     "Undo the merge of this contact",
		description: "It stands for itself again, with the tags that it brought, unless they were taken off since. What the other one learned from it goes, unless it was changed since. Answers the contact.",
		takes:       plainJSON, status: http.StatusOK, answers: answers,
		faults: []*fault.Fault{contact.ErrUnknown, contact.ErrErased, contact.ErrMerged, contact.ErrArchived, ErrReason},
	}, a.separateContact)
}

// change does something to the contact of the path, and answers it.
func (a *api) change(ctx context.Context, in *onContact, do func(context.Context, contact.ID) (commands.Receipt, error)) (*written, error) {
	reason := ""
	if in.Body != nil {
		reason = in.Body.Reason
	}
	asked, err := asking(ctx, reason)
	if err != nil {
		return nil, err
	}
	id := contact.ID{UUID: parsed(in.ID)}
	receipt, err := do(asked, id)
	if err != nil {
		return nil, err
	}
	return a.wroteContact(ctx, http.StatusOK, receipt, id)
}

func (a *api) archiveContact(ctx context.Context, in *onContact) (*written, error) {
	return a.change(ctx, in, func(ctx context.Context, id contact.ID) (commands.Receipt, error) {
		return a.Commands.ArchiveContact(ctx, commands.ArchiveContact{Contact: id})
	})
}

func (a *api) restoreContact(ctx context.Context, in *onContact) (*written, error) {
	return a.change(ctx, in, func(ctx context.Context, id contact.ID) (commands.Receipt, error) {
		return a.Commands.RestoreContact(ctx, commands.RestoreContact{Contact: id})
	})
}

func (a *api) separateContact(ctx context.Context, in *onContact) (*written, error) {
	return a.change(ctx, in, func(ctx context.Context, id contact.ID) (commands.Receipt, error) {
		return a.Commands.SeparateContact(ctx, commands.SeparateContact{Contact: id})
	})
}

func (a *api) mergeContact(ctx context.Context, in *mergeContact) (*written, error) {
	asked, err := asking(ctx, in.Body.Reason)
	if err != nil {
		return nil, err
	}
	cmd := commands.MergeContacts{Contact: contact.ID{UUID: parsed(in.Body.Contact)}, Into: contact.ID{UUID: parsed(in.ID)}}
	receipt, err := a.Commands.MergeContacts(asked, cmd)
	if err != nil {
		return nil, err
	}
	return a.wroteContact(ctx, http.StatusOK, receipt, cmd.Into)
}

func (a *api) previewMerge(ctx context.Context, in *previewMerge) (*struct{ Body MergePreview }, error) {
	cmd := commands.MergeContacts{Contact: contact.ID{UUID: parsed(in.Contact)}, Into: contact.ID{UUID: parsed(in.ID)}}
	preview, err := a.Commands.PreviewMerge(ctx, organization.ID{UUID: orgOf(ctx)}, cmd)
	if err != nil {
		return nil, err
	}
	shown := MergePreview{
		Taken: tagIDs(preview.Taken), Ended: tagIDs(preview.Ended), Filled: make([]string, len(preview.Filled)), Along: make([]string, len(preview.With)),
		ActiveTags: preview.Active, TagLimit: preview.Limit, OverLimit: preview.Active > preview.Limit,
	}
	for i, detail := range preview.Filled {
		shown.Filled[i] = string(detail)
	}
	for i, id := range preview.With {
		shown.Along[i] = id.String()
	}
	return &struct{ Body MergePreview }{shown}, nil
}

func tagIDs(tags []tag.ID) []string {
	all := make([]string, len(tags))
	for i, id := range tags {
		all[i] = id.String()
	}
	return all
}
