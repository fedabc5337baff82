package httpapi_test

import (
	"net/http"
	"slices"
	"testing"

	"github.com/google/uuid"

	"tagtrail/adapters/httpapi"
)

// S3-4, S3-19, S3-21, S3-32: a filter is kept, found again, changed, deleted and restored, and means whom it finds at the moment.
func TestASegmentMeansWhomItsFilterFindsNow(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	ana, bob := w.contact("Ana", "+16505550101"), w.contact("Bob", "+16505550102")
	w.do(call{method: "PUT", path: "/v1/contacts/" + ana.ID + "/lead-status", body: `{"status":"hot"}`}).must(200)
	created := w.do(call{method: "POST", path: "/v1/segments", body: `{"name":"Hot leads","filter":{"lead_status":["hot"]}}`}).must(201)
	s := decoded[httpapi.Segment](created)
	path := created.header.Get("Location")
	if s.Kind != "dynamic" || path != "/v1/segments/"+s.ID || string(s.Filter.JSON) != `{"lead_status":["hot"]}` {
		t.Errorf("created %+v at %s", s, path)
	}
	names := func(want ...string) {
		t.Helper()
		var got []string
		for _, c := range decoded[httpapi.List[httpapi.ListedContact]](w.get(path + "/contacts?limit=2").must(200)).Items {
			got = append(got, c.DisplayName)
		}
		slices.Sort(got)
		if !slices.Equal(got, want) {
			t.Errorf("it means %v, want %v", got, want)
		}
	}
	names("Ana")
	w.do(call{method: "PUT", path: "/v1/contacts/" + bob.ID + "/lead-status", body: `{"status":"hot"}`}).must(200)
	names("Ana", "Bob")
	if got := w.search(map[string]any{"sort": "name", "filter": map[string]any{"not": map[string]any{"segment": []string{s.ID, uuid.NewString()}}}}); len(got) != 0 {
		t.Errorf("outside of it are %v", got)
	}
	edited := w.do(call{method: "PATCH", path: path, body: `{"name":"Bobs","filter":{"text":"bob"}}`, header: header("If-Match", created.header.Get("ETag"))}).must(200)
	names("Bob")
	w.do(call{method: "PATCH", path: path, body: `{"name":"x"}`, header: header("If-Match", created.header.Get("ETag"))}).fails(412, "segment.stale")
	if got := decoded[httpapi.List[httpapi.Segment]](w.get("/v1/segments").must(200)).Items; len(got) != 1 || got[0].Name != "Bobs" || edited.status != http.StatusOK {
		t.Errorf("listed are %+v", got)
	}
	gone := w.do(call{method: "DELETE", path: path}).must(204).header.Get("Tagtrail-Position")
	w.do(call{method: "GET", path: path + "/contacts", header: header("Tagtrail-Min-Position", gone, "Prefer", "wait=2")}).fails(409, "segment.deleted")
	w.do(call{method: "PATCH", path: path, body: `{"name":"x"}`}).fails(409, "segment.deleted")
	if got := w.search(map[string]any{"filter": map[string]any{"segment": []string{s.ID}}}); len(got) != 0 {
		t.Errorf("a deleted segment means %v", got)
	}
	if got := decoded[httpapi.List[httpapi.Segment]](w.get("/v1/segments?status=deleted").must(200)).Items; len(got) != 1 {
		t.Errorf("deleted are %+v", got)
	}
	w.do(call{method: "POST", path: path + "/restore"}).must(200)
	names("Bob")
}

func TestASegmentOfArchivedContactsShowsThem(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	ana := w.contact("Ana", "+16505550101")
	w.do(call{method: "POST", path: "/v1/contacts/" + ana.ID + "/archive"}).must(200)
	s := decoded[httpapi.Segment](w.do(call{method: "POST", path: "/v1/segments", body: `{"name":"Away","kind":"saved","filter":{"archived":true}}`}).must(201))
	if got := decoded[httpapi.List[httpapi.ListedContact]](w.get("/v1/segments/" + s.ID + "/contacts").must(200)).Items; len(got) != 1 {
		t.Errorf("it means %+v", got)
	}
}

func TestASegmentIsRefused(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for body, code := range map[string]string{
		`{"name":" ","filter":{"text":"a"}}`:                 "segment.invalid-name",
		`{"name":"a","kind":"static","filter":{"text":"a"}}`: "request.invalid",
		`{"name":"a"}`:                       "request.invalid",
		`{"name":"a","filter":{"text":" "}}`: "filter.invalid-value",
		`{"name":"a","filter":{"not":{"segment":["` + uuid.NewString() + `"]}}}`: "filter.segment-in-segment",
	} {
		w.do(call{method: "POST", path: "/v1/segments", body: body}).fails(422, code)
	}
	for _, path := range []string{"/v1/segments/" + uuid.NewString(), "/v1/segments/" + uuid.NewString() + "/contacts"} {
		w.get(path).must(404)
	}
	w.do(call{method: "DELETE", path: "/v1/segments/" + uuid.NewString()}).fails(404, "segment.unknown")
	w.do(call{method: "POST", path: "/v1/segments", body: `{"name":"a","filter":{"text":"a"}}`, token: w.key("auditor")}).fails(403, "request.denied")
}
