package readmodels_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/google/uuid"

	"tagtrail/domain/message"
	"tagtrail/readmodels"
)

// S1-26, S3-3: all messages, the newest first; pages neither repeat nor leave out.
func TestMessagesOfAContactAreListedNewestFirst(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	ana, bob := w.contact("Ana", "+16505550101"), w.contact("Bob", "+16505550102")
	channel := uuid.New()
	for i := range 7 { // two at each instant
		w.wrote(ana, channel, noon.Add(time.Duration(i/2)*time.Minute), fmt.Sprint("message ", i))
	}
	w.wrote(bob, channel, noon, "not hers")
	w.project()
	r := readmodels.Messages{DB: w.reader}
	all, next, err := r.Of(t.Context(), w.org.UUID, ana.UUID, nil, 100)
	if err != nil || next != nil || len(all) != 7 {
		t.Fatalf("%d messages, %v, %v", len(all), next, err)
	}
	if !slices.IsSortedFunc(all, func(a, b readmodels.Message) int { return b.At.Compare(a.At) }) {
		t.Errorf("in the order %+v", all)
	}
	if first := all[0]; first.Direction != "in" || first.Kind != "text" || first.Text != "message 6" || first.Channel != channel || first.Status != "" {
		t.Errorf("the newest is %+v", first)
	}
	for limit := 1; limit <= 8; limit++ {
		var walked []readmodels.Message
		var after *readmodels.MessageKey
		for len(walked) <= len(all) {
			items, next, err := r.Of(t.Context(), w.org.UUID, ana.UUID, after, limit)
			if err != nil {
				t.Fatal(err)
			}
			walked = append(walked, items...)
			if after = next; after == nil {
				break
			}
		}
		if !slices.Equal(walked, all) {
			t.Errorf("pages of %d walk %+v", limit, walked)
		}
	}
}

func TestAMessageGotAsFarAsItsFurthestReport(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	ana := w.contact("Ana", "+16505550101")
	channel := uuid.New()
	sent, failed := message.ID{UUID: uuid.New()}, message.ID{UUID: uuid.New()}
	report := func(id message.ID, status message.Status, minute int, code int, names bool) {
		r := message.StatusReported{Channel: channel, Status: status, At: noon.Add(time.Duration(minute) * time.Minute), Code: code}
		if names {
			r.Contact = ana
		}
		w.happened(id.Stream(), r)
	}
	report(sent, message.Read, 3, 0, true)
	report(sent, message.Sent, 1, 0, true)
	report(sent, message.Delivered, 2, 0, true)
	report(failed, message.Failed, 5, 131026, false) // a failure names nobody, the report of sending does
	report(failed, message.Sent, 4, 0, true)
	w.project()

	got, _, err := readmodels.Messages{DB: w.reader}.Of(t.Context(), w.org.UUID, ana.UUID, nil, 10)
	if err != nil || len(got) != 2 {
		t.Fatal(got, err)
	}
	if m := got[0]; m.ID != failed.UUID || m.Status != "failed" || m.FailureCode != 131026 || m.Direction != "out" || !m.At.Equal(noon.Add(4*time.Minute)) {
		t.Errorf("the failed one is %+v", m)
	}
	if m := got[1]; m.ID != sent.UUID || m.Status != "read" || !m.At.Equal(noon.Add(time.Minute)) || m.SentAt == nil || m.DeliveredAt == nil || m.ReadAt == nil || m.FailedAt != nil {
		t.Errorf("the one that was read is %+v", m)
	}
}
