package httpapi_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/google/uuid"

	"tagtrail/adapters/httpapi"
	"tagtrail/commands"
	"tagtrail/domain/event"
	"tagtrail/domain/organization"
)

// Faults, bad inputs 63.
func TestOnlyAKeyThatOpensIsLetIn(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	flipped := w.token[:len(w.token)-7] + "x" + w.token[len(w.token)-6:]
	other, err := commands.MintKey(w.Organization)
	if err != nil {
		t.Fatal(err)
	}
	foreign, err := commands.MintKey(organization.ID{UUID: uuid.New()})
	if err != nil {
		t.Fatal(err)
	}
	for name, values := range map[string][]string{
		"none": nil, "empty": {""}, "another scheme": {"Basic " + w.token}, "no scheme": {w.token}, "nothing in it": {"Bearer "},
		"cut": {"Bearer " + w.token[:20]}, "with a flipped character": {"Bearer " + flipped}, "never registered": {"Bearer " + other.Token},
		"of an organisation that there is not": {"Bearer " + foreign.Token}, "twice": {"Bearer " + w.token, "Bearer " + w.token},
		"very long": {"Bearer " + strings.Repeat("a", 10_000)},
	} {
		answer := w.do(call{method: "GET", path: "/v1/tags?nothing=x", token: "-", header: http.Header{"Authorization": values}})
		if answer.must(401).header.Get("WWW-Authenticate") != `Bearer realm="tagtrail"` {
			t.Errorf("a key %s: %v", name, answer.header)
		}
	}
	w.do(call{method: "GET", path: "/v1/tags?access_token=" + w.token, token: "-"}).must(401)
	w.get("/v1/tags?access_token="+w.token).fails(422, "request.invalid")
	w.do(call{method: "GET", path: "/v1/tags", token: "-", header: header("Authorization", "bearer "+w.token)}).must(200)
	if strings.Contains(w.logs.String(), w.token) {
		t.Error("the log has the key")
	}
}

// What each kind of key may do, operation by operation.
func TestEachKindOfKeyMayDoItsOwn(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	none := uuid.NewString()
	operations := []struct{ name, method, path, body string }{
		{"read", "GET", "/v1/contacts", ""},
		{"read", "GET", "/v1/contacts/export.csv", ""},
		{"read", "GET", "/v1/tags", ""},
		{"read", "GET", "/v1/tags/" + none, ""},
		{"read", "GET", "/v1/contacts/" + none, ""},
		{"read", "GET", "/v1/contacts/" + none + "/messages", ""},
		{"read", "GET", "/v1/channels", ""},
		{"read", "GET", "/v1/contacts/" + none + "/tag-history", ""},
		{"read", "GET", "/v1/contacts/" + none + "/lead-status-history", ""},
		{"read", "GET", "/v1/contacts/" + none + "/timeline", ""},
		{"read", "GET", "/v1/tags/" + none + "/history", ""},
		{"read events", "GET", "/v1/events", ""},
		{"read keys", "GET", "/v1/api-keys", ""},
		{"contacts", "POST", "/v1/contacts", "{}"},
		{"contacts", "PATCH", "/v1/contacts/" + none, "{}"},
		{"tagging", "PUT", "/v1/contacts/" + none + "/tags/" + none, ""},
		{"tagging", "DELETE", "/v1/contacts/" + none + "/tags/" + none, ""},
		{"tagging", "PUT", "/v1/contacts/" + none + "/lead-status", `{"status":"hot"}`},
		{"tags", "POST", "/v1/tags", "{}"},
		{"tags", "PATCH", "/v1/tags/" + none, "{}"},
		{"tags", "DELETE", "/v1/tags/" + none, ""},
		{"tags", "POST", "/v1/tags/" + none + "/restore", ""},
		{"tags", "POST", "/v1/tags/bulk-delete", "{}"},
		{"read", "GET", "/v1/fields", ""},
		{"read", "GET", "/v1/contacts/" + none + "/notes", ""},
		{"read", "GET", "/v1/contacts/" + none + "/notes/" + none, ""},
		{"read", "GET", "/v1/contacts/" + none + "/conversations", ""},
		{"read", "GET", "/v1/contacts/" + none + "/statistics", ""},
		{"contacts", "POST", "/v1/contacts/" + none + "/notes", "{}"},
		{"contacts", "PATCH", "/v1/contacts/" + none + "/notes/" + none, "{}"},
		{"contacts", "DELETE", "/v1/contacts/" + none + "/notes/" + none, ""},
		{"fields", "POST", "/v1/fields", "{}"},
		{"fields", "PATCH", "/v1/fields/" + none, "{}"},
		{"fields", "DELETE", "/v1/fields/" + none, ""},
		{"fields", "POST", "/v1/fields/" + none + "/restore", ""},
		{"inbox", "POST", "/v1/contacts/" + none + "/conversation/open", "{}"},
		{"inbox", "POST", "/v1/contacts/" + none + "/conversation/assign", "{}"},
		{"inbox", "POST", "/v1/contacts/" + none + "/conversation/close", ""},
		{"keys", "POST", "/v1/api-keys", "{}"},
		{"keys", "DELETE", "/v1/api-keys/" + none, ""},
		{"keys", "POST", "/v1/channels", "{}"},
	}
	for kind, may := range map[organization.KeyKind]string{
		organization.Owner: "read, read keys, read events, contacts, tagging, tags, fields, inbox, keys", organization.Manager: "read, read keys, read events, contacts, tagging, tags, fields, inbox, keys",
		organization.Agent: "read, contacts, tagging", organization.APIClient: "read, contacts, tagging, tags, inbox",
		organization.AITool: "read, tagging", organization.AIAutoClose: "read, tagging",
		organization.Auditor: "read, read keys, read events", organization.Analyst: "read, read events",
	} {
		token := w.key(kind)
		for _, o := range operations {
			answer := w.do(call{method: o.method, path: o.path, body: o.body, token: token})
			allowed := false
			for one := range strings.SplitSeq(may, ", ") {
				allowed = allowed || one == o.name
			}
			if allowed == (answer.status == 403) {
				t.Errorf("%s: %s %s answered %d", kind, o.method, o.path, answer.status)
			}
		}
	}
}

