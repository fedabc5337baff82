package app_test

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
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
