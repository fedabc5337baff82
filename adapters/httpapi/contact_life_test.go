package httpapi_test

import (
	"context"
	"testing"

	"github.com/google/uuid"

	"tagtrail/adapters/httpapi"
	"tagtrail/commands"
	"tagtrail/domain/delivery"
	"tagtrail/domain/organization"
)

func (w *world) listed(query string) []httpapi.ListedContact {
	w.t.Helper()
	return decoded[httpapi.List[httpapi.ListedContact]](w.get("/v1/contacts" + query).must(200)).Items
}

func (w *world) post(path, body string) reply {
	w.t.Helper()
	return w.do(call{method: "POST", path: path, body: body})
}

// C1, C12, C16, S1-39: what lists call deleting puts a contact away, and restoring brings it back with its tags.
func TestAnArchivedContactIsListedOnlyWhereAskedFor(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	vip, ana := w.tag("VIP"), w.contact("Ana", "+16505550101")
	bob := w.contact("Bob", "+16505550102")
	w.do(call{method: "PUT", path: "/v1/contacts/" + ana.ID + "/tags/" + vip.ID}).must(200)
	put := decoded[httpapi.Contact](w.post("/v1/contacts/"+ana.ID+"/archive", `{"reason":"moved away"}`).must(200))
	if !put.Archived || len(put.ActiveTags) != 0 || len(put.HistoricalTags) != 1 || *put.HistoricalTags[0].EndedReason != "archived" {
		t.Fatalf("archived: %+v", put)
	}
	w.post("/v1/contacts/"+ana.ID+"/archive", "").must(200)
	for query, want := range map[string]int{"": 1, "?archived=only": 1, "?archived=include": 2, "?tag=" + vip.ID: 0, "?q=ana": 0, "?q=ana&archived=only": 1} {
		if got := w.listed(query); len(got) != want {
			t.Errorf("%q lists %d contacts, want %d", query, len(got), want)
		}
	}
	if got := w.listed("?archived=only"); len(got) == 1 && got[0].ID != ana.ID {
		t.Errorf("archived is %s, want %s", got[0].ID, ana.ID)
	}
	w.do(call{method: "PUT", path: "/v1/contacts/" + ana.ID + "/tags/" + vip.ID}).fails(409, "contact.archived")
	w.do(call{method: "POST", path: "/v1/contacts/" + bob.ID + "/archive", token: w.key(organization.Agent)}).fails(403, "request.denied")

	back := decoded[httpapi.Contact](w.post("/v1/contacts/"+ana.ID+"/restore", "").must(200))
	if back.Archived || len(back.ActiveTags) != 1 || len(back.HistoricalTags) != 0 {
		t.Errorf("restored: %+v", back)
	}
	w.post("/v1/contacts/"+ana.ID+"/restore", "").must(200)
	if n := len(w.Store.All()); len(w.listed("")) != 2 || n == 0 {
		t.Error("who was restored is not listed")
	}
	w.post("/v1/contacts/0197a1b2-0000-7000-8000-0000000000ff/archive", "").fails(404, "contact.unknown")
}

