package httpapi_test

import (
	"fmt"
	"net/url"
	"strings"
	"sync"
	"testing"

	"github.com/google/uuid"

	"tagtrail/adapters/httpapi"
	"tagtrail/domain/contact"
	"tagtrail/domain/event"
	"tagtrail/domain/organization"
	"tagtrail/domain/personal"
)

// S1-11 … S1-16, S0-5, C3, C9.
func TestCreateContactAnswersTheContact(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	vip := w.tag("VIP")
	answer := w.do(call{method: "POST", path: "/v1/contacts", body: `{"name":"Ana","phone":"+1 650-555-0101","email":"ana@example.com","tags":["` + vip.ID + `"]}`}).must(201)
	ana := decoded[httpapi.Contact](answer)
	if ana.DisplayName != "Ana" || ana.Name != "Ana" || ana.Phone != "+16505550101" || ana.WaID != "16505550101" ||
		ana.Email != "ana@example.com" || ana.LeadStatus != "cold" || ana.Owner != nil || ana.FirstSeenAt != nil || ana.HistoricalTags == nil {
		t.Errorf("created %s", answer.body)
	}
	if len(ana.ActiveTags) != 1 || ana.ActiveTags[0].Tag.Name != "VIP" || ana.ActiveTags[0].SourceLabel != "Manual" || ana.ActiveTags[0].Source != "manual_admin" {
		t.Errorf("with tags %v", ana.ActiveTags)
	}
	if got := w.get(answer.header.Get("Location")).must(200); string(got.body) != string(answer.body) {
		t.Errorf("read as %s", got.body)
	}
	p := w.do(call{method: "POST", path: "/v1/contacts", body: `{"name":"Other","phone":"+16505550101"}`}).fails(409, "contact.number-taken")
	if p.Details["contact"] != ana.ID {
		t.Errorf("the problem does not say who has the number: %v", p)
	}
	for _, body := range []string{`{"phone":"+16505550102"}`, `{"name":"x"}`, `{"name":"x","phone":"0034666555444"}`, `{"name":"x","phone":"=+34666555444"}`, `{"name":"x","phone":"+34666555444;ext=9"}`} {
		w.do(call{method: "POST", path: "/v1/contacts", body: body}).must(422)
	}
	w.do(call{method: "POST", path: "/v1/contacts", body: `{"name":"x","phone":"+16505550103","tags":["` + uuid.NewString() + `"]}`}).must(422)
}

// What a body names and is not there is something wrong with the body: the address of the request is that of something.
func TestWhatABodyNamesIsPointedAt(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	vip, none := w.tag("VIP").ID, uuid.NewString()
	for _, row := range []struct{ path, body, code, pointer string }{
		{"/v1/contacts", `{"name":"x","phone":"+16505550103","tags":["` + vip + `","` + none + `"]}`, "tag.unknown", "/tags/1"},
		{"/v1/contacts", `{"name":"x","phone":"+16505550103","channel":"` + none + `"}`, "organization.unknown-channel", "/channel"},
		{"/v1/tags/bulk-delete", `{"tags":["` + vip + `","` + none + `"]}`, "tag.unknown", "/tags/1"},
	} {
		p := w.do(call{method: "POST", path: row.path, body: row.body}).fails(422, row.code)
		if len(p.Errors) != 1 || p.Errors[0].Pointer != row.pointer {
			t.Errorf("%s %s is refused at %v, not %s", row.path, row.body, p.Errors, row.pointer)
		}
	}
}

// S1-21 … S1-24: a merge patch changes what it names, and null takes away.
func TestEditContactChangesWhatThePatchNames(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	ana := w.contact("Ana", "+16505550101")
	path := "/v1/contacts/" + ana.ID
	boss, _ := w.hire("Boss", "agent")
	owner := boss.ID
	edited := decoded[httpapi.Contact](w.do(call{method: "PATCH", path: path, body: `{"email":"ana@example.com","owner":"` + owner + `"}`}).must(200))
	if edited.Name != "Ana" || edited.Email != "ana@example.com" || edited.Owner == nil || *edited.Owner != owner {
		t.Errorf("edited to %v", edited)
	}
	emptied := decoded[httpapi.Contact](w.do(call{method: "PATCH", path: path, body: `{"name":null,"email":null,"owner":null}`}).must(200))
	if emptied.Name != "" || emptied.DisplayName != "—" || emptied.Email != "" || emptied.Owner != nil {
		t.Errorf("emptied to %v", emptied)
	}
	w.do(call{method: "PATCH", path: path, body: `{"owner":"` + uuid.NewString() + `"}`}).fails(422, "contact.unknown-owner")
	w.do(call{method: "PATCH", path: path, body: `{"name":"x"}`, header: header("If-Match", `"0"`)}).fails(412, "contact.stale")
	w.do(call{method: "PATCH", path: "/v1/contacts/" + uuid.NewString(), body: `{"name":"x"}`}).fails(404, "contact.unknown")
}

