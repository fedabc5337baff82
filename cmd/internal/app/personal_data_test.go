package app_test

import (
	"archive/zip"
	"bytes"
	"io"
	"testing"
)

// S3-34, S3-35: what is held about a person is gathered in the background, and is gone with the person.
func TestPersonalDataIsGatheredInTheBackground(t *testing.T) {
	t.Parallel()
	s := serve(t, t.TempDir())
	who := s.must(t, "POST", "/v1/contacts", map[string]string{"name": "Zenobia", "phone": "+16505550101"}).text(t, "id")
	other := s.must(t, "POST", "/v1/contacts", map[string]string{"name": "Bo", "phone": "+16505550102"}).text(t, "id")
	gather := func(id string) string {
		t.Helper()
		done := s.operated(t, s.must(t, "POST", "/v1/contacts/"+id+"/personal-data", nil))
		if done.text(t, "state") != "finished" || done.text(t, "kind") != "personal-data" {
			t.Fatalf("gathering ends as %s", done.body)
		}
		return "/v1/bulk-operations/" + done.text(t, "id")
	}
	first, second := gather(who), gather(other)
	held, err := zip.NewReader(bytes.NewReader(s.must(t, "GET", first+"/personal-data", nil).body), int64(len(s.must(t, "GET", first+"/personal-data", nil).body)))
	if err != nil {
		t.Fatal(err)
	}
	file, err := held.Open("contacts.json")
	if err != nil {
		t.Fatal(err)
	}
	text, err := io.ReadAll(file)
	if err != nil || !bytes.Contains(text, []byte("+16505550101")) || len(held.File) < 16 {
		t.Errorf("%d files, %v: %s", len(held.File), err, text)
	}
	agent := s.must(t, "POST", "/v1/api-keys", map[string]string{"kind": "agent", "name": "desk"}).text(t, "token")
	if got := s.as(t, agent, "POST", first+"/cancel", nil); got.status != 403 {
		t.Errorf("an agent cancels it with %d", got.status)
	}
	if got := s.do(t, "POST", first+"/undo", nil); got.status != 409 {
		t.Errorf("undone it answers %d", got.status)
	}
	awaitErasure(t, s, s.must(t, "POST", "/v1/contacts/"+who+"/erase", map[string]string{"reason": "asked to be"}).text(t, "id"))
	if got := s.do(t, "GET", first+"/personal-data", nil); got.status != 404 {
		t.Errorf("of who was erased it answers %d", got.status)
	}
	s.must(t, "GET", second+"/personal-data", nil)
}
