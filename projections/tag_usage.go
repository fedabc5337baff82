package projections

import (
	"slices"

	"github.com/google/uuid"

	"tagtrail/domain/contact"
	"tagtrail/domain/event"
)

// TagUsage answers: how many contacts carry a tag? Deleting a tag changes nothing here: they would carry it again.
func TagUsage() Projection {
	usage := NewTable("tag_usage", Key("org", "number"), `
		org      uuid,
		number   int,
		contacts bigint not null default 0`)

	count := func(w *Writer, org uuid.UUID, open []contact.OpenAssignment, by int) {
		for _, a := range open {
			w.Add(usage, At{org, a.Number}, Cols{"contacts": by})
		}
	}

	return Define("tag_usage", 1, usage,
		On(func(w *Writer, e event.Recorded[contact.TagAssigned]) {
			w.Add(usage, At{e.Org(), e.Data.Number}, Cols{"contacts": 1})
		}),
		On(func(w *Writer, e event.Recorded[contact.TagRemoved]) {
			w.Add(usage, At{e.Org(), e.Data.Number}, Cols{"contacts": -1})
		}),
		On(func(w *Writer, e event.Recorded[contact.Erased]) {
			count(w, e.Org(), e.Data.Assignments, -1)
		}),
		On(func(w *Writer, e event.Recorded[contact.Archived]) {
			count(w, e.Org(), e.Data.Assignments, -1)
		}),
		On(func(w *Writer, e event.Recorded[contact.Restored]) {
			count(w, e.Org(), e.Data.Assignments, 1)
		}),
		On(func(w *Writer, e event.Recorded[contact.Merged]) {
			count(w, e.Org(), slices.Concat(e.Data.Ended, e.Data.Taken), -1)
		}),
		On(func(w *Writer, e event.Recorded[contact.Absorbed]) {
			count(w, e.Org(), openOf(e.Data.Taken), 1)
		}),
		On(func(w *Writer, e event.Recorded[contact.Separated]) {
			count(w, e.Org(), slices.Concat(e.Data.Reopened, e.Data.Returned), 1)
		}),
		On(func(w *Writer, e event.Recorded[contact.Released]) {
			count(w, e.Org(), openOf(e.Data.Returned), -1)
		}),
	)
}