// S0-37 … S0-48, S1-23, S3-12, C27 … C29; faults, bad inputs 67 and 68.
func TestTagsArePutOnContactsAndTakenOff(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	ana, vip := w.contact("Ana", "+16505550101"), w.tag("VIP")
	path := "/v1/contacts/" + ana.ID + "/tags/" + vip.ID

	w.do(call{method: "PUT", path: path, token: w.key(organization.AITool), body: `{"source":"manual_admin"}`}).fails(422, "request.invalid")
	tagged := decoded[httpapi.Contact](w.do(call{method: "PUT", path: path, token: w.key(organization.AITool), body: `{"reason":"asked for it"}`}).must(200))
	if len(tagged.ActiveTags) != 1 || tagged.ActiveTags[0].Source != "ai_tool" || tagged.ActiveTags[0].SourceLabel != "AI tool" || tagged.ActiveTags[0].AssignedBy.Kind != "ai_tool" {
		t.Fatalf("tagged as %v", tagged.ActiveTags)
	}
	again := decoded[httpapi.Contact](w.do(call{method: "PUT", path: path}).must(200))
	if len(again.ActiveTags) != 1 || again.ActiveTags[0].Source != "ai_tool" {
		t.Errorf("the second source took over: %v", again.ActiveTags)
	}
	w.do(call{method: "PUT", path: path, body: `{"value":"x"}`}).fails(422, "contact.value-not-taken")
	w.do(call{method: "PUT", path: path, body: `{"reason":"` + strings.Repeat("r", 501) + `"}`}).fails(422, "request.invalid-reason")

	position := w.do(call{method: "DELETE", path: path}).must(204).header.Get("Tagtrail-Position")
	w.do(call{method: "DELETE", path: path}).must(204)
	got := decoded[httpapi.Contact](w.do(call{method: "GET", path: "/v1/contacts/" + ana.ID, header: header("Tagtrail-Min-Position", position, "Prefer", "wait=2")}).must(200))
	if len(got.ActiveTags) != 0 || len(got.HistoricalTags) != 1 || *got.HistoricalTags[0].EndedReason != "removed" || got.HistoricalTags[0].EndedAt == nil {
		t.Errorf("after removal %v", got)
	}
	w.do(call{method: "PUT", path: path}).must(200)
	w.do(call{method: "DELETE", path: "/v1/tags/" + vip.ID}).must(204)
	other := w.contact("Bo", "+16505550102")
	w.do(call{method: "PUT", path: "/v1/contacts/" + other.ID + "/tags/" + vip.ID}).fails(409, "tag.deleted")
	if got := decoded[httpapi.Contact](w.get("/v1/contacts/" + ana.ID).must(200)); len(got.HistoricalTags) != 2 || *got.HistoricalTags[0].EndedReason != "tag_deleted" {
		t.Errorf("with the tag deleted %v", got.HistoricalTags)
	}
	w.do(call{method: "PUT", path: "/v1/contacts/" + other.ID + "/tags/" + uuid.NewString()}).fails(404, "tag.unknown")
}

// S0-41: of fifty who put different tags on a contact with nineteen, one is answered with success and all others with the same refusal.
func TestAtTheLimitOneOfManyIsTaken(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	ana := w.contact("Ana", "+16505550101")
	tags := make([]httpapi.Tag, 69)
	for i := range tags {
		tags[i] = w.tag(fmt.Sprint("tag ", i))
	}
	put := func(i int) reply {
		return w.do(call{method: "PUT", path: "/v1/contacts/" + ana.ID + "/tags/" + tags[i].ID})
	}
	for i := range 19 {
		put(i).must(200)
	}
	var wg sync.WaitGroup
	answers := make([]reply, 50)
	for i := range answers {
		wg.Go(func() { answers[i] = put(19 + i) })
	}
	wg.Wait()
	taken := 0
	for _, answer := range answers {
		if answer.status == 200 || answer.status == 202 {
			taken++
		} else {
			answer.fails(422, "contact.too-many-tags")
		}
	}
	if taken != 1 {
		t.Errorf("%d were taken", taken)
	}
}

// S1-5, S1-41 … S1-44, C21.
func TestLeadStatusMovesAnyWay(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	path := "/v1/contacts/" + w.contact("Ana", "+16505550101").ID + "/lead-status"
	for _, status := range []string{"customer", "warm", "cold", "cold", "hot"} {
		if got := decoded[httpapi.Contact](w.do(call{method: "PUT", path: path, body: `{"status":"` + status + `","reason":"because"}`}).must(200)); got.LeadStatus != status {
			t.Errorf("moved to %s", got.LeadStatus)
		}
	}
	w.do(call{method: "PUT", path: path, body: `{"status":"boiling"}`}).fails(422, "request.invalid")
	w.do(call{method: "PUT", path: path}).fails(400, "request.body-missing")
}

