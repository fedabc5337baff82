package httpapi_test

import (
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/google/uuid"

	"tagtrail/adapters/httpapi"
	"tagtrail/domain/organization"
)

// hire adds a member with a role, and answers it with a key.
func (w *world) hire(name, role string) (httpapi.TeamMember, string) {
	w.t.Helper()
	body := `{"name":"` + name + `","email":"` + strings.ToLower(name) + `@example.org","role":"` + role + `"}`
	m := decoded[httpapi.TeamMember](w.do(call{method: "POST", path: "/v1/members", body: body}).must(201))
	key := decoded[httpapi.MintedAPIKey](w.do(call{method: "POST", path: "/v1/members/" + m.ID + "/keys", body: `{"name":"phone"}`}).must(201))
	if key.Token == nil || key.Kind != role || key.Member == nil || *key.Member != m.ID {
		w.t.Fatalf("the key of %s is %+v", name, key)
	}
	return m, *key.Token
}

// C25, S1-6: a key of a member follows the member's role at once, and its doings are the member's.
func TestAMembersKeyIsTheMember(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	marta, token := w.hire("Marta", "agent")
	ana := w.contact("Ana", "+16505550101")
	path := "/v1/contacts/" + ana.ID + "/tags/" + w.tag("VIP").ID
	tagged := decoded[httpapi.Contact](w.do(call{method: "PUT", path: path, token: token}).must(200))
	if by := tagged.ActiveTags[0].AssignedBy; by.Kind != "agent" || by.Name != "Marta" || by.ID == nil || *by.ID != marta.ID || tagged.ActiveTags[0].Source != "manual_agent" {
		t.Errorf("the tag was put on by %+v", by)
	}
	w.do(call{method: "POST", path: "/v1/tags", body: `{"name":"x"}`, token: token}).fails(403, "request.denied")
	seen := header("If-Match", w.get("/v1/members/"+marta.ID).must(200).header.Get("ETag"))
	promoted := w.do(call{method: "PATCH", path: "/v1/members/" + marta.ID, body: `{"role":"manager","name":"Marta Ruiz","email":null}`, header: seen})
	if got := decoded[httpapi.TeamMember](promoted.must(200)); got.Role != "manager" || got.Name != "Marta Ruiz" || got.Email != "" {
		t.Errorf("edited to %+v", got)
	}
	w.do(call{method: "PATCH", path: "/v1/members/" + marta.ID, body: `{"name":"x"}`, header: header("If-Match", `"0"`)}).fails(412, "organization.member-stale")
	w.do(call{method: "POST", path: "/v1/tags", body: `{"name":"x"}`, token: token}).must(201)
	if got := decoded[httpapi.Contact](w.get("/v1/contacts/" + ana.ID).must(200)); got.ActiveTags[0].AssignedBy.Name != "Marta Ruiz" {
		t.Errorf("who put the tag on is called %q", got.ActiveTags[0].AssignedBy.Name)
	}
	if keys := string(w.get("/v1/api-keys").must(200).body); !strings.Contains(keys, `"kind":"manager","name":"phone","member":"`+marta.ID+`"`) {
		t.Errorf("listed as %s", keys)
	}
	w.do(call{method: "DELETE", path: "/v1/members/" + marta.ID}).must(204)
	w.do(call{method: "GET", path: "/v1/tags", token: token}).fails(401, "organization.unknown-key")
	w.do(call{method: "DELETE", path: "/v1/members/" + marta.ID}).must(204)
	w.do(call{method: "POST", path: "/v1/members/" + marta.ID + "/keys", body: `{"name":"again"}`}).fails(404, "organization.unknown-member")
	w.hire("Ines", "auditor")
	for query, want := range map[string][]string{"": {"Ines"}, "?status=active": {"Ines"}, "?status=removed": {"Marta Ruiz"}, "?status=all": {"Marta Ruiz", "Ines"}} {
		answer := w.do(call{method: "GET", path: "/v1/members" + query, header: header("Prefer", "return=total-count")}).must(200)
		var names []string
		for _, m := range decoded[httpapi.List[httpapi.TeamMember]](answer).Items {
			names = append(names, m.Name)
		}
		if total := answer.header.Get("Tagtrail-Total-Count"); !slices.Equal(names, want) || total != strconv.Itoa(len(want)) {
			t.Errorf("%q lists %v of %s, want %v", query, names, total, want)
		}
	}
	w.get("/v1/members?status=gone").fails(422, "request.invalid")
	if gone := decoded[httpapi.TeamMember](w.get("/v1/members/" + marta.ID).must(200)); gone.RemovedAt == nil {
		t.Errorf("removed as %+v", gone)
	}
}

