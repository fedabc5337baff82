package httpapi_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"tagtrail/adapters/httpapi"
	"tagtrail/domain/contact"
	"tagtrail/domain/message"
	"tagtrail/domain/organization"
	"tagtrail/domain/personal"
)

// S4-12, S4-13, S3-9, C22, C23: an inbox reports, and everybody who reads contacts sees it.
func TestTheInboxReportsConversations(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	ana, marta, inbox := "/v1/contacts/"+w.contact("Ana", "+16505550101").ID, w.member("Marta"), w.key(organization.APIClient)
	report := func(what, body string) *httpapi.ContactConversation {
		t.Helper()
		return decoded[httpapi.Contact](w.do(call{method: "POST", path: ana + "/conversation/" + what, token: inbox, body: body}).must(200)).Conversation
	}
	if got := decoded[httpapi.Contact](w.get(ana).must(200)); got.Conversation != nil {
		t.Errorf("before anything was reported there is %v", got.Conversation)
	}
	w.do(call{method: "POST", path: ana + "/conversation/assign", body: `{}`}).fails(409, "conversation.closed")
	if got := report("close", ""); got != nil {
		t.Errorf("what was never opened is closed: %v", got)
	}
	if got := report("open", `{"reference":" case 1"}`); got.Status != "open" || got.Number != 1 || got.Reference != "case 1" || got.Assignee != nil {
		t.Errorf("opened %v", got)
	}
	before := len(w.Store.All())
	if got := report("open", `{"reference":"case 2"}`); got.Reference != "case 1" || len(w.Store.All()) != before {
		t.Errorf("opened again %v", got)
	}
	if got := report("assign", `{"assignee":"Night shift"}`); got.Assignee.Name != "Night shift" || got.Assignee.Member != nil || got.AssignedAt == nil {
		t.Errorf("assigned to %v", got.Assignee)
	}
	if got := report("assign", `{"member":"`+marta+`"}`); got.Assignee.Name != "" || *got.Assignee.Member != marta {
		t.Errorf("assigned to %v", got.Assignee)
	}
	if got := report("assign", `{}`); got.Assignee != nil {
		t.Errorf("assigned to %v", got.Assignee)
	}
	if got := report("close", ""); got.Status != "closed" || got.ClosedAt == nil {
		t.Errorf("closed %v", got)
	}
	if got := report("open", ""); got.Number != 2 || got.Status != "open" || got.ClosedAt != nil {
		t.Errorf("opened %v", got)
	}
	var numbers []string
	for _, c := range decoded[httpapi.List[httpapi.ContactConversation]](w.get(ana + "/conversations").must(200)).Items {
		numbers = append(numbers, fmt.Sprint(c.Number, " ", c.Status))
	}
	if got := strings.Join(numbers, ", "); got != "2 open, 1 closed" {
		t.Errorf("listed %s", got)
	}
	w.do(call{method: "POST", path: ana + "/conversation/close", token: w.key(organization.Agent)}).fails(403, "request.denied")
	for _, row := range []struct{ what, body, code, pointer string }{
		{"open", `{"channel":"` + uuid.NewString() + `"}`, "organization.unknown-channel", "/channel"},
		{"open", `{"reference":"a\nb"}`, "conversation.invalid-reference", "/reference"},
		{"assign", `{"member":"` + uuid.NewString() + `"}`, "organization.unknown-member", "/member"},
		{"assign", `{"member":"` + marta + `","assignee":"x"}`, "conversation.invalid-assignee", "/assignee"},
		{"assign", `{"assignee":"` + strings.Repeat("x", 201) + `"}`, "conversation.invalid-assignee", "/assignee"},
	} {
		p := w.do(call{method: "POST", path: ana + "/conversation/" + row.what, body: row.body}).fails(422, row.code)
		if len(p.Errors) != 1 || p.Errors[0].Pointer != row.pointer {
			t.Errorf("%s is refused at %v", row.body, p.Errors)
		}
	}
	w.do(call{method: "POST", path: "/v1/contacts/" + uuid.NewString() + "/conversation/open"}).fails(404, "contact.unknown")
	w.get("/v1/contacts/"+uuid.NewString()+"/conversations").fails(404, "request.not-found")
}

