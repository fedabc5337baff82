package httpapi_test

import (
	"strings"
	"testing"

	"github.com/google/uuid"

	"tagtrail/adapters/httpapi"
	"tagtrail/domain/contact"
	"tagtrail/domain/conversation"
	"tagtrail/domain/field"
	"tagtrail/domain/organization"
	"tagtrail/domain/personal"
)

// S3-1, S3-11, S4-6 … S4-9: a merge patch changes what it names, also within an address and among social profiles.
func TestDetailsAreEditedOneByOne(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	path := "/v1/contacts/" + w.contact("Ana", "+16505550101").ID
	edited := func(body string) httpapi.Contact {
		t.Helper()
		return decoded[httpapi.Contact](w.do(call{method: "PATCH", path: path, body: body}).must(200))
	}
	got := edited(`{"first_name":"Ana","last_name":"Núñez","company":"Acme","language":"PT-br","country":"pe",
		"address":{"street":"Calle 1\n2º","city":"Lima","country":"PE"},"social":{"instagram":"@ana","x":"ana"}}`)
	if got.FirstName != "Ana" || got.LastName != "Núñez" || got.Company != "Acme" || got.Language != "pt-BR" || got.Country != "PE" ||
		got.Address != (httpapi.PostalAddress{Street: "Calle 1\n2º", City: "Lima", Country: "PE"}) || got.Social != (httpapi.SocialProfiles{Instagram: "@ana", X: "ana"}) {
		t.Errorf("edited to %+v", *got.Details)
	}
	before := len(w.Store.All())
	got = edited(`{"first_name":null,"address":{"city":null,"region":"Lima"},"social":{"x":null}}`)
	if got.FirstName != "" || got.LastName != "Núñez" || got.Address != (httpapi.PostalAddress{Street: "Calle 1\n2º", Region: "Lima", Country: "PE"}) || got.Social != (httpapi.SocialProfiles{Instagram: "@ana"}) {
		t.Errorf("edited to %+v", *got.Details)
	}
	if n := len(w.Store.All()) - before; n != 3 {
		t.Errorf("three changes are %d events", n)
	}
	got = edited(`{"address":null,"social":null,"country":null}`)
	if got.Address != (httpapi.PostalAddress{}) || got.Social != (httpapi.SocialProfiles{}) || got.Country != "US" || *got.Provenance.Country != "number" {
		t.Errorf("emptied to %+v", *got.Details)
	}
	before = len(w.Store.All())
	edited(`{"address":{},"social":{},"fields":{},"company":"Acme"}`)
	if n := len(w.Store.All()) - before; n != 0 {
		t.Errorf("nothing new is %d events", n)
	}
	for body, code := range map[string]string{
		`{"first_name":"a\nb"}`:                          "contact.invalid-first-name",
		`{"last_name":"a\u0000"}`:                        "contact.invalid-last-name",
		`{"company":"` + strings.Repeat("x", 201) + `"}`: "contact.invalid-company",
		`{"country":"XX"}`:                               "contact.invalid-country",
		`{"country":"PER"}`:                              "request.invalid",
		`{"language":"english please"}`:                  "contact.invalid-language",
		`{"address":{"city":"a\nb"}}`:                    "contact.invalid-address",
		`{"address":{"planet":"x"}}`:                     "request.invalid",
		`{"address":"Lima"}`:                             "request.invalid",
		`{"social":{"orkut":"x"}}`:                       "request.invalid",
		`{"social":{"x":"a\u0007"}}`:                     "contact.invalid-social-profile",
		`{"campaign_eligible":true}`:                     "request.invalid",
		`{"provenance":"mind"}`:                          "request.invalid",
	} {
		w.do(call{method: "PATCH", path: path, body: body}).fails(422, code)
	}
}