// S3-37, S3-40: two contacts are one until they are separated, and the id of the one that went leads to the other.
func TestAMergedContactIsReadThroughTheSurvivor(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	vip, ana, anna := w.tag("VIP"), w.contact("Ana", "+16505550101"), w.contact("Anna", "+16505550102")
	w.do(call{method: "PUT", path: "/v1/contacts/" + ana.ID + "/tags/" + vip.ID}).must(200)
	w.do(call{method: "PATCH", path: "/v1/contacts/" + ana.ID, body: `{"email":"ana@example.com"}`}).must(200)
	w.receive("16505550101", "hello from Ana")

	preview := decoded[httpapi.MergePreview](w.get("/v1/contacts/" + anna.ID + "/merge-preview?contact=" + ana.ID).must(200))
	if len(preview.Taken) != 1 || preview.Taken[0] != vip.ID || len(preview.Filled) != 1 || preview.Filled[0] != "email" || preview.ActiveTags != 1 || preview.OverLimit {
		t.Errorf("the preview: %+v", preview)
	}
	merged := decoded[httpapi.Contact](w.post("/v1/contacts/"+anna.ID+"/merge", `{"contact":"`+ana.ID+`","reason":"the same person"}`).must(200))
	if merged.ID != anna.ID || len(merged.ActiveTags) != 1 || merged.Email != "ana@example.com" || len(merged.StandsFor) != 1 || merged.LastSeenAt == nil {
		t.Fatalf("merged: %+v", merged)
	}
	if merged.ActiveTags[0].Source != "manual_admin" {
		t.Errorf("the tag that went on has the source %s", merged.ActiveTags[0].Source)
	}
	gone := w.get("/v1/contacts/" + ana.ID)
	gone.fails(410, "contact.merged")
	if link := gone.header.Get("Link"); link != "</v1/contacts/"+anna.ID+`>; rel="canonical"` {
		t.Errorf("it leads to %q", link)
	}
	if problem := decoded[httpapi.Problem](gone); problem.Survivor != anna.ID {
		t.Errorf("the survivor is %q", problem.Survivor)
	}
	w.do(call{method: "PATCH", path: "/v1/contacts/" + ana.ID, body: `{"name":"Ana"}`}).fails(410, "contact.merged")
	w.post("/v1/contacts/"+anna.ID+"/merge", `{"contact":"`+anna.ID+`"}`).fails(422, "contact.merge-itself")
	for _, query := range []string{"", "?q=%2B16505550101", "?tag=" + vip.ID} {
		if got := w.listed(query); len(got) != 1 || got[0].ID != anna.ID {
			t.Errorf("%q lists %d contacts, want the survivor", query, len(got))
		}
	}
	if got := decoded[httpapi.List[httpapi.Message]](w.get("/v1/contacts/" + anna.ID + "/messages").must(200)).Items; len(got) != 1 {
		t.Errorf("the survivor has %d messages, want the other's", len(got))
	}

	back := decoded[httpapi.Contact](w.post("/v1/contacts/"+ana.ID+"/separate", "").must(200))
	if back.ID != ana.ID || len(back.ActiveTags) != 1 || back.MergedInto != nil {
		t.Errorf("separated: %+v", back)
	}
	survivor := decoded[httpapi.Contact](w.get("/v1/contacts/" + anna.ID).must(200))
	if len(survivor.ActiveTags) != 0 || survivor.Email != "" || len(survivor.StandsFor) != 0 || survivor.LastSeenAt != nil {
		t.Errorf("the other one after that: %+v", survivor)
	}
	w.post("/v1/contacts/"+ana.ID+"/separate", "").must(200)
}

// S3-33, S3-42: what a person agrees to is kept with how that is known; of a merged person any no is a no.
func TestConsentsAreThePersonsLastWord(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	ana, anna := w.contact("Ana", "+16505550101"), w.contact("Anna", "+16505550102")
	said := func(id, body string) httpapi.Consents {
		t.Helper()
		return decoded[httpapi.Consents](w.post("/v1/contacts/"+id+"/consents", body).must(200))
	}
	said(anna.ID, `{"purpose":"marketing","agrees":true,"evidence":"signed form"}`)
	if got := said(anna.ID, `{"purpose":"marketing","agrees":true,"evidence":"another"}`).Items; len(got) != 1 || !got[0].Agrees || got[0].Evidence != "signed form" {
		t.Errorf("said twice: %+v", got)
	}
	said(ana.ID, `{"purpose":"marketing","agrees":false}`)
	w.post("/v1/contacts/"+anna.ID+"/merge", `{"contact":"`+ana.ID+`"}`).must(200)
	got := decoded[httpapi.Consents](w.get("/v1/contacts/" + anna.ID + "/consents").must(200)).Items
	if len(got) != 1 || got[0].Agrees || got[0].Source != "manual_admin" {
		t.Errorf("of both: %+v", got)
	}
	w.get("/v1/contacts/"+ana.ID+"/consents").fails(410, "contact.merged")
	w.post("/v1/contacts/"+anna.ID+"/consents", `{"purpose":"Marketing!","agrees":true}`).must(422)
}

