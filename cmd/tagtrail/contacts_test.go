package main_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/uuid"
)

// asking runs commands against a service in the name of its owner.
func (m *machine) asking(t *testing.T, s *service) (must func(args ...string) string, refused func(code int, part string, args ...string)) {
	t.Helper()
	to := []string{"--url", s.url, "--data-dir", m.data}
	return func(args ...string) string { t.Helper(); return m.must(t, append(args, to...)...) },
		func(code int, part string, args ...string) {
			t.Helper()
			m.run(t, append(args, to...)...).refused(t, code, part)
		}
}

type identified struct{ ID string }

// S1-11 to S1-16, S1-22, S1-28, S1-31, S1-33, S1-43, S3-14, S3-28, S3-30, S3-32, S3-33, S3-37 by the command line.
func TestContactsAreKeptFromTheCommandLine(t *testing.T) {
	t.Parallel()
	m := newMachine(t)
	must, refused := m.asking(t, m.serve(t))
	var ana, vip identified
	decode(t, must("tags", "create", "--name", "VIP", "--description", "spends more", "--json"), &vip)
	must("tags", "create", "--name", "city", "--kind", "valued")
	must("fields", "define", "--name", "Plan", "--type", "choice", "--option", "Basic", "--option", "Pro")
	decode(t, must("contacts", "create", "--name", "Ana", "--phone", "+16505550101", "--tag", "vip", "--json"), &ana)
	must("contacts", "tag", "+1 650 555 0101", "city", "--value", "Lima", "--reason", "said so")
	must("contacts", "edit", ana.ID, "--name", "Ana", "--company", "Acme", "--city", "Lima", "--instagram", "@ana", "--field", "Plan=Pro")
	must("contacts", "status", ana.ID, "hot", "--reason", "asked for a quote")
	must("contacts", "notes", "add", ana.ID, "--text", "call back", "--kind", "call")
	must("contacts", "consents", "give", ana.ID, "marketing", "--evidence", "a form")
	shown := must("contacts", "show", "+16505550101")
	for _, part := range []string{"WHAT", "company", "Acme", "hot", "VIP, city:Lima", "Plan:Pro", "@ana"} {
		if !strings.Contains(shown, part) {
			t.Errorf("the contact is shown without %q:\n%s", part, shown)
		}
	}
	for part, args := range map[string][]string{
		"Ana": {"contacts", "list", "--q", "ana", "--tag", "VIP", "--lead-status", "hot"}, "VIP": {"tags", "list"}, "Plan": {"fields", "list"},
	} {
		if listed := must(args...); !strings.Contains(listed, part) || strings.Contains(listed, "\x1b") {
			t.Errorf("%v lists\n%s", args, listed)
		}
	}
	if notes := must("contacts", "notes", "list", ana.ID, "--csv"); !strings.Contains(notes, "call") {
		t.Errorf("the notes are\n%s", notes)
	}

	filter := filepath.Join(m.home, "filter.json")
	if err := os.WriteFile(filter, []byte(`{"all":[{"lead_status":["hot"]},{"text":"ana"}]}`), 0o600); err != nil {
		t.Fatal(err)
	}
	var found []identified
	decode(t, must("contacts", "search", "--filter", "@"+filter, "--json"), &found)
	if len(found) != 1 || found[0] != ana {
		t.Errorf("the search finds %v", found)
	}
	must("segments", "create", "--name", "Hot", "--filter", "@"+filter)
	decode(t, must("segments", "contacts", "hot", "--json"), &found)
	if len(found) != 1 || found[0] != ana {
		t.Errorf("the segment means %v", found)
	}

	must("contacts", "create", "--name", "Anna", "--phone", "+16505550102", "--email", "a@example.com")
	must("contacts", "edit", ana.ID, "--email", "A@example.com")
	if pairs := must("contacts", "duplicates", "list"); !strings.Contains(pairs, "Ana, Anna") {
		t.Errorf("the pairs are\n%s", pairs)
	}
	must("contacts", "merge", ana.ID, "+16505550102", "--reason", "the same person")
	if none := must("contacts", "duplicates", "list", "--json"); none != "[]" {
		t.Errorf("merged they are %s", none)
	}
	must("contacts", "archive", ana.ID)
	must("contacts", "restore", ana.ID)
	must("contacts", "untag", ana.ID, vip.ID)
	file := filepath.Join(m.home, "contacts.csv")
	must("contacts", "export", "--output", file)
	if exported, err := os.ReadFile(file); err != nil || !strings.Contains(string(exported), "+16505550101,Ana,city:Lima") {
		t.Errorf("exported is %q, %v", exported, err)
	}

	// S1-17 to S1-19, S2-16, S3-34: what is exported is imported without a change.
	must("export", "--output", file)
	var taken struct {
		State  string
		Counts struct{ Rows, Unchanged, Created int }
	}
	decode(t, must("import", file, "--json"), &taken)
	if taken.State != "finished" || taken.Counts.Rows != 1 || taken.Counts.Unchanged != 1 {
		t.Errorf("what was exported is imported as %+v", taken)
	}
	more := filepath.Join(m.home, "more.csv")
	if err := os.WriteFile(more, []byte("id,name\n16505550109,Zoe\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	decode(t, must("import", more, "--dry-run", "--json"), &taken)
	if taken.Counts.Created != 1 || strings.Contains(must("contacts", "list"), "Zoe") {
		t.Errorf("rehearsed it is %+v", taken)
	}
	person := filepath.Join(m.home, "person.zip")
	must("contacts", "personal-data", ana.ID, "--output", person)
	if held, err := os.ReadFile(person); err != nil || !strings.HasPrefix(string(held), "PK") {
		t.Errorf("what is held about a person begins with %.4q, %v", held, err)
	}

	refused(3, "no such thing", "contacts", "show", uuid.NewString())
	refused(3, "nothing of this name", "contacts", "tag", ana.ID, "gold")
	refused(2, "is no id", "contacts", "show", "ana")
	refused(2, "say --yes", "contacts", "erase", ana.ID, "--reason", "asked for it")
	refused(2, "no JSON", "contacts", "search", "--filter", "{")
	refused(2, "/filter/nobody", "contacts", "search", "--filter", `{"nobody":1}`)
	refused(2, "it is show CONTACT", "contacts", "show")
	m.run(t, "contacts", "lst").refused(t, 2, "did you mean list?")
	refused(2, "phone", "contacts", "create", "--name", "x")
	refused(4, "another tag", "tags", "create", "--name", "vip")
	must("contacts", "hold", ana.ID, "--reason", "court order")
	refused(4, "legal hold", "contacts", "erase", ana.ID, "--reason", "asked for it", "--yes")
	must("contacts", "release", ana.ID)
	must("contacts", "erase", ana.ID, "--reason", "asked for it", "--yes")
	refused(3, "erased", "contacts", "status", ana.ID, "warm")
}

func TestAskingSaysWhatIsWrongWithItsAddressAndItsKey(t *testing.T) {
	t.Parallel()
	m := newMachine(t)
	key := filepath.Join(m.home, "key")
	if err := os.WriteFile(key, []byte("tt_live_swordfish\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	open := filepath.Join(m.home, "open")
	if err := os.WriteFile(open, []byte("tt_live_swordfish\n"), 0o644); err != nil { //nolint:gosec // that is the mistake
		t.Fatal(err)
	}
	for want, args := range map[string][]string{
		"does not answer":        {"--url", "http://127.0.0.1:1", "--key-file", key},
		"no key":                 {"--url", "http://127.0.0.1:1"},
		"everybody on this":      {"--url", "http://127.0.0.1:1", "--key-file", open},
		"TAGTRAIL_URL is no URL": {"--url", "nonsense", "--key-file", key},
		"no such file":           {"--url", "http://127.0.0.1:1", "--key-file", key + "-none"},
	} {
		r := m.run(t, append([]string{"contacts", "list"}, args...)...)
		code := 2
		if want == "does not answer" {
			code = 6
		}
		r.refused(t, code, want)
		silent(t, r)
	}
}
