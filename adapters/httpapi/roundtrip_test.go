package httpapi_test

import (
	"bytes"
	"encoding/csv"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/google/uuid"

	"tagtrail/adapters/files"
	"tagtrail/adapters/httpapi"
	"tagtrail/domain/contact"
	"tagtrail/domain/event"
	"tagtrail/domain/personal"
	"tagtrail/domain/tag"
)

// wardrobe gives the organisation names and tags that are hard on files, and answers how many contacts there are.
func (w *world) wardrobe() (contacts int) {
	w.t.Helper()
	vip, odd := tag.ID{UUID: uuid.New()}, tag.ID{UUID: uuid.New()}
	city, mail, gone := tag.ID{UUID: uuid.New()}, tag.ID{UUID: uuid.New()}, tag.ID{UUID: uuid.New()}
	w.Store.Put(w.Organization.CatalogStream(), w.Metadata(),
		tag.Created{Tag: vip, Number: 1, Name: "VIP", Color: "default", Kind: tag.Label},
		tag.Created{Tag: odd, Number: 2, Name: "=odd:1", Color: "default", Kind: tag.Label},
		tag.Created{Tag: city, Number: 3, Name: "city", Color: "default", Kind: tag.Valued, Policy: tag.FreeText},
		tag.Created{Tag: mail, Number: 4, Name: "E-mail", Color: "default", Kind: tag.Valued, Policy: tag.FixedList, Values: []tag.Value{{Number: 1, Name: "+yes"}}},
		tag.Created{Tag: gone, Number: 5, Name: "gone", Color: "default", Kind: tag.Label},
		tag.Deleted{Tag: gone, Number: 5})
	put := func(id tag.ID, number tag.Number, value *contact.TagValue) contact.TagAssigned {
		return contact.TagAssigned{Tag: id, Number: number, Assignment: contact.AssignmentID{UUID: uuid.New()}, Value: value}
	}
	for i, name := range []string{"Ana", `=cmd|'/c calc'!A1`, "'=1", "''-2", `say "a", b; c`, "_x0041_", "@Ana Lima", "＝1", "+16505550101", "Zoë 👨‍👩‍👧‍👦"} {
		events := []event.Event{put(vip, 1, nil)}
		switch i % 3 {
		case 1:
			events = append(events, put(odd, 2, nil), put(city, 3, &contact.TagValue{Text: personal.New("-Rome")}), put(gone, 5, nil))
		case 2:
			events = append(events, put(mail, 4, &contact.TagValue{Number: 1}), contact.EmailChanged{Email: personal.New("=a@example.org"), HasEmail: true},
				contact.LeadStatusChanged{From: contact.Cold, To: contact.Hot, Kind: contact.Skip})
		}
		added := contact.ID{UUID: uuid.MustParse(w.contact(name, "+16505550"+strconv.Itoa(100+i)).ID)}
		w.Store.Put(added.Stream(), w.Metadata(), events...)
		contacts++
	}
	// Whoever only wrote has a profile name, and whoever hides the number has no number.
	w.Store.Put(contact.ID{UUID: uuid.New()}.Stream(), w.Metadata(),
		contact.Created{Origin: contact.OriginMessage, Identity: contact.Identity{Kind: contact.BSUID, Value: personal.New("US.1")}, LeadStatus: contact.Cold},
		contact.ProfileNameChanged{Name: personal.New("Shy"), Channel: uuid.New()}, put(city, 3, &contact.TagValue{Text: personal.New("Oslo")}))
	return contacts + 1
}

// S2-15, S2-16, S2-34, S2-35, S1-40, C5, C6, C17: what is exported goes in again, in both formats, and changes nothing.
func TestWhatIsExportedChangesNothingWhenItIsImported(t *testing.T) {
	t.Parallel()
	w := newImportingWorld(t)
	contacts := w.wardrobe()
	w.tag("last")
	for _, format := range []string{"csv", "xlsx"} {
		for _, mode := range []string{"add", "replace"} {
			file := w.do(call{method: "POST", path: "/v1/contacts/export", body: `{"format":"` + format + `"}`}).must(200)
			before := len(w.Store.All())
			done := decoded[httpapi.Import](w.send("?tags_mode="+mode, "application/octet-stream", string(file.body)).must(202))
			if done.Counts.Unchanged != contacts || done.Counts.Rows != contacts || done.Counts.Events != 0 {
				t.Errorf("%s, %s: %+v of\n%s", format, mode, done.Counts, file.body)
			}
			if wrote := len(w.Store.All()) - before; wrote != 2 { // the operation, and its end
				t.Errorf("%s, %s: %d events were written", format, mode, wrote)
			}
		}
	}
}