// S0-3, S0-43, S0-44; faults, bad inputs 66 and 67: the source is that of the key, and no body can say another.
func TestTheSourceIsThatOfTheKey(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	ana := w.contact("Ana", "+16505550101")
	for kind, source := range map[organization.KeyKind]string{
		organization.Owner: "manual_admin", organization.Manager: "manual_admin", organization.Agent: "manual_agent",
		organization.APIClient: "api", organization.AITool: "ai_tool", organization.AIAutoClose: "ai_auto_close",
	} {
		path := "/v1/contacts/" + ana.ID + "/tags/" + w.tag(string(kind)).ID
		token := w.key(kind)
		for _, forged := range []string{"source", "actor", "organization", "assigned_at", "revision", "tenant_id", "role"} {
			w.do(call{method: "PUT", path: path, token: token, body: `{"` + forged + `":"manual_admin"}`}).fails(422, "request.invalid")
		}
		tagged := decoded[httpapi.Contact](w.do(call{method: "PUT", path: path, token: token}).must(200))
		found := false
		for _, a := range tagged.ActiveTags {
			found = found || a.Tag.Name == string(kind) && a.Source == source && a.AssignedBy.Kind == string(kind) && a.AssignedBy.Name == string(kind)
		}
		if !found {
			t.Errorf("a key of kind %s tagged as %v", kind, tagged.ActiveTags)
		}
	}
}

// No organisation sees another's data, whatever id or cursor it names.
func TestAnotherOrganisationIsNotFound(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	vip, ana := w.tag("VIP"), w.contact("Ana", "+16505550101")
	w.contact("Bo", "+16505550102")
	next := decoded[httpapi.List[httpapi.ListedContact]](w.get("/v1/contacts?limit=1").must(200)).Next

	other := organization.ID{UUID: uuid.New()}
	key, err := commands.MintKey(other)
	if err != nil {
		t.Fatal(err)
	}
	ctx := commands.WithOrigin(t.Context(), commands.Origin{Organization: other, Actor: event.Actor{Kind: "system"}, Source: event.System})
	if _, err := w.Service.CreateOrganization(ctx, commands.CreateOrganization{Organization: other, Name: "Other", Key: key, KeyName: "first"}); err != nil {
		t.Fatal(err)
	}
	ask := func(method, path, body string) reply {
		return w.do(call{method: method, path: path, body: body, token: key.Token})
	}
	for _, path := range []string{"/v1/tags", "/v1/contacts", "/v1/channels"} {
		if got := ask("GET", path, "").must(200); string(got.body) != `{"items":[],"next":null}` {
			t.Errorf("%s shows %s", path, got.body)
		}
	}
	ask("GET", "/v1/contacts?cursor="+*next, "").fails(400, "request.invalid-cursor")
	ask("GET", "/v1/contacts/"+ana.ID, "").fails(404, "request.not-found")
	ask("GET", "/v1/contacts/"+ana.ID+"/messages", "").fails(404, "request.not-found")
	ask("GET", "/v1/tags/"+vip.ID, "").fails(404, "request.not-found")
	w.recall()
	for _, history := range []string{"/v1/contacts/" + ana.ID + "/tag-history", "/v1/contacts/" + ana.ID + "/lead-status-history", "/v1/contacts/" + ana.ID + "/timeline", "/v1/tags/" + vip.ID + "/history"} {
		ask("GET", history, "").fails(404, "request.not-found")
	}
	if events := string(ask("GET", "/v1/events", "").must(200).body); strings.Contains(events, w.Organization.String()) || strings.Contains(events, ana.ID) {
		t.Errorf("events show %s", events)
	}
	ask("PATCH", "/v1/contacts/"+ana.ID, `{"name":"x"}`).fails(404, "contact.unknown")
	ask("PUT", "/v1/contacts/"+ana.ID+"/tags/"+vip.ID, "").must(404)
	ask("PUT", "/v1/contacts/"+ana.ID+"/lead-status", `{"status":"hot"}`).fails(404, "contact.unknown")
	ask("DELETE", "/v1/contacts/"+ana.ID+"/tags/"+vip.ID, "").must(404)
	ask("PATCH", "/v1/tags/"+vip.ID, `{"name":"x"}`).fails(404, "tag.unknown")
	ask("DELETE", "/v1/tags/"+vip.ID, "").fails(404, "tag.unknown")
	if found := ask("GET", "/v1/contacts?tag="+vip.ID+"&q=Ana", "").must(200); string(found.body) != `{"items":[],"next":null}` {
		t.Errorf("found %s", found.body)
	}
}

