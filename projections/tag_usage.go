package projections

import (
	"tagtrail/domain/contact"
	"tagtrail/domain/event"
)

// TagUsage answers: how many contacts carry a tag? Deleting a tag changes nothing here: they would carry it again.
func TagUsage() Projection {
	usage := NewTable("tag_usage", Key("org", "number"), `
		org      uuid,
		number   int,
		contacts bigint not null default 0`)

	return Define("tag_usage", 1, usage,
		On(func(w *Writer, e event.Recorded[contact.TagAssigned]) {
			w.Add(usage, At{e.Org(), e.Data.Number}, Cols{"contacts": 1})
		}),
		On(func(w *Writer, e event.Recorded[contact.TagRemoved]) {
			w.Add(usage, At{e.Org(), e.Data.Number}, Cols{"contacts": -1})
		}),
		On(func(w *Writer, e event.Recorded[contact.Erased]) {
			for _, open := range e.Data.Assignments {
				w.Add(usage, At{e.Org(), open.Number}, Cols{"contacts": -1})
			}
		}),
	)
}
