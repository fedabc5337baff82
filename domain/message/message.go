package message

import (
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"tagtrail/domain/contact"
	"tagtrail/domain/event"
	"tagtrail/domain/fault"
	"tagtrail/domain/personal"
)

// The faults of messages.
var (
	ErrNoWamid       = fault.New(fault.Invalid, "message.no-id", "a message has an id of WhatsApp's")
	ErrUnknownStatus = fault.New(fault.Invalid, "message.unknown-status", "WhatsApp does not report this status")
)

// Faults lists every fault of messages.
func Faults() []*fault.Fault { return []*fault.Fault{ErrNoWamid, ErrUnknownStatus} }

// MaxTextLength bounds the text of a message in code points, far above what WhatsApp lets through, so that an event stays small.
const MaxTextLength = 65_536

// maxWamidLength bounds WhatsApp's id of a message, in bytes.
const maxWamidLength = 512

// Statuses answers the statuses in the order in which they come about.
func Statuses() []Status { return []Status{Sent, Delivered, Read, Played, Failed} }

// CheckWamid says whether this can be WhatsApp's id of a message.
func CheckWamid(wamid string) error {
	if wamid == "" || len(wamid) > maxWamidLength || strings.ContainsFunc(wamid, func(r rune) bool { return r <= ' ' || r > '~' }) {
		return ErrNoWamid
	}
	return nil
}

// Message is the state of one message.
type Message struct {
	received bool
	contact  contact.ID // zero until somebody is named
	reports  map[Status]bool
}

// New answers a message before its first event.
func New() *Message { return &Message{reports: map[Status]bool{}} }

// Apply takes over what happened.
func (m *Message) Apply(r event.Recorded[Event]) {
	switch e := r.Data.(type) {
	case Received:
		m.received, m.contact = true, e.Contact
	case StatusReported:
		m.reports[e.Status] = true
		if m.contact == (contact.ID{}) {
			m.contact = e.Contact
		}
	}
}

// Received says whether the message is known to have been received.
func (m *Message) Received() bool { return m.received }

// Reported says whether the status is known.
func (m *Message) Reported(s Status) bool { return m.reports[s] }

// Receive decides on a message that came in. A second delivery of it changes nothing.
func (m *Message) Receive(e Received) []Event {
	if m.received {
		return nil
	}
	e.Kind, e.Text = cleanKind(e.Kind), cleanText(e.Text)
	return []Event{e}
}

// Report decides on how far a message of the team got. One message is one
// contact's: a report that names another is the first one's too. A report that
// names nobody stays so, whatever was reported before it: reports come in any
// order, and every order has to end the same.
func (m *Message) Report(e StatusReported) ([]Event, error) {
	if !slices.Contains(Statuses(), e.Status) {
		return nil, ErrUnknownStatus
	}
	if m.Reported(e.Status) {
		return nil, nil
	}
	if e.Contact == (contact.ID{}) {
		e.Wamid = personal.Text{}
	} else if m.contact != (contact.ID{}) {
		e.Contact = m.contact
	}
	return []Event{e}, nil
}

// cleanKind answers the kind of a message; it is a clear field, so only what looks like one of WhatsApp's words gets in.
func cleanKind(kind string) string {
	if kind == "" || len(kind) > 32 || strings.Trim(kind, "abcdefghijklmnopqrstuvwxyz_") != "" {
		return "unsupported"
	}
	return kind
}

// cleanText takes out what no table can hold and cuts what no message can be.
func cleanText(t personal.Text) personal.Text {
	s := strings.Map(func(r rune) rune {
		if unicode.IsControl(r) && r != '\n' && r != '\t' {
			return -1
		}
		return r
	}, strings.ToValidUTF8(t.Reveal(), "\ufffd"))
	if utf8.RuneCountInString(s) > MaxTextLength {
		s = string([]rune(s)[:MaxTextLength])
	}
	return personal.New(s)
}
