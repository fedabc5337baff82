package httpapi

import (
	"context"
	"errors"
	"io"
	"net/http"
	"strings"

	"github.com/danielgtaylor/huma/v2"
	"github.com/go-json-experiment/json"

	"tagtrail/commands"
	"tagtrail/domain/contact"
	"tagtrail/domain/fault"
	"tagtrail/domain/importing"
	operations "tagtrail/domain/operation"
	"tagtrail/domain/organization"
)

// Imports keeps files and has somebody work at them.
type Imports interface {
	// Receive keeps a file under the id of its import, and answers what it was.
	Receive(ctx context.Context, org organization.ID, id operations.ID, body io.Reader) (Received, error)
	// Header answers the headings of a file, or why it is none that is taken.
	Header(ctx context.Context, org organization.ID, id operations.ID, encoding string) ([]string, error)
	// Start has somebody work at the import, which was asked for by then.
	Start(ctx context.Context, org organization.ID, id operations.ID) error
	// Drop gives up the file.
	Drop(ctx context.Context, org organization.ID, id operations.ID) error
	// State answers how far an import is; commands.ErrNotFound where there is none.
	State(ctx context.Context, org organization.ID, id operations.ID) (ImportState, error)
	// Results answers the lines of the file of results, its first being the headings.
	Results(ctx context.Context, org organization.ID, id operations.ID, asked AskedResults, out io.Writer) error
}

// AskedResults says what the file of results holds.
type AskedResults struct {
	RefusedOnly  bool
	WithoutCells bool // of the file that was imported: nobody knows which of them is a number
}

// Received is a file that was kept.
type Received struct {
	Size   int64
	Digest []byte
}

// ImportState is how far an import is.
type ImportState struct {
	Total    int // rows of the file; 0 while nobody has counted
	Tally    importing.Tally
	Refusals importing.Refusals
	Failure  *fault.Fault // why it ended before its end
}

// maxUpload is how large a file may be.
const maxUpload = 256 << 20

// Import is a file on its way into contacts.
type Import struct {
	ID       string           `json:"id" format:"uuid" doc:"Also that of the operation."`
	DryRun   bool             `json:"dry_run" doc:"It only counts what the import would do."`
	State    string           `json:"state" enum:"running,paused,cancelled,failed,finished"`
	Rows     *int             `json:"rows" doc:"Of the file, without its header; null until they are counted."`
	Counts   ImportCounts     `json:"counts" doc:"Of the rows so far."`
	Refusals []ImportRefusals `json:"refusals" nullable:"false" doc:"Why rows were refused so far, the most frequent first; the file of results says it of each row."`
	Failure  *ImportFailure   `json:"failure,omitempty" doc:"Only where the rest of the file was not taken, and why; what was taken stays."`
}

// ImportCounts says what became of rows.
type ImportCounts struct {
	Rows         int `json:"rows"`
	Created      int `json:"created"`
	Updated      int `json:"updated"`
	Unchanged    int `json:"unchanged"`
	Refused      int `json:"refused"`
	TagsAssigned int `json:"tags_assigned"`
	TagsRemoved  int `json:"tags_removed"`
	TagsCreated  int `json:"tags_created" doc:"In the catalogue; counted at the end."`
	Events       int `json:"events" doc:"Of contacts."`
}

// ImportRefusals counts the rows that were refused for one reason.
type ImportRefusals struct {
	Code string `json:"code" example:"import.unknown-tag"`
	Rows int    `json:"rows"`
}

// ImportFailure is why an import ended early.
type ImportFailure struct {
	Code    string            `json:"code" example:"import.open-quote"`
	Message string            `json:"message"`
	Details map[string]string `json:"details" nullable:"false" doc:"Such as the line."`
}

type createImport struct {
	DryRun      bool     `query:"dry_run" doc:"Counts what the import would do, and does nothing."`
	TagsMode    string   `query:"tags_mode" enum:"add,replace" default:"add" doc:"add: labels are put on. replace: and those that are not named are taken off; a blank cell takes off all."`
	UnknownTags string   `query:"unknown_tags" enum:"reject,create,skip" default:"reject" doc:"What becomes of tags that the catalogue does not have: the row is refused, the catalogue gets them, or they are passed over. A column that nothing is called like is a valued tag."`
	Channel     string   `query:"channel" format:"uuid" pattern:"^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$" doc:"The business number that the contacts belong to; needed where contacts are kept for each channel."`
	Encoding    string   `query:"encoding" enum:"auto,utf-8,utf-16le,utf-16be,windows-1252" default:"auto" doc:"Of a CSV file."`
	Map         []string `query:"map,explode" nullable:"false" maxItems:"500" maxLength:"200" doc:"What a column is, as heading=what or number=what: phone, name, email, tags, lead_status, first_name, last_name, company, country, language, ignore, tag:its key, or field:its name." example:"[\"Teléfono=phone\"]"`
}

