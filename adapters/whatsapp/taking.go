package whatsapp

import (
	"context"
	"errors"
	"strconv"
	"time"

	"github.com/go-json-experiment/json/jsontext"

	"tagtrail/commands"
	"tagtrail/domain/contact"
	kept "tagtrail/domain/delivery"
	"tagtrail/domain/message"
	"tagtrail/domain/organization"
)

// taking is one delivery on its way into commands.
type taking struct {
	*Webhook
	channel organization.Channel

	work    lanes // messages and reports
	keeping lanes // of what is not understood, which is known when the work is done
}

// inbox is the field that messages and statuses come under.
const inbox = "messages"

// atATime is how many people of one delivery are served at a time. Nearly all of
// their time is spent waiting for disks, and what several append at once is made
// durable at once.
const atATime = 16

// body turns a delivery into commands. What concerns one person, or one message,
// is done in the order in which it stands there, and one delivery at a time has
// only so much in hand.
func (t *taking) body(ctx context.Context, body []byte) error {
	t.read(ctx, body)
	if err := t.work.run(atATime); err != nil {
		return err
	}
	return t.keeping.run(atATime)
}

// read sorts out what is to be done about a delivery.
func (t *taking) read(ctx context.Context, body []byte) {
	var d delivery
	if isDeep(body) || lenient(body, &d) != nil || d.Object != "whatsapp_business_account" {
		t.keep(ctx, kept.UnknownShape, "", body)
		return
	}
	for _, raw := range d.Entry {
		t.entry(ctx, raw)
	}
}

func (t *taking) entry(ctx context.Context, raw jsontext.Value) {
	var e entry
	if lenient(raw, &e) != nil || len(e.Changes) == 0 {
		t.keep(ctx, kept.UnknownShape, "", raw)
		return
	}
	for _, each := range e.Changes {
		t.change(ctx, each)
	}
}

// change turns a change into commands. What is not understood in it is kept with all of it, once: a message is no use
// without the people and the number that stand beside it.
func (t *taking) change(ctx context.Context, raw jsontext.Value) {
	var c change
	if lenient(raw, &c) != nil {
		t.keep(ctx, kept.UnknownShape, "", raw)
		return
	}
	if c.Field == choices {
		t.preferences(ctx, c, raw)
		return
	}
	var value messages
	if c.Field != inbox || lenient(c.Value, &value) != nil {
		t.keep(ctx, kept.UnknownShape, string(c.Field), raw)
		return
	}
	if string(value.Metadata.PhoneNumberID) != t.channel.PhoneNumberID {
		t.keep(ctx, kept.ForeignNumber, inbox, raw)
		return
	}
	reasons := make([]string, len(value.Messages)+len(value.Statuses)) // why the change is to be kept as well, by each
	beside := peopleOf(value.Contacts)
	for i, each := range value.Messages {
		names, ok := messageNames(each, beside)
		if !ok {
			reasons[i] = kept.UnknownShape
			continue
		}
		t.work.add(func() (err error) {
			reasons[i], err = t.message(ctx, each, beside)
			return err
		}, names...)
	}
	of := reasons[len(value.Messages):]
	for i, each := range value.Statuses {
		names, ok := reportNames(each, beside)
		if !ok {
			of[i] = kept.UnknownShape
			continue
		}
		t.work.add(func() (err error) {
			of[i], err = t.status(ctx, each, beside)
			return err
		}, names...)
	}
	if len(reasons) == 0 {
		reasons = []string{kept.UnknownShape}
	}
	t.keeping.add(func() error {
		for _, why := range reasons {
			if why != "" {
				return t.store(ctx, why, inbox, raw)
			}
		}
		return nil
	}, string(raw))
}

// message turns a message into commands, and answers why its change is to be kept as well, or "".
func (t *taking) message(ctx context.Context, raw jsontext.Value, beside *people) (string, error) {
	var m incoming
	if lenient(raw, &m) != nil {
		return kept.UnknownShape, nil
	}
	at, reason := t.time(m.Timestamp)
	from := m.sender(beside)
	if m.Type == "system" {
		return t.move(ctx, m, from, at)
	}
	if number := m.sharedNumber(); number != "" {
		receipt, err := t.Commands.LinkNumber(ctx, commands.LinkNumber{
			Channel: t.channel.ID, Wamid: string(m.ID), From: from, Phone: number, At: at,
		})
		if err != nil && !isRefusal(err) {
			return "", err
		}
		if err == nil {
			t.count(receipt, Linked)
		}
	}
	receipt, err := t.Commands.ReceiveMessage(ctx, commands.ReceiveMessage{
		Channel: t.channel.ID, From: from, Wamid: string(m.ID), Kind: string(m.Type), Text: m.text(), SentAt: at, Suspect: reason != "",
	})
	if !isKnown(m.Type) {
		reason = kept.UnknownShape
	}
	return t.done(receipt, err, Received, reason)
}

