package projections

import (
	"tagtrail/domain/contact"
	"tagtrail/domain/conversation"
	"tagtrail/domain/event"
)

// Conversations answers: is a conversation with a contact open, who is on it, and which were there before?
//
// It is what the inbox reports. Those of a contact that was merged are read at
// the contact that stands for it too.
func Conversations() Projection {
	conversations := NewTable("conversations", Key("org", "contact", "number"), `
		org           uuid,
		contact       uuid,
		number        int,
		channel       uuid,
		reference     text,
		member        uuid,
		assignee_name text,
		opened_at     timestamptz not null,
		assigned_at   timestamptz,
		closed_at     timestamptz`,
		Index(`create index conversations_open on {table} (org, contact) where closed_at is null`),
	)
	shown := NewView("shown_conversations", `
		select c.org, c.contact, c.contact as held_with, c.number, c.channel, c.reference, c.member, c.assignee_name, c.opened_at, c.assigned_at, c.closed_at
		from {schema}.conversations c
		union all
		select c.org, m.root, c.contact, c.number, c.channel, c.reference, c.member, c.assignee_name, c.opened_at, c.assigned_at, c.closed_at
		from {schema}.merged_contacts m join {schema}.conversations c on c.org = m.org and c.contact = m.contact`)

	return Define("conversations", 1, conversations, shown,
		On(func(w *Writer, e event.Recorded[conversation.Opened]) {
			at := inConversation(e, e.Data.Number)
			w.Put(conversations, Cols{
				"org": at[0], "contact": at[1], "number": at[2], "channel": e.Data.Channel, "reference": e.Data.Reference,
				"opened_at": e.RecordedAt,
			})
		}),
		On(func(w *Writer, e event.Recorded[conversation.Assigned]) {
			w.Set(conversations, inConversation(e, e.Data.Number), Cols{
				"member": e.Data.Member, "assignee_name": e.Data.Name, "assigned_at": e.RecordedAt,
			})
		}),
		On(func(w *Writer, e event.Recorded[conversation.Closed]) {
			w.Set(conversations, inConversation(e, e.Data.Number), Cols{"closed_at": e.RecordedAt})
		}),
		On(func(w *Writer, e event.Recorded[contact.Erased]) {
			w.Set(conversations, ofContact(e), Cols{"reference": nil, "assignee_name": nil})
		}),
	)
}

// inConversation answers the key of a conversation by its number, with the contact whose conversations the stream is of.
func inConversation[E conversation.Event](e event.Recorded[E], number int) At {
	with, ok := conversation.Of(e.Stream)
	if !ok {
		panic("a conversation is on the stream of nobody")
	}
	return At{e.Org(), with, number}
}
