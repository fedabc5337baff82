package httpapi_test

import (
	"strings"
	"testing"

	"github.com/google/uuid"
)

// A member that nobody would read is never acknowledged, on whatever route, and null is taken where the description says so.
func TestMembersAreNamedAsDescribed(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	ana, vip := "/v1/contacts/"+w.contact("Ana", "+16505550101").ID, "/v1/tags/"+w.tag("VIP").ID
	key := `"kind":"agent","name":"Front desk"`
	channel := `"name":"Sales","phone_number_id":"1","app_secret":"s3cr3t-of-the-app","verify_token":"t0ken-to-verify"`
	before := len(w.Store.All())
	for _, row := range []struct{ name, method, path, body, pointer string }{
		{"create a tag", "POST", "/v1/tags", `{"name":"a","Description":"x"}`, "/Description"},
		{"create a tag, its name", "POST", "/v1/tags", `{"Name":"a"}`, "/Name"},
		{"edit a tag", "PATCH", vip, `{"Name":"a"}`, "/Name"},
		{"restore a tag", "POST", vip + "/restore", `{"NAME":"a"}`, "/NAME"},
		{"delete tags", "POST", "/v1/tags/bulk-delete", `{"Tags":["` + uuid.NewString() + `"]}`, "/Tags"},
		{"create a contact", "POST", "/v1/contacts", `{"name":"a","phone":"+16505550102","Lead_Status":"hot"}`, "/Lead_Status"},
		{"edit a contact", "PATCH", ana, `{"Name":"Nope"}`, "/Name"},
		{"edit a contact, with another letter that folds to the same", "PATCH", ana, `{"owner":null,"E` + "\u1e3f" + `ail":"","EMAIL":null}`, "/EMAIL"},
		{"tag a contact", "PUT", ana + strings.TrimPrefix(vip, "/v1"), `{"Reason":"x"}`, "/Reason"},
		{"change the lead status", "PUT", ana + "/lead-status", `{"status":"hot","Reason":"x"}`, "/Reason"},
		{"change the lead status, with a long s", "PUT", ana + "/lead-status", `{"status":"hot","rea` + "ſ" + `on":"x"}`, "/reaſon"},
		{"add a channel", "POST", "/v1/channels", `{` + channel + `,"Phone":"+16505550100"}`, "/Phone"},
		{"create a key", "POST", "/v1/api-keys", `{` + key + `,"Kind":"owner"}`, "/Kind"},

		{"a tag's description is null", "POST", "/v1/tags", `{"name":"a","description":null}`, "/description"},
		{"a tag's values are null", "POST", "/v1/tags", `{"name":"a","values":null}`, "/values"},
		{"the name to restore under is null", "POST", vip + "/restore", `{"name":null}`, "/name"},
		{"a contact's tags are null", "POST", "/v1/contacts", `{"name":"a","phone":"+16505550102","tags":null}`, "/tags"},
		{"a contact's channel is null", "POST", "/v1/contacts", `{"name":"a","phone":"+16505550102","channel":null}`, "/channel"},
		{"an assignment's value is null", "PUT", ana + strings.TrimPrefix(vip, "/v1"), `{"value":null}`, "/value"},
		{"a reason is null", "PUT", ana + "/lead-status", `{"status":"hot","reason":null}`, "/reason"},
		{"a channel's phone is null", "POST", "/v1/channels", `{` + channel + `,"phone":null}`, "/phone"},

		{"a tag without a name", "POST", "/v1/tags", `{}`, "/name"},
		{"no tags to delete", "POST", "/v1/tags/bulk-delete", `{}`, "/tags"},
		{"no lead status", "PUT", ana + "/lead-status", `{}`, "/status"},
		{"a key without a kind", "POST", "/v1/api-keys", `{"name":"x"}`, "/kind"},
		{"a channel without a secret", "POST", "/v1/channels", `{` + strings.Replace(channel, "app_secret", "name_2", 1) + `}`, "/app_secret"},
	} {
		t.Log(row.name)
		p := w.do(call{method: row.method, path: row.path, body: row.body}).fails(422, "request.invalid")
		named := false
		for _, e := range p.Errors {
			named = named || e.Pointer == row.pointer
		}
		if !named {
			t.Errorf("%s does not name %s: %v", row.name, row.pointer, p.Errors)
		}
	}
	if after := len(w.Store.All()); after != before {
		t.Errorf("%d events were written", after-before)
	}
	all := w.do(call{method: "POST", path: "/v1/tags", body: `{"NAME":"a","Color":"red","kind":"x","description":null,"other":1}`}).fails(422, "request.invalid")
	if len(all.Errors) != 5 {
		t.Errorf("of five mistakes %v are named", all.Errors)
	}
}