func (in *createImport) settings() (importing.Settings, error) {
	s := importing.Settings{
		TagsMode: importing.TagsMode(in.TagsMode), UnknownTags: importing.UnknownTags(in.UnknownTags), Encoding: in.Encoding, DryRun: in.DryRun,
	}
	if in.Channel != "" {
		s.Channel = parsed(in.Channel)
	}
	for _, each := range in.Map {
		at := strings.LastIndexByte(each, '=')
		if at < 1 {
			return s, importing.ErrMapping
		}
		if s.Mapping == nil {
			s.Mapping = map[string]string{}
		}
		s.Mapping[each[:at]] = each[at+1:]
	}
	return s, nil
}

// ByImport names an import in the path.
type ByImport struct {
	ID string `path:"id" format:"uuid" pattern:"^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$"`
}

type importResults struct {
	ByImport
	Only string `query:"only" enum:"refused" doc:"Leaves out rows that were taken."`
}

func (a *api) registerImports() {
	if a.Imports == nil {
		return
	}
	register(a, operation{
		id: "create-import", method: http.MethodPost, path: "/v1/imports", group: "Imports", permission: commands.MayImportContacts,
		summary: "Import contacts from CSV or Excel", description: importing.Manual, uploads: true, status: http.StatusAccepted,
		answers: map[int]any{http.StatusAccepted: Import{}},
		faults:  append(append(importing.FileFaults(), contact.ErrChannelRequired, ErrUpload), namedInBody(organization.ErrUnknownChannel)...),
	}, a.createImport)
	register(a, operation{
		id: "get-import", method: http.MethodGet, path: "/v1/imports/{id}", group: "Imports", permission: commands.MayImportContacts,
		summary: "Get how far an import is", faults: []*fault.Fault{commands.ErrNotFound},
	}, a.getImport)
	register(a, operation{
		id: "get-import-results", method: http.MethodGet, path: "/v1/imports/{id}/results.csv", group: "Imports", permission: commands.MayImportContacts,
		summary:     "Get what came of each row, as CSV",
		description: "Line, outcome, contact, and for a row that was refused the column, a code, a message and the original cells, which are left out for who sees numbers or addresses in part. Kept until somebody is erased whom the file names.",
		answers:     map[int]any{http.StatusOK: nil}, faults: append([]*fault.Fault{commands.ErrNotFound}, importing.ErrFileGone),
	}, a.getImportResults)
	a.huma.OpenAPI().Paths["/v1/imports/{id}/results.csv"].Get.Responses["200"].Content = map[string]*huma.MediaType{
		"text/csv": {Schema: &huma.Schema{Type: huma.TypeString}},
	}
}

func (a *api) createImport(ctx context.Context, in *createImport) (*written, error) {
	settings, err := in.settings()
	if err != nil {
		return nil, err
	}
	req := requestOf(ctx)
	org := req.credential.Organization
	id := commands.NextOperation(commands.WithOrigin(ctx, req.origin))
	asked, err := json.Marshal(settings, json.Deterministic(true))
	if err != nil {
		return nil, err
	}
	before, err := a.Commands.Operation(ctx, org, id)
	if err != nil {
		return nil, err
	}
	received, err := a.receive(ctx, org, id, before.Phase() != operations.Unknown)
	if err != nil {
		return nil, err
	}
	if before.Phase() == operations.Unknown {
		err = a.checkFile(ctx, org, id, settings)
	}
	if err != nil {
		return nil, inBody(err, "")
	}
	if req.origin.RequestHMAC, err = a.Commands.RequestHMAC(ctx, org, http.MethodPost, "/v1/imports", append(received.Digest, asked...)); err != nil {
		return nil, err
	}
	action := "import"
	if settings.DryRun {
		action = "rehearse"
	}
	_, receipt, err := a.Commands.StartOperation(commands.WithOrigin(ctx, req.origin), commands.StartOperation{Kind: operations.Import, Action: action, Asked: string(asked)})
	if err != nil {
		return nil, err
	}
	if err := a.Imports.Start(ctx, org, id); err != nil {
		return nil, err
	}
	done, err := a.done(ctx, receipt)
	if err != nil {
		return nil, err
	}
	shown, err := a.readImport(ctx, org, id)
	return &written{
		Status: http.StatusAccepted, Position: done.Position, Replayed: done.Replayed, Location: "/v1/imports/" + id.String(), Body: shown,
	}, err
}

