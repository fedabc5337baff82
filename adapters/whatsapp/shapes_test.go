package whatsapp_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"tagtrail/adapters/whatsapp"
	"tagtrail/domain/contact"
	"tagtrail/domain/delivery"
	"tagtrail/domain/event"
	"tagtrail/domain/message"
	"tagtrail/domain/personal"
)

const (
	sheena = `{"profile":{"name":"Sheena","username":"sheena.n"},"wa_id":"16505550101","user_id":"US.13491208655302741918"}`
	ids    = `"from":"16505550101","from_user_id":"US.13491208655302741918","timestamp":"1749416383"`
)

var (
	sentAt  = time.Unix(1749416383, 0).UTC()
	byUser  = contact.Identity{Kind: contact.BSUID, Value: personal.New("US.13491208655302741918"), Country: "US"}
	byPhone = contact.Identity{Kind: contact.Number, Value: personal.New("+16505550101"), WaID: personal.New("16505550101"), Country: "US"}
)

// change answers a delivery with one change of the field "messages".
func change(contacts, messages, statuses string) string {
	return fmt.Sprintf(`{"object":"whatsapp_business_account","entry":[{"id":"102290129340398","changes":[{"field":"messages","value":{
		"messaging_product":"whatsapp","metadata":{"display_phone_number":"15550783881","phone_number_id":%q},
		"contacts":[%s],"messages":[%s],"statuses":[%s]}}]}]}`, phoneNumberID, contacts, messages, statuses)
}

// text answers a delivery with text messages of Sheena's, by pairs of wamid and text as it stands in JSON.
func text(pairs ...string) string {
	var messages []string
	for i := 0; i < len(pairs); i += 2 {
		messages = append(messages, fmt.Sprintf(`{%s,"id":"%s","type":"text","text":{"body":"%s"}}`, ids, pairs[i], pairs[i+1]))
	}
	return change(sheena, strings.Join(messages, ","), "")
}

func of(messages string) string { return change(sheena, messages, "") }

// S3-9, C32: every kind of message that people send.
func TestMessagesOfEveryType(t *testing.T) {
	t.Parallel()
	for _, row := range []struct{ kind, members, text string }{
		{"text", `"text":{"body":"h\u00e9llo"}`, "héllo"},
		{"image", `"image":{"caption":"look","mime_type":"image/jpeg","sha256":"…","id":"1"}`, "look"},
		{"image", `"image":{"id":"1"}`, ""},
		{"audio", `"audio":{"id":"1","voice":true}`, ""},
		{"video", `"video":{"caption":"watch","id":"1"}`, "watch"},
		{"document", `"document":{"caption":"read","filename":"a.pdf","id":"1"}`, "read"},
		{"sticker", `"sticker":{"id":"1","animated":false}`, ""},
		{"location", `"location":{"latitude":37.4,"longitude":-122.1,"name":"Office","address":"1 Hacker Way"}`, "Office\n1 Hacker Way"},
		{"location", `"location":{"latitude":37.4,"longitude":-122.1}`, ""},
		{"contacts", `"contacts":[{"name":{"formatted_name":"Bob"},"phones":[{"phone":"+1 650 555 0109"}]}]`, "Bob"},
		{"interactive", `"interactive":{"type":"button_reply","button_reply":{"id":"1","title":"Yes"}}`, "Yes"},
		{"interactive", `"interactive":{"type":"list_reply","list_reply":{"id":"1","title":"Blue","description":"…"}}`, "Blue"},
		{"interactive", `"interactive":{"type":"nfm_reply","nfm_reply":{"name":"flow","body":"Sent","response_json":"{}"}}`, "Sent"},
		{"button", `"button":{"payload":"p","text":"Stop"}`, "Stop"},
		{"reaction", `"reaction":{"message_id":"wamid.0","emoji":"👍"}`, "👍"},
		{"order", `"order":{"catalog_id":"1","text":"please","product_items":[]}`, "please"},
		{"request_welcome", ``, ""},
		{"unsupported", `"errors":[{"code":131051,"title":"Message type unknown"}]`, ""},
	} {
		t.Run(row.kind+" "+row.text, func(t *testing.T) {
			t.Parallel()
			b := setup(t)
			members := `"id":"wamid.1","type":"` + row.kind + `"`
			if row.members != "" {
				members += "," + row.members
			}
			body := of(`{` + ids + `,` + members + `,"context":{"from":"15550783881"},"brand_new":{"deep":[1]}}`)
			b.deliver(t, body)
			b.deliver(t, body)
			b.became(t,
				contact.Created{Origin: contact.OriginMessage, Identity: b.on(byUser), LeadStatus: contact.Cold},
				contact.IdentityLinked{Identity: b.on(byPhone)},
				contact.ProfileNameChanged{Name: personal.New("Sheena"), Channel: b.channel},
				message.Received{Channel: b.channel, Kind: row.kind, Wamid: personal.New("wamid.1"), Text: personal.New(row.text), SentAt: sentAt})
			if diff := cmp.Diff(map[whatsapp.Outcome]int{whatsapp.Received: 1, whatsapp.Repeated: 1}, b.counted); diff != "" {
				t.Errorf("counted otherwise (- want, + got):\n%s", diff)
			}
		})
	}
}