// C24, S1-20.
func TestThePlanLimitsWhoIsAdded(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.Counts.Of = 100
	if got := decoded[httpapi.Plan](w.get("/v1/plan").must(200)); got.Plan != "" || got.Limit != 0 || got.Contacts != 100 {
		t.Errorf("at first: %+v", got)
	}
	if got := decoded[httpapi.Plan](w.do(call{method: "PUT", path: "/v1/plan", body: `{"plan":"free"}`}).must(200)); got.Limit != 100 {
		t.Errorf("free: %+v", got)
	}
	w.post("/v1/contacts", `{"name":"Ana","phone":"+16505550101"}`).fails(409, "contact.limit-reached")
	w.do(call{method: "PUT", path: "/v1/plan", body: `{"plan":"scale"}`, token: w.key(organization.Manager)}).fails(403, "request.denied")
	w.do(call{method: "PUT", path: "/v1/plan", body: `{"plan":"free","limit":101}`}).must(200)
	w.post("/v1/contacts", `{"name":"Ana","phone":"+16505550101"}`).must(201)
}

// S3-36, S4-22: an erasure is asked for by who may, with a reason, and read by who audits.
func TestAnErasureIsAskedForAndReported(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	ana := w.contact("Ana", "+16505550101")
	path := "/v1/contacts/" + ana.ID + "/erase"
	w.do(call{method: "POST", path: path, body: `{"reason":"by letter"}`, token: w.key(organization.Agent)}).fails(403, "request.denied")
	w.post(path, `{"reason":""}`).must(422)
	w.post(path, `{"reason":"  "}`).fails(422, "erasure.reason-required")
	w.post("/v1/contacts/"+uuid.NewString()+"/erase", `{"reason":"by letter"}`).fails(404, "contact.unknown")
	asked := decoded[httpapi.Erasure](w.post(path, `{"reason":"by letter"}`).must(200))
	if asked.State != "running" || asked.Contact != ana.ID || asked.Certificate != nil {
		t.Errorf("asked: %+v", asked)
	}
	if again := decoded[httpapi.Erasure](w.post(path, `{"reason":"once more"}`).must(200)); again.ID != asked.ID {
		t.Errorf("asked again: %+v", again)
	}
	listed := decoded[httpapi.List[httpapi.Erasure]](w.do(call{method: "GET", path: "/v1/erasures", token: w.key(organization.Auditor)}).must(200)).Items
	if len(listed) != 1 || listed[0].ID != asked.ID {
		t.Errorf("listed: %+v", listed)
	}
	w.do(call{method: "PATCH", path: "/v1/contacts/" + ana.ID, body: `{"name":"Ana"}`}).fails(410, "contact.erased")
	w.get("/v1/erasures/"+uuid.NewString()).fails(404, "request.not-found")
}

// receive has a person write on a channel.
func (w *world) receive(waID, text string) {
	w.t.Helper()
	_, err := w.Service.ReceiveMessage(w.Ask(context.WithoutCancel(w.t.Context())), commands.ReceiveMessage{
		Channel: uuid.New(), From: commands.Person{WaID: waID}, Wamid: "wamid." + uuid.NewString(), Kind: "text", Text: text, SentAt: w.Now,
	})
	if err != nil {
		w.t.Fatal(err)
	}
}

// keep lets a body of a webhook come that is not understood.
func (w *world) keep(body string) {
	w.t.Helper()
	_, err := w.Service.KeepDelivery(w.Ask(context.WithoutCancel(w.t.Context())), commands.KeepDelivery{
		Channel: uuid.New(), Why: delivery.UnknownShape, Field: "calls", Body: []byte(body),
	})
	if err != nil {
		w.t.Fatal(err)
	}
}
