package main_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"testing"
	"time"
)

// S3-19: whoever kills tagtrail while contacts enter a segment finds each of them in it after the next start, and that each
// entered once.
func TestAfterAKillEveryoneEnteredASegmentOnce(t *testing.T) {
	t.Parallel()
	m := newMachine(t)
	s := m.serve(t)
	segment := "/v1/segments/" + s.created(t, "POST", "/v1/segments", map[string]any{"name": "All", "filter": map[string]any{"no_owner": true}})
	acknowledged, failed := make(chan struct{}), make(chan error, 1)
	go func() {
		for i := 0; ; i++ {
			status, _, err := s.request(http.MethodPost, "/v1/contacts", map[string]string{"name": fmt.Sprint("contact ", i), "phone": fmt.Sprintf("+1650555%04d", i)})
			if err != nil || status/100 != 2 {
				failed <- fmt.Errorf("contact %d: %d, %w", i, status, err)
				return
			}
			acknowledged <- struct{}{}
		}
	}()
	wrote := 0
	for killed := false; !killed; {
		select {
		case <-acknowledged:
			wrote++
			// Some have entered by now, and others are on their way.
			if wrote >= 30 && len(turnsIn(t, s.api, segment)) > 0 {
				s.kill()
				killed = true
			}
		case err := <-failed:
			t.Fatal(err)
		}
	}
	for waiting := true; waiting; {
		select {
		case <-acknowledged:
			wrote++
		case err := <-failed:
			waiting = err == nil
		}
	}
	next := m.serve(t)
	var turns []segmentTurn
	for deadline := time.Now().Add(time.Minute); len(turns) < wrote; {
		if time.Now().After(deadline) {
			t.Fatalf("of %d contacts %d entered", wrote, len(turns))
		}
		<-time.After(50 * time.Millisecond)
		turns = turnsIn(t, next.api, segment)
	}
	entered := map[string]int{}
	for _, turn := range turns {
		if entered[turn.Contact]++; turn.Turn != "entered" || entered[turn.Contact] > 1 {
			t.Errorf("%s %s, %d times", turn.Contact, turn.Turn, entered[turn.Contact])
		}
	}
	var found []struct{ Reaction, State string }
	decode(t, m.must(t, "reactions", "status", "--json", "--data-dir", m.data), &found)
	if len(found) != 2 || found[0].Reaction != "rules" || found[0].State == "stopped" || found[1].Reaction != "segments" || found[1].State == "stopped" {
		t.Errorf("the reactions are %+v", found)
	}
	m.run(t, "reactions", "skip", "nothing", "1", "--reason", "why not", "--data-dir", m.data).refused(t, 3, "no such reaction")
}

type segmentTurn struct{ Contact, Turn string }

// turnsIn answers who entered a segment and who left it.
func turnsIn(t *testing.T, a api, segment string) []segmentTurn {
	t.Helper()
	var all []segmentTurn
	for path := segment + "/history?limit=200"; path != ""; {
		status, body := a.get(t, path)
		var page struct {
			Items []segmentTurn
			Next  string
		}
		if err := json.Unmarshal([]byte(body), &page); err != nil || status != http.StatusOK {
			t.Fatalf("%d %s", status, body)
		}
		all, path = append(all, page.Items...), ""
		if page.Next != "" {
			path = segment + "/history?limit=200&cursor=" + page.Next
		}
	}
	return all
}
