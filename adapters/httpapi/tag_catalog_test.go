package httpapi_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"tagtrail/adapters/httpapi"
	"tagtrail/domain/event"
	"tagtrail/domain/organization"
)

// S0-19, S0-25, S0-28, S0-44: whoever chooses tags by their descriptions gets all that can be chosen, and nothing else.
func TestAgentsThatChooseTagsGetTheCatalogueInShort(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	robot := w.key(organization.AITool)
	none := decoded[httpapi.TagCatalog](w.do(call{method: "GET", path: "/v1/tags/catalog", token: robot}).must(200))
	if none.Revision != -1 || len(none.Tags) != 0 || none.TagsPerContact != 20 || none.ValueLength != 200 {
		t.Errorf("an empty catalogue is %+v", none)
	}
	for _, body := range []string{
		`{"name":"VIP","description":"Spends more than 1,000 a year"}`, `{"name":"city","kind":"valued"}`,
		`{"name":"plan","kind":"valued","values":["basic","premium"]}`, `{"name":"gone"}`,
	} {
		w.do(call{method: "POST", path: "/v1/tags", body: body}).must(201)
	}
	gone := decoded[httpapi.List[httpapi.Tag]](w.get("/v1/tags?limit=200").must(200)).Items
	w.do(call{method: "DELETE", path: "/v1/tags/" + named(gone, "gone").ID}).must(204)
	if err := w.Wait(t.Context(), event.Position(len(w.Store.All()))); err != nil {
		t.Fatal(err)
	}

	answer := w.do(call{method: "GET", path: "/v1/tags/catalog", token: robot}).must(200)
	catalog := decoded[httpapi.TagCatalog](answer)
	want := []httpapi.CatalogTag{
		{ID: named(gone, "city").ID, Name: "city", Kind: "valued"},
		{ID: named(gone, "plan").ID, Name: "plan", Kind: "valued", Values: []string{"basic", "premium"}},
		{ID: named(gone, "VIP").ID, Name: "VIP", Kind: "label", Description: "Spends more than 1,000 a year"},
	}
	if diff := cmp.Diff(want, catalog.Tags); diff != "" {
		t.Error(diff)
	}
	if catalog.Revision != 4 || answer.header.Get("ETag") != `"4"` {
		t.Errorf("revision %d, ETag %s", catalog.Revision, answer.header.Get("ETag"))
	}
	w.do(call{method: "PATCH", path: "/v1/tags/" + named(gone, "VIP").ID, body: `{"description":""}`}).must(200)
	if changed := w.get("/v1/tags/catalog").must(200).header.Get("ETag"); changed != `"5"` {
		t.Errorf("after an edit the ETag is %s", changed)
	}
}

func named(tags []httpapi.Tag, name string) httpapi.Tag {
	for _, t := range tags {
		if t.Name == name {
			return t
		}
	}
	return httpapi.Tag{}
}

// S0-43, S0-44: what a model decided says so in the history, with the model, how sure it was, and why.
func TestWhatAModelDecidedSaysSoInTheHistory(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	ana, vip := w.contact("Ana", "+16505550101"), w.tag("VIP")
	on := "/v1/contacts/" + ana.ID + "/tags/" + vip.ID
	body := `{"reason":"asked for premium","ai":{"model":"small-1.5","confidence":0.93}}`
	if p := w.do(call{method: "PUT", path: on, body: body}).fails(422, "request.not-ai"); p.Errors[0].Pointer != "/ai" {
		t.Errorf("the problem is %+v", p)
	}
	w.do(call{method: "PUT", path: on, token: w.key(organization.APIClient), body: body}).fails(422, "request.not-ai")
	for _, wrong := range []string{`{"ai":{}}`, `{"ai":{"model":""}}`, `{"ai":{"model":"a model"}}`, `{"ai":{"model":"m","confidence":1.1}}`, `{"ai":{"model":"m","source":"manual_admin"}}`} {
		w.do(call{method: "PUT", path: on, token: w.key(organization.AITool), body: wrong}).fails(422, "request.invalid")
	}
	for _, by := range []struct {
		kind   organization.KeyKind
		source string
	}{{organization.AITool, "ai_tool"}, {organization.AIAutoClose, "ai_auto_close"}} {
		w.do(call{method: "PUT", path: on, token: w.key(by.kind), body: body}).must(200)
		stay := every[httpapi.TagStay](w, "/v1/contacts/"+ana.ID+"/tag-history", 9)[0]
		if b := stay.Begun; b.Source != by.source || b.AI == nil || b.AI.Model != "small-1.5" || b.AI.Confidence != 0.93 || b.Reason == nil || *b.Reason != "asked for premium" {
			t.Errorf("%s: it began as %+v", by.kind, b)
		}
		w.do(call{method: "DELETE", path: on, token: w.key(by.kind)}).must(204)
	}
	w.do(call{method: "PUT", path: "/v1/contacts/" + ana.ID + "/lead-status", token: w.key(organization.AITool), body: `{"status":"hot","ai":{"model":"small-1.5"}}`}).must(200)
	if p := every[httpapi.LeadStatusPeriod](w, "/v1/contacts/"+ana.ID+"/lead-status-history", 9)[0]; p.AI == nil || p.AI.Model != "small-1.5" {
		t.Errorf("the status changed as %+v", p)
	}
}