// S4-10, C9: what the team wrote holds, whatever a channel says later, and only an inbox speaks for a channel.
func TestWhatTheTeamWroteHolds(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	path, inbox := "/v1/contacts/"+w.contact("Ana", "+16505550101").ID, w.key(organization.APIClient)
	says := func(token, body string) httpapi.Contact {
		t.Helper()
		return decoded[httpapi.Contact](w.do(call{method: "PATCH", path: path, token: token, body: body}).must(200))
	}
	got := says(inbox, `{"first_name":"Anita","country":"AR","language":"es","provenance":"browser"}`)
	if got.FirstName != "Anita" || got.Country != "AR" || *got.Provenance.FirstName != "browser" || *got.Provenance.Country != "browser" {
		t.Errorf("a browser said %+v", *got.Details)
	}
	got = says(inbox, `{"first_name":"Annie","provenance":"channel"}`)
	if got.FirstName != "Annie" || *got.Provenance.FirstName != "channel" || *got.Provenance.Language != "browser" || got.Provenance.LastName != nil {
		t.Errorf("a channel said %+v", *got.Details)
	}
	if got = says("", `{"first_name":"Ana"}`); got.FirstName != "Ana" || *got.Provenance.FirstName != "manual" {
		t.Errorf("the team wrote %+v", *got.Details)
	}
	if got = says(inbox, `{"first_name":"Nan","provenance":"channel"}`); got.FirstName != "Ana" || *got.Provenance.FirstName != "manual" {
		t.Errorf("and a channel said later %+v", *got.Details)
	}
	if got = says("", `{"first_name":null}`); got.FirstName != "Nan" || *got.Provenance.FirstName != "channel" {
		t.Errorf("once it is taken away %+v", *got.Details)
	}
	w.do(call{method: "PATCH", path: path, token: w.key(organization.Agent), body: `{"first_name":"x","provenance":"channel"}`}).fails(403, "request.denied")
	w.do(call{method: "PATCH", path: path, token: w.key(organization.Agent), body: `{"first_name":"x","provenance":"manual"}`}).must(200)
}

// settle lets the tables follow all that happened.
func (w *world) settle() {
	w.t.Helper()
	for _, group := range []*tables{w.tables, w.past} {
		if err := group.Wait(w.t.Context(), 0); err != nil {
			w.t.Fatal(err)
		}
	}
}

// S1-27, S2-1, S2-3, S2-5, S2-27, S4-21, C32: a campaign reaches a contact with a valid number and an active tag; a link leads people to it.
func TestAContactSaysWhetherCampaignsReachItAndWhereItIs(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	vip, ana := w.tag("VIP"), w.contact("Ana", "+16505550101")
	path := "/v1/contacts/" + ana.ID
	tagged := decoded[httpapi.Contact](w.do(call{method: "PUT", path: path + "/tags/" + vip.ID}).must(200))
	if ana.CampaignEligible || !tagged.CampaignEligible || ana.URL != "/contacts/"+ana.ID {
		t.Errorf("without a tag %t, with one %t, at %s", ana.CampaignEligible, tagged.CampaignEligible, ana.URL)
	}
	w.do(call{method: "DELETE", path: "/v1/tags/" + vip.ID}).must(204)
	w.settle()
	if got := decoded[httpapi.Contact](w.get(path).must(200)); got.CampaignEligible {
		t.Error("with a deleted tag it is reached")
	}
}

// S3-36, promise 8: once a contact is erased, nothing that was said about it is shown.
func TestWhoIsErasedHasNoDetailsNotesOrConversations(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	plan := w.field(`{"name":"plan","type":"text"}`)
	id := w.happened("Ana", 101,
		contact.FirstNameChanged{Name: personal.New("Ana secret"), From: contact.Manual},
		contact.AddressChanged{Address: contact.Address{City: personal.New("secret")}},
		contact.SocialProfileChanged{Network: contact.X, Handle: personal.New("secret")},
		contact.CountryChanged{Country: "PE", From: contact.Manual},
		contact.FieldSet{Field: field.ID{UUID: uuid.MustParse(plan.ID)}, Type: field.Text, Value: personal.New("secret")},
		contact.NoteAdded{Note: contact.NoteID{UUID: uuid.New()}, Kind: contact.General, Text: personal.New("secret")})
	w.Store.Put(conversation.Stream(id), w.Metadata(), conversation.Opened{Number: 1, Reference: personal.New("secret")}, conversation.Assigned{Number: 1, Name: personal.New("secret")})
	w.Store.Put(id.Stream(), w.Metadata(), contact.Erased{})
	w.settle()
	for _, path := range []string{"", "/notes", "/conversations", "/statistics"} {
		got := w.get("/v1/contacts/" + id.String() + path).must(200)
		if strings.Contains(string(got.body), "secret") || strings.Contains(string(got.body), `"PE"`) {
			t.Errorf("%s shows %s", path, got.body)
		}
	}
	w.do(call{method: "POST", path: "/v1/contacts/" + id.String() + "/notes", body: `{"text":"x"}`}).fails(410, "contact.erased")
	w.do(call{method: "POST", path: "/v1/contacts/" + id.String() + "/conversation/open"}).fails(410, "contact.erased")
}