func (b *bench) on(i contact.Identity) contact.Identity {
	i.Channel = b.channel
	return i
}

// became requires what was recorded, whichever contact it was recorded of.
func (b *bench) became(t *testing.T, want ...event.Event) {
	t.Helper()
	got := b.happened()
	for i, e := range got {
		switch e := e.(type) {
		case message.Received:
			e.Contact = contact.ID{}
			got[i] = e
		case message.StatusReported:
			if (e.Contact == contact.ID{}) != e.Wamid.IsZero() {
				t.Errorf("a report has a contact or an id of WhatsApp's, and not both")
			}
			e.Contact = contact.ID{}
			got[i] = e
		}
	}
	if diff := cmp.Diff(want, got, cmp.AllowUnexported(personal.Text{})); diff != "" {
		t.Errorf("something else was recorded (- want, + got):\n%s", diff)
	}
}

// S3-7, faults row 56.
func TestReports(t *testing.T) {
	t.Parallel()
	created := func(b *bench, identities ...contact.Identity) []event.Event {
		events := []event.Event{contact.Created{Origin: contact.OriginMessage, Identity: b.on(identities[0]), LeadStatus: contact.Cold}}
		for _, i := range identities[1:] {
			events = append(events, contact.IdentityLinked{Identity: b.on(i)})
		}
		return events
	}
	report := func(b *bench, s message.Status, named bool) message.StatusReported {
		e := message.StatusReported{Channel: b.channel, Status: s, At: sentAt}
		if named {
			e.Wamid = personal.New("wamid.9")
		}
		return e
	}
	const stamp = `"id":"wamid.9","timestamp":"1749416383"`
	for name, row := range map[string]struct {
		contacts, status string
		want             func(*bench) []event.Event
	}{
		"sent, with the person beside it": {
			`{"wa_id":"16505550101","user_id":"US.13491208655302741918"}`,
			`{` + stamp + `,"status":"sent","recipient_id":"16505550101","recipient_user_id":"US.13491208655302741918","conversation":{"id":"c"},"pricing":{"billable":true}}`,
			func(b *bench) []event.Event {
				return append(created(b, byUser, byPhone), report(b, message.Sent, true))
			},
		},
		"delivered, with the person named only beside it": {
			`{"wa_id":"16505550101","user_id":"US.13491208655302741918"}`, `{` + stamp + `,"status":"delivered"}`,
			func(b *bench) []event.Event {
				return append(created(b, byUser, byPhone), report(b, message.Delivered, true))
			},
		},
		"read, by the user id alone": {
			``, `{` + stamp + `,"status":"read","recipient_user_id":"US.13491208655302741918"}`,
			func(b *bench) []event.Event { return append(created(b, byUser), report(b, message.Read, true)) },
		},
		"played, in a group": {
			``, `{` + stamp + `,"status":"played","recipient_id":"16505550101","recipient_type":"group"}`,
			func(b *bench) []event.Event { return []event.Event{report(b, message.Played, false)} },
		},
		"failed, without the person": {
			``, `{` + stamp + `,"status":"failed","recipient_id":"16505550101","errors":[{"code":131026,"title":"Message undeliverable"}]}`,
			func(b *bench) []event.Event {
				e := report(b, message.Failed, false)
				e.Code = 131026
				return []event.Event{e}
			},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := setup(t)
			body := change(row.contacts, "", row.status)
			b.deliver(t, body)
			b.deliver(t, body)
			b.became(t, row.want(b)...)
			if b.counted[whatsapp.Reported] != 1 || b.counted[whatsapp.Repeated] != 1 {
				t.Errorf("counted %v", b.counted)
			}
		})
	}
}

