package httpapi

import (
	"context"
	"net/http"
	"time"

	"tagtrail/commands"
	"tagtrail/domain/contact"
	"tagtrail/domain/fault"
	"tagtrail/readmodels"
)

// Consent is the last word of a person on a purpose.
type Consent struct {
	Purpose     string    `json:"purpose" example:"marketing"`
	Agrees      bool      `json:"agrees"`
	Evidence    string    `json:"evidence" doc:"How that is known; empty where nobody said." example:"signed form of 30 May"`
	At          time.Time `json:"at"`
	Source      string    `json:"source" example:"whatsapp"`
	SourceLabel string    `json:"source_label" example:"WhatsApp"`
	By          Actor     `json:"by"`
}

// Consents are what a person agrees to and what not.
type Consents struct {
	Items []Consent `json:"items" nullable:"false" doc:"By purpose. Where contacts were merged, a no of any of them is a no."`
}

// NewConsent is what a person said about a purpose.
type NewConsent struct {
	Purpose  string `json:"purpose" minLength:"1" maxLength:"50" pattern:"^[a-z][a-z0-9-]*$" doc:"marketing is the one that people can tell WhatsApp about themselves." example:"marketing"`
	Agrees   bool   `json:"agrees"`
	Evidence string `json:"evidence,omitempty" maxLength:"8000" doc:"How that is known; up to 1,000 characters." example:"signed form of 30 May"`
}

type recordConsent struct {
	ByContact
	Body NewConsent
}

func (a *api) registerConsents() {
	register(a, operation{
		id: "list-consents", method: http.MethodGet, path: "/v1/contacts/{id}/consents", group: "Contacts", permission: commands.MayRead,
		summary: "What a person agrees to, and how that is known", faults: []*fault.Fault{commands.ErrNotFound, contact.ErrMerged},
	}, a.listConsents)
	register(a, operation{
		id: "record-consent", method: http.MethodPost, path: "/v1/contacts/{id}/consents", group: "Contacts", permission: commands.MayEditContacts,
		summary: "Record what a person agrees to, or does not", description: "The same will again records nothing. Answers all consents of the person.",
		takes: plainJSON, status: http.StatusOK, answers: map[int]any{http.StatusOK: Consents{}, http.StatusAccepted: Pending{}},
		faults: []*fault.Fault{
			contact.ErrUnknown, contact.ErrErased, contact.ErrMerged, contact.ErrArchived, contact.ErrPurpose, contact.ErrTooManyPurposes, contact.ErrEvidence,
		},
	}, a.recordConsent)
}

func consentsOf(all []readmodels.Consent) Consents {
	shown := Consents{Items: make([]Consent, len(all))}
	for i, c := range all {
		shown.Items[i] = Consent{
			Purpose: c.Purpose, Agrees: c.Agrees, Evidence: c.Evidence, At: c.At.UTC(), Source: c.Source, SourceLabel: sourceLabel(c.Source), By: actorOf(c.By),
		}
	}
	return shown
}

func (a *api) listConsents(ctx context.Context, in *ByContact) (*struct{ Body Consents }, error) {
	shown, _, err := a.readContact(ctx, parsed(in.ID))
	if err != nil {
		return nil, err
	}
	if shown.MergedInto != nil {
		return nil, contact.ErrMerged.With("contact", *shown.MergedInto)
	}
	found, err := a.consents.Of(ctx, orgOf(ctx), parsed(in.ID))
	if err != nil {
		return nil, err
	}
	return &struct{ Body Consents }{consentsOf(found)}, nil
}

func (a *api) recordConsent(ctx context.Context, in *recordConsent) (*written, error) {
	asked, err := asking(ctx, "")
	if err != nil {
		return nil, err
	}
	cmd := commands.RecordConsent{
		Contact: contact.ID{UUID: parsed(in.ID)}, Purpose: contact.Purpose(in.Body.Purpose), Agrees: in.Body.Agrees, Evidence: in.Body.Evidence,
	}
	receipt, err := a.Commands.RecordConsent(asked, cmd)
	if err != nil {
		return nil, err
	}
	return wrote(ctx, a, http.StatusOK, receipt, cmd.Contact.UUID, func(ctx context.Context) (Consents, int64, error) {
		found, err := a.consents.Of(ctx, orgOf(ctx), cmd.Contact.UUID)
		return consentsOf(found), -1, err
	})
}
