package projections

import (
	"tagtrail/domain/contact"
	"tagtrail/domain/event"
	"tagtrail/domain/message"
)

// The directions of messages.
const (
	incoming = "in"
	outgoing = "out"
)

// Messages answers: what was said between a contact and us?
//
// An outgoing message is known by the reports on it, which come in any order: the
// first makes the row, and all agree on what it holds. How far it got is another
// table, because a report need not name the contact.
func Messages() Projection {
	messages := NewTable("messages", Key("org", "contact", "message"), `
		org       uuid,
		contact   uuid,
		message   uuid,
		direction text not null default '',
		channel   uuid,
		kind      text not null default '',
		text      text,
		at        timestamptz,
		reports   int not null default 0`,
		Index(`create index messages_by_time on {table} (org, contact, at desc, message desc)`),
	)

	return Define("messages", 1, messages,
		On(func(w *Writer, e event.Recorded[message.Received]) {
			w.Put(messages, Cols{
				"org": e.Org(), "contact": e.Data.Contact, "message": onMessage(e), "direction": incoming,
				"channel": e.Data.Channel, "kind": e.Data.Kind, "text": e.Data.Text, "at": e.Data.SentAt,
			})
		}),
		On(func(w *Writer, e event.Recorded[message.StatusReported]) {
			if e.Data.Contact == (contact.ID{}) {
				return
			}
			at := At{e.Org(), e.Data.Contact, onMessage(e)}
			w.Add(messages, at, Cols{"reports": 1})
			w.Set(messages, at, Cols{"direction": outgoing, "channel": e.Data.Channel})
			w.Lower(messages, at, Cols{"at": e.Data.At})
		}),
		On(func(w *Writer, e event.Recorded[contact.Erased]) {
			w.Set(messages, ofContact(e), Cols{"text": nil})
		}),
	)
}
