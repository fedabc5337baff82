package projections

import (
	"tagtrail/domain/event"
	"tagtrail/domain/tag"
)

// Tags answers: which tags are in the catalogue, and which of them are active?
//
// A tag is one row that nobody copies from: what it is called, whether its
// assignments count, and which tag they are of by now, changes for all contacts at
// once. A tag that was merged names the one that stands for it: the last one,
// where that was merged itself.
func Tags() Projection {
	tags := NewTable("tags", Key("org", "tag"), tagColumns,
		Index(`create index tags_by_name on {table} (org, sort_name, number)`),
		Index(`create index tags_by_number on {table} (org, number)`),
		// Each page of contacts asks how far the catalogue is, and which tags have values.
		Index(`create index tags_by_revision on {table} (org, revision)`),
		Index(`create index tags_with_values on {table} (org, number) where kind = 'valued'`),
		Index(`create index tags_by_survivor on {table} (org, merged_into) where merged_into is not null`),
	)

	return Define("tags", 1, append([]Part{tags}, onTags(tags)...)...)
}

const tagColumns = `
		org             uuid,
		tag             uuid,
		number          int not null,
		name            text not null,
		description     text not null default '',
		color           text not null,
		kind            text not null,
		policy          text not null default '',
		created_at      timestamptz not null,
		created_by_kind text not null,
		created_by      uuid,
		deleted_at      timestamptz,
		merged_into     uuid,
		merged_at       timestamptz,
		revision        bigint not null,
		sort_name       text not null generated always as (lower(name)) stored`

// onTags says what each event does to a table with tagColumns.
func onTags(tags *Table) []Part {
	follow := func(w *Writer, at At, with []tag.ID, root tag.ID) {
		for _, id := range with {
			w.Set(tags, At{at[0], id}, Cols{"merged_into": root})
		}
	}

	return []Part{
		On(func(w *Writer, e event.Recorded[tag.Created]) {
			w.Put(tags, Cols{
				"org": e.Org(), "tag": e.Data.Tag, "number": e.Data.Number, "name": e.Data.Name, "description": e.Data.Description,
				"color": e.Data.Color, "kind": e.Data.Kind, "policy": e.Data.Policy, "created_at": e.RecordedAt,
				"created_by_kind": e.Metadata.Actor.Kind, "created_by": actorID(e.Metadata.Actor), "revision": e.Revision,
			})
		}),
		On(func(w *Writer, e event.Recorded[tag.Renamed]) {
			w.Set(tags, At{e.Org(), e.Data.Tag}, Cols{"name": e.Data.To, "revision": e.Revision})
		}),
		On(func(w *Writer, e event.Recorded[tag.Described]) {
			w.Set(tags, At{e.Org(), e.Data.Tag}, Cols{"description": e.Data.To, "revision": e.Revision})
		}),
		On(func(w *Writer, e event.Recorded[tag.Recolored]) {
			w.Set(tags, At{e.Org(), e.Data.Tag}, Cols{"color": e.Data.To, "revision": e.Revision})
		}),
		On(func(w *Writer, e event.Recorded[tag.ValueAdded]) {
			w.Set(tags, At{e.Org(), e.Data.Tag}, Cols{"revision": e.Revision})
		}),
		On(func(w *Writer, e event.Recorded[tag.ValueRetired]) {
			w.Set(tags, At{e.Org(), e.Data.Tag}, Cols{"revision": e.Revision})
		}),
		On(func(w *Writer, e event.Recorded[tag.Deleted]) {
			w.Set(tags, At{e.Org(), e.Data.Tag}, Cols{"deleted_at": e.RecordedAt, "revision": e.Revision})
		}),
		On(func(w *Writer, e event.Recorded[tag.Restored]) {
			w.Set(tags, At{e.Org(), e.Data.Tag}, Cols{"deleted_at": nil, "revision": e.Revision})
		}),
		On(func(w *Writer, e event.Recorded[tag.Merged]) {
			at := At{e.Org(), e.Data.Tag}
			w.Set(tags, at, Cols{"merged_into": e.Data.Into, "merged_at": e.RecordedAt, "revision": e.Revision})
			follow(w, at, e.Data.With, e.Data.Into)
		}),
		On(func(w *Writer, e event.Recorded[tag.Unmerged]) {
			at := At{e.Org(), e.Data.Tag}
			w.Set(tags, at, Cols{"merged_into": nil, "merged_at": nil, "revision": e.Revision})
			follow(w, at, e.Data.With, e.Data.Tag)
		}),
	}
}
