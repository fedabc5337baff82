package httpapi

import (
	"context"
	"net/http"
	"time"

	"github.com/google/uuid"

	"tagtrail/commands"
	"tagtrail/domain/contact"
	"tagtrail/domain/conversation"
	"tagtrail/domain/fault"
	"tagtrail/domain/organization"
	"tagtrail/readmodels"
)

// ContactConversation is a conversation with a contact as the inbox reported it.
type ContactConversation struct {
	Contact    string                `json:"contact" format:"uuid" doc:"Whom it was with: the contact, or one that was merged into it."`
	Number     int32                 `json:"number" doc:"Of this contact's conversations, from 1."`
	Status     string                `json:"status" enum:"open,closed"`
	Channel    *string               `json:"channel" format:"uuid"`
	Reference  string                `json:"reference" doc:"What the inbox calls it." example:"case 1207"`
	Assignee   *ConversationAssignee `json:"assignee,omitempty" doc:"Who is on it; left out when nobody is."`
	OpenedAt   time.Time             `json:"opened_at"`
	AssignedAt *time.Time            `json:"assigned_at"`
	ClosedAt   *time.Time            `json:"closed_at"`
}

// ConversationAssignee is who is on a conversation.
type ConversationAssignee struct {
	Member *string `json:"member" format:"uuid" doc:"null where the inbox names somebody who is no member."`
	Name   string  `json:"name" doc:"As the inbox names who is no member." example:"Night shift"`
}

func conversationOf(c readmodels.Conversation) ContactConversation {
	shown := ContactConversation{
		Contact: c.With.String(), Number: c.Number, Status: "open", Channel: idOf(c.Channel), Reference: c.Reference,
		OpenedAt: c.OpenedAt, AssignedAt: utc(c.AssignedAt), ClosedAt: utc(c.ClosedAt),
	}
	if c.ClosedAt != nil {
		shown.Status = "closed"
	}
	if c.Member != nil || c.AssigneeName != "" {
		shown.Assignee = &ConversationAssignee{Member: idOf(c.Member), Name: c.AssigneeName}
	}
	return shown
}

// OpenedConversation says that the inbox opened a conversation.
type OpenedConversation struct {
	Channel   *string `json:"channel,omitempty" format:"uuid" pattern:"^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$" doc:"On which channel it is."`
	Reference string  `json:"reference,omitempty" maxLength:"1600" doc:"What the inbox calls it; up to 200 characters." example:"case 1207"`
}

// AssignedConversation says who is on the open conversation; nothing said is nobody.
type AssignedConversation struct {
	Member   *string `json:"member,omitempty" format:"uuid" pattern:"^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$" doc:"Of the team."`
	Assignee string  `json:"assignee,omitempty" maxLength:"1600" doc:"The name of somebody who is no member; up to 200 characters." example:"Night shift"`
}

func (a *api) registerConversations() {
	report := func(o operation) operation {
		o.method, o.group, o.permission, o.status = http.MethodPost, "Conversations", commands.MayReportInbox, http.StatusOK
		o.path = "/v1/contacts/{id}/conversation/" + o.path
		o.answers = map[int]any{http.StatusOK: Contact{}, http.StatusAccepted: Pending{}}
		o.faults = append(o.faults, contact.ErrUnknown, contact.ErrErased, contact.ErrMerged)
		return o
	}
	register(a, operation{
		id: "list-conversations", method: http.MethodGet, path: "/v1/contacts/{id}/conversations", group: "Conversations", permission: commands.MayRead,
		summary: "List the conversations with a contact, the one that was opened last first", lists: true, faults: []*fault.Fault{commands.ErrNotFound},
	}, a.listConversations)
	register(a, report(operation{
		id: "open-conversation", path: "open", summary: "Report that a conversation was opened", takes: plainJSON,
		description: "One that is open already is not opened again. Answers the contact.",
		faults:      append(namedInBody(organization.ErrUnknownChannel), conversation.ErrReference),
	}), a.openConversation)
	register(a, report(operation{
		id: "assign-conversation", path: "assign", summary: "Report who is on the open conversation", takes: plainJSON,
		description: "A member of the team, somebody whom the inbox names, or nobody. Answers the contact.",
		faults:      append(namedInBody(organization.ErrUnknownMember), conversation.ErrAssignee, conversation.ErrClosed),
	}), a.assignConversation)
	register(a, report(operation{
		id: "close-conversation", path: "close", summary: "Report that the conversation was closed",
		description: "One that is closed already is not closed again. Answers the contact.",
	}), a.closeConversation)
}

func (a *api) listConversations(ctx context.Context, in *listOfContact) (*listed[ContactConversation], error) {
	org, id := orgOf(ctx), parsed(in.ID)
	of := place{org: org, list: "conversations", filters: []string{in.ID}}
	after, err := open[readmodels.ConversationKey](a, of, in.Cursor)
	if err != nil {
		return nil, err
	}
	conversations, next, err := a.conversations.Of(ctx, org, id, after, in.Limit)
	if err != nil {
		return nil, err
	}
	if len(conversations) == 0 {
		if _, err := a.contacts.Get(ctx, org, id); err != nil {
			return nil, err
		}
	}
	return pageOf(ctx, a, of, conversations, next, conversationOf, func(bound int) (int, error) {
		return a.conversations.Count(ctx, org, id, bound)
	})
}

type openConversation struct {
	ByContact
	Body *OpenedConversation
}

func (a *api) openConversation(ctx context.Context, in *openConversation) (*written, error) {
	asked, err := asking(ctx, "")
	if err != nil {
		return nil, err
	}
	cmd := commands.OpenConversation{Contact: contact.ID{UUID: parsed(in.ID)}}
	if in.Body != nil {
		cmd.Channel, cmd.Reference = parsedOrNil(in.Body.Channel), in.Body.Reference
	}
	receipt, err := a.Commands.OpenConversation(asked, cmd)
	return a.reported(ctx, receipt, cmd.Contact, err)
}

type assignConversation struct {
	ByContact
	Body AssignedConversation
}

func (a *api) assignConversation(ctx context.Context, in *assignConversation) (*written, error) {
	asked, err := asking(ctx, "")
	if err != nil {
		return nil, err
	}
	cmd := commands.AssignConversation{Contact: contact.ID{UUID: parsed(in.ID)}, Member: parsedOrNil(in.Body.Member), Name: in.Body.Assignee}
	receipt, err := a.Commands.AssignConversation(asked, cmd)
	return a.reported(ctx, receipt, cmd.Contact, err)
}

func (a *api) closeConversation(ctx context.Context, in *ByContact) (*written, error) {
	asked, err := asking(ctx, "")
	if err != nil {
		return nil, err
	}
	cmd := commands.CloseConversation{Contact: contact.ID{UUID: parsed(in.ID)}}
	receipt, err := a.Commands.CloseConversation(asked, cmd)
	return a.reported(ctx, receipt, cmd.Contact, err)
}

// reported answers the contact after a report. What a report names and is not there is something wrong with the report.
func (a *api) reported(ctx context.Context, receipt commands.Receipt, of contact.ID, err error) (*written, error) {
	switch refused := fault.Of(err); {
	case refused != nil && refused.Pointer != "":
		return nil, inBody(err, refused.Pointer)
	case err != nil:
		return nil, err
	}
	return a.wroteContact(ctx, http.StatusOK, receipt, of)
}

func parsedOrNil(id *string) uuid.UUID {
	if id == nil {
		return uuid.Nil
	}
	return parsed(*id)
}
