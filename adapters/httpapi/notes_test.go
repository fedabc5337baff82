package httpapi_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/uuid"

	"tagtrail/adapters/httpapi"
	"tagtrail/domain/contact"
	"tagtrail/domain/organization"
)

// S1-28 … S1-30, S3-28, S3-29, S3-41, C26: any role that reads contacts reads notes, with who took them and when.
func TestNotesAreTakenEditedAndDeleted(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	ana := w.contact("Ana", "+16505550101")
	notes := "/v1/contacts/" + ana.ID + "/notes"
	agent := w.key(organization.Agent)
	answer := w.do(call{method: "POST", path: notes, token: agent, body: `{"text":" wants an offer\r\nby Friday "}`, header: header("Idempotency-Key", "one")}).must(201)
	taken := decoded[httpapi.Note](answer)
	if taken.Text != "wants an offer\nby Friday" || taken.Kind != "general" || taken.CreatedBy.Kind != "agent" || taken.CreatedBy.Name != "agent" || taken.EditedAt != nil || taken.EditedBy != nil || taken.Contact != ana.ID {
		t.Errorf("taken as %s", answer.body)
	}
	again := w.do(call{method: "POST", path: notes, token: agent, body: `{"text":" wants an offer\r\nby Friday "}`, header: header("Idempotency-Key", "one")}).must(201)
	if again.header.Get("Idempotent-Replayed") != "true" || string(again.body) != string(answer.body) {
		t.Errorf("taken twice: %s", again.body)
	}
	path := answer.header.Get("Location")
	edited := decoded[httpapi.Note](w.do(call{method: "PATCH", path: path, body: `{"kind":"call","text":"called"}`, header: header("If-Match", answer.header.Get("ETag"))}).must(200))
	if edited.Text != "called" || edited.Kind != "call" || edited.EditedAt == nil || edited.EditedBy == nil || edited.EditedBy.Kind != "owner" || edited.CreatedBy.Kind != "agent" || edited.CreatedAt != taken.CreatedAt {
		t.Errorf("edited to %v", edited)
	}
	w.do(call{method: "PATCH", path: path, body: `{"text":"x"}`, header: header("If-Match", answer.header.Get("ETag"))}).fails(412, "contact.note-stale")
	for _, kind := range []organization.KeyKind{organization.Auditor, organization.Analyst, organization.AITool} {
		token := w.key(kind)
		if got := decoded[httpapi.Note](w.do(call{method: "GET", path: path, token: token}).must(200)); got.Text != "called" {
			t.Errorf("%s reads %v", kind, got)
		}
		w.do(call{method: "POST", path: notes, token: token, body: `{"text":"x"}`}).fails(403, "request.denied")
	}
	w.do(call{method: "DELETE", path: path}).must(204)
	w.do(call{method: "DELETE", path: path}).must(204)
	w.settle()
	w.get(path).fails(404, "request.not-found")
	w.do(call{method: "PATCH", path: path, body: `{"text":"x"}`}).fails(404, "contact.unknown-note")
	if left := decoded[httpapi.List[httpapi.Note]](w.get(notes).must(200)); len(left.Items) != 0 || left.Next != nil {
		t.Errorf("left are %v", left)
	}
	history := w.get("/v1/contacts/" + ana.ID + "/timeline").must(200)
	for _, said := range []string{"wants an offer", "called", "contact.note-deleted"} {
		if !strings.Contains(string(history.body), said) {
			t.Errorf("the timeline does not tell %q: %s", said, history.body)
		}
	}
}

func TestNotesAreListedTheNewestFirst(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	ana := "/v1/contacts/" + w.contact("Ana", "+16505550101").ID
	for i := range 5 {
		w.do(call{method: "POST", path: ana + "/notes", body: fmt.Sprintf(`{"text":"note %d"}`, i)}).must(201)
	}
	var told []string
	for path := ana + "/notes?limit=2"; path != ""; {
		page := w.do(call{method: "GET", path: path, header: header("Prefer", "return=total-count")}).must(200)
		if n := page.header.Get("Tagtrail-Total-Count"); n != "5" {
			t.Errorf("counted %s", n)
		}
		list := decoded[httpapi.List[httpapi.Note]](page)
		for _, n := range list.Items {
			told = append(told, n.Text)
		}
		if path = ""; list.Next != nil {
			path = ana + "/notes?limit=2&cursor=" + *list.Next
			w.get("/v1/contacts/"+w.contact("Bo", fmt.Sprintf("+1650555010%d", 1+len(told))).ID+"/notes?cursor="+*list.Next).fails(400, "request.invalid-cursor")
		}
	}
	if got := strings.Join(told, ", "); got != "note 4, note 3, note 2, note 1, note 0" {
		t.Errorf("listed %s", got)
	}
}

// Faults, bad inputs 1, 2, 4, 7, 10 and 68.
func TestNotesThatSayNothingOrTooMuchAreRefused(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	id := w.contact("Ana", "+16505550101").ID
	notes := "/v1/contacts/" + id + "/notes"
	for body, code := range map[string]string{
		`{"text":""}`:                    "contact.note-required",
		`{"text":" \u3164\u200b "}`:      "contact.note-required",
		`{"text":"a\u0000b"}`:            "contact.note-characters",
		`{"text":"a\u202eb"}`:            "contact.note-characters",
		`{"text":"x","kind":"tweet"}`:    "request.invalid",
		`{"text":"x","created_by":"me"}`: "request.invalid",
		`{"kind":"call"}`:                "request.invalid",
		`{"text":"` + strings.Repeat("x", contact.MaxNoteLength+1) + `"}`: "contact.note-too-long",
	} {
		w.do(call{method: "POST", path: notes, body: body}).fails(422, code)
	}
	w.do(call{method: "POST", path: notes, body: `{"text":"` + strings.Repeat("👨‍👩‍👧‍👦", 10) + strings.Repeat("x", contact.MaxNoteLength-10) + `"}`}).must(201)
	w.do(call{method: "POST", path: "/v1/contacts/" + uuid.NewString() + "/notes", body: `{"text":"x"}`}).fails(404, "contact.unknown")
	w.get("/v1/contacts/"+uuid.NewString()+"/notes").fails(404, "request.not-found")
	w.do(call{method: "POST", path: "/v1/contacts/" + id + "/archive"}).must(200)
	w.do(call{method: "POST", path: notes, body: `{"text":"x"}`}).fails(409, "contact.archived")
}