func TestAChangedNumberMovesTheContact(t *testing.T) {
	t.Parallel()
	for _, system := range []string{
		`{"body":"changed","wa_id":"16505550102","type":"user_changed_number"}`, `{"new_wa_id":"16505550102","type":"customer_changed_number"}`,
	} {
		moves(t, system)
	}
}

func moves(t *testing.T, system string) {
	t.Helper()
	b := setup(t)
	b.deliver(t, text("wamid.1", "hi"))
	moved := `{"from":"16505550101","from_user_id":"US.13491208655302741918","id":"wamid.2","timestamp":"1749416500","type":"system","system":` + system + `}`
	b.deliver(t, change("", moved, ""))
	b.deliver(t, change("", moved, ""))
	next := byPhone
	next.Value, next.WaID = personal.New("+16505550102"), personal.New("16505550102")
	events := b.happened()
	if diff := cmp.Diff([]event.Event{contact.IdentityUnlinked{Identity: b.on(byPhone)}, contact.IdentityLinked{Identity: b.on(next)}},
		events[4:], cmp.AllowUnexported(personal.Text{})); diff != "" {
		t.Errorf("something else was recorded (- want, + got):\n%s", diff)
	}
	if b.counted[whatsapp.Moved] != 1 || b.counted[whatsapp.Repeated] != 1 {
		t.Errorf("counted %v", b.counted)
	}
}

func TestAContactCardThatWasAskedForLinksTheNumber(t *testing.T) {
	t.Parallel()
	for name, members := range map[string]string{
		"origin on the message": `"origin":"contact_request","contacts":[{"name":{"formatted_name":"Sheena"},"phones":[{"phone":"+1 650-555-0101"}]}]`,
		"origin on the card":    `"contacts":[{"origin":"contact_request","phones":[{"phone":"(650) 555-0101","wa_id":"16505550101"}]}]`,
	} {
		b := setup(t)
		b.deliver(t, change(`{"user_id":"US.13491208655302741918"}`,
			`{"from_user_id":"US.13491208655302741918","timestamp":"1749416383","id":"wamid.1","type":"contacts",`+members+`}`, ""))
		number := b.on(byPhone)
		number.WaID = personal.Text{}
		events := b.happened()
		if diff := cmp.Diff([]event.Event{
			contact.Created{Origin: contact.OriginMessage, Identity: b.on(byUser), LeadStatus: contact.Cold}, contact.IdentityLinked{Identity: number},
		}, events[:2], cmp.AllowUnexported(personal.Text{})); diff != "" || len(events) != 3 {
			t.Errorf("%s: of %d events, something else was recorded (- want, + got):\n%s", name, len(events), diff)
		}
		if b.counted[whatsapp.Linked] != 1 || b.counted[whatsapp.Received] != 1 {
			t.Errorf("%s: counted %v", name, b.counted)
		}
	}
	b := setup(t)
	b.deliver(t, of(`{`+ids+`,"id":"wamid.1","type":"contacts","contacts":[{"phones":[{"phone":"+16505550109"}]}]}`))
	if b.counted[whatsapp.Linked] != 0 {
		t.Error("somebody else's card linked a number")
	}
	b.deliver(t, of(`{`+ids+`,"id":"wamid.2","type":"contacts","origin":"contact_request","contacts":[{"phones":[{"phone":"call me"}]}]}`))
	if b.counted[whatsapp.Linked] != 0 || b.counted[whatsapp.Received] != 2 {
		t.Errorf("a card without a number counted %v", b.counted)
	}
}

