package projections

import (
	"strings"

	"github.com/google/uuid"

	"tagtrail/domain/event"
	"tagtrail/domain/message"
)

// MessageStatuses answers: how far did a message of ours get, and when?
//
// Reports come in any order, and one of a failure may name nobody: each has a
// column of its own, and the furthest is what the message is.
func MessageStatuses() Projection {
	statuses := NewTable("message_statuses", Key("org", "message"), `
		org          uuid,
		message      uuid,
		reports      int not null default 0,
		sent_at      timestamptz,
		delivered_at timestamptz,
		read_at      timestamptz,
		played_at    timestamptz,
		failed_at    timestamptz,
		failure_code int,
		status       text generated always as (case
			when failed_at is not null then 'failed'
			when played_at is not null then 'played'
			when read_at is not null then 'read'
			when delivered_at is not null then 'delivered'
			when sent_at is not null then 'sent' end) stored`)
	reported := map[message.Status]string{
		message.Sent: "sent_at", message.Delivered: "delivered_at", message.Read: "read_at",
		message.Played: "played_at", message.Failed: "failed_at",
	}

	return Define("message_statuses", 1, statuses,
		On(func(w *Writer, e event.Recorded[message.StatusReported]) {
			at := At{e.Org(), onMessage(e)}
			w.Add(statuses, at, Cols{"reports": 1})
			if column, known := reported[e.Data.Status]; known {
				w.Lower(statuses, at, Cols{column: e.Data.At})
			}
			if e.Data.Status == message.Failed {
				w.Raise(statuses, at, Cols{"failure_code": e.Data.Code})
			}
		}),
	)
}

// onMessage answers the message whose stream the event is on.
func onMessage[E message.Event](e event.Recorded[E]) message.ID {
	_, id, _ := strings.Cut(e.Stream, "-")
	return message.ID{UUID: uuid.MustParse(id)}
}
