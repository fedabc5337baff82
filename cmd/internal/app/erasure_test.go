package app_test

import (
	"encoding/hex"
	"encoding/json"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"golang.org/x/mod/sumdb/note"

	"tagtrail/cmd/internal/app"
	"tagtrail/projections/runner"
)

// S3-36, S4-22, S4-23, C1: whatever a person ever was to this installation, bytes included, is gone after an erasure,
// and the same number writing again is somebody else.
func TestNothingOfAnErasedPersonIsLeftOnTheDisk(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	s := serve(t, dir, app.Uncompressed)
	channel := s.channel(t)
	person := map[string]string{
		"number": "16505550177", "profile name": "Zenobia Quux", "given name": "Zelda Quartermain", "e-mail": "zelda@quartermain.example",
		"message": "my elbow clicks at dawn", "free value": "elbow of Zelda", "company": "Quartermain Elbows",
		"wamid": "wamid.HBgLMTY1MDU1NTAxNzdaWg", "BSUID": "US.77310655302741918", "other number": "16505550178",
	}
	write := func(wamid, text string) {
		t.Helper()
		value := `"contacts":[{"profile":{"name":"` + person["profile name"] + `"},"wa_id":"` + person["number"] + `","user_id":"` + person["BSUID"] + `"}],` +
			`"messages":[{"from":"` + person["number"] + `","from_user_id":"` + person["BSUID"] + `","id":"` + wamid + `","timestamp":"1749416383","type":"text","text":{"body":"` + text + `"}}]`
		if a := s.deliver(t, channel, delivery(value)); a.status != 200 {
			t.Fatalf("deliver: %d %s", a.status, a.body)
		}
	}
	write(person["wamid"], person["message"])
	kept := []byte(`{"object":"whatsapp_business_account","entry":[{"id":"1","changes":[{"field":"something_new","value":{"metadata":{"phone_number_id":"` +
		phoneNumberID + `"},"wa_id":"` + person["number"] + `","note":"` + person["message"] + `"}}]}]}`)
	if a := s.deliver(t, channel, kept); a.status != 200 {
		t.Fatalf("deliver what is unknown: %d %s", a.status, a.body)
	}
	who := s.must(t, "POST", "/v1/contacts", map[string]string{"name": person["given name"], "phone": "+" + person["other number"], "email": person["e-mail"]}).text(t, "id")
	tag := s.must(t, "POST", "/v1/tags", map[string]any{"name": "Complaint", "kind": "valued"}).text(t, "id")
	s.must(t, "PUT", "/v1/contacts/"+who+"/tags/"+tag, map[string]string{"value": person["free value"], "reason": person["message"]})
	// A neighbour stays, in the same pages.
	neighbour := s.must(t, "POST", "/v1/contacts", map[string]string{"name": "Nora Neighbour", "phone": "+16505550179"}).text(t, "id")
	first := search(t, s, "zenobia")
	s.must(t, "POST", "/v1/contacts/"+who+"/merge", map[string]string{"contact": first})
	// A file says the same of the person, and what came of its rows repeats a row that was refused.
	s.imported(t, "", "id,name,email\n"+person["other number"]+","+person["given name"]+","+person["e-mail"]+"\nnobody,"+person["given name"]+","+person["e-mail"]+"\n")
	keys := wrappedKeys(t, s, who, first)

	erased := s.must(t, "POST", "/v1/contacts/"+who+"/erase", map[string]string{"reason": "asked for it by letter"})
	id := erased.text(t, "id")
	again := s.must(t, "POST", "/v1/contacts/"+first+"/erase", map[string]string{"reason": "asked for it once more"})
	if again.status != 200 || again.text(t, "id") != id {
		t.Errorf("asked for again: %d %s", again.status, again.body)
	}
	done := awaitErasure(t, s, id)
	verifyCertificate(t, done)
	if shown := s.must(t, "GET", "/v1/contacts/"+who, nil); !strings.Contains(string(shown.body), `"erased":true`) {
		t.Errorf("the contact is %s", shown.body)
	}

	log := readWholeLog(t, s)
	whileRunning := readFiles(t, dir)
	for name, secret := range person {
		if form := formIn(log, secret); form != "" {
			t.Errorf("the %s is in the log, %s", name, form)
		}
		if form := formIn(whileRunning, secret); form != "" {
			t.Errorf("the %s is on the disk, %s", name, form)
		}
	}
	for _, key := range keys {
		if formIn(whileRunning, key) != "" {
			t.Error("a key is on the disk that was shredded")
		}
	}
	if formIn(whileRunning, "Nora Neighbour") == "" {
		t.Error("the neighbour is not found on the disk: this test would find nobody")
	}
	s.must(t, "GET", "/v1/contacts/"+neighbour, nil)

	for _, group := range []string{"console", "audit", "reporting"} {
		verifyTables(t, s, group)
	}
	write("wamid.HBgLMTY1MDU1NTAxNzdBQQ", "hello, I am new")
	if newcomer := search(t, s, "zenobia"); newcomer == first || newcomer == who {
		t.Errorf("who writes again is %s", newcomer)
	}
	stop(t, s)
}