// Who wrote is said beside the message, in one of several ways.
func TestThePersonIsTheOneBesideTheMessage(t *testing.T) {
	t.Parallel()
	bob := `{"profile":{"name":"Bob"},"wa_id":"16505550102","user_id":"US.2"}`
	for name, row := range map[string]struct{ contacts, from, name string }{
		"by the user id":              {bob + "," + sheena, `"from_user_id":"US.13491208655302741918"`, "Sheena"},
		"by the number":               {bob + "," + sheena, `"from":"16505550101"`, "Sheena"},
		"the only one":                {sheena, `"id2":0`, "Sheena"},
		"the only one, somebody else": {bob, `"from":"16505550101"`, ""},
		"nobody of them":              {bob + "," + sheena, `"from":"16505550103"`, ""},
		"nobody":                      {"", `"from":"16505550101"`, ""},
	} {
		b := setup(t)
		b.deliver(t, change(row.contacts, `{`+row.from+`,"timestamp":"1749416383","id":"wamid.1","type":"text","text":{"body":"hi"}}`, ""))
		got := ""
		for _, e := range b.happened() {
			if changed, ok := e.(contact.ProfileNameChanged); ok {
				got = changed.Name.Reveal()
			}
		}
		if got != row.name || b.counted[whatsapp.Received] != 1 {
			t.Errorf("%s: the name is %q, want %q; counted %v", name, got, row.name, b.counted)
		}
	}
}

