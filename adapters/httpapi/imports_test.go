package httpapi_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/csv"
	"io"
	"mime/multipart"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/go-json-experiment/json"

	"tagtrail/adapters/files"
	"tagtrail/adapters/httpapi"
	"tagtrail/commands"
	"tagtrail/domain/fault"
	"tagtrail/domain/importing"
	"tagtrail/domain/operation"
	"tagtrail/domain/organization"
)

// desk takes files in memory, and works at each import before it answers.
type desk struct {
	commands *commands.Service

	mu    sync.Mutex
	files map[operation.ID][]byte
	at    map[operation.ID]*imported
}

type imported struct {
	httpapi.ImportState
	results []importing.Result
}

func (d *desk) Receive(_ context.Context, _ organization.ID, id operation.ID, body io.Reader) (httpapi.Received, error) {
	content, err := io.ReadAll(body)
	d.mu.Lock()
	defer d.mu.Unlock()
	d.files[id], d.at[id] = content, &imported{}
	sum := sha256.Sum256(content)
	return httpapi.Received{Size: int64(len(content)), Digest: sum[:]}, err
}

func (d *desk) open(id operation.ID, encoding string) (files.Sheet, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	return files.Open(bytes.NewReader(d.files[id]), int64(len(d.files[id])), files.Options{Encoding: encoding})
}

func (d *desk) Header(_ context.Context, _ organization.ID, id operation.ID, encoding string) ([]string, error) {
	sheet, err := d.open(id, encoding)
	if err != nil {
		return nil, err
	}
	return sheet.Header(), sheet.Close()
}

func (d *desk) Drop(_ context.Context, _ organization.ID, id operation.ID) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	delete(d.files, id)
	return nil
}

func (d *desk) Start(ctx context.Context, org organization.ID, id operation.ID) error {
	o, err := d.commands.Operation(ctx, org, id)
	if err != nil || o.Phase() != operation.Running {
		return err
	}
	var settings importing.Settings
	if err := json.Unmarshal([]byte(o.Asked.Reveal()), &settings); err != nil {
		return err
	}
	at := d.at[id]
	tally, err := d.commands.Import(commands.ForOperation(ctx, org, id, o, "import"), commands.Import{
		Settings: settings, Open: func() (importing.Sheet, error) { return d.open(id, settings.Encoding) },
		Keep: func(_ context.Context, progress commands.ImportProgress, rows []importing.Result) error {
			at.Tally, at.Refusals, at.results = progress.Tally, progress.Refusals, append(at.results, rows...)
			return nil
		},
	})
	if at.Failure = fault.Of(err); err == nil {
		at.Tally, at.Total = tally, tally.Rows
	}
	_, err = d.commands.FinishOperation(commands.ForOperation(ctx, org, id, o, "finished"), id, operation.Counts{Total: at.Total})
	return err
}

func (d *desk) State(_ context.Context, _ organization.ID, id operation.ID) (httpapi.ImportState, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.at[id] == nil {
		return httpapi.ImportState{}, commands.ErrNotFound
	}
	return d.at[id].ImportState, nil
}

func (d *desk) Results(_ context.Context, _ organization.ID, id operation.ID, asked httpapi.AskedResults, out io.Writer) error {
	lines := csv.NewWriter(out)
	for _, r := range d.at[id].results {
		cells := r.Cells
		if asked.WithoutCells {
			cells = nil
		}
		if r.Outcome == importing.Refused || !asked.RefusedOnly {
			_ = lines.Write([]string{strconv.Itoa(r.Line), string(r.Outcome), strings.Join(cells, "|")})
		}
	}
	lines.Flush()
	return lines.Error()
}

func newImportingWorld(t *testing.T) *world {
	t.Helper()
	d := &desk{files: map[operation.ID][]byte{}, at: map[operation.ID]*imported{}}
	w := newWorld(t, func(c *httpapi.Config) {
		d.commands = c.Commands
		c.Imports = d
	})
	return w
}

const s2 = "id,name,tags,gender,city\n44687985632,Jane Smith,\"cat, dog\",female,london\n44986523145,Jane Thomas,dog,female,manchester\n"

func (w *world) send(query, mediaType, content string, more ...string) reply {
	return w.do(call{method: "POST", path: "/v1/imports" + query, body: content, header: header(append([]string{"Content-Type", mediaType}, more...)...)})
}