// A manager who could make an owner would be one.
func TestOnlyOwnersManageOwners(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	boss, _ := w.hire("Boss", "owner")
	agent, _ := w.hire("Agent", "agent")
	manager := w.key(organization.Manager)
	before := len(w.Store.All())
	for _, c := range []call{
		{method: "POST", path: "/v1/members", body: `{"name":"Me","role":"owner"}`},
		{method: "PATCH", path: "/v1/members/" + agent.ID, body: `{"role":"owner"}`},
		{method: "PATCH", path: "/v1/members/" + boss.ID, body: `{"name":"Nobody"}`},
		{method: "PATCH", path: "/v1/members/" + boss.ID, body: `{"role":"agent"}`},
		{method: "DELETE", path: "/v1/members/" + boss.ID},
		{method: "POST", path: "/v1/members/" + boss.ID + "/keys", body: `{"name":"mine"}`},
	} {
		c.token = manager
		w.do(c).fails(403, "request.denied")
	}
	if after := len(w.Store.All()); after != before {
		t.Errorf("%d events were written", after-before)
	}
	w.do(call{method: "PATCH", path: "/v1/members/" + agent.ID, body: `{"role":"auditor"}`, token: manager}).must(200)
	w.do(call{method: "POST", path: "/v1/members", body: `{"name":"x","role":"api"}`}).fails(422, "request.invalid")
	w.do(call{method: "PATCH", path: "/v1/members/" + uuid.NewString(), body: `{"name":"x"}`}).fails(404, "organization.unknown-member")
}

// C10, C11, S0-41, S0-45: how many tags, and who takes off whose, are settings, which change together or not at all.
func TestSettingsAreReadAndChanged(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	patch := func(body string) reply { return w.do(call{method: "PATCH", path: "/v1/settings", body: body}) }
	if got := decoded[httpapi.Settings](w.get("/v1/settings").must(200)); got.TagLimit != 20 || got.OwnTagsOnly["agent"] || got.Masking["agent"].Phone || got.Name != "Acme" {
		t.Errorf("at first settings are %+v", got)
	}
	before := len(w.Store.All())
	patch(`{"tag_limit":1,"own_tags_only":{"manager":true}}`).fails(422, "organization.unrestricted-role")
	patch(`{"own_tags_only":{"nobody":true}}`).fails(422, "organization.unknown-role")
	patch(`{"masking":{"nobody":{"phone":true}}}`).fails(422, "organization.unknown-role")
	patch(`{"tag_limit":0}`).fails(422, "request.invalid")
	if n := len(w.Store.All()); n != before {
		t.Errorf("refused, and %d events were written", n-before)
	}
	for range 2 {
		got := decoded[httpapi.Settings](patch(`{"tag_limit":1,"own_tags_only":{"agent":true},"masking":{"agent":{"phone":true}}}`).must(200))
		if got.TagLimit != 1 || !got.OwnTagsOnly["agent"] || !got.Masking["agent"].Phone || got.Masking["agent"].Email {
			t.Errorf("changed to %+v", got)
		}
	}
	if n := len(w.Store.All()); n != before+3 {
		t.Errorf("%d events say what changed", n-before)
	}
	path := "/v1/contacts/" + w.contact("Ana", "+16505550101").ID + "/tags/"
	vip, agent := w.tag("VIP").ID, w.key(organization.Agent)
	w.do(call{method: "PUT", path: path + vip}).must(200)
	w.do(call{method: "PUT", path: path + w.tag("second").ID}).fails(422, "contact.too-many-tags")
	w.do(call{method: "DELETE", path: path + vip, token: agent}).fails(403, "contact.not-your-tag")
	w.do(call{method: "DELETE", path: path + vip, token: w.key(organization.Manager)}).must(204)
	w.do(call{method: "PUT", path: path + vip, token: agent}).must(200)
	w.do(call{method: "DELETE", path: path + vip, token: agent}).must(204)
}

// Masking is decided by the role that a key has now, also where the key is a member's.
func TestMaskingFollowsTheRole(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	marta, token := w.hire("Marta", "agent")
	ana := w.contact("Ana", "+16505550101")
	w.do(call{method: "PATCH", path: "/v1/contacts/" + ana.ID, body: `{"email":"ana@example.org"}`}).must(200)
	w.do(call{method: "PATCH", path: "/v1/settings", body: `{"masking":{"agent":{"phone":true,"email":true},"auditor":{"email":true}}}`}).must(200)
	see := func() httpapi.Contact {
		return decoded[httpapi.Contact](w.do(call{method: "GET", path: "/v1/contacts/" + ana.ID, token: token}).must(200))
	}
	if got := see(); got.Phone != "+16•••01" || got.WaID != "16•••01" || got.Email != "a•••@•••.org" || got.Name != "Ana" {
		t.Errorf("an agent sees %q, %q, %q", got.Phone, got.WaID, got.Email)
	}
	w.do(call{method: "PATCH", path: "/v1/members/" + marta.ID, body: `{"role":"auditor"}`}).must(200)
	if got := see(); got.Phone != "+16505550101" || got.Email != "a•••@•••.org" {
		t.Errorf("an auditor sees %q, %q", got.Phone, got.Email)
	}
	w.do(call{method: "PATCH", path: "/v1/contacts/" + ana.ID, body: `{"email":"a•••@•••.org"}`}).fails(422, "contact.invalid-email")
}
