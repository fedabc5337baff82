package app_test

import (
	"encoding/json"
	"net/url"
	"testing"
)

// What was stays what it was: over the API, opened by the vault's keys, and after the tables were stopped and went on.
func TestContactsAreShownAsOfEveryWrite(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	s := serve(t, dir)
	vip := s.must(t, "POST", "/v1/tags", map[string]string{"name": "VIP"}).text(t, "id")
	created := s.must(t, "POST", "/v1/contacts", map[string]string{"name": "Ana", "phone": "+16505550101", "email": "ana@example.com"})
	ana := "/v1/contacts/" + created.text(t, "id")
	writes := []answer{
		created,
		s.must(t, "PUT", ana+"/tags/"+vip, map[string]string{}),
		s.must(t, "PUT", ana+"/lead-status", map[string]string{"status": "hot"}),
		s.must(t, "PATCH", ana, map[string]string{"name": "Anna"}),
		s.must(t, "PATCH", "/v1/tags/"+vip, map[string]string{"name": "Gold"}),
		s.must(t, "DELETE", "/v1/tags/"+vip, nil),
	}
	look := func(s *service) (seen []string) {
		for _, write := range writes {
			at := url.QueryEscape(write.header.Get("Tagtrail-Position"))
			c := s.must(t, "GET", ana+"?as_of="+at, nil)
			list := s.must(t, "GET", "/v1/contacts?lead_status=hot&as_of="+at, nil, "Prefer", "return=total-count")
			seen = append(seen, c.text(t, "name")+" "+c.text(t, "phone")+" "+c.text(t, "email")+" "+c.text(t, "lead_status")+" "+
				tagNames(t, c, "active_tags")+"/"+tagNames(t, c, "historical_tags")+" "+list.header.Get("Tagtrail-Total-Count"))
		}
		return seen
	}
	want := []string{
		"Ana +16505550101 ana@example.com cold / 0",
		"Ana +16505550101 ana@example.com cold VIP/ 0",
		"Ana +16505550101 ana@example.com hot VIP/ 1",
		"Anna +16505550101 ana@example.com hot VIP/ 1",
		"Anna +16505550101 ana@example.com hot Gold/ 1",
		"Anna +16505550101 ana@example.com hot /Gold 1",
	}
	compare := func(got []string) {
		t.Helper()
		for i := range want {
			if got[i] != want[i] {
				t.Errorf("after write %d: %s, want %s", i, got[i], want[i])
			}
		}
	}
	compare(look(s))
	stop(t, s)
	s = serve(t, dir)
	compare(look(s))
}

func tagNames(t *testing.T, a answer, list string) string {
	t.Helper()
	encoded, err := json.Marshal(a.member(t, list))
	if err != nil {
		t.Fatal(err)
	}
	var all []struct{ Tag struct{ Name string } }
	if err := json.Unmarshal(encoded, &all); err != nil {
		t.Fatal(err)
	}
	names := ""
	for _, one := range all {
		names += one.Tag.Name
	}
	return names
}
