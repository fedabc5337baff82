package app_test

import (
	"fmt"
	"strings"
	"testing"
	"time"
)

// imported sends a file and answers its import once nobody works at it any more.
func (s *service) imported(t *testing.T, query, content string) answer {
	t.Helper()
	id := s.must(t, "POST", "/v1/imports"+query, content, "Content-Type", "text/csv").text(t, "id")
	deadline := time.Now().Add(2 * time.Minute)
	for {
		found := s.must(t, "GET", "/v1/imports/"+id, nil)
		if found.text(t, "state") != "running" {
			return found
		}
		if time.Now().After(deadline) {
			t.Fatalf("the import does not end: %s", found.body)
		}
		<-time.After(20 * time.Millisecond)
	}
}

func (a answer) count(t *testing.T, name string) int {
	t.Helper()
	return int(a.member(t, "counts", name).(float64))
}

// S3-36: who is erased goes out of the files that name them, and other files, whoever is in them, stay.
func TestAnErasureTakesTheFilesThatNameThePerson(t *testing.T) {
	t.Parallel()
	s := serve(t, t.TempDir())
	names := s.imported(t, "", "id,name\n16505550101,Zenobia\n16505550102,Bo\n").text(t, "id")
	mentions := s.imported(t, "", "id,name,email\nnobody,Zen,zenobia@example.com\n16505550103,Cleo,\n").text(t, "id")
	others := s.imported(t, "", "id,name\n16505550104,Zenobia\nnobody,Dan\n").text(t, "id")
	who := s.must(t, "GET", "/v1/contacts?q=16505550101", nil).member(t, "items").([]any)[0].(map[string]any)["id"].(string)
	s.must(t, "PATCH", "/v1/contacts/"+who, map[string]string{"email": "Zenobia@example.com", "first_name": "Zelda", "last_name": "Quux"})
	byID := s.imported(t, "", "id,name\n"+who+",\n").text(t, "id")
	byParts := s.imported(t, "", "id,first name,last name,company\nnobody,Zelda,Quux,2026-11-22\n").text(t, "id")
	awaitErasure(t, s, s.must(t, "POST", "/v1/contacts/"+who+"/erase", map[string]string{"reason": "asked to be"}).text(t, "id"))
	for id, gone := range map[string]bool{names: true, mentions: true, byID: true, byParts: true, others: false} {
		got := s.do(t, "GET", "/v1/imports/"+id+"/results.csv", nil)
		if gone != (got.status == 410) || !gone && got.status != 200 {
			t.Errorf("what came of the rows is answered with %d, though it is %v that they name the person", got.status, gone)
		}
	}
}

// S2-16, S2-29, C2, C5: a file goes in through the whole of tagtrail, goes on where the service stopped, and a second
// time changes nothing.
func TestAFileIsImportedInTheBackground(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	s := serve(t, dir)
	var file strings.Builder
	file.WriteString("id,name,tags,gender,city\n44687985632,Jane Smith,\"cat, dog\",female,london\n44986523145,Jane Thomas,dog,female,manchester\n")
	for i := range 1500 {
		fmt.Fprintf(&file, "1650555%04d,Somebody %d,dog,,\n", i, i)
	}
	file.WriteString("nobody,=1,,,\n")
	dry := s.imported(t, "?unknown_tags=create&dry_run=true", file.String())
	if dry.count(t, "created") != 1502 || dry.count(t, "refused") != 1 {
		t.Errorf("the dry run counts %s", dry.body)
	}
	id := s.must(t, "POST", "/v1/imports?unknown_tags=create", file.String(), "Content-Type", "text/csv").text(t, "id")
	if err := s.stop(); err != nil { // wherever it is by now
		t.Fatal(err)
	}
	s = serve(t, dir)
	deadline := time.Now().Add(2 * time.Minute)
	done := s.must(t, "GET", "/v1/imports/"+id, nil)
	for ; done.text(t, "state") == "running" && time.Now().Before(deadline); done = s.must(t, "GET", "/v1/imports/"+id, nil) {
		<-time.After(20 * time.Millisecond)
	}
	for _, name := range []string{"rows", "created", "updated", "unchanged", "refused", "tags_created", "tags_assigned", "events"} {
		if done.count(t, name) != dry.count(t, name) {
			t.Errorf("%s: the dry run counts %d, the run %d", name, dry.count(t, name), done.count(t, name))
		}
	}
	refused := s.must(t, "GET", "/v1/imports/"+id+"/results.csv?only=refused", nil)
	want := "line,outcome,contact,column,heading,code,message,id,name,tags,gender,city\r\n" +
		"1504,refused,,1,id,contact.invalid-phone,this is not a phone number with + and the country code,nobody,'=1,,,\r\n"
	if string(refused.body) != want {
		t.Errorf("refused are\n%s, not\n%s", refused.body, want)
	}
	if why := fmt.Sprint(done.member(t, "refusals")); why != "[map[code:contact.invalid-phone rows:1]]" {
		t.Errorf("refused are %s", why)
	}
	again := s.imported(t, "?unknown_tags=create", file.String())
	if again.count(t, "events") != 0 || again.count(t, "unchanged") != 1502 {
		t.Errorf("the second time counts %s", again.body)
	}
}
