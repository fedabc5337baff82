package projections

import (
	"tagtrail/domain/event"
	"tagtrail/domain/operation"
)

// Operations answers: what was done to many contacts at once, and what came of it?
//
// How far one is at the moment is not here: that is nobody's history.
func Operations() Projection {
	operations := NewTable("operations", Key("org", "operation"), `
		org           uuid,
		operation     uuid,
		kind          text not null,
		action        text not null,
		undoes        uuid,
		undone_by     uuid,
		phase         text not null,
		cancelled     boolean not null default false,
		total         int not null default 0,
		changed       int not null default 0,
		unchanged     int not null default 0,
		refused       int not null default 0,
		kept          int not null default 0,
		asked_at      timestamptz not null,
		asked_by_kind text not null,
		asked_by      uuid,
		ended_at      timestamptz,
		position      bigint not null,
		revision      bigint not null`,
		Index(`create index operations_by_position on {table} (org, position)`),
	)
	set := func(w *Writer, org any, id operation.ID, cols Cols) { w.Set(operations, At{org, id}, cols) }

	return Define("operations", 1, operations,
		On(func(w *Writer, e event.Recorded[operation.Started]) {
			w.Put(operations, Cols{
				"org": e.Org(), "operation": operation.Of(e), "kind": e.Data.Kind, "action": e.Data.Action, "undoes": e.Data.Undoes.UUID,
				"phase": operation.Running, "asked_at": e.RecordedAt, "asked_by_kind": e.Metadata.Actor.Kind, "asked_by": actorID(e.Metadata.Actor),
				"position": e.Position, "revision": e.Revision,
			})
		}),
		On(func(w *Writer, e event.Recorded[operation.Paused]) {
			set(w, e.Org(), operation.Of(e), Cols{"phase": operation.Pausing, "revision": e.Revision})
		}),
		On(func(w *Writer, e event.Recorded[operation.Resumed]) {
			set(w, e.Org(), operation.Of(e), Cols{"phase": operation.Running, "revision": e.Revision})
		}),
		On(func(w *Writer, e event.Recorded[operation.Cancelled]) {
			set(w, e.Org(), operation.Of(e), Cols{"phase": operation.Cancelling, "cancelled": true, "revision": e.Revision})
		}),
		On(func(w *Writer, e event.Recorded[operation.Finished]) {
			set(w, e.Org(), operation.Of(e), Cols{
				"phase": operation.Ended, "ended_at": e.RecordedAt, "total": e.Data.Total, "changed": e.Data.Changed, "unchanged": e.Data.Unchanged,
				"refused": e.Data.Refused, "kept": e.Data.Kept, "revision": e.Revision,
			})
		}),
		On(func(w *Writer, e event.Recorded[operation.Undone]) {
			set(w, e.Org(), operation.Of(e), Cols{"undone_by": e.Data.By.UUID, "revision": e.Revision})
		}),
	)
}
