package message_test

import (
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"tagtrail/domain/contact"
	"tagtrail/domain/domaintest"
	"tagtrail/domain/message"
	"tagtrail/domain/personal"
)

func who(n byte) contact.ID { return contact.ID{UUID: uuid.UUID{15: n}} }

func received(kind, text string) message.Received {
	return message.Received{Contact: who(1), Channel: uuid.UUID{1}, Kind: kind, Wamid: personal.New("wamid.1"), Text: personal.New(text), SentAt: domaintest.Began()}
}

func reported(n byte, s message.Status) message.StatusReported {
	e := message.StatusReported{Channel: uuid.UUID{1}, Status: s, At: domaintest.Began().Add(time.Minute)}
	if n != 0 {
		e.Contact, e.Wamid = who(n), personal.New("wamid.1")
	}
	return e
}

func receive(e message.Received) func(*message.Message) ([]message.Event, error) {
	return func(m *message.Message) ([]message.Event, error) { return m.Receive(e), nil }
}

func report(e message.StatusReported) func(*message.Message) ([]message.Event, error) {
	return func(m *message.Message) ([]message.Event, error) { return m.Report(e) }
}

func TestAMessageIsReceivedOnce(t *testing.T) {
	t.Parallel()
	domaintest.When(nil, message.New(), receive(received("text", "hi"))).Then(t, received("text", "hi"))
	domaintest.When(domaintest.Given[message.Event](received("text", "hi")), message.New(), receive(received("text", "hi"))).Then(t)
	domaintest.When(domaintest.Given[message.Event](reported(1, message.Read)), message.New(), receive(received("text", "hi"))).Then(t, received("text", "hi"))
}

func TestWhatNoTableCanHoldIsTakenOutOfAMessage(t *testing.T) {
	t.Parallel()
	domaintest.When(nil, message.New(), receive(received("text", "a\u0000b\n\tc\u0085d\xff"))).Then(t, received("text", "ab\n\tcd\ufffd"))
	domaintest.When(nil, message.New(), receive(received("text", strings.Repeat("é", message.MaxTextLength+1)))).
		Then(t, received("text", strings.Repeat("é", message.MaxTextLength)))
	for _, kind := range []string{"", "Ana", "+16505550101", "a b", strings.Repeat("a", 33)} {
		domaintest.When(nil, message.New(), receive(received(kind, ""))).Then(t, received("unsupported", ""))
	}
	domaintest.When(nil, message.New(), receive(received("request_welcome", ""))).Then(t, received("request_welcome", ""))
}

func TestEachStatusIsReportedOnce(t *testing.T) {
	t.Parallel()
	for _, status := range message.Statuses() {
		domaintest.When(nil, message.New(), report(reported(1, status))).Then(t, reported(1, status))
		domaintest.When(domaintest.Given[message.Event](reported(1, status)), message.New(), report(reported(1, status))).Then(t)
		domaintest.When(domaintest.Given[message.Event](reported(1, message.Sent), reported(1, message.Failed)), message.New(), report(reported(1, message.Delivered))).
			Then(t, reported(1, message.Delivered))
	}
	domaintest.When(nil, message.New(), report(reported(1, "warned"))).ThenFault(t, message.ErrUnknownStatus)
}

func TestAReportThatNamesNobodyKeepsNoIDOfWhatsApps(t *testing.T) {
	t.Parallel()
	nameless := reported(0, message.Failed)
	nameless.Wamid, nameless.Code = personal.New("wamid.1"), 131026
	want := reported(0, message.Failed)
	want.Code = 131026
	domaintest.When(nil, message.New(), report(nameless)).Then(t, want)
	domaintest.When(domaintest.Given[message.Event](reported(1, message.Sent)), message.New(), report(nameless)).Then(t, want)
}

func TestAllReportsOnAMessageAreOneContacts(t *testing.T) {
	t.Parallel()
	domaintest.When(domaintest.Given[message.Event](reported(0, message.Failed), reported(1, message.Sent)), message.New(), report(reported(2, message.Read))).
		Then(t, reported(1, message.Read))
}

func TestAMessageHasAnIDOfWhatsApps(t *testing.T) {
	t.Parallel()
	for wamid, ok := range map[string]bool{
		"wamid.HBgLMTY1MDU1NTAxMDEVAgASGBQzQTdCNTg5RjY1MEMyRjlGMjRGNgA=": true, "": false, "a b": false, "é": false, "a\n": false, strings.Repeat("a", 513): false,
	} {
		if err := message.CheckWamid(wamid); (err == nil) != ok {
			t.Errorf("%q: %v", wamid, err)
		}
	}
}
