package httpapi_test

import (
	"net/http"
	"strings"
	"testing"

	"tagtrail/adapters/httpapi"
)

// S0-19 … S0-27, S3-16: a tag is created, shows in the list and is named by its answer.
func TestCreateTagAnswersTheTagAndWhereItIs(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	answer := w.do(call{method: "POST", path: "/v1/tags", body: `{"name":"VIP","description":"Buys a lot","color":"amber"}`}).must(201)
	created := decoded[httpapi.Tag](answer)
	if created.Name != "VIP" || created.Description != "Buys a lot" || created.Color != "amber" || created.Kind != "label" ||
		created.Status != "active" || created.Number != 1 || created.Values == nil || created.CreatedBy.Kind != "owner" {
		t.Errorf("created %s", answer.body)
	}
	if got := answer.header.Get("Location"); got != "/v1/tags/"+created.ID {
		t.Errorf("it is at %q", got)
	}
	if answer.header.Get("ETag") != `"0"` || answer.header.Get("Tagtrail-Position") == "" {
		t.Errorf("headers %v", answer.header)
	}
	if got := w.get(answer.header.Get("Location")).must(200); string(got.body) != string(answer.body) || got.header.Get("ETag") != `"0"` {
		t.Errorf("read as %s", got.body)
	}
	if items := decoded[httpapi.List[httpapi.Tag]](w.get("/v1/tags").must(200)).Items; len(items) != 1 || items[0].ID != created.ID {
		t.Errorf("listed %v", items)
	}
}

// C13.
func TestANewTagLinksToTheDeletedOneOfItsName(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	first := w.do(call{method: "POST", path: "/v1/tags", body: `{"name":"Gold"}`}).must(201)
	if got := first.header.Get("Link"); got != "" {
		t.Errorf("the first tag of its name links to %s", got)
	}
	id := decoded[httpapi.Tag](first).ID
	w.do(call{method: "DELETE", path: "/v1/tags/" + id}).must(204)
	second := w.do(call{method: "POST", path: "/v1/tags", body: `{"name":"ｇold"}`}).must(201)
	if got := second.header.Get("Link"); !strings.HasPrefix(got, "</v1/tags/"+id+`>; rel="alternate"`) {
		t.Errorf("the second links to %q", got)
	}
}

// S0-29, S0-31, S0-34, S0-36, S0-47, C13.
func TestTagsAreEditedDeletedListedAndRestored(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	vip := w.tag("VIP")
	path := "/v1/tags/" + vip.ID

	edited := decoded[httpapi.Tag](w.do(call{method: "PATCH", path: path, body: `{"name":"Gold","color":null,"description":"d"}`}).must(200))
	if edited.Name != "Gold" || edited.Color != "default" || edited.Description != "d" {
		t.Errorf("edited to %v", edited)
	}
	w.do(call{method: "PATCH", path: path, body: `{"description":null}`}).must(200)
	w.do(call{method: "PATCH", path: path, body: `{"name":null}`}).fails(422, "tag.blank-name")

	deleted := w.do(call{method: "DELETE", path: path}).must(204)
	fresh := header("Tagtrail-Min-Position", deleted.header.Get("Tagtrail-Position"), "Prefer", "wait=2")
	count := func(status string) int {
		return len(decoded[httpapi.List[httpapi.Tag]](w.do(call{method: "GET", path: "/v1/tags?status=" + status, header: fresh}).must(200)).Items)
	}
	if count("active") != 0 || count("deleted") != 1 || count("all") != 1 {
		t.Errorf("listed %d active, %d deleted, %d of all", count("active"), count("deleted"), count("all"))
	}
	if got := decoded[httpapi.Tag](w.get(path).must(200)); got.Status != "deleted" || got.DeletedAt == nil {
		t.Errorf("deleted as %v", got)
	}
	w.do(call{method: "PATCH", path: path, body: `{"name":"x"}`}).fails(409, "tag.deleted")

	taken := w.tag("gold")
	p := w.do(call{method: "POST", path: path + "/restore"}).fails(409, "tag.name-taken")
	if p.Details["tag"] != taken.ID {
		t.Errorf("the problem does not say who has the name: %v", p)
	}
	restored := decoded[httpapi.Tag](w.do(call{method: "POST", path: path + "/restore", body: `{"name":"Gold 2"}`}).must(200))
	if restored.Name != "Gold 2" || restored.Status != "active" {
		t.Errorf("restored as %v", restored)
	}
	bulk := `{"tags":["` + vip.ID + `","` + taken.ID + `"]}`
	w.do(call{method: "POST", path: "/v1/tags/bulk-delete", body: bulk}).must(204)
	w.do(call{method: "POST", path: "/v1/tags/bulk-delete", body: `{"tags":[]}`}).fails(422, "request.invalid")
}

