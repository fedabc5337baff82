package httpapi

import (
	"context"
	"net/http"

	"tagtrail/commands"
	"tagtrail/domain/contact"
	"tagtrail/domain/fault"
)

// NewLeadStatus is where a contact moves in the funnel.
type NewLeadStatus struct {
	Status string `json:"status" enum:"cold,warm,hot,customer" doc:"Every move is allowed."`
	Reason string `json:"reason,omitempty" maxLength:"4000" doc:"Why; up to 500 characters." example:"signed the offer"`

	AI *Judgement `json:"ai,omitempty" doc:"Which model decided, where the key is that of an AI agent."`
}

type changeLeadStatus struct {
	ByContact
	Body NewLeadStatus
}

func (a *api) registerLeadStatus() {
	register(a, operation{
		id: "change-lead-status", method: http.MethodPut, path: "/v1/contacts/{id}/lead-status", group: "Contacts", permission: commands.MayChangeLeadStatus,
		summary: "Move a contact in the funnel", description: "Answers the contact.", takes: plainJSON, status: http.StatusOK,
		answers: map[int]any{http.StatusOK: Contact{}, http.StatusAccepted: Pending{}},
		faults:  []*fault.Fault{contact.ErrUnknown, contact.ErrErased, contact.ErrUnknownLeadStatus, ErrReason, ErrNoAI},
	}, a.changeLeadStatus)
}

func (a *api) changeLeadStatus(ctx context.Context, in *changeLeadStatus) (*written, error) {
	asked, err := judging(ctx, in.Body.Reason, in.Body.AI)
	if err != nil {
		return nil, err
	}
	cmd := commands.ChangeLeadStatus{Contact: contact.ID{UUID: parsed(in.ID)}, Status: contact.LeadStatus(in.Body.Status)}
	receipt, err := a.Commands.ChangeLeadStatus(asked, cmd)
	if err != nil {
		return nil, err
	}
	return a.wroteContact(ctx, http.StatusOK, receipt, cmd.Contact)
}