// Keys: shown once, listed without a secret, and closed at once when revoked.
func TestKeysAreCreatedListedAndRevoked(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	create := call{method: "POST", path: "/v1/api-keys", body: `{"kind":"agent","name":"Front desk"}`, header: header("Idempotency-Key", "k1")}
	minted := decoded[httpapi.MintedAPIKey](w.do(create).must(201))
	if minted.Token == nil || minted.Kind != "agent" || minted.Name != "Front desk" {
		t.Fatalf("minted %v", minted)
	}
	if again := decoded[httpapi.MintedAPIKey](w.do(create).must(201)); again.Token != nil || again.ID != minted.ID {
		t.Errorf("a repeat answered %v", again)
	}
	w.do(call{method: "GET", path: "/v1/tags", token: *minted.Token}).must(200)
	if listed := w.get("/v1/api-keys").must(200); strings.Contains(string(listed.body), *minted.Token) || !strings.Contains(string(listed.body), "Front desk") {
		t.Errorf("listed %s", listed.body)
	}
	w.do(call{method: "DELETE", path: "/v1/api-keys/" + minted.ID}).must(204)
	w.do(call{method: "GET", path: "/v1/tags", token: *minted.Token}).fails(401, "organization.unknown-key")
	w.do(call{method: "DELETE", path: "/v1/api-keys/" + uuid.NewString()}).fails(404, "organization.key-not-found")
}

// A manager who could make an owner's key would be an owner.
func TestOnlyOwnersManageKeysOfOwners(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	manager := w.key(organization.Manager)
	create := func(kind, token string) reply {
		return w.do(call{method: "POST", path: "/v1/api-keys", token: token, body: `{"kind":"` + kind + `","name":"x"}`})
	}
	owner := decoded[httpapi.MintedAPIKey](create("owner", "").must(201))
	agent := decoded[httpapi.MintedAPIKey](create("agent", manager).must(201))
	before := len(w.Store.All())
	create("owner", manager).fails(403, "request.denied")
	w.do(call{method: "DELETE", path: "/v1/api-keys/" + owner.ID, token: manager}).fails(403, "request.denied")
	if after := len(w.Store.All()); after != before {
		t.Errorf("%d events were written", after-before)
	}
	w.do(call{method: "DELETE", path: "/v1/api-keys/" + agent.ID, token: manager}).must(204)
	w.do(call{method: "DELETE", path: "/v1/api-keys/" + uuid.NewString(), token: manager}).fails(404, "organization.key-not-found")
	w.do(call{method: "DELETE", path: "/v1/api-keys/" + owner.ID}).must(204)
	w.do(call{method: "DELETE", path: "/v1/api-keys/" + owner.ID, token: manager}).must(204)
}

func TestChannelsAreAddedAndListedWithoutTheirSecrets(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	body := `{"name":"Sales","phone_number_id":"106540352242922","phone":"+16505550100","app_secret":"s3cr3t-of-the-app","verify_token":"t0ken-to-verify"}`
	added := w.do(call{method: "POST", path: "/v1/channels", body: body}).must(201)
	listed := w.get("/v1/channels").must(200)
	for _, answer := range []reply{added, listed} {
		if text := string(answer.body); strings.Contains(text, "s3cr3t") || strings.Contains(text, "t0ken") || !strings.Contains(text, "/webhooks/whatsapp/") {
			t.Errorf("shown as %s", text)
		}
	}
	w.do(call{method: "POST", path: "/v1/channels", body: body}).fails(409, "organization.channel-exists")
}
