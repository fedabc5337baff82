package projections

import (
	"tagtrail/domain/event"
	"tagtrail/domain/segment"
)

// Segments answers: which filters does an organisation keep, under which names?
func Segments() Projection {
	segments := NewTable("segments", Key("org", "segment"), `
		org             uuid,
		segment         uuid,
		name            text,
		kind            text not null,
		filter          text,
		created_at      timestamptz not null,
		created_by_kind text not null,
		created_by      uuid,
		deleted_at      timestamptz,
		revision        bigint not null,
		since           bigint not null,
		sort_name       text not null generated always as (lower(coalesce(name, ''))) stored`,
		Index(`create index segments_by_name on {table} (org, sort_name, segment)`),
	)

	return Define("segments", 1, segments,
		On(func(w *Writer, e event.Recorded[segment.Created]) {
			w.Put(segments, Cols{
				"org": e.Org(), "segment": segment.Of(e), "name": e.Data.Name, "kind": e.Data.Kind, "filter": e.Data.Filter,
				"created_at": e.RecordedAt, "created_by_kind": e.Metadata.Actor.Kind, "created_by": actorID(e.Metadata.Actor), "revision": e.Revision, "since": e.Position,
			})
		}),
		On(func(w *Writer, e event.Recorded[segment.Renamed]) {
			w.Set(segments, At{e.Org(), segment.Of(e)}, Cols{"name": e.Data.Name, "revision": e.Revision})
		}),
		On(func(w *Writer, e event.Recorded[segment.Redefined]) {
			w.Set(segments, At{e.Org(), segment.Of(e)}, Cols{"filter": e.Data.Filter, "revision": e.Revision, "since": e.Position})
		}),
		On(func(w *Writer, e event.Recorded[segment.Deleted]) {
			w.Set(segments, At{e.Org(), segment.Of(e)}, Cols{"deleted_at": e.RecordedAt, "revision": e.Revision, "since": e.Position})
		}),
		On(func(w *Writer, e event.Recorded[segment.Restored]) {
			w.Set(segments, At{e.Org(), segment.Of(e)}, Cols{"deleted_at": nil, "revision": e.Revision, "since": e.Position})
		}),
	)
}
