package httpapi

import (
	"context"
	"io"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"tagtrail/commands"
	"tagtrail/domain/field"
	"tagtrail/domain/filter"
	"tagtrail/domain/importing"
	"tagtrail/domain/organization"
	"tagtrail/domain/tag"
	"tagtrail/domain/text"
	"tagtrail/readmodels"
)

// RowWriter writes the rows of a file.
type RowWriter interface {
	Write(cells []string) error
	Close() error
}

// fileFormat is a kind of file that contacts are exported as.
type fileFormat string

const (
	csvFile  fileFormat = "csv"
	xlsxFile fileFormat = "xlsx"
)

func (f fileFormat) mediaType() string {
	if f == xlsxFile {
		return "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
	}
	return "text/csv; charset=utf-8"
}

// name answers what a file of contacts is called.
func (f fileFormat) name(at time.Time) string {
	return "contacts-" + at.UTC().Format("20060102T150405Z") + "." + string(f)
}

// ContactExport is what is asked of a file of contacts.
type ContactExport struct {
	Filter       *WrittenFilter `json:"filter,omitzero" doc:"Whom the file has; everybody where it is left out."`
	Contacts     []string       `json:"contacts,omitempty" nullable:"false" maxItems:"10000" format:"uuid" pattern:"^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$" doc:"Only these, of whom the filter means."`
	Profile      string         `json:"profile,omitempty" enum:"console,roundtrip" doc:"roundtrip where it is left out: all of them, in the form that an import takes. console: what the list shows, at most 2,000."`
	Format       string         `json:"format,omitempty" enum:"csv,xlsx" doc:"csv where it is left out."`
	FormulaGuard string         `json:"formula_guard,omitempty" enum:"on,off" doc:"With on, which it is where it is left out, a cell of a CSV file that a spreadsheet would take for a formula begins with an apostrophe."`
}

func (a *api) registerRoundtrip() {
	const path = "/v1/contacts/export"
	register(a, operation{
		id: "export-contacts-file", method: http.MethodPost, path: path, group: "Contacts", permission: commands.MayRead,
		summary: "Export contacts as CSV or Excel", takes: plainJSON, asks: true,
		description: "The profile roundtrip has the columns id (the number's digits, or the contact's id where it has none), name, tags, email, lead_status, one for each valued tag and one for each custom field; an import of the file changes nothing. " +
			"The profile console has those of export.csv, and its headers Tagtrail-Exported-Count, Tagtrail-Matching-Count and Tagtrail-Message.",
		answers: map[int]any{http.StatusOK: nil}, faults: append(filter.Faults(), ErrMasked),
	}, a.exportFile)
	a.huma.OpenAPI().Paths[path].Post.Responses["200"].Content = map[string]*huma.MediaType{
		"text/csv": {Schema: &huma.Schema{Type: huma.TypeString}},
		"application/vnd.openxmlformats-officedocument.spreadsheetml.sheet": {Schema: &huma.Schema{Type: huma.TypeString, Format: "binary"}},
	}
}

func (a *api) exportFile(ctx context.Context, in *struct{ Body ContactExport }) (*huma.StreamResponse, error) {
	asked := in.Body
	parsed, _, err := asked.Filter.parse()
	if err != nil {
		return nil, err
	}
	clock, err := a.clock(ctx, nil)
	if err != nil {
		return nil, err
	}
	narrowed := readmodels.ContactFilter{Where: parsed, Clock: clock, Whole: wholeOnly(ctx)}
	if asked.Contacts != nil {
		narrowed.Only = parsedAll(asked.Contacts)
	}
	format, guarded := csvFile, asked.FormulaGuard != "off"
	if asked.Format == string(xlsxFile) {
		format = xlsxFile
	}
	org, headers := orgOf(ctx), map[string]string{}
	masking := requestOf(ctx).credential.Masking
	if asked.Profile != "console" && masking != (organization.Masking{}) {
		return nil, ErrMasked // a part of a number or an address would be imported as the whole
	}
	write := func(ctx context.Context, out io.Writer) error {
		return a.writeRoundtrip(ctx, a.NewFile(out, string(format), guarded), narrowed)
	}
	if asked.Profile == "console" {
		contacts, matching, err := a.contacts.Export(ctx, org, narrowed, maxExported)
		if err != nil {
			return nil, inFilter(err)
		}
		headers = map[string]string{
			"Tagtrail-Exported-Count": strconv.Itoa(len(contacts)), "Tagtrail-Matching-Count": strconv.Itoa(matching),
			"Tagtrail-Message": exportMessage(len(contacts), matching),
		}
		write = func(_ context.Context, out io.Writer) error {
			return writeConsole(a.NewFile(out, string(format), guarded), contacts, masking)
		}
	}
	return a.download(format.name(time.Now()), format.mediaType(), headers, write), nil
}

