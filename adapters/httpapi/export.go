package httpapi

import (
	"bytes"
	"context"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"tagtrail/commands"
	"tagtrail/domain/organization"
	"tagtrail/readmodels"
)

// maxExported is how many contacts one file holds; of more that match, it holds the first.
const maxExported = 2000

type exportContacts struct {
	ContactFilters
	FormulaGuard string `query:"formula_guard" enum:"on,off" default:"on" doc:"With on, a cell that a spreadsheet would take for a formula begins with an apostrophe."`
}

type exported struct {
	ContentType string `header:"Content-Type"`
	Disposition string `header:"Content-Disposition" doc:"Names the file contacts-YYYYMMDDTHHMMSSZ.csv."`
	Exported    string `header:"Tagtrail-Exported-Count" doc:"How many contacts the file holds."`
	Matching    string `header:"Tagtrail-Matching-Count" doc:"How many contacts match."`
	Message     string `header:"Tagtrail-Message" doc:"What to tell the person who asked." example:"Exported 12 contacts."`
	Body        []byte
}

func (a *api) registerExport() {
	register(a, operation{
		id: "export-contacts", method: http.MethodGet, path: "/v1/contacts/export.csv", group: "Contacts", permission: commands.MayRead,
		summary:     "Export contacts as CSV",
		description: "The columns are Phone, Display name, Tags, First seen and Last seen; active tags only, with | between them, those with a value as name:value. At most 2,000 contacts, in the order of the list.",
		answers:     map[int]any{http.StatusOK: nil},
	}, a.exportContacts)
	a.huma.OpenAPI().Paths["/v1/contacts/export.csv"].Get.Responses["200"].Content = map[string]*huma.MediaType{
		"text/csv": {Schema: &huma.Schema{Type: huma.TypeString}},
	}
}

func (a *api) exportContacts(ctx context.Context, in *exportContacts) (*exported, error) {
	filter, err := a.filterOf(ctx, in.ContactFilters)
	if err != nil {
		return nil, err
	}
	contacts, matching, err := a.contacts.Export(ctx, orgOf(ctx), filter, maxExported)
	if err != nil {
		return nil, err
	}
	file := &bytes.Buffer{}
	if err := writeConsole(a.NewFile(file, string(csvFile), in.FormulaGuard != "off"), contacts, requestOf(ctx).credential.Masking); err != nil {
		return nil, err
	}
	return &exported{
		ContentType: csvFile.mediaType(),
		Disposition: `attachment; filename="` + csvFile.name(time.Now()) + `"`,
		Exported:    strconv.Itoa(len(contacts)),
		Matching:    strconv.Itoa(matching),
		Message:     exportMessage(len(contacts), matching),
		Body:        file.Bytes(),
	}, nil
}

func exportMessage(exported, matching int) string {
	switch {
	case matching == 0:
		return "No contacts match these filters."
	case matching > exported:
		return "Exported " + thousands(exported) + " of " + thousands(matching) + " contacts."
	case exported == 1:
		return "Exported 1 contact."
	default:
		return "Exported " + thousands(exported) + " contacts."
	}
}

// thousands writes a number with commas.
func thousands(n int) string {
	digits := strconv.Itoa(n)
	for i := len(digits) - 3; i > 0; i -= 3 {
		digits = digits[:i] + "," + digits[i:]
	}
	return digits
}

// writeConsole writes what the list of contacts shows.
func writeConsole(file RowWriter, contacts []readmodels.Contact, masking organization.Masking) error {
	if err := file.Write([]string{"Phone", "Display name", "Tags", "First seen", "Last seen"}); err != nil {
		return err
	}
	for _, c := range contacts {
		phone := c.Phone
		if masking.Phone {
			phone = maskedPhone(phone)
		}
		if err := file.Write([]string{phone, c.DisplayName, tagCell(c.ActiveTags), dateCell(c.FirstSeenAt), dateCell(c.LastSeenAt)}); err != nil {
			return err
		}
	}
	return file.Close()
}

func tagCell(active []readmodels.Assignment) string {
	names := make([]string, len(active))
	for i, a := range active {
		names[i] = a.Tag.Name
		if a.Value != "" {
			names[i] += ":" + a.Value
		}
	}
	return strings.Join(names, "|")
}

func dateCell(t *time.Time) string {
	if t == nil {
		return ""
	}
	return t.UTC().Format(time.RFC3339)
}