// S1-17, S1-18, S1-19, S2-15, S2-21, S2-28, S2-30, C19: a file is sent, mapped, counted first, and imported.
func TestImportsTakeFiles(t *testing.T) {
	t.Parallel()
	w := newImportingWorld(t)
	dry := decoded[httpapi.Import](w.send("?unknown_tags=create&dry_run=true", "text/csv", s2).must(202))
	if dry.State != "finished" || !dry.DryRun || dry.Counts.Created != 2 || dry.Counts.TagsCreated != 4 {
		t.Errorf("the dry run answers %+v", dry)
	}
	if listed := decoded[httpapi.List[httpapi.ListedContact]](w.get("/v1/contacts").must(200)); len(listed.Items) != 0 {
		t.Errorf("after it there are %d contacts", len(listed.Items))
	}
	answer := w.send("?unknown_tags=create", "text/csv", s2, "Idempotency-Key", "one").must(202)
	done := decoded[httpapi.Import](answer)
	if done.Counts != dry.Counts || done.DryRun || done.Rows == nil || *done.Rows != 2 || answer.header.Get("Location") != "/v1/imports/"+done.ID {
		t.Errorf("the import answers %+v at %s", done, answer.header.Get("Location"))
	}
	w.tag("last")
	listed := decoded[httpapi.List[httpapi.ListedContact]](w.get("/v1/contacts?q=jane+smith").must(200))
	if len(listed.Items) != 1 || listed.Items[0].SourceLabel != "Import" || len(listed.Items[0].ActiveTags) != 4 {
		t.Errorf("the contact is %+v", listed.Items)
	}
	if again := decoded[httpapi.Import](w.get("/v1/imports/" + done.ID).must(200)); again.Counts != done.Counts {
		t.Errorf("later it is %+v", again)
	}

	repeat := w.send("?unknown_tags=create", "text/csv", s2, "Idempotency-Key", "one").must(202)
	if repeat.header.Get("Idempotent-Replayed") != "true" || decoded[httpapi.Import](repeat).ID != done.ID {
		t.Errorf("the repeat answers %s", repeat.body)
	}
	w.send("?unknown_tags=create", "text/csv", s2+"1,x,,,\n", "Idempotency-Key", "one").fails(422, "request.idempotency-key-reused")

	form := &bytes.Buffer{}
	parts := multipart.NewWriter(form)
	part, err := parts.CreateFormFile("file", "../../x\u202e.exe")
	if err != nil {
		t.Fatal(err)
	}
	_, _ = io.WriteString(part, "Teléfono;Quien\n+44687985632;Jane Smith\n0034666555444;x\n")
	_ = parts.Close()
	mapped := decoded[httpapi.Import](w.send("?map=2%3Dname", parts.FormDataContentType(), form.String()).must(202))
	if mapped.Counts.Unchanged != 1 || mapped.Counts.Refused != 1 {
		t.Errorf("a form with a mapping answers %+v", mapped)
	}
	refused := w.get("/v1/imports/" + mapped.ID + "/results.csv?only=refused").must(200)
	if string(refused.body) != "3,refused,0034666555444|x\n" || !strings.Contains(refused.header.Get("Content-Disposition"), "results.csv") {
		t.Errorf("refused are %q", refused.body)
	}
}

// Faults, bad inputs 47 and 50 to 53.
func TestImportsRefuseWhatIsNoFileOfContacts(t *testing.T) {
	t.Parallel()
	w := newImportingWorld(t)
	agent := w.key(organization.Agent)
	before := len(w.Store.All())
	for name, c := range map[string]struct {
		query, mediaType, content string
		status                    int
		code                      string
	}{
		"nothing":             {"", "text/csv", "\n", 422, "import.empty-file"},
		"PDF":                 {"", "text/csv", "%PDF-1.7", 415, "import.not-a-table"},
		"an old Excel file":   {"", "application/vnd.ms-excel", "\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", 415, "import.old-excel"},
		"JSON":                {"", "application/json", `{"id":1}`, 415, "request.not-a-file"},
		"a form without file": {"", "multipart/form-data; boundary=x", "--x--\r\n", 415, "request.not-a-file"},
		"no phone":            {"", "text/csv", "name\nAna\n", 422, "import.no-phone-column"},
		"a heading twice":     {"", "text/csv", "id,phone\n1,2\n", 422, "import.column-twice"},
		"an unknown heading":  {"", "text/csv", "id,gender\n1,2\n", 422, "import.unknown-column"},
		"a mapping to nobody": {"?map=x%3Dname", "text/csv", "id\n1\n", 422, "import.invalid-mapping"},
		"no mapping":          {"?map=x", "text/csv", "id\n1\n", 422, "import.invalid-mapping"},
		"another's channel":   {"?channel=0197a1b2-0000-7000-8000-0000000000c1", "text/csv", "id\n1\n", 422, "organization.unknown-channel"},
		"a wrong mode":        {"?tags_mode=drop", "text/csv", "id\n1\n", 422, "request.invalid"},
	} {
		t.Run(name, func(t *testing.T) {
			w.send(c.query, c.mediaType, c.content).fails(c.status, c.code)
		})
	}
	w.do(call{method: "POST", path: "/v1/imports", body: s2, token: agent, header: header("Content-Type", "text/csv")}).fails(403, "request.denied")
	w.get("/v1/imports/0197a1b2-0000-7000-8000-0000000000c1").fails(404, "request.not-found")
	if wrote := len(w.Store.All()) - before; wrote != 0 {
		t.Errorf("what was refused left %d events", wrote)
	}
	broken := decoded[httpapi.Import](w.send("", "application/octet-stream", "id,name\n44687985632,Jane\n44986523145,\"Jim\n").must(202))
	if broken.State != "failed" || broken.Failure == nil || broken.Failure.Code != "import.open-quote" || broken.Failure.Details["line"] != "3" {
		t.Errorf("a broken file answers %+v", broken)
	}
}
