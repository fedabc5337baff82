package httpapi

import (
	"context"
	"net/http"

	"tagtrail/commands"
	"tagtrail/domain/contact"
	"tagtrail/domain/fault"
)

// NewLegalHold says why somebody is not to be erased.
type NewLegalHold struct {
	Reason string `json:"reason" minLength:"1" maxLength:"4000" doc:"Why; up to 500 characters. It is kept in the history of the contact." example:"court order 12/2026"`
}

type placeLegalHold struct {
	ByContact
	Body NewLegalHold
}

func (a *api) registerLegalHolds() {
	register(a, operation{
		id: "place-legal-hold", method: http.MethodPut, path: "/v1/contacts/{id}/legal-hold", group: "Contacts", permission: commands.MayHoldContacts,
		summary:     "Keep a person from being erased",
		description: "Until the hold is lifted, erasing the person is refused: this contact, and every contact that is merged with it. It changes nothing else. Of a hold and an erasure the first one wins. A second hold records nothing. Answers the contact.",
		takes:       plainJSON, status: http.StatusOK, answers: map[int]any{http.StatusOK: Contact{}, http.StatusAccepted: Pending{}},
		faults: []*fault.Fault{contact.ErrUnknown, contact.ErrErased, contact.ErrMerged, contact.ErrHoldReason, ErrReason},
	}, a.placeLegalHold)
	register(a, operation{
		id: "lift-legal-hold", method: http.MethodDelete, path: "/v1/contacts/{id}/legal-hold", group: "Contacts", permission: commands.MayHoldContacts,
		summary:     "Let a person be erased again",
		description: "Also by the holds of contacts that were merged into this one. That there is none is no error.",
		status:      http.StatusNoContent, answers: map[int]any{http.StatusNoContent: nil},
		faults: []*fault.Fault{contact.ErrUnknown, contact.ErrErased, contact.ErrMerged},
	}, a.liftLegalHold)
}

func (a *api) placeLegalHold(ctx context.Context, in *placeLegalHold) (*written, error) {
	asked, err := asking(ctx, in.Body.Reason)
	if err != nil {
		return nil, err
	}
	id := contact.ID{UUID: parsed(in.ID)}
	receipt, err := a.Commands.PlaceLegalHold(asked, commands.PlaceLegalHold{Contact: id})
	if err != nil {
		return nil, err
	}
	return a.wroteContact(ctx, http.StatusOK, receipt, id)
}

func (a *api) liftLegalHold(ctx context.Context, in *ByContact) (*done, error) {
	asked, err := asking(ctx, "")
	if err != nil {
		return nil, err
	}
	receipt, err := a.Commands.LiftLegalHold(asked, commands.LiftLegalHold{Contact: contact.ID{UUID: parsed(in.ID)}})
	if err != nil {
		return nil, err
	}
	return a.done(ctx, receipt)
}
