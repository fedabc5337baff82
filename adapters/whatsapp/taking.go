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
}

// inbox is the field that messages and statuses come under.
const inbox = "messages"

func (t *taking) body(ctx context.Context, body []byte) error {
	var d delivery
	if isDeep(body) || lenient(body, &d) != nil || d.Object != "whatsapp_business_account" {
		return t.keep(ctx, kept.UnknownShape, "", body)
	}
	for _, raw := range d.Entry {
		if err := t.entry(ctx, raw); err != nil {
			return err
		}
	}
	return nil
}

func (t *taking) entry(ctx context.Context, raw jsontext.Value) error {
	var e entry
	if lenient(raw, &e) != nil || len(e.Changes) == 0 {
		return t.keep(ctx, kept.UnknownShape, "", raw)
	}
	for _, each := range e.Changes {
		if err := t.change(ctx, each); err != nil {
			return err
		}
	}
	return nil
}

// change turns a change into commands. What is not understood in it is kept with all of it, once: a message is no use
// without the people and the number that stand beside it.
func (t *taking) change(ctx context.Context, raw jsontext.Value) error {
	var c change
	if lenient(raw, &c) != nil {
		return t.keep(ctx, kept.UnknownShape, "", raw)
	}
	var value messages
	if c.Field != inbox || lenient(c.Value, &value) != nil {
		return t.keep(ctx, kept.UnknownShape, string(c.Field), raw)
	}
	if string(value.Metadata.PhoneNumberID) != t.channel.PhoneNumberID {
		return t.keep(ctx, kept.ForeignNumber, inbox, raw)
	}
	why, people := "", read[profile](value.Contacts)
	note := func(reason string) {
		if why == "" {
			why = reason
		}
	}
	for _, each := range value.Messages {
		reason, err := t.message(ctx, each, people)
		if err != nil {
			return err
		}
		note(reason)
	}
	for _, each := range value.Statuses {
		reason, err := t.status(ctx, each, people)
		if err != nil {
			return err
		}
		note(reason)
	}
	if len(value.Messages)+len(value.Statuses) == 0 {
		note(kept.UnknownShape)
	}
	if why == "" {
		return nil
	}
	return t.keep(ctx, why, inbox, raw)
}

// message turns a message into commands, and answers why its change is to be kept as well, or "".
func (t *taking) message(ctx context.Context, raw jsontext.Value, people []profile) (string, error) {
	var m incoming
	if lenient(raw, &m) != nil {
		return kept.UnknownShape, nil
	}
	at, reason := t.time(m.Timestamp)
	from := m.sender(people)
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
	next := string(m.System.WaID)
	fill(&next, m.System.NewWaID)
	receipt, err := t.Commands.ChangeIdentity(ctx, commands.ChangeIdentity{
		Channel: t.channel.ID, Wamid: string(m.ID), From: from,
		NewWaID: next, NewBSUID: string(m.System.UserID), At: at,
	})
	return t.done(receipt, err, Moved, "")
}

// status turns a report into a command.
func (t *taking) status(ctx context.Context, raw jsontext.Value, people []profile) (string, error) {
	var r report
	if lenient(raw, &r) != nil {
		return kept.UnknownShape, nil
	}
	at, reason := t.time(r.Timestamp)
	receipt, err := t.Commands.ReportStatus(ctx, commands.ReportStatus{
		Channel: t.channel.ID, To: r.recipient(people), Wamid: string(r.ID), Status: message.Status(r.Status),
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

func (t *taking) keep(ctx context.Context, why, field string, raw []byte) error {
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

// sender answers who wrote a message: what it says itself, completed by the person beside it.
func (m incoming) sender(people []profile) commands.Person {
	return named(m.From, m.FromUserID, m.FromParentUserID, people)
}

// recipient answers whom a report is about. A group is no person.
func (r report) recipient(people []profile) commands.Person {
	if r.RecipientType == "group" {
		return commands.Person{}
	}
	return named(r.RecipientID, r.RecipientUserID, r.RecipientParentUserID, people)
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

// named answers a person, with what stands beside the message under one of the same ids, or alone.
func named(waID, userID, parentID word, people []profile) commands.Person {
	who := commands.Person{ParentBSUID: string(parentID), BSUID: string(userID), WaID: string(waID)}
	for _, p := range people {
		same := p.UserID != "" && p.UserID == userID || p.WaID != "" && p.WaID == waID
		other := p.UserID != "" && userID != "" && p.UserID != userID || p.WaID != "" && waID != "" && p.WaID != waID
		if !same && (other || len(people) > 1) {
			continue
		}
		fill(&who.ParentBSUID, p.ParentUserID)
		fill(&who.BSUID, p.UserID)
		fill(&who.WaID, p.WaID)
		who.Username, who.ProfileName = string(p.Profile.Username), string(p.Profile.Name)
		break
	}
	return who
}

func fill(s *string, with word) {
	if *s == "" {
		*s = string(with)
	}
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
