package httpapi

import (
	"context"
	"net/http"

	"tagtrail/commands"
	"tagtrail/domain/contact"
	"tagtrail/domain/fault"
	"tagtrail/domain/tag"
)

// NewAssignment is how a tag is put on a contact.
type NewAssignment struct {
	Value  *string `json:"value,omitempty" maxLength:"1600" doc:"Of a valued tag; up to 200 characters." example:"Barcelona"`
	Reason string  `json:"reason,omitempty" maxLength:"4000" doc:"Why; up to 500 characters." example:"asked for the premium plan"`

	AI *Judgement `json:"ai,omitempty" doc:"Which model decided, where the key is that of an AI agent."`
}

// ByContactAndTag names a contact and a tag in the path.
type ByContactAndTag struct {
	ByContact
	Tag string `path:"tag_id" format:"uuid" pattern:"^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$" example:"0197a1b2-0000-7000-8000-0000000000b1"`
}

type assignTag struct {
	ByContactAndTag
	Body *NewAssignment
}

// NewAssignedTag is a new tag, and how it is put on a contact.
type NewAssignedTag struct {
	NewTag
	Value  *string `json:"value,omitempty" maxLength:"1600" doc:"Of a valued tag; up to 200 characters." example:"Barcelona"`
	Reason string  `json:"reason,omitempty" maxLength:"4000" doc:"Why; up to 500 characters." example:"asked for the premium plan"`
}

type createAndAssignTag struct {
	ByContact
	Body NewAssignedTag
}

func (a *api) registerContactTags() {
	register(a, operation{
		id: "assign-tag", method: http.MethodPut, path: "/v1/contacts/{id}/tags/{tag_id}", group: "Contact tags", permission: commands.MayTagContacts,
		summary:     "Put a tag on a contact",
		description: "A contact that carries the tag already stays as it is: the first assignment counts. Another value of a valued tag ends one assignment and begins the next. The source is that of the key. Answers the contact.",
		takes:       plainJSON, status: http.StatusOK,
		answers: map[int]any{http.StatusOK: Contact{}, http.StatusAccepted: Pending{}},
		faults: []*fault.Fault{
			contact.ErrUnknown, contact.ErrErased, contact.ErrTooManyTags, contact.ErrTooManyHeld, tag.ErrUnknown, tag.ErrDeleted, ErrReason, ErrNoAI,
			contact.ErrValueRequired, contact.ErrValueNotTaken, contact.ErrUnknownValue, contact.ErrValueTooLong, contact.ErrValueCharacters,
		},
	}, a.assignTag)
	register(a, operation{
		id: "create-and-assign-tag", method: http.MethodPost, path: "/v1/contacts/{id}/tags", group: "Contact tags", permission: commands.MayCreateTags,
		summary:     "Create a tag and put it on a contact",
		description: "For whoever types a name that no suggestion has. A name that the catalogue has already is that tag, and what is said of a new one is passed over. Nothing is created that the contact cannot take. Answers the contact; Location is the tag's.",
		takes:       plainJSON, status: http.StatusOK,
		answers: map[int]any{http.StatusOK: Contact{}, http.StatusAccepted: Pending{}},
		faults: []*fault.Fault{
			contact.ErrUnknown, contact.ErrErased, contact.ErrMerged, contact.ErrArchived, contact.ErrTooManyTags, contact.ErrTooManyHeld, tag.ErrTooManyTags,
			tag.ErrBlankName, tag.ErrNameTooLong, tag.ErrNameCharacters, tag.ErrDescriptionTooLong, tag.ErrDescriptionCharacters, tag.ErrUnknownColor, tag.ErrUnknownKind,
			tag.ErrBlankValue, tag.ErrValueTooLong, tag.ErrValueCharacters, tag.ErrValueTwice, tag.ErrTooManyValues, tag.ErrNoFixedValues, ErrReason,
			contact.ErrValueRequired, contact.ErrValueNotTaken, contact.ErrUnknownValue, contact.ErrValueTooLong, contact.ErrValueCharacters,
		},
	}, a.createAndAssignTag)
	register(a, operation{
		id: "remove-tag", method: http.MethodDelete, path: "/v1/contacts/{id}/tags/{tag_id}", group: "Contact tags", permission: commands.MayTagContacts,
		summary:     "Take a tag off a contact",
		description: "Whatever its source. The assignment stays in the history. A tag that the contact does not carry is no error.",
		status:      http.StatusNoContent, answers: map[int]any{http.StatusNoContent: nil},
		faults: []*fault.Fault{contact.ErrUnknown, contact.ErrErased, tag.ErrUnknown, contact.ErrTagHistorical},
	}, a.removeTag)
}

func (a *api) assignTag(ctx context.Context, in *assignTag) (*written, error) {
	cmd := commands.AssignTag{Contact: contact.ID{UUID: parsed(in.ID)}, Tag: tag.ID{UUID: parsed(in.Tag)}}
	reason := ""
	var by *Judgement
	if in.Body != nil {
		cmd.Value, reason, by = in.Body.Value, in.Body.Reason, in.Body.AI
	}
	asked, err := judging(ctx, reason, by)
	if err != nil {
		return nil, err
	}
	receipt, err := a.Commands.AssignTag(asked, cmd)
	if err != nil {
		return nil, err
	}
	return a.wroteContact(ctx, http.StatusOK, receipt, cmd.Contact)
}

func (a *api) createAndAssignTag(ctx context.Context, in *createAndAssignTag) (*written, error) {
	asked, err := asking(ctx, in.Body.Reason)
	if err != nil {
		return nil, err
	}
	cmd := commands.CreateAndAssignTag{
		Contact: contact.ID{UUID: parsed(in.ID)}, Value: in.Body.Value,
		Draft: commands.CreateTag{
			Name: in.Body.Name, Description: in.Body.Description, Color: string(in.Body.Color), Kind: tag.Kind(in.Body.Kind), Values: in.Body.Values,
		},
	}
	id, receipt, err := a.Commands.CreateAndAssignTag(asked, cmd)
	if err != nil {
		return nil, err
	}
	out, err := a.wroteContact(ctx, http.StatusOK, receipt, cmd.Contact)
	if err != nil {
		return nil, err
	}
	out.Location = "/v1/tags/" + id.String()
	out.Link, err = a.namesakes(asked, id, in.Body.Name)
	return out, err
}

func (a *api) removeTag(ctx context.Context, in *ByContactAndTag) (*done, error) {
	asked, err := asking(ctx, "")
	if err != nil {
		return nil, err
	}
	receipt, err := a.Commands.RemoveTag(asked, commands.RemoveTag{Contact: contact.ID{UUID: parsed(in.ID)}, Tag: tag.ID{UUID: parsed(in.Tag)}})
	if err != nil {
		return nil, err
	}
	return a.done(ctx, receipt)
}
