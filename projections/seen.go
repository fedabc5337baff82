package projections

import "tagtrail/domain/message"

// sawContact takes in that the contact wrote. Messages come in any order: they only ever raise or lower times.
func sawContact(w *Writer, contacts *Table, at At, m message.Received) {
	w.Lower(contacts, at, Cols{"first_seen_at": m.SentAt})
	w.Raise(contacts, at, Cols{"last_seen_at": m.SentAt, "last_message_at": m.SentAt})
}

// reachedContact takes in how far a message to the contact got.
func reachedContact(w *Writer, contacts *Table, at At, m message.StatusReported) {
	switch m.Status {
	case message.Sent, message.Delivered:
		w.Raise(contacts, at, Cols{"last_message_at": m.At})
	case message.Read, message.Played:
		w.Lower(contacts, at, Cols{"first_read_at": m.At})
	case message.Failed:
	}
}