// S0-10, S1-31 … S1-35, S2-9 … S2-13: the filters, alone and together.
func TestContactsAreFiltered(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	vip, late := w.tag("VIP"), w.tag("late")
	ana, bo := w.contact("Ana Lima", "+16505550101"), w.contact("Bo", "+16505550102")
	w.do(call{method: "PUT", path: "/v1/contacts/" + ana.ID + "/tags/" + vip.ID}).must(200)
	w.do(call{method: "PUT", path: "/v1/contacts/" + bo.ID + "/tags/" + vip.ID}).must(200)
	w.do(call{method: "PUT", path: "/v1/contacts/" + bo.ID + "/tags/" + late.ID}).must(200)
	w.do(call{method: "PUT", path: "/v1/contacts/" + bo.ID + "/lead-status", body: `{"status":"hot"}`}).must(200)
	boss, _ := w.hire("Boss", "agent")
	owner := boss.ID
	w.do(call{method: "PATCH", path: "/v1/contacts/" + ana.ID, body: `{"owner":"` + owner + `"}`}).must(200)

	for query, want := range map[string]string{
		"":                                       "Ana Lima, Bo",
		"q=lim":                                  "Ana Lima",
		"q=555-0102":                             "Bo",
		"q=%25":                                  "",
		"q=_":                                    "",
		"q=%5C":                                  "",
		"q=%27%22%3B+DROP":                       "",
		"tag=" + vip.ID:                          "Ana Lima, Bo",
		"tag=" + vip.ID + "&tag=" + late.ID:      "Bo",
		"exclude_tag=" + late.ID:                 "Ana Lima",
		"tag=" + uuid.NewString():                "",
		"lead_status=hot":                        "Bo",
		"owner=" + owner:                         "Ana Lima",
		"created_from=2026-05-30":                "Ana Lima, Bo",
		"created_to=2026-05-30":                  "",
		"created_to=2999-01-01T00:00:00%2B02:00": "Ana Lima, Bo",
		"channel=" + uuid.NewString():            "",
		"q=b&tag=" + vip.ID + "&lead_status=hot": "Bo",
	} {
		var names []string
		for _, c := range decoded[httpapi.List[httpapi.ListedContact]](w.get("/v1/contacts?" + query).must(200)).Items {
			names = append(names, c.DisplayName)
		}
		if ana.ID > bo.ID && len(names) == 2 {
			names[0], names[1] = names[1], names[0]
		}
		if got := strings.Join(names, ", "); got != want {
			t.Errorf("%s found %s, not %s", query, got, want)
		}
	}
	counted := w.do(call{method: "GET", path: "/v1/contacts?limit=1", header: header("Prefer", "return=total-count")}).must(200)
	if counted.header.Get("Tagtrail-Total-Count") != "2" || counted.header.Get("Preference-Applied") != "return=total-count" {
		t.Errorf("counted %v", counted.header)
	}
}

// Faults, bad inputs 10, 30, 33, 34, 36 and 37.
func TestFiltersThatCannotBeUnderstoodAreNamed(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for _, query := range []string{
		"colour=red", "limit=0", "limit=-1", "limit=201", "limit=1000000000", "limit=" + url.QueryEscape("١٠"), "limit=", "limit=1&limit=2",
		"q=" + url.QueryEscape("\x00"), "q=" + strings.Repeat("a", 10_000), "q=%ff", "q=a&q=b",
		"created_from=2026-02-30", "created_from=0000-01-01", "created_from=10000-01-01", "created_from=2026-05-30T23:59:60Z",
		"created_from=2026-05-30T12:00:00", "created_from=2026-05-30&created_to=2026-05-29", "created_to=yesterday",
		"owner=0197A1B2-0000-7000-8000-0000000000A1", "owner={0197a1b2-0000-7000-8000-0000000000a1}", "owner=1", "tag=", "tag=&tag=" + uuid.NewString(),
		"tag=" + strings.Repeat(uuid.NewString()+"&tag=", 50) + uuid.NewString(), "lead_status=boiling",
	} {
		p := w.get("/v1/contacts?"+query).fails(422, "request.invalid")
		if len(p.Errors) == 0 || p.Errors[0].Parameter == "" || p.Errors[0].Detail == "" {
			t.Errorf("%s: the problem does not say which parameter it is: %v", query, p)
		}
	}
	w.get("/v1/contacts?q=%zz").fails(400, "request.malformed-query")
	w.get("/v1/contacts?a;b").fails(400, "request.malformed-query")
	w.get("/v1/contacts/"+strings.ToUpper(uuid.NewString())).fails(422, "request.invalid")
	w.get("/v1/contacts/"+uuid.Nil.String()).fails(404, "request.not-found")
	w.get("/v1/contacts/"+uuid.NewString()).fails(404, "request.not-found")
	w.get("/v1/contacts/"+uuid.NewString()+"/messages").fails(404, "request.not-found")
}

// happened lets a contact be that wrote on a channel, or only was added when at is the zero time.
func (w *world) happened(name string, number int, events ...event.Event) contact.ID {
	id := contact.ID{UUID: uuid.New()}
	phone := fmt.Sprintf("+1650555%04d", number)
	w.Store.Put(id.Stream(), w.Metadata(), append([]event.Event{contact.Created{
		Origin: contact.OriginManual, LeadStatus: contact.Cold, Name: personal.New(name),
		Identity: contact.Identity{Kind: contact.Number, Value: personal.New(phone), WaID: personal.New(phone[1:]), Country: "US"},
	}}, events...)...)
	return id
}
