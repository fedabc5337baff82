package projections

import (
	"tagtrail/domain/event"
	"tagtrail/domain/tag"
)

// TagValues answers: which values does a tag with a fixed list take? A retired one is kept for the assignments that carry it.
func TagValues() Projection {
	values := NewTable("tag_values", Key("org", "tag", "number"), `
		org        uuid,
		tag        uuid,
		number     int,
		name       text not null,
		retired_at timestamptz`)

	return Define("tag_values", 1, values,
		On(func(w *Writer, e event.Recorded[tag.Created]) {
			for _, v := range e.Data.Values {
				w.Put(values, Cols{"org": e.Org(), "tag": e.Data.Tag, "number": v.Number, "name": v.Name})
			}
		}),
		On(func(w *Writer, e event.Recorded[tag.ValueAdded]) {
			w.Put(values, Cols{"org": e.Org(), "tag": e.Data.Tag, "number": e.Data.Value.Number, "name": e.Data.Value.Name})
		}),
		On(func(w *Writer, e event.Recorded[tag.ValueRetired]) {
			w.Set(values, At{e.Org(), e.Data.Tag, e.Data.Value.Number}, Cols{"retired_at": e.RecordedAt})
		}),
	)
}
