package kill_test

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"math/rand/v2"
	"strings"
	"time"

	"tagtrail/domain/message"
)

const (
	appSecret     = "a-secret-of-the-app"
	phoneNumberID = "106540352242922"
)

// delivery is a signed body of WhatsApp's that was acknowledged.
type delivery struct {
	request
	messages []string // ids of those that came in
	reports  []report
}

type report struct {
	wamid  string
	status message.Status
}

// sender delivers as WhatsApp does: until it is acknowledged, in any order, and now and then once more.
type sender struct {
	*trial
	random *rand.Rand
	name   string
	count  int
	again  []delivery // acknowledged before
}

func (s *sender) work(ctx context.Context) error {
	batch := []delivery{s.next(), s.next()}
	for len(s.again) > 0 && s.random.IntN(2) == 0 {
		last := len(s.again) - 1
		batch = append(batch, s.again[last])
		s.again = s.again[:last]
	}
	s.random.Shuffle(len(batch), func(i, j int) { batch[i], batch[j] = batch[j], batch[i] })
	for _, d := range batch {
		a, sendings, err := s.caller.settle(ctx, d.request)
		if err != nil {
			return err
		}
		if a.status != 200 {
			return found("a delivery is answered %d %s", a.status, a.said)
		}
		s.tally.delivered.Add(1)
		s.tally.deliveriesRepeated.Add(int64(sendings - 1))
		s.book.delivered(d)
		if s.random.IntN(3) == 0 {
			s.again = append(s.again, d)
			s.tally.deliveriesRepeated.Add(1)
		}
	}
	return nil
}

// next is a message of one of a few people, and reports on messages to them.
func (s *sender) next() delivery {
	s.count++
	who := fmt.Sprintf("1650555%04d", s.random.IntN(40)*250)
	at := time.Date(2026, time.May, 1, 0, 0, s.random.IntN(86_400), 0, time.UTC).Unix()
	wamid := fmt.Sprintf("wamid.%s.%d", s.name, s.count)
	d := delivery{messages: []string{wamid}}
	values := []string{
		fmt.Sprintf(`"contacts":[{"profile":{"name":"Bea %d"},"wa_id":"%s"}]`, s.random.IntN(3), who),
		fmt.Sprintf(`"messages":[{"from":"%s","id":"%s","timestamp":"%d","type":"text","text":{"body":"hi"}}]`, who, wamid, at),
	}
	var reports []string
	for i, status := range []message.Status{message.Sent, message.Delivered, message.Read}[:s.random.IntN(4)] {
		r := report{fmt.Sprintf("wamid.out.%s.%d", s.name, s.count), status}
		d.reports = append(d.reports, r)
		reports = append(reports, fmt.Sprintf(`{"id":"%s","status":"%s","timestamp":"%d","recipient_id":"%s"}`, r.wamid, status, at+int64(i), who))
	}
	s.random.Shuffle(len(reports), func(i, j int) { reports[i], reports[j] = reports[j], reports[i] })
	if reports != nil {
		values = append(values, `"statuses":[`+strings.Join(reports, ",")+`]`)
	}
	d.request = s.signed(`{"object":"whatsapp_business_account","entry":[{"id":"1","changes":[{"field":"messages","value":` +
		`{"messaging_product":"whatsapp","metadata":{"display_phone_number":"15550783881","phone_number_id":"` + phoneNumberID + `"},` +
		strings.Join(values, ",") + `}}]}]}`)
	return d
}

func (s *sender) signed(body string) request {
	mac := hmac.New(sha256.New, []byte(appSecret))
	mac.Write([]byte(body))
	return request{method: "POST", path: "/webhooks/whatsapp/" + s.channel.String(), body: []byte(body), header: map[string]string{
		"Content-Type": "application/json", "X-Hub-Signature-256": "sha256=" + hex.EncodeToString(mac.Sum(nil)),
	}}
}
