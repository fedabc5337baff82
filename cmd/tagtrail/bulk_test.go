package main_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/uuid"
)

// S1-36 to S1-39, S3-17, S3-22, S3-23, C10, C25 by the command line: many at once, and the team that does it.
func TestManyAreChangedFromTheCommandLine(t *testing.T) {
	t.Parallel()
	m := newMachine(t)
	must, refused := m.asking(t, m.serve(t))
	for _, phone := range []string{"+16505550101", "+16505550102"} {
		must("contacts", "create", "--name", "Ana", "--phone", phone)
	}
	must("tags", "create", "--name", "VIP")
	add := []string{"add-tag", "--tag", "vip", "--filter", `{"lead_status":["cold"]}`}
	var preview struct{ Matching, Changed int }
	decode(t, must(append(append([]string{"bulk", "preview"}, add...), "--json")...), &preview)
	if preview.Matching != 2 || preview.Changed != 2 {
		t.Errorf("the preview says %+v", preview)
	}
	type operation struct {
		ID, State            string
		Changed, Done, Total int
	}
	var did, undone operation
	decode(t, must(append(append([]string{"bulk", "start"}, add...), "--wait", "--json")...), &did)
	if did.State != "finished" || did.Changed != 2 {
		t.Errorf("it came to %+v", did)
	}
	if listed := must("bulk", "list"); !strings.Contains(listed, "add_tag") || !strings.Contains(must("bulk", "show", did.ID), "finished") {
		t.Errorf("listed:\n%s", listed)
	}
	if none := must("bulk", "refusals", did.ID); none != "Contact,Result,Code,Message,Kept" {
		t.Errorf("refused are %q", none)
	}
	decode(t, must("bulk", "undo", did.ID, "--json"), &undone)
	decode(t, must("bulk", "follow", undone.ID, "--json"), &undone)
	if undone.State != "finished" || undone.Changed != 2 {
		t.Errorf("the undo came to %+v", undone)
	}
	must("bulk", "start", "set-lead-status", "--lead-status", "hot", "--contact", "+16505550101", "--wait")
	if hot := must("contacts", "list", "--lead-status", "hot", "--csv"); strings.Count(hot, "\n") != 1 {
		t.Errorf("hot are\n%s", hot)
	}
	refused(2, "say --yes", "bulk", "start", "erase", "--contact", "+16505550101", "--reason", "asked for it")
	refused(2, "needs one action", "bulk", "start")
	refused(2, "", "bulk", "start", "dance", "--contact", "+16505550101")
	refused(3, "no such operation", "bulk", "pause", uuid.NewString())
	refused(4, "has ended", "bulk", "cancel", did.ID)

	var marta identified
	decode(t, must("members", "add", "--name", "Marta", "--role", "agent", "--json"), &marta)
	must("members", "role", marta.ID, "manager")
	if listed := must("members", "list", "--csv"); !strings.Contains(listed, "Marta,manager") {
		t.Errorf("the team is\n%s", listed)
	}
	var phone struct{ Token string }
	decode(t, must("members", "key", marta.ID, "--name", "phone", "--json"), &phone)
	key := filepath.Join(m.home, "marta.key")
	if err := os.WriteFile(key, []byte(phone.Token), 0o600); err != nil {
		t.Fatal(err)
	}
	changed := must("settings", "change", "--tag-limit", "30", "--mask", "agent=phone", "--own-tags-only", "agent=yes", "--json")
	if !strings.Contains(changed, `"tag_limit": 30`) || !strings.Contains(must("settings", "show", "--json"), `"phone": true`) {
		t.Errorf("the rules are\n%s", changed)
	}
	// C25: who sees numbers in part finds somebody by the whole number.
	must("members", "role", marta.ID, "agent")
	if shown := must("contacts", "show", "+1 650 555-0101", "--key-file", key); !strings.Contains(shown, "+16•••01") {
		t.Errorf("an agent is shown\n%s", shown)
	}
	refused(3, "nothing of this name", "contacts", "show", "+16505551101", "--key-file", key)
	must("members", "remove", marta.ID)
	if listed := must("members", "list", "--status", "removed", "--csv"); !strings.Contains(listed, "Marta,agent") {
		t.Errorf("removed from the team are\n%s", listed)
	}
	refused(5, "", "contacts", "list", "--key-file", key)
	refused(2, "is not ROLE=both", "settings", "change", "--mask", "agent=all")
	refused(2, "what is to change", "settings", "change")
	must("plan", "change", "starter")
	if plan := must("plan", "show"); !strings.Contains(plan, "5000") {
		t.Errorf("the plan is\n%s", plan)
	}
	must("segments", "create", "--name", "Hot", "--filter", `{"lead_status":["hot"]}`)
	must("segments", "members", "hot")
	// S3-18, S3-25.
	must("rules", "add", "--name", "Hot leads", "--filter", `{"lead_status":["hot"]}`, "--add-tag", "VIP", "--take-back", "--disabled")
	must("rules", "edit", "hot leads", "--segment", "hot", "--lead-status", "warm", "--add-tag", "VIP")
	must("rules", "enable", "Hot leads")
	for part, args := range map[string][]string{
		"true": {"rules", "list"}, "take_back=true": {"rules", "versions", "hot leads"}, "examined": {"rules", "preview", "hot leads"}, "entered_exact": {"rules", "backtest", "hot leads", "--from", "2026-10-01T00:00:00Z", "--until", "2026-10-02T00:00:00Z"},
	} {
		if shown := must(args...); !strings.Contains(shown, part) {
			t.Errorf("%v shows\n%s", args, shown)
		}
	}
	must("rules", "refusals", "hot leads", "--json")
	must("rules", "apply", "hot leads")
	must("rules", "disable", "hot leads")
	must("rules", "delete", "hot leads", "--yes")
	must("segments", "history", "hot", "--json")
}

