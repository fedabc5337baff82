package app_test

import (
	"strings"
	"testing"
	"time"
)

// operated has the operation of an answer come to its end, and answers it as it is then.
func (s *service) operated(t *testing.T, asked answer) answer {
	t.Helper()
	path := "/v1/bulk-operations/" + asked.text(t, "id")
	deadline := time.Now().Add(2 * time.Minute)
	for {
		found := s.must(t, "GET", path, nil)
		if state := found.text(t, "state"); state == "finished" || state == "cancelled" {
			return found
		}
		if time.Now().After(deadline) {
			t.Fatalf("the operation does not end: %s", found.body)
		}
		<-time.After(20 * time.Millisecond)
	}
}

func (a answer) is(t *testing.T, want map[string]int) {
	t.Helper()
	for name, n := range want {
		if got := int(a.member(t, name).(float64)); got != n {
			t.Errorf("%s is %d, want %d: %s", name, got, n, a.body)
		}
	}
}

// S1-36, S1-37, S3-17, S3-22: many are tagged in the background, what is refused is reported, and all of it is undone, the undo too.
func TestManyContactsAreTaggedAndTheTagIsTakenBack(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	s := serve(t, dir)
	s.imported(t, "", "id,name\n16505550101,Ana\n16505550102,Bob\n16505550103,Cleo\n16505550104,Dan\n")
	vip := s.must(t, "POST", "/v1/tags", map[string]string{"name": "VIP"}).text(t, "id")
	ana, bob := search(t, s, "ana"), search(t, s, "bob")
	s.must(t, "PUT", "/v1/contacts/"+ana+"/tags/"+vip, nil)
	add := map[string]any{"action": "add_tag", "tag": vip, "filter": map[string]any{"lead_status": []string{"cold"}}}
	s.must(t, "POST", "/v1/bulk-operations/preview", add).is(t, map[string]int{"matching": 4, "examined": 4, "changed": 3, "unchanged": 1, "refused": 0})

	asked := s.must(t, "POST", "/v1/bulk-operations", add, "Idempotency-Key", "once")
	if err := s.stop(); err != nil { // wherever it is by now
		t.Fatal(err)
	}
	s = serve(t, dir)
	again := s.must(t, "POST", "/v1/bulk-operations", add, "Idempotency-Key", "once")
	if again.text(t, "id") != asked.text(t, "id") {
		t.Errorf("asked again it is %s", again.body)
	}
	s.operated(t, asked).is(t, map[string]int{"total": 4, "done": 4, "changed": 3, "unchanged": 1, "refused": 0})

	s.must(t, "DELETE", "/v1/contacts/"+bob+"/tags/"+vip, nil)
	s.must(t, "PUT", "/v1/contacts/"+bob+"/tags/"+vip, nil)
	undone := s.operated(t, s.must(t, "POST", "/v1/bulk-operations/"+asked.text(t, "id")+"/undo", nil))
	undone.is(t, map[string]int{"total": 3, "changed": 2, "kept": 1, "refused": 0})
	refusals := s.must(t, "GET", "/v1/bulk-operations/"+undone.text(t, "id")+"/refusals", nil)
	want := bob + ",kept,undo.changed-since,\"this was changed since, and stays as it is\",tag:" + vip + "\r\n"
	if !strings.HasSuffix(string(refusals.body), "Kept\r\n"+want) {
		t.Errorf("kept are %q, want %q", refusals.body, want)
	}
	s.operated(t, s.must(t, "POST", "/v1/bulk-operations/"+undone.text(t, "id")+"/undo", nil)).is(t, map[string]int{"total": 2, "changed": 2})
	s.must(t, "POST", "/v1/bulk-operations/preview", add).is(t, map[string]int{"unchanged": 4})
	if got := len(s.must(t, "GET", "/v1/bulk-operations", nil).member(t, "items").([]any)); got != 4 {
		t.Errorf("%d operations are listed, want 4", got)
	}
}

// S2-29, S1-39: contacts that an import created are archived when it is undone, its tags go, and what it changed of others is as it was.
func TestAnImportIsUndone(t *testing.T) {
	t.Parallel()
	s := serve(t, t.TempDir())
	s.must(t, "POST", "/v1/contacts", map[string]string{"name": "Ana", "phone": "+16505550101"})
	imported := s.imported(t, "?unknown_tags=create", "id,name,tags\n16505550101,Anna,dog\n16505550102,Bob,dog\n") // two contacts and a tag
	agent := s.must(t, "POST", "/v1/api-keys", map[string]string{"kind": "agent", "name": "who imports nothing"}).text(t, "token")
	if got := s.as(t, agent, "POST", "/v1/bulk-operations/"+imported.text(t, "id")+"/undo", nil); got.status != 403 {
		t.Errorf("an agent, who may not import, is answered %d", got.status)
	}
	s.operated(t, s.must(t, "POST", "/v1/bulk-operations/"+imported.text(t, "id")+"/undo", nil)).is(t, map[string]int{"total": 3, "changed": 3, "kept": 0, "refused": 0})
	left := s.must(t, "GET", "/v1/contacts", nil).member(t, "items").([]any)
	if len(left) != 1 {
		t.Fatalf("%d contacts are left", len(left))
	}
	if ana := left[0].(map[string]any); ana["name"] != "Ana" || len(ana["active_tags"].([]any)) != 0 {
		t.Errorf("left is %v", ana)
	}
}

// Fault row 70: what many cannot be asked for.
func TestABulkOperationIsRefused(t *testing.T) {
	t.Parallel()
	s := serve(t, t.TempDir())
	ana := s.must(t, "POST", "/v1/contacts", map[string]string{"name": "Ana", "phone": "+16505550101"}).text(t, "id")
	all := map[string]any{"lead_status": []string{"cold"}}
	for code, body := range map[string]map[string]any{
		"operation.nobody":            {"action": "archive"},
		"tag.unknown":                 {"action": "add_tag", "tag": ana, "filter": all},
		"field.unknown":               {"action": "set_field", "field": ana, "contacts": []string{ana}},
		"contact.unknown-lead-status": {"action": "set_lead_status", "contacts": []string{ana}},
		"erasure.reason-required":     {"action": "erase", "contacts": []string{ana}},
		"request.invalid":             {"action": "archive", "filter": map[string]any{}},
	} {
		for _, path := range []string{"/v1/bulk-operations", "/v1/bulk-operations/preview"} {
			if got := s.do(t, "POST", path, body); got.status != 422 || !strings.HasSuffix(got.text(t, "type"), code) {
				t.Errorf("%s %v: %d %s", path, body, got.status, got.body)
			}
		}
	}
	for _, path := range []string{"/pause", "/resume", "/cancel", "/undo"} {
		if got := s.do(t, "POST", "/v1/bulk-operations/"+ana+path, nil); got.status != 404 {
			t.Errorf("%s of nothing answers %d", path, got.status)
		}
	}
}
