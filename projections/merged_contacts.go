package projections

import (
	"tagtrail/domain/contact"
	"tagtrail/domain/event"
)

// MergedContacts answers: which contact stands for one that was merged, and for whom does a contact stand?
//
// It is the last one that stands for all, however often they were merged: what is
// kept of any of them is read through it in one step.
func MergedContacts() Projection {
	merged := NewTable("merged_contacts", Key("org", "contact"), `
		org     uuid,
		contact uuid,
		root    uuid not null`,
		Index(`create index merged_contacts_by_root on {table} (org, root, contact)`),
	)
	follow := func(w *Writer, at At, with []contact.ID, root contact.ID) {
		for _, id := range with {
			w.Put(merged, Cols{"org": at[0], "contact": id, "root": root})
		}
	}

	return Define("merged_contacts", 1, merged,
		On(func(w *Writer, e event.Recorded[contact.Merged]) {
			follow(w, ofContact(e), append([]contact.ID{contact.Of(e)}, e.Data.With...), e.Data.Into)
		}),
		On(func(w *Writer, e event.Recorded[contact.Separated]) {
			w.Delete(merged, ofContact(e))
			follow(w, ofContact(e), e.Data.With, contact.Of(e))
		}),
	)
}
