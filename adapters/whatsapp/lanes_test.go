package whatsapp_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"runtime"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"pgregory.net/rapid"

	"tagtrail/adapters/whatsapp"
	"tagtrail/commands"
	"tagtrail/commands/commandstest"
	"tagtrail/domain/fault"
	"tagtrail/domain/message"
)

// crowd answers a delivery with a message of each of so many people.
func crowd(people int) string {
	var messages []string
	for n := range people {
		messages = append(messages, fmt.Sprintf(`{"from":"%d","timestamp":"1749416383","id":"wamid.%d","type":"text","text":{"body":"hi"}}`, 16505550100+n, n))
	}
	return change("", strings.Join(messages, ","), "")
}

// through answers a request with a signed body, by way of other commands than the service's.
func (b *bench) through(c whatsapp.Commands, body string) *httptest.ResponseRecorder {
	hook := whatsapp.New(whatsapp.Config{Commands: c, Problem: problem, Count: func(whatsapp.Outcome) {}, Now: func() time.Time { return b.Now }})
	r := httptest.NewRequest(http.MethodPost, "/", bytes.NewReader([]byte(body)))
	r.Header.Set("X-Hub-Signature-256", signature([]byte(body)))
	w := httptest.NewRecorder()
	hook.ServeChannel(w, r, b.channel)
	return w
}

// meeting lets nobody go before so many are there.
type meeting struct {
	*commands.Service
	missing atomic.Int32
	all     chan struct{}
}

func (m *meeting) ReceiveMessage(ctx context.Context, cmd commands.ReceiveMessage) (commands.Receipt, error) {
	if m.missing.Add(-1) == 0 {
		close(m.all)
	}
	select {
	case <-m.all:
		return m.Service.ReceiveMessage(ctx, cmd)
	case <-time.After(time.Second):
		return commands.Receipt{}, errors.New("nobody else came")
	}
}

func TestThePeopleOfADeliveryAreServedSeveralAtATime(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := setup(t)
		m := &meeting{Service: b.Service, all: make(chan struct{})}
		m.missing.Store(8)
		if w := b.through(m, crowd(100)); w.Code != http.StatusOK {
			t.Errorf("answered %d %s", w.Code, w.Body)
		}
		if n := len(b.happened()); n != 2*100 {
			t.Errorf("there are %d events, want a contact and a message of each of 100 people", n)
		}
	})
}

// record says when each thing began and ended, by the number that it carries.
type record struct {
	*commands.Service
	mu           sync.Mutex
	clock        int
	began, ended map[int]int
}

func (r *record) done(number int) (commands.Receipt, error) {
	r.note(r.began, number)
	runtime.Gosched()
	r.note(r.ended, number)
	return commands.Receipt{}, nil
}

func (r *record) note(at map[int]int, number int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.clock++
	at[number] = r.clock
}

func (r *record) ReceiveMessage(_ context.Context, cmd commands.ReceiveMessage) (commands.Receipt, error) {
	return r.done(len(cmd.Text))
}

func (r *record) ReportStatus(_ context.Context, cmd commands.ReportStatus) (commands.Receipt, error) {
	return r.done(cmd.Code)
}

func (r *record) ChangeIdentity(_ context.Context, cmd commands.ChangeIdentity) (commands.Receipt, error) {
	return r.done(int(cmd.At.Sub(sentAt).Seconds()))
}

func (r *record) LinkNumber(context.Context, commands.LinkNumber) (commands.Receipt, error) {
	return commands.Receipt{}, nil
}