// writeRoundtrip writes contacts in the form that an import takes, so that importing them changes nothing.
func (a *api) writeRoundtrip(ctx context.Context, file RowWriter, narrowed readmodels.ContactFilter) error {
	org := orgOf(ctx)
	columns, err := a.contacts.ExportColumns(ctx, org)
	if err != nil {
		return err
	}
	header := []string{"id", "name", "tags", "email", "lead_status"}
	for _, key := range columns.Valued {
		header = append(header, valuedHeading(key))
	}
	fields, err := a.exportedFields(ctx)
	if err != nil {
		return err
	}
	for _, f := range fields {
		header, columns.Fields = append(header, "field:"+f.Name), append(columns.Fields, f.ID.UUID)
	}
	if err := file.Write(header); err != nil {
		return err
	}
	cells := make([]string, 0, len(header))
	err = a.contacts.ExportEach(ctx, org, narrowed, columns, func(c readmodels.ExportedContact) error {
		id := strings.TrimPrefix(c.Phone, "+")
		if id == "" {
			id = c.ID.String()
		}
		cells = append(append(cells[:0], id, c.Name, strings.Join(c.Labels, ","), c.Email, c.LeadStatus), c.Values...)
		for i, f := range fields {
			cells = append(cells, shownField(f, c.Fields[i]))
		}
		return file.Write(cells)
	})
	if err != nil {
		return inFilter(err)
	}
	return file.Close()
}

// exportedFields answers the custom fields that a file has: those that can be filled in, by name.
func (a *api) exportedFields(ctx context.Context) ([]field.Definition, error) {
	o, err := a.Commands.Organization(ctx, requestOf(ctx).credential.Organization)
	if err != nil {
		return nil, err
	}
	fields := slices.DeleteFunc(o.Fields(), func(d field.Definition) bool { return !d.Active })
	slices.SortFunc(fields, func(a, b field.Definition) int { return strings.Compare(text.Fold(a.Name), text.Fold(b.Name)) })
	return fields, nil
}

func shownField(of field.Definition, held *string) string {
	if held == nil {
		return ""
	}
	return of.Show(*held)
}

// valuedHeading heads the column of a valued tag: with its key, and where that means something else with what it is.
func valuedHeading(key string) string {
	columns, err := importing.Columns([]string{"phone", key}, importing.Settings{UnknownTags: importing.RejectUnknown}, only(key), nil)
	if err != nil || columns[1].Key != key {
		return "tag:" + key
	}
	return key
}

// only is a catalogue of one valued tag.
type only string

// Find answers the tag.
func (o only) Find(tag.ID) (tag.Tag, bool) {
	return tag.Tag{Name: string(o), Kind: tag.Valued, Active: true}, true
}

// Named answers the tag where it is called so.
func (o only) Named(name string) (tag.ID, bool) {
	return tag.ID{}, text.Fold(name) == text.Fold(string(o))
}

// DeletedNamesake answers none.
func (only) DeletedNamesake(string) (tag.ID, bool) { return tag.ID{}, false }
