package app_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"tagtrail/domain/contact"
)

// S3-18, S3-25, C31: whoever comes to be meant is tagged by itself, once, also over a restart; the tag goes with the reason
// for it; whom a rule means already it is applied to, and that is undone.
func TestRulesActByThemselvesAlsoOverARestart(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	s := serve(t, dir)
	vip := s.must(t, "POST", "/v1/tags", map[string]string{"name": "VIP"}).text(t, "id")
	add := func(name, phone string) string {
		return s.must(t, "POST", "/v1/contacts", map[string]any{"name": name, "phone": phone}).text(t, "id")
	}
	status := func(id, status string) {
		s.must(t, "PUT", "/v1/contacts/"+id+"/lead-status", map[string]string{"status": status})
	}
	tagged := func(id string, want int) {
		t.Helper()
		awaiting(t, func() bool {
			tags, _ := s.must(t, "GET", "/v1/contacts/"+id, nil).member(t, "active_tags").([]any)
			return len(tags) == want
		})
	}
	says := func(status string, action map[string]string) map[string]any {
		return map[string]any{"name": status, "filter": map[string]any{"lead_status": []string{status}}, "actions": []map[string]string{action}}
	}
	already, ana := add("Already", "+16505550101"), add("Ana", "+16505550102")
	status(already, "hot")
	smart := says("hot", map[string]string{"do": "add_tag", "tag": vip})
	smart["take_back"] = true
	rule := "/v1/rules/" + s.must(t, "POST", "/v1/rules", smart).text(t, "id")
	s.settled(t)
	status(ana, "hot")
	tagged(ana, 1)
	stop(t, s)

	s = serve(t, dir)
	bea := add("Bea", "+16505550103")
	status(bea, "hot")
	tagged(bea, 1)
	status(ana, "cold")
	tagged(ana, 0)
	tagged(already, 0)
	stays := items(t, s.must(t, "GET", "/v1/contacts/"+ana+"/tag-history", nil))
	if len(stays) != 1 || stays[0].text(t, "begun", "source") != "rule" || stays[0].text(t, "begun", "actor", "name") != "hot" {
		t.Errorf("what became of the tag is %s", s.must(t, "GET", "/v1/contacts/"+ana+"/tag-history", nil).body)
	}

	applied := "/v1/bulk-operations/" + s.must(t, "POST", rule+"/apply", nil).text(t, "id")
	tagged(already, 1)
	awaiting(t, func() bool { return s.must(t, "GET", applied, nil).text(t, "state") == "finished" })
	s.must(t, "POST", applied+"/undo", nil)
	tagged(already, 0)
	tagged(bea, 1)

	metrics := s.as(t, "", http.MethodGet, "/metrics", nil).body
	if !strings.Contains(string(metrics), `tagtrail_rule_contacts_total{outcome="looped"} 0`) {
		t.Error("nobody would count that rules were stopped")
	}
}

// S3-18, C31: two rules that undo what the other did come to an end, and it is said why.
func TestTwoRulesThatFeedEachOtherAreStopped(t *testing.T) {
	t.Parallel()
	s := serve(t, t.TempDir())
	turning := func(from, to string) string {
		return "/v1/rules/" + s.must(t, "POST", "/v1/rules", map[string]any{
			"name": from + " to " + to, "filter": map[string]any{"lead_status": []string{from}}, "actions": []map[string]string{{"do": "set_lead_status", "lead_status": to}},
		}).text(t, "id")
	}
	cooling, warming := turning("hot", "warm"), turning("warm", "hot")
	ana := s.must(t, "POST", "/v1/contacts", map[string]any{"name": "Ana", "phone": "+16505550101"}).text(t, "id")
	s.settled(t)
	s.must(t, "PUT", "/v1/contacts/"+ana+"/lead-status", map[string]string{"status": "hot"})
	awaiting(t, func() bool { return len(items(t, s.must(t, "GET", cooling+"/refusals", nil))) > 0 })
	refused := items(t, s.must(t, "GET", cooling+"/refusals", nil))[0]
	if refused.text(t, "contact") != ana || refused.text(t, "code") != "contact.rule-loop" || refused.text(t, "message") == "" {
		t.Errorf("it is said %s", refused.body)
	}
	for rule, want := range map[string][2]float64{cooling: {contact.MaxRounds, 1}, warming: {contact.MaxRounds, 0}} {
		said := s.must(t, "GET", rule, nil)
		if said.member(t, "changed") != want[0] || said.member(t, "refused") != want[1] {
			t.Errorf("it came to %s", said.body)
		}
	}
	if status := s.must(t, "GET", "/v1/contacts/"+ana, nil).text(t, "lead_status"); status != "hot" {
		t.Errorf("it ends with %s", status)
	}
	if metrics := string(s.as(t, "", http.MethodGet, "/metrics", nil).body); !strings.Contains(metrics, `tagtrail_rule_contacts_total{outcome="looped"} 1`) {
		t.Error("nobody would see that rules were stopped")
	}
}

// S3-18: a file of which a rule means everybody is followed by the rule, and each is acted on once.
func TestARuleActsOnAllOfAFile(t *testing.T) {
	t.Parallel()
	const rows = 500
	s := serve(t, t.TempDir())
	vip := s.must(t, "POST", "/v1/tags", map[string]string{"name": "VIP"}).text(t, "id")
	rule := "/v1/rules/" + s.must(t, "POST", "/v1/rules", map[string]any{
		"name": "VIPs are hot", "filter": map[string]any{"tags_all": []string{vip}}, "actions": []map[string]string{{"do": "set_lead_status", "lead_status": "hot"}},
	}).text(t, "id")
	s.must(t, "POST", "/v1/contacts", map[string]any{"name": "Ana", "phone": "+16505559999"})
	s.settled(t)
	var file strings.Builder
	file.WriteString("id,name,tags\n")
	for i := range rows {
		fmt.Fprintf(&file, "1650555%04d,Somebody %d,VIP\n", i, i)
	}
	s.imported(t, "", file.String())
	awaiting(t, func() bool { return s.must(t, "GET", rule, nil).member(t, "changed").(float64) >= rows })
	if said := s.must(t, "GET", rule, nil); said.member(t, "changed") != float64(rows) || said.member(t, "refused") != 0.0 {
		t.Errorf("it came to %s", said.body)
	}
}

// settled waits until whom every rule means from its beginning on is known: what is defined is looked at in the order of the
// log, so that of two segments that are made after it the second has members when that is done.
func (s *service) settled(t *testing.T) {
	t.Helper()
	for range 2 {
		segment := s.must(t, "POST", "/v1/segments", map[string]any{"name": "All", "filter": map[string]any{"no_owner": true}}).text(t, "id")
		awaiting(t, func() bool { return len(items(t, s.must(t, "GET", "/v1/segments/"+segment+"/members", nil))) > 0 })
	}
}
