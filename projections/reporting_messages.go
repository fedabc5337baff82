package projections

import (
	"tagtrail/domain/contact"
	"tagtrail/domain/event"
	"tagtrail/domain/message"
)

// ReportingMessages answers: how many messages went in which direction, when, and how far did they get?
//
// What is reported of an outgoing message comes in any order and more than once: a row is one message, so that counting
// rows counts messages. What was said is not here.
func ReportingMessages() Projection {
	messages := NewTable("fact_messages", Key("org", "message"), `
		org          uuid,
		message      uuid,
		contact      uuid,
		channel      uuid,
		direction    text not null default 'out',
		kind         text,
		reports      int not null default 0,
		at           timestamptz,
		sent_at      timestamptz,
		delivered_at timestamptz,
		read_at      timestamptz,
		failed_at    timestamptz`,
		Index(`create index fact_messages_by_time on {table} (org, at)`),
	)
	shown := NewView("messages", `
		select m.org, m.message, m.contact, m.channel, m.direction, m.kind, m.at, (m.at at time zone o.zone)::date as sent_on,
			case when m.direction = 'out' then m.delivered_at is not null or m.read_at is not null end as delivered,
			case when m.direction = 'out' then m.read_at is not null end as read,
			case when m.direction = 'out' then m.failed_at is not null end as failed
		from {schema}.fact_messages m
		left join {schema}.dim_organizations o on o.org = m.org`)
	days := NewView("message_days", `
		select m.org, m.sent_on as date, m.channel, m.direction, count(*) as messages, count(distinct m.contact) as contacts,
			count(*) filter (where m.delivered) as delivered, count(*) filter (where m.read) as read, count(*) filter (where m.failed) as failed
		from {schema}.messages m
		group by m.org, m.sent_on, m.channel, m.direction`)
	reached := map[message.Status]string{
		message.Sent: "sent_at", message.Delivered: "delivered_at", message.Read: "read_at", message.Played: "read_at", message.Failed: "failed_at",
	}

	return Define("reporting_messages", 1, messages, shown, days,
		On(func(w *Writer, e event.Recorded[message.Received]) {
			w.Put(messages, Cols{
				"org": e.Org(), "message": onMessage(e), "contact": e.Data.Contact, "channel": e.Data.Channel,
				"direction": incoming, "kind": e.Data.Kind, "at": e.Data.SentAt,
			})
		}),
		On(func(w *Writer, e event.Recorded[message.StatusReported]) {
			at := At{e.Org(), onMessage(e)}
			w.Add(messages, at, Cols{"reports": 1})
			w.Set(messages, at, Cols{"channel": e.Data.Channel})
			if e.Data.Contact != (contact.ID{}) {
				w.Set(messages, at, Cols{"contact": e.Data.Contact})
			}
			w.Lower(messages, at, Cols{"at": e.Data.At})
			if column, known := reached[e.Data.Status]; known {
				w.Lower(messages, at, Cols{column: e.Data.At})
			}
		}),
	)
}