// Tables that lag show an operation later than it was begun: whoever stays with it waits for them.
func TestWhoStaysWithAnOperationWaitsUntilTheTablesShowIt(t *testing.T) {
	t.Parallel()
	id := uuid.NewString()
	lagging := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch {
		case r.Method == http.MethodPost:
			w.Header().Set("Tagtrail-Position", "begun")
			w.WriteHeader(http.StatusAccepted)
			_, _ = io.WriteString(w, `{"id":"`+id+`"}`)
		case r.Header.Get("Tagtrail-Min-Position") == "begun" && strings.HasPrefix(r.Header.Get("Prefer"), "wait="):
			_, _ = io.WriteString(w, `{"id":"`+id+`","state":"finished"}`)
		default:
			w.WriteHeader(http.StatusNotFound)
			_, _ = io.WriteString(w, `{"type":"/problems/request.not-found","title":"there is no such thing"}`)
		}
	}))
	t.Cleanup(lagging.Close)
	m := newMachine(t)
	m.set("TAGTRAIL_KEY", "key")
	for _, args := range [][]string{{"bulk", "undo", id}, {"bulk", "start", "archive", "--filter", `{"no_tags":true}`}} {
		if shown := m.must(t, append(args, "--wait", "--url", lagging.URL)...); !strings.Contains(shown, "finished") {
			t.Errorf("%v shows\n%s", args, shown)
		}
	}
}

// Completions are scripts that shells take, and every command has a manual page.
func TestShellsCompleteAndManualsAreWritten(t *testing.T) {
	t.Parallel()
	m := newMachine(t)
	for _, shell := range []string{"bash", "zsh", "fish", "powershell"} {
		script := m.must(t, "completion", shell)
		if len(script) < 1000 {
			t.Errorf("%s is given %q", shell, script)
		}
		if shell != "bash" {
			continue
		}
		check := exec.CommandContext(t.Context(), "bash", "-n")
		check.Stdin = strings.NewReader(script)
		if out, err := check.CombinedOutput(); err != nil {
			t.Errorf("bash does not take its completions: %v: %s", err, out)
		}
	}
	dir := filepath.Join(m.home, "man1")
	m.must(t, "man", dir)
	pages, err := os.ReadDir(dir)
	if err != nil || len(pages) < 80 {
		t.Fatalf("%d pages, %v", len(pages), err)
	}
	allPrintJSON(t, dir, pages)
	page, err := os.ReadFile(filepath.Join(dir, "tagtrail-bulk-start.1"))
	if err != nil {
		t.Fatal(err)
	}
	for _, part := range []string{
		".TH \"TAGTRAIL\\-BULK\\-START\" \"1\"\n", "tagtrail\\-bulk\\-start \\- do it, in the background\n",
		".TP\n.B \\-\\-wait\n", ".SH EXAMPLES\n.nf\n  tagtrail bulk start add\\-tag", ".BR tagtrail\\-bulk (1)\n",
	} {
		if !strings.Contains(string(page), part) {
			t.Errorf("the page is without %q:\n%s", part, page)
		}
	}
}

// allPrintJSON holds every command that answers something to answering it to programs too.
func allPrintJSON(t *testing.T, dir string, pages []os.DirEntry) {
	t.Helper()
	const without = " completion-bash completion-fish completion-powershell completion-zsh man" + // texts of their own form
		" export contacts-export contacts-personal-data bulk-refusals" + // files
		" serve api project worker eventstore-scavenge" + // what goes on
		" health version keys-revoke projections-cancel projections-skip reactions-skip reporting-drop " // one line, or none
	for _, page := range pages {
		name := strings.TrimSuffix(strings.TrimPrefix(page.Name(), "tagtrail-"), ".1")
		isGroup := slices.ContainsFunc(pages, func(other os.DirEntry) bool {
			return strings.HasPrefix(other.Name(), strings.TrimSuffix(page.Name(), ".1")+"-")
		})
		text, err := os.ReadFile(filepath.Join(dir, page.Name()))
		if err != nil {
			t.Fatal(err)
		}
		if prints := strings.Contains(string(text), `.B \-\-json`); !isGroup && prints == strings.Contains(without, " "+name+" ") {
			t.Errorf("%s prints JSON: %t", name, prints)
		}
	}
}