// move turns a system message into a change of identity. Other system messages say nothing about who the person is.
func (t *taking) move(ctx context.Context, m incoming, from commands.Person, at time.Time) (string, error) {
	switch m.System.Type {
	case "user_changed_number", "customer_changed_number", "user_changed_user_id":
	default:
		return kept.UnknownShape, nil
	}
	if at.IsZero() {
		return kept.UnknownShape, nil
	}
	next := m.successor()
	receipt, err := t.Commands.ChangeIdentity(ctx, commands.ChangeIdentity{
		Channel: t.channel.ID, Wamid: string(m.ID), From: from,
		NewWaID: next.WaID, NewBSUID: next.BSUID, At: at,
	})
	return t.done(receipt, err, Moved, "")
}

// status turns a report into a command.
func (t *taking) status(ctx context.Context, raw jsontext.Value, beside *people) (string, error) {
	var r report
	if lenient(raw, &r) != nil {
		return kept.UnknownShape, nil
	}
	at, reason := t.time(r.Timestamp)
	receipt, err := t.Commands.ReportStatus(ctx, commands.ReportStatus{
		Channel: t.channel.ID, To: r.recipient(beside), Wamid: string(r.ID), Status: message.Status(r.Status),
		At: at, Code: r.code(), Suspect: reason != "",
	})
	return t.done(receipt, err, Reported, reason)
}

// done counts what was carried out. What was refused is kept: it would be refused again.
func (t *taking) done(receipt commands.Receipt, err error, as Outcome, reason string) (string, error) {
	switch {
	case errors.Is(err, contact.ErrNobody):
		return kept.NamesNobody, nil
	case err != nil && isRefusal(err):
		return kept.UnknownShape, nil
	case err != nil:
		return "", err
	}
	t.count(receipt, as)
	return reason, nil
}

// keep has a part of the delivery kept as it came.
func (t *taking) keep(ctx context.Context, why, field string, raw []byte) {
	t.keeping.add(func() error { return t.store(ctx, why, field, raw) }, string(raw))
}

func (t *taking) store(ctx context.Context, why, field string, raw []byte) error {
	receipt, err := t.Commands.KeepDelivery(ctx, commands.KeepDelivery{Channel: t.channel.ID, Why: why, Field: field, Body: raw})
	if err == nil {
		t.count(receipt, Kept)
	}
	return err
}

func (t *taking) count(receipt commands.Receipt, as Outcome) {
	if receipt.Replayed {
		as = Repeated
	}
	t.Count(as)
}

// time reads WhatsApp's time, in seconds. What is none, or lies before there was
// a WhatsApp or well after today, is answered as the zero time, with the reason
// to keep what was written there.
func (t *taking) time(written word) (time.Time, string) {
	seconds, err := strconv.ParseInt(string(written), 10, 64)
	at := time.Unix(seconds, 0).UTC()
	if err != nil || at.Before(time.Date(2009, time.January, 1, 0, 0, 0, 0, time.UTC)) || at.After(t.Now().Add(24*time.Hour)) {
		return time.Time{}, kept.UnknownShape
	}
	return at, ""
}

// code answers WhatsApp's code of the first error.
func (r report) code() int {
	for _, p := range read[problem](r.Errors) {
		if code, err := strconv.Atoi(string(p.Code)); err == nil {
			return code
		}
	}
	return 0
}

// sharedNumber answers the number of a contact card that answers a request for the person's own, or "".
func (m incoming) sharedNumber() string {
	for _, c := range read[card](m.Contacts) {
		if m.Origin != "contact_request" && c.Origin != "contact_request" {
			continue
		}
		for _, p := range read[phone](c.Phones) {
			if p.WaID != "" {
				return "+" + string(p.WaID)
			}
			if p.Phone != "" {
				return string(p.Phone)
			}
		}
	}
	return ""
}

// read answers those of the values that have the shape.
func read[T any](values list) []T {
	var found []T
	for _, raw := range values {
		var one T
		if lenient(raw, &one) == nil {
			found = append(found, one)
		}
	}
	return found
}
