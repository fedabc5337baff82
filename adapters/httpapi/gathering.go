package httpapi

import (
	"context"
	"io"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/go-json-experiment/json"
	"github.com/google/uuid"

	"tagtrail/commands"
	"tagtrail/domain/contact"
	"tagtrail/domain/fault"
	operations "tagtrail/domain/operation"
	"tagtrail/domain/organization"
)

// Gathered keeps the files about persons that were written in the background.
type Gathered interface {
	// Read answers the file of an operation, as long as it is kept; commands.ErrNotFound where there is none any more.
	Read(ctx context.Context, org organization.ID, id operations.ID, whose contact.ID, out io.Writer) error
}

// GatheredFor is how long a file about a person is kept for whoever asked for it.
const GatheredFor = 7 * 24 * time.Hour

// AskedPerson is whom an operation gathers everything about: the contact that stands for the person first.
type AskedPerson struct {
	Contacts []uuid.UUID `json:"contacts"`
}

// ErrGathering answers whoever asks for a file that is not written yet.
var ErrGathering = fault.New(fault.Conflict, "personal-data.not-ready", "the file is not written yet: its operation says how far it is")

func (a *api) registerGathering() {
	if a.Config.gatherer != nil {
		a.Config.gatherer.api = a
	}
	if a.Gathered == nil || a.Operations == nil {
		return
	}
	const path = "/v1/bulk-operations/{id}/personal-data"
	register(a, operation{
		id: "gather-personal-data", method: http.MethodPost, path: "/v1/contacts/{id}/personal-data", group: "Contacts", permission: commands.MayExportPersonalData,
		summary: "Gather everything that is held about a person, in the background", status: http.StatusAccepted,
		description: "The same file as at once, for persons of whom much is held. Answers the operation; once it has finished the file is at its personal-data for 7 days, " +
			"sealed under the person's own key: nobody can read it any more when the person is erased.",
		answers: map[int]any{http.StatusAccepted: Operation{}},
		faults:  []*fault.Fault{commands.ErrNotFound, contact.ErrErased, contact.ErrMerged, ErrMasked},
	}, a.gatherPersonalData)
	register(a, operation{
		id: "get-gathered-personal-data", method: http.MethodGet, path: path, group: "Contacts", permission: commands.MayExportPersonalData,
		summary: "Get the file that an operation gathered about a person", answers: map[int]any{http.StatusOK: nil},
		faults: []*fault.Fault{commands.ErrNotFound, ErrGathering, ErrMasked},
	}, a.getGathered)
	a.huma.OpenAPI().Paths[path].Get.Responses["200"].Content = zipped()
}

func (a *api) gatherPersonalData(ctx context.Context, in *ByContact) (*written, error) {
	asked, err := asking(ctx, "")
	if err != nil {
		return nil, err
	}
	person, err := a.personOf(ctx, parsed(in.ID))
	if err != nil {
		return nil, err
	}
	what, err := json.Marshal(AskedPerson{Contacts: person})
	if err != nil {
		return nil, err
	}
	return a.begin(ctx, commands.NextOperation(asked), operations.PersonalData, nil, func() (commands.Receipt, error) {
		_, receipt, err := a.Commands.StartOperation(asked, commands.StartOperation{Kind: operations.PersonalData, Action: "gather", Asked: string(what)})
		return receipt, err
	})
}

func (a *api) getGathered(ctx context.Context, in *ByOperation) (*huma.StreamResponse, error) {
	org := requestOf(ctx).credential.Organization
	if requestOf(ctx).credential.Masking != (organization.Masking{}) {
		return nil, ErrMasked
	}
	o, err := a.Commands.Operation(ctx, org, in.operation())
	switch {
	case err != nil:
		return nil, err
	case o.Phase() == operations.Unknown, o.Kind != operations.PersonalData:
		return nil, commands.ErrNotFound
	case o.Phase() != operations.Ended:
		return nil, ErrGathering
	}
	person, err := PersonOf(o)
	if err != nil {
		return nil, err
	}
	return a.download("personal-data-"+person.Contacts[0].String()+".zip", "application/zip", nil, func(ctx context.Context, out io.Writer) error {
		return a.Gathered.Read(ctx, org, in.operation(), contact.ID{UUID: person.Contacts[0]}, out)
	}), nil
}

// PersonOf answers whom an operation gathers everything about.
func PersonOf(o *operations.Operation) (AskedPerson, error) {
	var person AskedPerson
	err := json.Unmarshal([]byte(o.Asked.Reveal()), &person)
	if err == nil && len(person.Contacts) == 0 {
		err = commands.ErrNotFound
	}
	return person, err
}

// Gatherer writes everything that is held about a person for whoever works in the background, as the API does.
type Gatherer struct{ api *api }

// NewGatherer answers one who knows what an API with this configuration knows.
func NewGatherer(config Config) *Gatherer {
	g := &Gatherer{}
	config.gatherer = g
	New(config)
	return g
}

// Write writes the file.
func (g *Gatherer) Write(ctx context.Context, org organization.ID, person AskedPerson, out io.Writer) error {
	ctx = context.WithValue(ctx, requestKey{}, &request{credential: commands.Credential{Organization: org}})
	parts, err := g.api.partsOf(ctx, person.Contacts)
	if err != nil {
		return err
	}
	return writeParts(ctx, parts, out)
}
