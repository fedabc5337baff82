package app_test

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"tagtrail/cmd/internal/app"
)

// S0-28, S0-43: a conversation that is closed has a model choose tags for the contact, once, also when tagtrail is stopped
// while the model is asked.
func TestAClosedConversationIsClassifiedOnceEvenOverARestart(t *testing.T) {
	t.Parallel()
	asked, answers := make(chan string), make(chan string)
	model := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		select {
		case asked <- string(body):
		case <-r.Context().Done():
			return
		}
		select {
		case answer := <-answers:
			_, _ = io.WriteString(w, answer)
		case <-r.Context().Done():
		}
	}))
	t.Cleanup(model.Close)
	classified := func(env *app.Env) {
		env.Config.ClassifierURL, env.Config.ClassifierModel, env.Config.ClassifierKey = model.URL+"/v1", "small-1.5", "secret"
	}
	dir := t.TempDir()
	s := serve(t, dir, classified)
	vip := s.must(t, "POST", "/v1/tags", map[string]string{"name": "VIP", "description": "Asks for the premium plan"})
	channel := s.channel(t)
	if a := s.deliver(t, channel, delivery(bea("16505550101", "Bea Ruiz", "wamid.1", "1780131600", "premium please"))); a.status != http.StatusOK {
		t.Fatalf("delivered: %d %s", a.status, a.body)
	}
	contact := ""
	awaiting(t, func() bool {
		people := items(t, s.must(t, "GET", "/v1/contacts", nil))
		if len(people) == 1 {
			contact = people[0].text(t, "id")
		}
		return contact != ""
	})
	report := "/v1/contacts/" + contact + "/conversation/"
	s.must(t, "POST", report+"open", nil)
	s.must(t, "POST", report+"close", nil)

	question := <-asked
	if !strings.Contains(question, "premium please") || !strings.Contains(question, "Asks for the premium plan") {
		t.Errorf("the model is asked %s", question)
	}
	stop(t, s)
	s = serve(t, dir, classified)
	<-asked
	answers <- fmt.Sprintf(`{"choices":[{"message":{"content":"{\"tags\":[{\"tag\":%v,\"confidence\":0.9,\"reason\":\"asks for premium\"},{\"tag\":99}]}"}}]}`, vip.member(t, "number"))

	awaiting(t, func() bool {
		tags, _ := s.must(t, "GET", "/v1/contacts/"+contact, nil).member(t, "active_tags").([]any)
		return len(tags) == 1
	})
	awaiting(t, func() bool {
		stays := items(t, s.must(t, "GET", "/v1/contacts/"+contact+"/tag-history", nil))
		if len(stays) != 1 {
			return false
		}
		if got := stays[0].text(t, "begun", "source") + stays[0].text(t, "begun", "ai", "model") + stays[0].text(t, "begun", "reason"); got != "ai_auto_closesmall-1.5asks for premium" {
			t.Errorf("it says %s", got)
		}
		return true
	})
	awaiting(t, func() bool {
		metrics := string(s.as(t, "", "GET", "/metrics", nil).body)
		return strings.Contains(metrics, `tagtrail_classifier_picks_total{outcome="assigned"} 1`) && strings.Contains(metrics, `tagtrail_classifier_picks_total{outcome="unknown"} 1`) &&
			strings.Contains(metrics, `tagtrail_reaction_state{reaction="classify",state="running"} 1`)
	})
}

// items answers the items of a list, each as an answer of its own.
func items(t *testing.T, list answer) []answer {
	t.Helper()
	var page struct{ Items []json.RawMessage }
	if err := json.Unmarshal(list.body, &page); err != nil {
		t.Fatal(err)
	}
	all := make([]answer, len(page.Items))
	for i, item := range page.Items {
		all[i] = answer{status: list.status, body: item}
	}
	return all
}

// awaiting waits until something is so.
func awaiting(t *testing.T, is func() bool) {
	t.Helper()
	for deadline := time.Now().Add(time.Minute); !is(); {
		if time.Now().After(deadline) {
			t.Fatal("it does not come to be")
		}
		pauseFor(t.Context(), 20*time.Millisecond)
	}
}

// S3-19: who enters a dynamic segment and who leaves it is recorded once each, also over a restart.
func TestWhoEntersAndLeavesASegmentIsRecorded(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	s := serve(t, dir)
	vip := s.must(t, "POST", "/v1/tags", map[string]string{"name": "VIP"}).text(t, "id")
	before := s.must(t, "POST", "/v1/contacts", map[string]any{"name": "Ana", "phone": "+16505550101", "tags": []string{vip}}).text(t, "id")
	segment := "/v1/segments/" + s.must(t, "POST", "/v1/segments", map[string]any{"name": "VIPs", "filter": map[string]any{"tags_all": []string{vip}}}).text(t, "id")
	s.must(t, "POST", "/v1/segments", map[string]any{"name": "Search", "kind": "saved", "filter": map[string]any{"tags_all": []string{vip}}})
	s.turns(t, segment, before+" entered")
	later := s.must(t, "POST", "/v1/contacts", map[string]any{"name": "Bea", "phone": "+16505550102"}).text(t, "id")
	s.must(t, "PUT", "/v1/contacts/"+later+"/tags/"+vip, nil)
	s.turns(t, segment, before+" entered", later+" entered")
	stop(t, s)

	s = serve(t, dir)
	s.must(t, "POST", "/v1/contacts/"+before+"/archive", map[string]string{})
	s.turns(t, segment, before+" entered", later+" entered", before+" left")
	members := items(t, s.must(t, "GET", segment+"/members", nil))
	if len(members) != 1 || members[0].text(t, "contact") != later || members[0].text(t, "display_name") != "Bea" {
		t.Errorf("the members are %s", s.must(t, "GET", segment+"/members", nil).body)
	}
	// One row, and everybody leaves; restored, and they are back.
	s.must(t, "DELETE", "/v1/tags/"+vip, nil)
	s.turns(t, segment, before+" entered", later+" entered", before+" left", later+" left")
	s.must(t, "POST", "/v1/tags/"+vip+"/restore", map[string]string{})
	s.turns(t, segment, before+" entered", later+" entered", before+" left", later+" left", later+" entered")
	s.must(t, "DELETE", segment, nil)
	s.turns(t, segment, before+" entered", later+" entered", before+" left", later+" left", later+" entered", later+" left")
}

// turns waits until exactly these are recorded, the first first.
func (s *service) turns(t *testing.T, segment string, want ...string) {
	t.Helper()
	awaiting(t, func() bool {
		history := items(t, s.must(t, "GET", segment+"/history?limit=200", nil))
		if len(history) < len(want) {
			return false
		}
		var got []string
		for _, turn := range slices.Backward(history) {
			got = append(got, turn.text(t, "contact")+" "+turn.text(t, "turn"))
		}
		if !slices.Equal(got, want) {
			t.Fatalf("recorded are\n%s\nnot\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
		}
		return true
	})
}
