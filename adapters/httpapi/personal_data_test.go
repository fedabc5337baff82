package httpapi_test

import (
	"archive/zip"
	"bytes"
	"encoding/csv"
	"io"
	"strings"
	"testing"

	"github.com/go-json-experiment/json"
	"github.com/google/uuid"

	"tagtrail/domain/organization"
)

// filesOf answers what is in a ZIP file, by name.
func (r reply) filesOf() map[string]string {
	r.t.Helper()
	file, err := zip.NewReader(bytes.NewReader(r.body), int64(len(r.body)))
	if err != nil {
		r.t.Fatal(err)
	}
	files := map[string]string{}
	for _, f := range file.File {
		in, err := f.Open()
		if err != nil {
			r.t.Fatal(err)
		}
		text, err := io.ReadAll(in)
		if err != nil {
			r.t.Fatal(err)
		}
		files[f.Name] = string(text)
	}
	return files
}

// S3-34, S3-35: all that is held about a person, whichever contact it is held with.
func TestPersonalDataIsAllThatIsHeldAboutAPerson(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	vip := w.tag("VIP")
	ana, anna := w.contact("=Ana", "+16505550101"), w.contact("Anna", "+16505550102")
	post := func(path, body string) { w.do(call{method: "POST", path: path, body: body}) }
	w.do(call{method: "PUT", path: "/v1/contacts/" + ana.ID + "/tags/" + vip.ID, body: `{"reason":"asked for it"}`}).must(200)
	w.do(call{method: "PUT", path: "/v1/contacts/" + ana.ID + "/lead-status", body: `{"status":"hot"}`}).must(200)
	post("/v1/contacts/"+ana.ID+"/notes", `{"text":"a note of Ana"}`)
	post("/v1/contacts/"+anna.ID+"/notes", `{"text":"a note of Anna"}`)
	post("/v1/contacts/"+anna.ID+"/consents", `{"purpose":"marketing","agrees":true,"evidence":"a form"}`)
	w.do(call{method: "POST", path: "/v1/contacts/" + ana.ID + "/conversation/open", body: `{"reference":"case 7"}`, token: w.key("api")})
	w.do(call{method: "POST", path: "/v1/contacts/" + ana.ID + "/merge", body: `{"contact":"` + anna.ID + `"}`}).must(200)

	answer := w.get("/v1/contacts/" + ana.ID + "/personal-data").must(200)
	files := answer.filesOf()
	for name, parts := range map[string][]string{
		"contacts.json": {ana.ID, anna.ID, "+16505550102"}, "contacts.csv": {"'=Ana", "Anna"}, "identities.csv": {"+16505550101", "+16505550102", "number"},
		"tags.json": {"VIP", "asked for it"}, "tags.csv": {"VIP"}, "lead-statuses.csv": {"cold,hot,skip"}, "notes.csv": {"a note of Ana", "a note of Anna"},
		"consents.json": {"a form"}, "consents.csv": {"marketing,true"}, "conversations.csv": {"case 7"}, "messages.json": {"[]"}, "messages.csv": {"at,direction"},
		"timeline.json": {"contact.created", "contact.merged", "contact.note-added"}, "timeline.csv": {"contact.absorbed"},
	} {
		for _, part := range parts {
			if !strings.Contains(files[name], part) {
				t.Errorf("%s lacks %q:\n%s", name, part, files[name])
			}
		}
	}
	for name, text := range files {
		var items []map[string]any
		if base, ok := strings.CutSuffix(name, ".json"); ok {
			if err := json.Unmarshal([]byte(text), &items); err != nil {
				t.Errorf("%s: %v", name, err)
			}
			rows, err := csv.NewReader(strings.NewReader(files[base+".csv"])).ReadAll()
			if err != nil || len(rows) != len(items)+1 {
				t.Errorf("%s has %d items, and as CSV %d lines, %v", name, len(items), len(rows), err)
			}
		}
	}
	if answer.header.Get("Content-Type") != "application/zip" || !strings.Contains(answer.header.Get("Content-Disposition"), "personal-data-"+ana.ID+".zip") {
		t.Errorf("it is sent as %v", answer.header)
	}

	w.get("/v1/contacts/"+anna.ID+"/personal-data").fails(410, "contact.merged")
	w.get("/v1/contacts/" + uuid.NewString() + "/personal-data").must(404)
	for _, kind := range []organization.KeyKind{organization.Agent, organization.APIClient, organization.Auditor, organization.Analyst, organization.AITool} {
		w.do(call{method: "GET", path: "/v1/contacts/" + ana.ID + "/personal-data", token: w.key(kind)}).fails(403, "request.denied")
	}
}
