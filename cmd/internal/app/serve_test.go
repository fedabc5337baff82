package app_test

import (
	"fmt"
	"net/http"
	"os"
	"strconv"
	"strings"
	"sync"
	"testing"
)

func TestServeKeepsEverythingOverARestart(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	s := serve(t, dir)
	tag := s.must(t, "POST", "/v1/tags", map[string]string{"name": "VIP"}).text(t, "id")
	contact := s.must(t, "POST", "/v1/contacts", map[string]any{"name": "Ana", "phone": "+16505550101", "tags": []string{tag}}).text(t, "id")
	key := s.must(t, "POST", "/v1/api-keys", map[string]string{"kind": "auditor", "name": "yearly review"})
	before := s.must(t, "GET", "/v1/contacts/"+contact, nil)
	stop(t, s)

	again := serve(t, dir)
	if again.key != s.key {
		t.Error("the owner key changed")
	}
	after := again.as(t, key.text(t, "token"), "GET", "/v1/contacts/"+contact, nil)
	if after.status != 200 || string(after.body) != string(before.body) {
		t.Errorf("before %s\nafter  %d %s", before.body, after.status, after.body)
	}
	if a := again.as(t, key.text(t, "token"), "DELETE", "/v1/tags/"+tag, nil); a.status != http.StatusForbidden {
		t.Errorf("an auditor who writes is answered %d", a.status)
	}
	// Faults, bad inputs 18; whoever is cut off before the answer is read is refused as well.
	var many []string
	for i := range 10_000 {
		many = append(many, "X-"+strconv.Itoa(i), "x")
	}
	for name, long := range map[string][]string{"one long header": {"X-Long", strings.Repeat("x", 64<<10)}, "many headers": many} {
		if a, err := again.try(s.key, "GET", "/v1/tags", nil, long...); err == nil && a.status != http.StatusRequestHeaderFieldsTooLarge {
			t.Errorf("%s is answered %d", name, a.status)
		}
	}
}

// F19, S0-41: one round in the tests, a thousand by `make limits`.
func TestOfFiftyParallelAddsAtNineteenTagsOneIsAccepted(t *testing.T) {
	t.Parallel()
	rounds := 1
	if text := os.Getenv("TAGTRAIL_TEST_ROUNDS"); text != "" {
		var err error
		if rounds, err = strconv.Atoi(text); err != nil {
			t.Fatal(err)
		}
	}
	s := serve(t, t.TempDir())
	var tags []string
	for i := range 69 {
		tags = append(tags, s.must(t, "POST", "/v1/tags", map[string]string{"name": fmt.Sprintf("tag %d", i)}).text(t, "id"))
	}
	for round := range rounds {
		contact := s.must(t, "POST", "/v1/contacts", map[string]any{
			"name": "Ana", "phone": fmt.Sprintf("+1650555%04d", round), "tags": tags[:19],
		}).text(t, "id")
		s.addAtOnce(t, contact, tags[19:])
		detail := s.must(t, "GET", "/v1/contacts/"+contact, nil)
		if active, _ := detail.member(t, "active_tags").([]any); len(active) != 20 || t.Failed() {
			t.Fatalf("round %d: the contact carries %d tags", round+1, len(active))
		}
	}
}

// addAtOnce puts all tags on a contact that has room for one, at the same time: one is taken, and the others are told why not.
func (s *service) addAtOnce(t *testing.T, contact string, tags []string) {
	t.Helper()
	answers := make([]answer, len(tags))
	var adding sync.WaitGroup
	for i, tag := range tags {
		adding.Go(func() {
			var err error
			for range 10 { // a machine that does too much at once may ask to be asked again
				if answers[i], err = s.try(s.key, "PUT", "/v1/contacts/"+contact+"/tags/"+tag, nil); err != nil || answers[i].status != http.StatusServiceUnavailable {
					break
				}
			}
			if err != nil {
				t.Error(err)
			}
		})
	}
	adding.Wait()
	said := map[string]int{}
	for _, a := range answers {
		why := ""
		if a.status == http.StatusUnprocessableEntity {
			why = a.text(t, "type")
		}
		said[fmt.Sprint(a.status, " ", why)]++
	}
	if said["200 "] != 1 || said["422 /problems/contact.too-many-tags"] != len(tags)-1 {
		t.Errorf("answered %v", said)
	}
}

// Promise 10.
func TestNoOrganisationSeesAnothersData(t *testing.T) {
	t.Parallel()
	s := serve(t, t.TempDir())
	tag := s.must(t, "POST", "/v1/tags", map[string]string{"name": "VIP"}).text(t, "id")
	contact := s.must(t, "POST", "/v1/contacts", map[string]any{"name": "Ana", "phone": "+16505550101", "tags": []string{tag}}).text(t, "id")
	s.must(t, "POST", "/v1/tags", map[string]string{"name": "Second"})
	page := s.must(t, "GET", "/v1/tags?limit=1", nil)
	cursor := page.text(t, "next")
	stranger := s.organization(t)

	for path, items := range map[string]int{"/v1/contacts": 0, "/v1/tags": 0, "/v1/channels": 0, "/v1/api-keys": 1} {
		a := s.as(t, stranger, "GET", path, nil)
		if found, ok := a.member(t, "items").([]any); !ok || len(found) != items {
			t.Errorf("%s shows a stranger %s", path, a.body)
		}
	}
	for _, request := range [][2]string{
		{"GET", "/v1/contacts/" + contact},
		{"GET", "/v1/contacts/" + contact + "/messages"},
		{"PATCH", "/v1/contacts/" + contact},
		{"PUT", "/v1/contacts/" + contact + "/tags/" + tag},
		{"DELETE", "/v1/contacts/" + contact + "/tags/" + tag},
		{"PUT", "/v1/contacts/" + contact + "/lead-status"},
		{"GET", "/v1/tags/" + tag},
		{"PATCH", "/v1/tags/" + tag},
		{"DELETE", "/v1/tags/" + tag},
		{"POST", "/v1/tags/" + tag + "/restore"},
	} {
		var body any
		switch request[0] {
		case "PATCH":
			body = map[string]string{"name": "Mine"}
		case "PUT":
			if request[1][len(request[1])-6:] == "status" {
				body = map[string]string{"status": "hot"}
			}
		}
		if a := s.as(t, stranger, request[0], request[1], body); a.status != http.StatusNotFound {
			t.Errorf("%s %s: a stranger is answered %d %s", request[0], request[1], a.status, a.body)
		}
	}
	if a := s.as(t, stranger, "GET", "/v1/tags?limit=1&cursor="+cursor, nil); a.status != http.StatusBadRequest {
		t.Errorf("a stranger's use of a cursor is answered %d %s", a.status, a.body)
	}
	mine := s.as(t, stranger, "POST", "/v1/contacts", map[string]any{"name": "Ana again", "phone": "+16505550101"})
	if mine.status != http.StatusCreated {
		t.Errorf("the same number in another organisation is answered %d %s", mine.status, mine.body)
	}
}
