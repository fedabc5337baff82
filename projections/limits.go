package projections

import (
	"tagtrail/domain/contact"
	"tagtrail/domain/event"
	"tagtrail/domain/organization"
)

// Limits answers: how many active tags may a contact be given, and which contacts came although the plan allowed no more?
//
// An organisation that never said has no row.
func Limits() Projection {
	tags := NewTable("tag_limits", Key("org"), `
		org   uuid,
		most  int not null`)
	beyond := NewTable("contacts_beyond_plan", Key("org", "contact"), `
		org     uuid,
		contact uuid,
		allowed int not null`)

	return Define("limits", 1, tags, beyond,
		On(func(w *Writer, e event.Recorded[organization.TagLimitChanged]) {
			w.Put(tags, Cols{"org": e.Org(), "most": e.Data.To})
		}),
		On(func(w *Writer, e event.Recorded[contact.LimitExceeded]) {
			w.Put(beyond, Cols{"org": e.Org(), "contact": contact.Of(e), "allowed": e.Data.Limit})
		}),
	)
}
