package projections

import (
	"maps"

	"tagtrail/domain/contact"
	"tagtrail/domain/event"
)

// LeadStatusHistory answers: how did a contact move through the funnel, and who moved it?
//
// A row is a status that began; it lasts until the next one. The first is the one
// that the contact was created with.
func LeadStatusHistory() Projection {
	history := NewTable("lead_status_history", Key("org", "contact", "position"), `
		org           uuid,
		contact       uuid,
		position      bigint,
		status        text not null,
		before        text,
		move          text,`+deedColumns)

	keep := func(w *Writer, row, what Cols) {
		maps.Copy(row, what)
		w.Put(history, row)
	}

	return Define("lead_status_history", 1, history,
		On(func(w *Writer, e event.Recorded[contact.Created]) {
			keep(w, deedOnContact(e), Cols{"status": e.Data.LeadStatus})
		}),
		On(func(w *Writer, e event.Recorded[contact.LeadStatusChanged]) {
			keep(w, deedOnContact(e), Cols{"status": e.Data.To, "before": e.Data.From, "move": e.Data.Kind})
		}),
	)
}
