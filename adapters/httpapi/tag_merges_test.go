package httpapi_test

import (
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/google/uuid"

	"tagtrail/adapters/httpapi"
	"tagtrail/domain/organization"
)

// Tags are merged and that is undone: whoever carried one carries the other, without an event on any contact.
func TestTagsAreMergedAndUnmerged(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	vip, vips := w.tag("VIP"), w.tag("VIPs")
	ana := w.contact("Ana", "+16505550101")
	w.do(call{method: "PUT", path: "/v1/contacts/" + ana.ID + "/tags/" + vips.ID}).must(200)
	merge := func(from, into string) reply {
		return w.do(call{method: "POST", path: "/v1/tags/" + from + "/merge", body: `{"into":"` + into + `","reason":"the same"}`})
	}
	before := len(w.Store.All())
	gone := decoded[httpapi.Tag](merge(vips.ID, vip.ID).must(200))
	if gone.Status != "merged" || gone.MergedInto == nil || *gone.MergedInto != vip.ID || gone.MergedAt == nil {
		t.Errorf("merged as %+v", gone)
	}
	merge(vips.ID, vip.ID).must(200)
	if n := len(w.Store.All()); n != before+1 {
		t.Errorf("%d events say that a tag was merged", n-before)
	}
	shown := decoded[httpapi.Contact](w.get("/v1/contacts/" + ana.ID).must(200))
	if len(shown.ActiveTags) != 1 || shown.ActiveTags[0].Tag.ID != vip.ID || shown.ActiveTags[0].Tag.Name != "VIP" {
		t.Errorf("the contact carries %+v", shown.ActiveTags)
	}
	if got := decoded[httpapi.Tag](w.get("/v1/tags/" + vip.ID).must(200)); got.Contacts != 1 {
		t.Errorf("%d contacts carry the survivor", got.Contacts)
	}
	for _, id := range []string{vip.ID, vips.ID} {
		if found := decoded[httpapi.List[httpapi.ListedContact]](w.get("/v1/contacts?tag=" + id).must(200)).Items; len(found) != 1 {
			t.Errorf("%d contacts are found by %s", len(found), id)
		}
	}
	p := w.do(call{method: "PUT", path: "/v1/contacts/" + ana.ID + "/tags/" + vips.ID}).fails(410, "tag.merged")
	if p.Details["into"] != vip.ID {
		t.Errorf("who stands for it is not said: %v", p.Details)
	}
	merge(vip.ID, vip.ID).fails(422, "tag.merge-itself")
	merge(vip.ID, uuid.NewString()).fails(422, "tag.unknown")
	merge(uuid.NewString(), vip.ID).fails(404, "tag.unknown")
	w.do(call{method: "POST", path: "/v1/tags/" + vip.ID + "/merge", body: `{"into":"` + vips.ID + `"}`, header: header("If-Match", `"7"`)}).fails(412, "tag.stale")

	taken := w.tag("vips")
	w.do(call{method: "POST", path: "/v1/tags/" + vips.ID + "/unmerge"}).fails(409, "tag.name-taken")
	back := decoded[httpapi.Tag](w.do(call{method: "POST", path: "/v1/tags/" + vips.ID + "/unmerge", body: `{"name":"Old VIPs"}`}).must(200))
	if back.Status != "active" || back.MergedInto != nil || back.Contacts != 1 || back.ID == taken.ID {
		t.Errorf("unmerged as %+v", back)
	}
}

