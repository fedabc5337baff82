package main_test

import (
	"encoding/csv"
	"slices"
	"strings"
	"testing"

	"github.com/google/uuid"
)

// created answers the id of what a request made.
func (a api) created(t *testing.T, method, path string, body any) string {
	t.Helper()
	status, answer, err := a.request(method, path, body)
	if err != nil || status/100 != 2 {
		t.Fatalf("%s %s: %d %s, %v", method, path, status, answer, err)
	}
	if len(answer) == 0 {
		return ""
	}
	var made struct{ ID string }
	decode(t, string(answer), &made)
	return made.ID
}

func TestAuditorsReadHistoriesAndEventsAsTablesJSONAndCSV(t *testing.T) {
	t.Parallel()
	m := newMachine(t)
	s := m.serve(t)
	org := m.organizations(t)[0].ID
	contact := s.created(t, "POST", "/v1/contacts", map[string]string{"name": "=cmd|'/c calc'!A1", "phone": "+16505550101"})
	vip := s.created(t, "POST", "/v1/tags", map[string]string{"name": "VIP"})
	s.created(t, "PUT", "/v1/contacts/"+contact+"/tags/"+vip, map[string]string{"reason": "=asked for it"})
	s.created(t, "DELETE", "/v1/tags/"+vip, nil)
	s.created(t, "POST", "/v1/tags/"+vip+"/restore", map[string]string{"name": "Gold"})
	s.created(t, "DELETE", "/v1/contacts/"+contact+"/tags/"+vip, nil)
	s.created(t, "PUT", "/v1/contacts/"+contact+"/lead-status", map[string]string{"status": "hot"})
	eventually(t, "the audit shows the last change", func() bool {
		_, timeline := s.get(t, "/v1/contacts/"+contact+"/timeline")
		return strings.Contains(timeline, "lead-status-changed")
	})
	of := []string{"--organization", org, "--data-dir", m.data}
	run := func(args ...string) string { return m.must(t, append(append([]string{"audit"}, args...), of...)...) }

	table := run("history", "--contact", contact)
	for _, part := range []string{"FROM", "ENDED BY", "Gold", "VIP", "manual_admin", "owner (owner)", "=asked for it", "removed"} {
		if !strings.Contains(table, part) {
			t.Errorf("the table lacks %q:\n%s", part, table)
		}
	}
	type edit struct{ Change, After string }
	var stays []struct {
		Name  string
		Begun struct{ Reason string }
		Ended *struct{ Source string }
		Edits []edit
	}
	decode(t, run("history", "--contact", contact, "--json"), &stays)
	if len(stays) != 1 || stays[0].Begun.Reason != "=asked for it" || stays[0].Ended.Source != "manual_admin" || !slices.Contains(stays[0].Edits, edit{"renamed", "Gold"}) {
		t.Errorf("as JSON it is %+v", stays)
	}
	rows, err := csv.NewReader(strings.NewReader(run("history", "--contact", contact, "--csv"))).ReadAll()
	if err != nil || len(rows) != 2 || rows[0][0] != "FROM" || rows[1][7] != "'=asked for it" || rows[1][2] != "Gold" {
		t.Errorf("as CSV it is %q, %v", rows, err)
	}
	if statuses := run("history", "--contact", contact, "--of", "lead-status"); !strings.Contains(statuses, "skip") || strings.Count(statuses, "\n") != 2 {
		t.Errorf("the lead statuses are\n%s", statuses)
	}

	var events []struct{ Type, Stream string }
	decode(t, run("events", "--contact", contact, "--json"), &events)
	if len(events) != 4 || events[0].Type != "contact.created" || events[3].Type != "contact.lead-status-changed" {
		t.Errorf("the events are %+v", events)
	}
	decode(t, run("events", "--type", "tag.", "--type", "contact.created", "--limit", "2", "--json"), &events)
	if len(events) != 2 || events[0].Type != "contact.created" || events[1].Type != "tag.created" {
		t.Errorf("the events of types are %+v", events)
	}
	rows, err = csv.NewReader(strings.NewReader(run("events", "--tag", vip, "--csv"))).ReadAll()
	if err != nil || len(rows) != 7 {
		t.Errorf("the events of a tag are %q, %v", rows, err)
	}
	if none := run("events", "--operation", uuid.NewString(), "--json"); none != "[]" {
		t.Errorf("no events are %q", none)
	}
	if all := run("events"); !strings.Contains(all, "calc") || strings.Contains(all, "\x1b") {
		t.Errorf("all events are\n%s", all)
	}

	refused := func(code int, part string, args ...string) {
		t.Helper()
		m.run(t, append(append([]string{"audit"}, args...), of...)...).refused(t, code, part)
	}
	refused(3, "no such contact", "history", "--contact", uuid.NewString())
	refused(2, "is no id", "history", "--contact", "ana")
	refused(2, "--of is tags or lead-status", "history", "--contact", contact, "--of", "everything")
	refused(2, "exclude each other", "events", "--json", "--csv")
	refused(2, "is no instant", "events", "--from", "yesterday")
	refused(2, "not below 0", "events", "--limit=-1")
	m.run(t, "audit", "events", "--data-dir", m.data, "--organization", uuid.NewString()).refused(t, 3, "no such organisation")
}
