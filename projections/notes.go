package projections

import (
	"tagtrail/domain/contact"
	"tagtrail/domain/event"
)

// Notes answers: what did the team write down about a contact?
//
// What a note said before, and one that was deleted, is told by the events.
// Notes on a contact that was merged are read at the contact that stands for it
// too, and stay its own.
func Notes() Projection {
	notes := NewTable("notes", Key("org", "contact", "note"), `
		org             uuid,
		contact         uuid,
		note            uuid,
		kind            text not null,
		text            text,
		created_at      timestamptz not null,
		created_by_kind text not null,
		created_by      uuid,
		edited_at       timestamptz,
		edited_by_kind  text,
		edited_by       uuid,
		revision        bigint not null`,
		Index(`create index notes_by_time on {table} (org, contact, created_at desc, note desc)`),
	)
	shown := NewView("shown_notes", `
		select n.org, n.contact, n.contact as taken_on, n.note, n.kind, n.text, n.created_at, n.created_by_kind, n.created_by,
			n.edited_at, n.edited_by_kind, n.edited_by, n.revision
		from {schema}.notes n
		union all
		select n.org, m.root, n.contact, n.note, n.kind, n.text, n.created_at, n.created_by_kind, n.created_by,
			n.edited_at, n.edited_by_kind, n.edited_by, n.revision
		from {schema}.merged_contacts m join {schema}.notes n on n.org = m.org and n.contact = m.contact`)

	return Define("notes", 1, notes, shown,
		On(func(w *Writer, e event.Recorded[contact.NoteAdded]) {
			w.Put(notes, Cols{
				"org": e.Org(), "contact": contact.Of(e), "note": e.Data.Note, "kind": e.Data.Kind, "text": e.Data.Text,
				"created_at": e.RecordedAt, "created_by_kind": e.Metadata.Actor.Kind, "created_by": actorID(e.Metadata.Actor),
				"revision": e.Revision,
			})
		}),
		On(func(w *Writer, e event.Recorded[contact.NoteEdited]) {
			w.Set(notes, At{e.Org(), contact.Of(e), e.Data.Note}, Cols{
				"kind": e.Data.Kind, "text": e.Data.Text,
				"edited_at": e.RecordedAt, "edited_by_kind": e.Metadata.Actor.Kind, "edited_by": actorID(e.Metadata.Actor),
				"revision": e.Revision,
			})
		}),
		On(func(w *Writer, e event.Recorded[contact.NoteDeleted]) {
			w.Delete(notes, At{e.Org(), contact.Of(e), e.Data.Note})
		}),
		On(func(w *Writer, e event.Recorded[contact.Erased]) {
			w.Delete(notes, ofContact(e))
		}),
	)
}