// checkFile gives a file up that is none that can be taken.
func (a *api) checkFile(ctx context.Context, org organization.ID, id operations.ID, settings importing.Settings) error {
	header, err := a.Imports.Header(ctx, org, id, settings.Encoding)
	if err == nil {
		_, err = a.Commands.CheckImport(commands.WithOrigin(ctx, requestOf(ctx).origin), settings, header)
	}
	if err == nil {
		return nil
	}
	return errors.Join(err, a.Imports.Drop(ctx, org, id))
}

// receive keeps the file, unless it was kept before: then it is only read to see whether it is the same.
func (a *api) receive(ctx context.Context, org organization.ID, id operations.ID, kept bool) (Received, error) {
	file, err := requestOf(ctx).upload.open()
	if err != nil {
		return Received{}, err
	}
	if kept {
		return digest(file)
	}
	received, err := a.Imports.Receive(ctx, org, id, file)
	if refused := uploadRefused(err); refused != nil {
		return received, errors.Join(refused, a.Imports.Drop(ctx, org, id))
	}
	return received, err
}

func (a *api) getImport(ctx context.Context, in *ByImport) (*found[Import], error) {
	shown, err := a.readImport(ctx, requestOf(ctx).credential.Organization, operations.ID{UUID: parsed(in.ID)})
	if err != nil {
		return nil, err
	}
	return &found[Import]{Body: shown}, nil
}

func (a *api) readImport(ctx context.Context, org organization.ID, id operations.ID) (Import, error) {
	o, err := a.Commands.Operation(ctx, org, id)
	switch {
	case err != nil:
		return Import{}, err
	case o.Phase() == operations.Unknown || o.Kind != operations.Import:
		return Import{}, commands.ErrNotFound
	}
	state, err := a.Imports.State(ctx, org, id)
	if err != nil {
		return Import{}, err
	}
	shown := Import{ID: id.String(), DryRun: o.Action == "rehearse", State: string(o.Phase()), Counts: importCountsOf(state.Tally), Refusals: importRefusalsOf(state.Refusals)}
	switch {
	case state.Failure != nil:
		shown.State = "failed"
		shown.Failure = &ImportFailure{Code: state.Failure.Code, Message: state.Failure.Message, Details: state.Failure.Details}
		if shown.Failure.Details == nil {
			shown.Failure.Details = map[string]string{}
		}
	case o.Phase() == operations.Cancelling, o.Phase() == operations.Ended && state.Tally.Rows < state.Total:
		shown.State = "cancelled"
	case o.Phase() == operations.Ended:
		shown.State = "finished"
	}
	if state.Total > 0 {
		shown.Rows = &state.Total
	}
	return shown, nil
}

func importCountsOf(t importing.Tally) ImportCounts {
	return ImportCounts{
		Rows: t.Rows, Created: t.Created, Updated: t.Updated, Unchanged: t.Unchanged, Refused: t.Refused,
		TagsAssigned: t.Assigned, TagsRemoved: t.Removed, TagsCreated: t.TagsCreated, Events: t.Events,
	}
}

func importRefusalsOf(r importing.Refusals) []ImportRefusals {
	all := make([]ImportRefusals, 0, len(r))
	for _, code := range r.Most() {
		all = append(all, ImportRefusals{Code: code, Rows: r[code]})
	}
	return all
}

func (a *api) getImportResults(ctx context.Context, in *importResults) (*huma.StreamResponse, error) {
	org, id := requestOf(ctx).credential.Organization, operations.ID{UUID: parsed(in.ID)}
	if _, err := a.readImport(ctx, org, id); err != nil {
		return nil, err
	}
	return a.download("import-"+id.String()+"-results.csv", csvFile.mediaType(), nil, func(ctx context.Context, out io.Writer) error {
		return a.Imports.Results(ctx, org, id, AskedResults{
			RefusedOnly: in.Only == "refused", WithoutCells: requestOf(ctx).credential.Masking != (organization.Masking{}),
		}, out)
	}), nil
}