// If-Match by RFC 9110: honoured when sent, never required (faults, bad inputs 27).
func TestIfMatchIsHonouredWhenItIsSent(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	path := "/v1/tags/" + w.tag("VIP").ID
	for _, row := range []struct {
		name, ifMatch string
		status        int
		code          string
	}{
		{"the revision", `"0"`, 200, ""},
		{"an older revision", `"0"`, 412, "tag.stale"},
		{"anything", `*`, 200, ""},
		{"a weak tag", `W/"1"`, 412, "request.stale"},
		{"a foreign tag", `"abc"`, 412, "request.stale"},
		{"not in its own form", `"02"`, 412, "request.stale"},
		{"a list with the revision", `"7", W/"3" , "2","1"`, 200, ""},
		{"a list of a thousand", strings.TrimSuffix(strings.Repeat(`"9999999",`, 1000), ","), 412, "tag.stale"},
		{"too long a list", strings.TrimSuffix(strings.Repeat(`"9",`, 1001), ","), 400, "request.invalid-precondition"},
		{"unquoted", `3`, 400, "request.invalid-precondition"},
		{"not closed", `"3`, 400, "request.invalid-precondition"},
		{"without a comma", `"3" "4"`, 400, "request.invalid-precondition"},
		{"empty", ``, 400, "request.invalid-precondition"},
	} {
		description := strings.Repeat("x", len(w.Store.All()))
		answer := w.do(call{method: "PATCH", path: path, body: `{"description":"` + description + `"}`, header: header("If-Match", row.ifMatch)})
		if row.code == "" {
			answer.must(row.status)
		} else {
			answer.fails(row.status, row.code)
		}
	}
	w.do(call{method: "POST", path: "/v1/tags", body: `{"name":"b"}`, header: header("If-Match", "*")}).fails(400, "request.invalid-precondition")
	w.do(call{method: "DELETE", path: path, header: header("If-Match", `"0"`)}).fails(412, "tag.stale")
	w.do(call{method: "DELETE", path: path, header: header("If-Match", `"3"`)}).must(http.StatusNoContent)
}

// Faults, bad inputs 1, 2, 3, 7 and 8, as HTTP says them.
func TestTagsThatBreakARuleAreNamed(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.tag("VIP")
	for _, row := range []struct {
		name, body string
		status     int
		code       string
	}{
		{"empty", `{"name":""}`, 422, "tag.blank-name"},
		{"spaces", `{"name":"   "}`, 422, "tag.blank-name"},
		{"zero width", `{"name":"\u200b"}`, 422, "tag.blank-name"},
		{"hangul filler", `{"name":"\u3164"}`, 422, "tag.blank-name"},
		{"51 families", `{"name":"` + strings.Repeat("👨‍👩‍👧‍👦", 51) + `"}`, 422, "tag.name-too-long"},
		{"other case", `{"name":"vip"}`, 409, "tag.name-taken"},
		{"full width", `{"name":"ＶＩＰ"}`, 409, "tag.name-taken"},
		{"NUL", `{"name":"a\u0000b"}`, 422, "tag.name-characters"},
		{"C1", `{"name":"a\u0085b"}`, 422, "tag.name-characters"},
		{"bidi", `{"name":"a\u202eb"}`, 422, "tag.name-characters"},
		{"a comma", `{"name":"a,b"}`, 422, "tag.name-characters"},
		{"a bar", `{"name":"a|b"}`, 422, "tag.name-characters"},
		{"description of 501", `{"name":"a","description":"` + strings.Repeat("d", 501) + `"}`, 422, "tag.description-too-long"},
		{"unknown colour", `{"name":"a","color":"mauve"}`, 422, "request.invalid"},
		{"unknown kind", `{"name":"a","kind":"other"}`, 422, "request.invalid"},
		{"values of a label", `{"name":"a","values":["x"]}`, 422, "tag.no-fixed-values"},
		{"no name", `{}`, 422, "request.invalid"},
	} {
		t.Log(row.name)
		w.do(call{method: "POST", path: "/v1/tags", body: row.body}).fails(row.status, row.code)
	}
	w.do(call{method: "POST", path: "/v1/tags", body: `{"name":"` + strings.Repeat("👨‍👩‍👧‍👦", 50) + `"}`}).must(201)
	w.do(call{method: "POST", path: "/v1/tags", body: `{"name":"` + strings.Repeat("e\u0301", 50) + `","description":"` + strings.Repeat("d", 500) + `"}`}).must(201)
	valued := decoded[httpapi.Tag](w.do(call{method: "POST", path: "/v1/tags", body: `{"name":"city","kind":"valued","values":["Rome","Oslo"]}`}).must(201))
	if strings.Join(valued.Values, " ") != "Rome Oslo" || valued.Kind != "valued" {
		t.Errorf("created %v", valued)
	}
	w.do(call{method: "PATCH", path: "/v1/tags/" + valued.ID, body: `{"values":["Oslo","Bern"]}`}).must(200)
}