// Faults rows 56, 57, 59: nothing that is signed gets lost, and nothing is answered with an error.
func TestWhatIsNotUnderstoodIsKept(t *testing.T) {
	t.Parallel()
	entry := func(inner string) string { return `{"object":"whatsapp_business_account","entry":[` + inner + `]}` }
	for name, row := range map[string]struct {
		body, why, field string
		others           int // events besides
	}{
		"no JSON":                     {"hello", delivery.UnknownShape, "", 0},
		"nothing":                     {"", delivery.UnknownShape, "", 0},
		"a list":                      {"[]", delivery.UnknownShape, "", 0},
		"JSON and more":               {text("wamid.1", "hi") + "{}", delivery.UnknownShape, "", 0},
		"not UTF-8":                   {"\xff\xfe", delivery.UnknownShape, "", 0},
		"another product":             {`{"object":"page","entry":[]}`, delivery.UnknownShape, "", 0},
		"nested deep":                 {`{"object":"whatsapp_business_account","x":` + strings.Repeat("[", 100_000) + strings.Repeat("]", 100_000) + `}`, delivery.UnknownShape, "", 0},
		"nested deeper than anything": {`{"object":"whatsapp_business_account","x":` + strings.Repeat("[", 64) + strings.Repeat("]", 64) + `,"entry":[]}`, delivery.UnknownShape, "", 0},
		"a move at no time": {of(`{"from":"16505550101","timestamp":"0","id":"wamid.1","type":"system","system":{"type":"user_changed_number","wa_id":"16505550102"}}`),
			delivery.UnknownShape, "messages", 0},
		"an entry that is one":          {entry(`7`), delivery.UnknownShape, "", 0},
		"no changes":                    {entry(`{"id":"1","messaging":[]}`), delivery.UnknownShape, "", 0},
		"another field":                 {entry(`{"changes":[{"field":"user_preferences","value":{"user_preferences":[]}}]}`), delivery.UnknownShape, "user_preferences", 0},
		"a field with a name":           {entry(`{"changes":[{"field":"Ana +16505550101","value":{}}]}`), delivery.UnknownShape, "other", 0},
		"another number":                {strings.Replace(text("wamid.1", "hi"), phoneNumberID, "999", 1), delivery.ForeignNumber, "messages", 0},
		"no number":                     {entry(`{"changes":[{"field":"messages","value":{"messages":[]}}]}`), delivery.ForeignNumber, "messages", 0},
		"neither messages nor statuses": {change("", "", ""), delivery.UnknownShape, "messages", 0},
		"from nobody":                   {change("", `{"id":"wamid.1","timestamp":"1749416383","type":"text","text":{"body":"hi"}}`, ""), delivery.NamesNobody, "messages", 0},
		"without an id":                 {of(`{` + ids + `,"type":"text","text":{"body":"hi"}}`), delivery.UnknownShape, "messages", 0},
		"a message that is no object":   {of(`"hi"`), delivery.UnknownShape, "messages", 0},
		"a text that is no object":      {of(`{` + ids + `,"id":"wamid.1","type":"text","text":"hi"}`), delivery.UnknownShape, "messages", 0},
		"a status nobody knows":         {change(sheena, "", `{"id":"wamid.1","status":"warned","timestamp":"1749416383"}`), delivery.UnknownShape, "messages", 0},
		"a status that is no object":    {change(sheena, "", `7`), delivery.UnknownShape, "messages", 0},
		"another system message":        {of(`{` + ids + `,"id":"wamid.1","type":"system","system":{"type":"customer_identity_changed"}}`), delivery.UnknownShape, "messages", 0},
		"a move to nowhere":             {of(`{` + ids + `,"id":"wamid.1","type":"system","system":{"type":"user_changed_number"}}`), delivery.NamesNobody, "messages", 0},
		"a type nobody knows":           {of(`{` + ids + `,"id":"wamid.1","type":"hologram","hologram":{}}`), delivery.UnknownShape, "messages", 4},
		"no type":                       {of(`{` + ids + `,"id":"wamid.1"}`), delivery.UnknownShape, "messages", 4},
		"one of three": {of(`{` + ids + `,"id":"wamid.1","type":"text","text":{"body":"a"}},7,{` + ids + `,"id":"wamid.2","type":"text","text":{"body":"b"}}`),
			delivery.UnknownShape, "messages", 5},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := setup(t)
			b.deliver(t, row.body)
			b.deliver(t, row.body)
			var found []delivery.Kept
			others := 0
			for _, e := range b.happened() {
				if k, ok := e.(delivery.Kept); ok {
					found = append(found, k)
				} else {
					others++
				}
			}
			if len(found) != 1 || found[0].Why != row.why || found[0].Field != row.field || others != row.others {
				t.Fatalf("kept %d times, %q under %q, with %d other events", len(found), found[0].Why, found[0].Field, others)
			}
			raw, err := delivery.Read(found[0].Body.Reveal())
			if err != nil || !strings.Contains(row.body, string(raw)) {
				t.Errorf("what was kept is no part of what came: %.80s, %v", raw, err)
			}
		})
	}
}