// verifyTables requires that tables which are built from the log now, without the keys, equal those that are read.
func verifyTables(t *testing.T, s *service, group string) {
	t.Helper()
	b, err := app.Open(t.Context(), silent(s.dir))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = b.Close() }()
	wanted := app.Wanted{ID: uuid.New(), Group: group, Kind: runner.Verify, By: runner.ByCommand}
	found, err := b.Rebuild(t.Context(), slog.New(slog.DiscardHandler), wanted, func(runner.Rebuild, runner.Progress) {})
	if err != nil || found == nil {
		t.Fatalf("%s is not verified: %v, %v", group, found, err)
	}
}

// awaitErasure waits until an erasure is completed.
func awaitErasure(t *testing.T, s *service, id string) answer {
	t.Helper()
	deadline := time.Now().Add(5 * time.Minute) // what is promised
	for {
		found := s.must(t, "GET", "/v1/erasures/"+id, nil)
		if found.text(t, "state") == "completed" {
			return found
		}
		if time.Now().After(deadline) {
			t.Fatalf("the erasure is not completed: %s", found.body)
		}
		<-time.After(50 * time.Millisecond)
	}
}

func verifyCertificate(t *testing.T, done answer) {
	t.Helper()
	verifier, err := note.NewVerifier(done.text(t, "verifier_key"))
	if err != nil {
		t.Fatal(err)
	}
	signed, err := note.Open([]byte(done.text(t, "certificate")), note.VerifierList(verifier))
	if err != nil {
		t.Fatal(err)
	}
	for _, line := range []string{"erasure " + done.text(t, "id"), "identities forgotten 3", "kept deliveries made unreadable 1", "not cleaned: backups"} {
		if !strings.Contains(signed.Text, line) {
			t.Errorf("the certificate lacks %q:\n%s", line, signed.Text)
		}
	}
	if _, err := note.Open([]byte(strings.Replace(done.text(t, "certificate"), "forgotten 3", "forgotten 2", 1)), note.VerifierList(verifier)); err == nil {
		t.Error("a certificate that was changed is verified")
	}
}

// wrappedKeys answers the keys of the subjects, as they lie in the vault.
func wrappedKeys(t *testing.T, s *service, subjects ...string) []string {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), s.running(t)["postgres"])
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close(t.Context()) }()
	rows, err := conn.Query(t.Context(), `select encode(wrapped, 'hex') from vault.keys where wrapped is not null and subject = any ($1::uuid[])`, subjects)
	if err != nil {
		t.Fatal(err)
	}
	coded, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil || len(coded) == 0 {
		t.Fatalf("%d keys, %v", len(coded), err)
	}
	keys := make([]string, len(coded))
	for i, each := range coded {
		raw, err := hex.DecodeString(each)
		if err != nil {
			t.Fatal(err)
		}
		keys[i] = string(raw)
	}
	return keys
}

// search answers the only contact that is found, once it is.
func search(t *testing.T, s *service, q string) string {
	t.Helper()
	deadline := time.Now().Add(30 * time.Second)
	for {
		var page struct {
			Items []struct {
				ID string `json:"id"`
			} `json:"items"`
		}
		found := s.must(t, "GET", "/v1/contacts?q="+q, nil)
		if err := json.Unmarshal(found.body, &page); err != nil {
			t.Fatal(err)
		}
		if len(page.Items) == 1 {
			return page.Items[0].ID
		}
		if time.Now().After(deadline) {
			t.Fatalf("looking for %s found %s", q, found.body)
		}
		<-time.After(20 * time.Millisecond)
	}
}