// S3-9, S3-27, C31: what is counted is what the log holds.
func TestStatisticsCountWhatWasSaid(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	ana, channel := w.happened("Ana", 101), uuid.New()
	noon := time.Date(2026, 5, 30, 12, 0, 0, 0, time.UTC)
	wrote := func(minute int) {
		id := message.ID{UUID: uuid.New()}
		w.Store.Put(id.Stream(), w.Metadata(), message.Received{Contact: ana, Channel: channel, Kind: "text", Text: personal.New("hi"), SentAt: noon.Add(time.Duration(minute) * time.Minute)})
	}
	answered := func(minute int) {
		id := message.ID{UUID: uuid.New()}
		for i, status := range []message.Status{message.Delivered, message.Sent} {
			w.Store.Put(id.Stream(), w.Metadata(), message.StatusReported{Contact: ana, Channel: channel, Status: status, At: noon.Add(time.Duration(minute+1-i) * time.Minute)})
		}
	}
	// The second question waits ten minutes, the first two, and the last is not answered yet.
	answered(12)
	wrote(0)
	wrote(1)
	answered(2)
	wrote(3)
	wrote(20)
	answered(13)
	w.settle()
	w.do(call{method: "POST", path: "/v1/contacts/" + ana.String() + "/conversation/open"}).must(200)
	got := decoded[httpapi.Statistics](w.get("/v1/contacts/" + ana.String() + "/statistics").must(200))
	if got.MessagesIn != 4 || got.MessagesOut != 3 || got.Conversations != 1 || got.Questions != 3 || got.Answered != 2 {
		t.Errorf("counted %+v", got)
	}
	if got.AnswerSeconds == nil || *got.AnswerSeconds != (2*60+9*60)/2.0 {
		t.Errorf("answered within %v", got.AnswerSeconds)
	}
	if !got.FirstInAt.Equal(noon) || !got.LastInAt.Equal(noon.Add(20*time.Minute)) || !got.FirstOutAt.Equal(noon.Add(2*time.Minute)) || !got.LastOutAt.Equal(noon.Add(13*time.Minute)) {
		t.Errorf("from %v to %v, and from %v to %v", got.FirstInAt, got.LastInAt, got.FirstOutAt, got.LastOutAt)
	}
	none := decoded[httpapi.Statistics](w.get("/v1/contacts/" + w.contact("Bo", "+16505550102").ID + "/statistics").must(200))
	if none != (httpapi.Statistics{}) {
		t.Errorf("of nothing %+v", none)
	}
	w.get("/v1/contacts/"+contact.ID{UUID: uuid.New()}.String()+"/statistics").fails(404, "request.not-found")
}

// S3-37, S3-40: what was said with, and noted on, a contact that was merged is read at the contact that stands for it.
func TestNotesAndConversationsAreReadThroughTheSurvivor(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	ana, anna := w.contact("Ana", "+16505550101").ID, w.contact("Anna", "+16505550102").ID
	w.do(call{method: "POST", path: "/v1/contacts/" + ana + "/notes", body: `{"text":"of Ana"}`}).must(201)
	w.do(call{method: "POST", path: "/v1/contacts/" + anna + "/notes", body: `{"text":"of Anna"}`}).must(201)
	w.do(call{method: "POST", path: "/v1/contacts/" + ana + "/conversation/open"}).must(200)
	w.do(call{method: "PATCH", path: "/v1/contacts/" + ana, body: `{"company":"Acme"}`}).must(200)
	w.do(call{method: "POST", path: "/v1/contacts/" + anna + "/merge", body: `{"contact":"` + ana + `"}`}).must(200)
	var told []string
	for _, n := range decoded[httpapi.List[httpapi.Note]](w.get("/v1/contacts/" + anna + "/notes").must(200)).Items {
		told = append(told, n.Text+" "+n.Contact)
	}
	if got := strings.Join(told, ", "); got != "of Anna "+anna+", of Ana "+ana {
		t.Errorf("noted %s", got)
	}
	held := decoded[httpapi.List[httpapi.ContactConversation]](w.get("/v1/contacts/" + anna + "/conversations").must(200)).Items
	if len(held) != 1 || held[0].Contact != ana {
		t.Errorf("held %v", held)
	}
	if got := decoded[httpapi.Contact](w.get("/v1/contacts/" + anna).must(200)); got.Company != "Acme" {
		t.Errorf("the survivor is of %q", got.Company)
	}
	if got := decoded[httpapi.Statistics](w.get("/v1/contacts/" + anna + "/statistics").must(200)); got.Conversations != 1 {
		t.Errorf("counted %+v", got)
	}
	w.do(call{method: "POST", path: "/v1/contacts/" + ana + "/notes", body: `{"text":"x"}`}).fails(410, "contact.merged")
}