// Faults row 58.
func TestATimeThatIsNoneIsTheTimeOfReceipt(t *testing.T) {
	t.Parallel()
	for stamp, want := range map[string]bool{
		`"0"`: false, `"-1"`: false, `"1749416383000"`: false, `"9999999999"`: false, `"soon"`: false, `""`: false, `null`: false, `{}`: false, `"1e9"`: false,
		`"99999999999999999999"`: false, `"1749416383"`: true, `1749416383`: true,
	} {
		b := setup(t)
		body := strings.ReplaceAll(text("wamid.1", "hi"), `"1749416383"`, stamp)
		b.deliver(t, body)
		b.deliver(t, body)
		var got message.Received
		kept := 0
		for _, e := range b.happened() {
			switch e := e.(type) {
			case message.Received:
				got = e
			case delivery.Kept:
				kept++
			}
		}
		switch {
		case want && (!got.SentAt.Equal(sentAt) || got.Suspect || kept != 0):
			t.Errorf("%s is %v, suspect: %v, kept %d times", stamp, got.SentAt, got.Suspect, kept)
		case !want && (!got.SentAt.Equal(b.Now) || !got.Suspect || kept != 1):
			t.Errorf("%s is %v, suspect: %v, kept %d times", stamp, got.SentAt, got.Suspect, kept)
		}
	}
}

// JSON is read leniently: what nobody here has heard of is no fault.
func TestUnknownMembersAndOddValuesAreNoFault(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.deliver(t, `{"brand":"new","object":"whatsapp_business_account","object":"whatsapp_business_account","entry":[{"id":1,"time":2,"changes":[{"field":"messages","value":{
		"metadata":{"phone_number_id":`+phoneNumberID+`,"x":[]},"contacts":[7,{"profile":{"name":12},"wa_id":16505550101,"x":{}}],
		"messages":[{"from":16505550101,"id":"wamid.1","timestamp":1749416383,"type":"text","text":{"body":"h`+"\xff"+`i","y":null},"statuses":{}}]}}]}]}`)
	events := b.happened()
	got, ok := events[len(events)-1].(message.Received)
	if !ok || got.Text != personal.New("h\ufffdi") || b.counted[whatsapp.Kept] != 0 {
		t.Errorf("of %d events the last is %T; counted %v", len(events), events[len(events)-1], b.counted)
	}
}

func TestSeveralEntriesAndChangesAreAllTaken(t *testing.T) {
	t.Parallel()
	b := setup(t)
	one := strings.TrimSuffix(strings.TrimPrefix(text("wamid.1", "a", "wamid.2", "b"), `{"object":"whatsapp_business_account","entry":[`), `]}`)
	two := strings.ReplaceAll(strings.ReplaceAll(one, "wamid.1", "wamid.3"), "wamid.2", "wamid.4")
	b.deliver(t, `{"object":"whatsapp_business_account","entry":[`+one+`,`+two+`]}`)
	if b.counted[whatsapp.Received] != 4 {
		t.Errorf("counted %v", b.counted)
	}
	b.deliver(t, `{"object":"whatsapp_business_account","entry":[]}`)
}

func FuzzDelivery(f *testing.F) {
	f.Add([]byte(text("wamid.1", "hi")))
	f.Add([]byte(change(sheena, "", `{"id":"wamid.1","status":"sent","timestamp":"1","recipient_id":"16505550101"}`)))
	f.Add([]byte(of(`{` + ids + `,"id":"wamid.1","type":"system","system":{"type":"user_changed_number","wa_id":"16505550102"}}`)))
	f.Add([]byte(of(`{` + ids + `,"id":"wamid.1","type":"contacts","origin":"contact_request","contacts":[{"phones":[{"phone":"+16505550101"}]}]}`)))
	f.Add([]byte(`{"object":"whatsapp_business_account","entry":[{"changes":[{"field":"messages","value":{"messages":{}}}]}]}`))
	f.Add([]byte("\xff{"))
	f.Fuzz(func(t *testing.T, body []byte) {
		b := setup(t)
		if w := b.send(body, signature(body)); w.Code != http.StatusOK {
			t.Errorf("a signed body is answered %d %s", w.Code, w.Body)
		}
		first := len(b.Store.All())
		if w := b.send(body, signature(body)); w.Code != http.StatusOK || len(b.Store.All()) != first {
			t.Errorf("the second delivery is answered %d and records %d events", w.Code, len(b.Store.All())-first)
		}
	})
}