// S0-38, S4-16: what begins so comes first, then words, parts, and what is written nearly so; what is applied is left out.
func TestTagsAreSuggestedWhileSomebodyTypes(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.do(call{method: "DELETE", path: "/v1/tags/" + w.tag("Customers of old").ID}).must(204)
	for _, name := range []string{"Customer", "Old customer", "Accustomed", "Custard", "Lead"} {
		w.tag(name)
	}
	suggested := func(query string) (names []string) {
		for _, tag := range decoded[httpapi.SuggestedTags](w.get("/v1/tags/suggest?" + query).must(200)).Items {
			names = append(names, tag.Name)
		}
		return names
	}
	if got := suggested("q=CUST"); !slices.Equal(got, []string{"Custard", "Customer", "Old customer", "Accustomed"}) {
		t.Errorf("suggested %q", got)
	}
	if got := suggested("q=" + url.QueryEscape("ｃustomr")); len(got) == 0 || got[0] != "Customer" || slices.Contains(got, "Lead") {
		t.Errorf("for a slip of the finger are suggested %q", got)
	}
	for _, nothing := range []string{"%25", "_", `%5C`} {
		if got := suggested("q=" + nothing); len(got) != 0 {
			t.Errorf("%s suggests %q", nothing, got)
		}
	}
	ana := w.contact("Ana", "+16505550101")
	customer := decoded[httpapi.SuggestedTags](w.get("/v1/tags/suggest?q=customer&limit=1").must(200)).Items[0]
	w.do(call{method: "PUT", path: "/v1/contacts/" + ana.ID + "/tags/" + customer.ID}).must(200)
	if got := suggested("q=customer&contact=" + ana.ID); slices.Contains(got, "Customer") || !slices.Contains(got, "Old customer") {
		t.Errorf("to somebody who is a customer are suggested %q", got)
	}
	if got := suggested("limit=1"); !slices.Equal(got, []string{"Customer"}) {
		t.Errorf("before anything is typed %q is suggested", got)
	}
	w.get("/v1/tags/suggest?contact="+uuid.NewString()).fails(404, "request.not-found")
}

// C2, S4-17: one request writes the tag and the assignment, for those who may do both.
func TestATagIsCreatedAndPutOnAtOnce(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	ana := w.contact("Ana", "+16505550101")
	add := func(token, body string) reply {
		return w.do(call{method: "POST", path: "/v1/contacts/" + ana.ID + "/tags", body: body, token: token})
	}
	before := len(w.Store.All())
	answer := add("", `{"name":"Gold","color":"amber","reason":"asked for it"}`).must(200)
	if shown := decoded[httpapi.Contact](answer); len(shown.ActiveTags) != 1 || shown.ActiveTags[0].Tag.Name != "Gold" || answer.header.Get("Location") != "/v1/tags/"+shown.ActiveTags[0].Tag.ID {
		t.Errorf("answered %s", answer.body)
	}
	if n := len(w.Store.All()) - before; n != 2 {
		t.Errorf("%d events were written", n)
	}
	add("", `{"name":"ｇold"}`).must(200)
	if n := len(w.Store.All()) - before; n != 2 {
		t.Errorf("a name that is there was written again: %d events", n)
	}
	add("", `{"name":"city","kind":"valued"}`).fails(422, "contact.value-required")
	add("", `{"name":"tier","kind":"valued","values":["one"],"value":"two"}`).fails(422, "contact.unknown-value")
	add("", `{"name":"label","value":"x"}`).fails(422, "contact.value-not-taken")
	if n := len(w.Store.All()) - before; n != 2 {
		t.Errorf("refused, and %d events were written", n-2)
	}
	add("", `{"name":"city","kind":"valued","value":"Lima"}`).must(200)
	for _, kind := range []organization.KeyKind{organization.Agent, organization.AITool, organization.AIAutoClose, organization.Auditor, organization.Analyst} {
		add(w.key(kind), `{"name":"Mine"}`).fails(403, "request.denied")
	}
	add(w.key(organization.APIClient), `{"name":"Theirs"}`).must(200)
}

// S3-39, S4-19, faults, bad inputs 3: a name that only looks like another's is taken, and told.
func TestANameThatLooksLikeAnotherIsToldToWhoGivesIt(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	vip, other := w.tag("VIP"), w.tag("other")
	alike := w.do(call{method: "POST", path: "/v1/tags", body: `{"name":"VІP"}`}).must(201)
	want := "</v1/tags/" + vip.ID + `>; rel="related"`
	if got := alike.header.Get("Link"); !strings.Contains(got, want) {
		t.Errorf("links are %q", got)
	}
	renamed := w.do(call{method: "PATCH", path: "/v1/tags/" + other.ID, body: `{"name":"VlP"}`}).must(200)
	if got := renamed.header.Get("Link"); !strings.Contains(got, want) {
		t.Errorf("after a rename links are %q", got)
	}
}