// S2-15, S2-16, S3-13: what contacts hold in custom fields of every type goes out and in again, and what a file changes is changed.
func TestCustomFieldsGoOutAndInAgain(t *testing.T) {
	t.Parallel()
	w := newImportingWorld(t)
	ana, bo := w.contact("Ana", "+16505550101").ID, w.contact("Bo", "+16505550102").ID
	marta := w.member("Marta")
	for name, of := range map[string][2]string{
		"Size":       {`"type":"number"`, `"-0.50"`},
		"=Value":     {`"type":"money"`, `{"amount_minor":199905,"currency":"EUR"}`},
		"Since":      {`"type":"date"`, `"2024-02-29"`},
		"name":       {`"type":"text"`, `"say \"a\", b;\n=c"`},
		"plan":       {`"type":"choice","options":["Gold","Silver"]`, `"Gold"`},
		"From: web":  {`"type":"multi_choice","options":["web","shop","fair"]`, `["fair","web"]`},
		"Keeper":     {`"type":"person"`, `"` + marta + `"`},
		"Reseller":   {`"type":"boolean"`, `false`},
		"Site":       {`"type":"url"`, `"https://example.org/?a=1,2"`},
		"Gone again": {`"type":"text"`, `"kept"`},
	} {
		defined := w.field(`{"name":"` + name + `",` + of[0] + `}`)
		w.do(call{method: "PATCH", path: "/v1/contacts/" + ana, body: `{"fields":{"` + defined.ID + `":` + of[1] + `}}`}).must(200)
		switch name {
		case "plan":
			w.do(call{method: "PATCH", path: "/v1/fields/" + defined.ID, body: `{"options":["Silver"]}`}).must(200)
		case "Gone again":
			w.do(call{method: "DELETE", path: "/v1/fields/" + defined.ID}).must(204)
		case "Size":
			w.do(call{method: "PATCH", path: "/v1/contacts/" + bo, body: `{"fields":{"` + defined.ID + `":"7"}}`}).must(200)
		}
	}
	before := len(w.Store.All())
	for _, format := range []string{"csv", "xlsx"} {
		file := w.do(call{method: "POST", path: "/v1/contacts/export", body: `{"format":"` + format + `"}`}).must(200)
		done := decoded[httpapi.Import](w.send("", "application/octet-stream", string(file.body)).must(202))
		if done.Counts.Unchanged != 2 || done.Counts.Events != 0 {
			t.Errorf("%s: %+v of\n%s", format, done.Counts, file.body)
		}
	}
	if wrote := len(w.Store.All()) - before; wrote != 4 { // two operations, and their ends
		t.Errorf("%d events were written", wrote)
	}
	file := w.do(call{method: "POST", path: "/v1/contacts/export", body: `{"formula_guard":"off"}`}).must(200)
	rows, err := csv.NewReader(bytes.NewReader(file.body)).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	want := []string{"id", "name", "tags", "email", "lead_status", "field:=Value", "field:From: web", "field:Keeper", "field:name", "field:plan", "field:Reseller", "field:Since", "field:Site", "field:Size"}
	if !slices.Equal(rows[0], want) {
		t.Errorf("headed %q, not %q", rows[0], want)
	}
	held := []string{"1999.05 EUR", "web,fair", marta, "say \"a\", b;\n=c", "Gold", "false", "2024-02-29", "https://example.org/?a=1,2", "-0.5"}
	at := slices.IndexFunc(rows, func(row []string) bool { return row[0] == "16505550101" })
	if at < 0 || !slices.Equal(rows[at][5:], held) {
		t.Errorf("the file is %q, and Ana holds %q", rows, held)
	}
	done := decoded[httpapi.Import](w.send("", "text/csv", "id,field:Size,field:Reseller\n16505550102,8,yes\n").must(202))
	if done.Counts.Updated != 1 || done.Counts.Events != 2 {
		t.Errorf("a file that changes two fields: %+v", done.Counts)
	}
}

// S2-17…S2-20, S2-15: the columns, whose cells no spreadsheet takes for formulas, and only who is asked for.
func TestTheRoundtripFileHasTheColumnsOfAnImport(t *testing.T) {
	t.Parallel()
	w := newImportingWorld(t)
	w.wardrobe()
	w.tag("last")
	file := w.do(call{method: "POST", path: "/v1/contacts/export", body: `{"filter":{"lead_status":["hot"]}}`}).must(200)
	rows, err := csv.NewReader(bytes.NewReader(file.body)).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	if want := []string{"id", "name", "tags", "email", "lead_status", "city", "tag:E-mail"}; !slices.Equal(rows[0], want) {
		t.Errorf("headed %q, not %q", rows[0], want)
	}
	if len(rows) != 4 {
		t.Fatalf("%d rows", len(rows)-1)
	}
	for _, row := range rows[1:] {
		if row[0] == "16505550102" && !slices.Equal(row[1:], []string{"''=1", "VIP", "'=a@example.org", "hot", "", "'+yes"}) {
			t.Errorf("a row is %q", row)
		}
	}
	if got := file.header.Get("Content-Disposition"); !strings.Contains(got, `filename="contacts-`) || !strings.HasSuffix(got, `Z.csv"`) {
		t.Errorf("named %s", got)
	}
	listed := decoded[httpapi.List[httpapi.ListedContact]](w.get("/v1/contacts").must(200))
	one := listed.Items[0].ID
	selected := w.do(call{method: "POST", path: "/v1/contacts/export", body: `{"contacts":["` + one + `"],"profile":"console","format":"xlsx"}`}).must(200)
	sheet, err := files.Open(bytes.NewReader(selected.body), int64(len(selected.body)), files.Options{})
	if err != nil {
		t.Fatal(err)
	}
	row, err := sheet.Next()
	if err != nil || row.Cells[0].Text != string(listed.Items[0].Phone) || selected.header.Get("Tagtrail-Message") != "Exported 1 contact." {
		t.Errorf("the selection holds %+v, %v, and says %q", row, err, selected.header.Get("Tagtrail-Message"))
	}
	w.do(call{method: "POST", path: "/v1/contacts/export", body: `{"filter":{"nobody":1}}`}).must(422)
	if many := w.do(call{method: "POST", path: "/v1/contacts/export", body: `{}`}).must(200); bytes.Count(many.body, []byte("\n")) != 12 {
		t.Errorf("all are %s rows", strconv.Itoa(bytes.Count(many.body, []byte("\n"))))
	}
}