// The same person may go by several names in one delivery, and one number be written in two ways.
func TestWhatConcernsOnePersonOrMessageStaysInOrder(t *testing.T) {
	t.Parallel()
	b := setup(t)
	numbers := []string{"", "551187654321", "5511987654321", "16505550101", "16505550102", "16505550103"}
	variant := map[string]string{"551187654321": "5511987654321"}
	rapid.Check(t, func(t *rapid.T) {
		var messages, statuses []string
		var written, told []int
		names := map[int][]string{}
		things := rapid.IntRange(2, 40).Draw(t, "things")
		for n := 1; n <= things; n++ {
			number := rapid.SampledFrom(numbers).Draw(t, "number")
			user := rapid.SampledFrom([]string{"", "", "US.1", "US.2", "US.3"}).Draw(t, "user")
			parent := rapid.SampledFrom([]string{"", "", "", "US.ENT.1"}).Draw(t, "parent")
			wamid := fmt.Sprint("wamid.", rapid.IntRange(0, 2*things).Draw(t, "wamid"))
			next := rapid.SampledFrom(numbers[1:]).Draw(t, "next")
			of := []string{wamid, number, variant[number], user, parent}
			message := fmt.Sprintf(`{"from":%q,"from_user_id":%q,"from_parent_user_id":%q,"id":%q,"timestamp":"%d"`, number, user, parent, wamid, sentAt.Unix()+int64(n))
			text := fmt.Sprintf(`"type":"text","text":{"body":"%s"}}`, strings.Repeat("x", n))
			switch rapid.SampledFrom([]string{"text", "report", "move", "card"}).Draw(t, "kind") {
			case "text":
				messages, written = append(messages, message+","+text), append(written, n)
			case "move":
				messages, written = append(messages, message+`,"type":"system","system":{"type":"user_changed_number","wa_id":"`+next+`"}}`), append(written, n)
				of = append(of, next, variant[next])
			case "card":
				messages, written = append(messages, message+`,"origin":"contact_request","contacts":[{"phones":[{"phone":"+`+next+`"}]}],`+text), append(written, n)
				of = append(of, next, variant[next])
			case "report":
				statuses, told = append(statuses, fmt.Sprintf(`{"recipient_id":%q,"recipient_user_id":%q,"recipient_parent_user_id":%q,"id":%q,"status":"sent","errors":[{"code":%d}]}`,
					number, user, parent, wamid, n)), append(told, n)
			}
			names[n] = slices.DeleteFunc(of, func(s string) bool { return s == "" })
		}
		r := &record{Service: b.Service, began: map[int]int{}, ended: map[int]int{}}
		if w := b.through(r, change("", strings.Join(messages, ","), strings.Join(statuses, ","))); w.Code != http.StatusOK || len(r.ended) != things {
			t.Fatalf("answered %d %s, and %d of %d things were done", w.Code, w.Body, len(r.ended), things)
		}
		order := slices.Concat(written, told)
		for i, later := range order {
			for _, sooner := range order[:i] {
				shared := slices.ContainsFunc(names[later], func(s string) bool { return slices.Contains(names[sooner], s) })
				if shared && r.began[later] < r.ended[sooner] {
					t.Fatalf("what is about %v began before what is about %v had ended", names[later], names[sooner])
				}
			}
		}
	})
}

// refusing has nothing carried out.
type refusing struct {
	*commands.Service
	asked atomic.Int32
	fail  func() error
}

func (r *refusing) ReceiveMessage(context.Context, commands.ReceiveMessage) (commands.Receipt, error) {
	r.asked.Add(1)
	return commands.Receipt{}, r.fail()
}

func (r *refusing) KeepDelivery(context.Context, commands.KeepDelivery) (commands.Receipt, error) {
	r.asked.Add(1000)
	return commands.Receipt{}, nil
}

func TestAfterAFailureNothingMoreIsBegun(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := setup(t)
		var failed atomic.Bool
		r := &refusing{Service: b.Service, fail: func() error {
			if !failed.Swap(true) {
				return fault.New(fault.Unavailable, "log.unavailable", "the log is away")
			}
			<-time.After(time.Second) // by then whoever failed has said so
			return nil
		}}
		body := strings.Replace(crowd(500), `"messages":[`, `"messages":[7,`, 1)
		if w := b.through(r, body); w.Code != http.StatusServiceUnavailable {
			t.Errorf("answered %d %s", w.Code, w.Body)
		}
		if n := r.asked.Load(); n == 0 || n > 16 {
			t.Errorf("%d commands were asked for", n)
		}
	})
}

// What panics on the way must not take the process along: whoever serves the request catches it.
func TestAPanicIsThatOfTheRequest(t *testing.T) {
	t.Parallel()
	b := setup(t)
	defer func() {
		if got := recover(); got != "out of order" {
			t.Errorf("recovered %v", got)
		}
	}()
	b.through(&refusing{Service: b.Service, fail: func() error { panic("out of order") }}, crowd(50))
	t.Error("the request was answered")
}

// 200 says that all of it is durable, however many are served at a time.
func TestADeliveryOfManyPeopleIsCompletedByTheNext(t *testing.T) {
	t.Parallel()
	const people = 100
	body := crowd(people)
	for _, nth := range []int32{1, 20, 150, 299} {
		b := setup(t)
		var attempts atomic.Int32
		b.Store.Before(func(context.Context, commandstest.Attempt) error {
			if attempts.Add(1) == nth {
				return errors.New("the disk is full")
			}
			return nil
		})
		if w := b.send([]byte(body), signature([]byte(body))); w.Code != http.StatusServiceUnavailable {
			t.Errorf("with append %d failing answered %d %s", nth, w.Code, w.Body)
		}
		b.deliver(t, body)
		b.deliver(t, body)
		said := map[string]int{}
		for _, e := range b.happened() {
			said[e.EventName()]++
		}
		if said[message.Received{}.EventName()] != people || said["contact.created"] != people || len(said) != 2 {
			t.Errorf("with append %d failing there are %v in the end", nth, said)
		}
	}
}
