package httpapi

import (
	"context"
	"net/http"
	"time"

	"github.com/google/uuid"

	"tagtrail/commands"
	"tagtrail/domain/contact"
	"tagtrail/domain/erasure"
	"tagtrail/domain/fault"
	"tagtrail/readmodels"
)

// Certifier signs what became of an erasure.
type Certifier interface {
	// Certify answers a signed note about a completed erasure, and the key that verifies it.
	Certify(ctx context.Context, org uuid.UUID, e readmodels.Erasure) (certificate, verifier string, err error)
}

// Erasure is the forgetting of one person.
type Erasure struct {
	ID          string     `json:"id" format:"uuid"`
	Contact     string     `json:"contact" format:"uuid" doc:"The contact that stood for the person."`
	Contacts    []string   `json:"contacts" nullable:"false" format:"uuid" doc:"All contacts that were the person."`
	State       string     `json:"state" enum:"running,completed" doc:"running: nobody can read the person any more within seconds, and bytes are being taken off the disk."`
	AskedAt     time.Time  `json:"asked_at"`
	AskedBy     Actor      `json:"asked_by"`
	CompletedAt *time.Time `json:"completed_at"`
	Identities  int        `json:"identities" doc:"Numbers and BSUIDs that are known no more: whoever comes with one is somebody new."`
	Deliveries  int        `json:"deliveries" doc:"Kept webhook bodies that named the person, and that nobody can read any more."`
	Events      int        `json:"events" doc:"Events that stay in the history, without anybody."`
	Left        []string   `json:"left" nullable:"false" doc:"What this installation cannot clean."`
	Certificate *string    `json:"certificate" doc:"A signed note (golang.org/x/mod/sumdb/note), once it is completed."`
	VerifierKey *string    `json:"verifier_key" doc:"With it anybody can verify the certificate."`
}

// NewErasure says why somebody is erased.
type NewErasure struct {
	Reason string `json:"reason" minLength:"1" maxLength:"4000" doc:"Why; up to 500 characters. It is kept with the erasure, so it had better not name the person." example:"asked for it by letter"`
}

type eraseContact struct {
	ByContact
	Body NewErasure
}

type byErasure struct {
	ID string `path:"id" format:"uuid" pattern:"^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$"`
}

func (a *api) registerErasures() {
	register(a, operation{
		id: "erase-contact", method: http.MethodPost, path: "/v1/contacts/{id}/erase", group: "Contacts", permission: commands.MayEraseContacts,
		summary:     "Forget a person for good",
		description: "It cannot be undone. The person is that of all contacts that were merged with this one. Names, numbers, addresses, notes and messages become unreadable everywhere; what happened stays in the history, about nobody. The same number writing again is a new contact. Doing it again changes nothing. Answers the erasure.",
		takes:       plainJSON, status: http.StatusOK, answers: map[int]any{http.StatusOK: Erasure{}, http.StatusAccepted: Pending{}},
		faults: []*fault.Fault{contact.ErrUnknown, contact.ErrLegalHold, erasure.ErrReason, ErrReason},
	}, a.eraseContact)
	register(a, operation{
		id: "list-erasures", method: http.MethodGet, path: "/v1/erasures", group: "Contacts", permission: commands.MayReadEvents,
		summary: "List erasures, the last first", lists: true,
	}, a.listErasures)
	register(a, operation{
		id: "get-erasure", method: http.MethodGet, path: "/v1/erasures/{id}", group: "Contacts", permission: commands.MayReadEvents,
		summary: "Get an erasure, with its certificate once it is completed", faults: []*fault.Fault{commands.ErrNotFound},
	}, a.getErasure)
}

func erasureOf(e readmodels.Erasure) Erasure {
	shown := Erasure{
		ID: e.ID.String(), Contact: e.Contact.String(), Contacts: writtenIDs(e.Contacts), State: "running", AskedAt: e.AskedAt.UTC(), AskedBy: actorOf(e.AskedBy),
		CompletedAt: utc(e.CompletedAt), Identities: e.Identities, Deliveries: e.Deliveries, Events: e.Events, Left: append([]string{}, e.Left...),
	}
	if e.CompletedAt != nil {
		shown.State = "completed"
	}
	return shown
}

func (a *api) eraseContact(ctx context.Context, in *eraseContact) (*written, error) {
	asked, err := asking(ctx, in.Body.Reason)
	if err != nil {
		return nil, err
	}
	id, receipt, err := a.Commands.EraseContact(asked, commands.EraseContact{Contact: contact.ID{UUID: parsed(in.ID)}})
	if err != nil {
		return nil, err
	}
	return wrote(ctx, a, http.StatusOK, receipt, id.UUID, func(ctx context.Context) (Erasure, int64, error) {
		shown, err := a.readErasure(ctx, id.UUID)
		return shown, -1, err
	})
}

func (a *api) readErasure(ctx context.Context, id uuid.UUID) (Erasure, error) {
	org := orgOf(ctx)
	found, err := a.erasures.Get(ctx, org, id)
	if err != nil {
		return Erasure{}, err
	}
	shown := erasureOf(found)
	if found.CompletedAt != nil && a.Certifier != nil {
		certificate, verifier, err := a.Certifier.Certify(ctx, org, found)
		if err != nil {
			return Erasure{}, err
		}
		shown.Certificate, shown.VerifierKey = &certificate, &verifier
	}
	return shown, nil
}

func (a *api) getErasure(ctx context.Context, in *byErasure) (*struct{ Body Erasure }, error) {
	shown, err := a.readErasure(ctx, parsed(in.ID))
	if err != nil {
		return nil, err
	}
	return &struct{ Body Erasure }{shown}, nil
}

func (a *api) listErasures(ctx context.Context, in *PerPage) (*listed[Erasure], error) {
	org := orgOf(ctx)
	of := place{org: org, list: "erasures"}
	after, err := open[int64](a, of, in.Cursor)
	if err != nil {
		return nil, err
	}
	found, next, err := a.erasures.List(ctx, org, after, in.Limit)
	if err != nil {
		return nil, err
	}
	return pageOf(ctx, a, of, found, next, erasureOf, func(bound int) (int, error) { return a.erasures.Count(ctx, org, bound) })
}
