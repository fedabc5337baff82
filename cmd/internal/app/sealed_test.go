package app_test

import (
	"bytes"
	"encoding/base64"
	"encoding/hex"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/EventStore/EventStore-Client-Go/v4/esdb"

	"tagtrail/cmd/internal/app"
)

// What a person would not want to be read off the log.
var secrets = map[string]string{
	"number":       "16505550103",
	"profile name": "Qarolina Zweig",
	"given name":   "Quentin Vexler",
	"e-mail":       "quentin@vexler.example",
	"wamid":        "wamid.HBgLMTY1MDU1NTAxMDNQUQ",
	"message":      "my knee hurts again since yesterday",
	"reason":       "she told us about her knee",
	"free value":   "left knee of Quentin",
	"BSUID":        "US.90210655302741918",
}

func TestNothingPersonalIsInTheLogInClear(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	s := serve(t, dir, app.Uncompressed)
	livePersonally(t, s)
	found := readWholeLog(t, s)
	stop(t, s)
	found = append(found, readFiles(t, filepath.Join(dir, "eventstore"))...)
	for name, secret := range secrets {
		if form := formIn(found, secret); form != "" {
			t.Errorf("the %s is in the log, %s", name, form)
		}
	}
}

// The same look at a log that was written without sealing finds everything: it is able to.
func TestWithoutSealingThePersonalIsFound(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	s := serve(t, dir, app.Uncompressed, app.Unsealed)
	livePersonally(t, s)
	log := readWholeLog(t, s)
	stop(t, s)
	files := readFiles(t, filepath.Join(dir, "eventstore"))
	for name, secret := range secrets {
		if formIn(log, secret) == "" {
			t.Errorf("the %s is not found in the events", name)
		}
		if formIn(files, secret) == "" {
			t.Errorf("the %s is not found in the files", name)
		}
	}
}

// livePersonally has every secret pass through every path that takes one.
func livePersonally(t *testing.T, s *service) {
	t.Helper()
	channel := s.channel(t)
	value := `"contacts":[{"profile":{"name":"` + secrets["profile name"] + `"},"wa_id":"` + secrets["number"] + `","user_id":"` + secrets["BSUID"] + `"}],` +
		`"messages":[{"from":"` + secrets["number"] + `","from_user_id":"` + secrets["BSUID"] + `","id":"` + secrets["wamid"] + `","timestamp":"1749416383","type":"text","text":{"body":"` + secrets["message"] + `"}}]`
	if a := s.deliver(t, channel, delivery(value)); a.status != 200 {
		t.Fatalf("deliver: %d %s", a.status, a.body)
	}
	unknown := []byte(`{"object":"whatsapp_business_account","entry":[{"id":"1","changes":[{"field":"user_preferences","value":{"metadata":{"phone_number_id":"` +
		phoneNumberID + `"},"note":"` + secrets["message"] + `"}}]}]}`)
	if a := s.deliver(t, channel, unknown); a.status != 200 {
		t.Fatalf("deliver what is unknown: %d %s", a.status, a.body)
	}
	contact := s.must(t, "POST", "/v1/contacts", map[string]string{
		"name": secrets["given name"], "phone": "+16505550104", "email": secrets["e-mail"],
	}).text(t, "id")
	tag := s.must(t, "POST", "/v1/tags", map[string]any{"name": "Complaint", "kind": "valued"}).text(t, "id")
	s.must(t, "PUT", "/v1/contacts/"+contact+"/tags/"+tag, map[string]string{"value": secrets["free value"], "reason": secrets["reason"]})
	s.must(t, "PUT", "/v1/contacts/"+contact+"/lead-status", map[string]string{"status": "warm", "reason": secrets["reason"]})
	s.must(t, "PATCH", "/v1/contacts/"+contact, map[string]string{"name": secrets["given name"] + " II"})
}

// readWholeLog answers data, metadata, type and stream name of every event that the store holds.
func readWholeLog(t *testing.T, s *service) [][]byte {
	t.Helper()
	client, err := esdb.NewClient(&esdb.Configuration{
		Address: "unix:" + s.eventStore(t), DisableTLS: true, Logger: esdb.NoopLogging(),
		GossipTimeout: 5, MaxDiscoverAttempts: 3, KeepAliveInterval: 10 * time.Second, KeepAliveTimeout: 10 * time.Second,
	})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = client.Close() }()
	stream, err := client.ReadAll(t.Context(), esdb.ReadAllOptions{From: esdb.Start{}}, 1_000_000)
	if err != nil {
		t.Fatal(err)
	}
	defer stream.Close()
	var all [][]byte
	for {
		e, err := stream.Recv()
		if err != nil {
			break
		}
		all = append(all, e.Event.Data, e.Event.UserMetadata, []byte(e.Event.EventType), []byte(e.Event.StreamID))
	}
	if len(all) < 40 {
		t.Fatalf("the log has only %d parts", len(all))
	}
	return all
}

func readFiles(t *testing.T, dir string) [][]byte {
	t.Helper()
	var all [][]byte
	err := filepath.WalkDir(dir, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		data, err := os.ReadFile(path)
		all = append(all, data)
		return err
	})
	if err != nil || len(all) == 0 {
		t.Fatalf("%d files, %v", len(all), err)
	}
	return all
}

// formIn answers in which form a secret is in any of the parts: plain, base64 at each of its three offsets, or hex.
func formIn(parts [][]byte, secret string) string {
	forms := map[string][]byte{
		"plain":     []byte(secret),
		"hex":       []byte(hex.EncodeToString([]byte(secret))),
		"upper hex": []byte(strings.ToUpper(hex.EncodeToString([]byte(secret)))),
	}
	for offset := range 3 {
		coded := base64.StdEncoding.EncodeToString(append(make([]byte, offset), secret...))
		coded = strings.TrimRight(coded, "=")
		// The letters at both ends also depend on the neighbours of the secret.
		forms["base64 "+string(rune('0'+offset))] = []byte(coded[(offset*8+5)/6 : len(coded)-1])
	}
	for form, needle := range forms {
		for _, part := range parts {
			if bytes.Contains(part, needle) {
				return form
			}
		}
	}
	return ""
}

func stop(t *testing.T, s *service) {
	t.Helper()
	if err := s.stop(); err != nil {
		t.Fatal(err)
	}
}
