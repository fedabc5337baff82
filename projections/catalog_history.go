package projections

import (
	"maps"

	"tagtrail/domain/contact"
	"tagtrail/domain/event"
	"tagtrail/domain/tag"
)

// CatalogHistory answers: what became of a tag, when and by whom, and what was it called at any time?
//
// Every edit is one row; those that give the tag a name or a colour say which.
func CatalogHistory() Projection {
	edits := NewTable("catalog_history", Key("org", "tag", "position"), `
		org          uuid,
		tag          uuid,
		position     bigint,
		number       int not null,
		change       text not null,
		name         text,
		color        text,
		before       text,
		after        text,
		value_number int,
		other        uuid,
		kind         text,
		policy       text,`+deedColumns,
		Index(`create index catalog_history_by_number on {table} (org, number, position)`),
	)

	edited := func(w *Writer, row Cols, id tag.ID, number tag.Number, change string, what Cols) {
		maps.Copy(row, Cols{"tag": id, "number": number, "change": change})
		maps.Copy(row, what)
		w.Put(edits, row)
	}

	return Define("catalog_history", 1, edits,
		On(func(w *Writer, e event.Recorded[tag.Created]) {
			edited(w, deed(e), e.Data.Tag, e.Data.Number, "created", Cols{
				"name": e.Data.Name, "color": e.Data.Color, "kind": e.Data.Kind, "policy": e.Data.Policy, "after": e.Data.Name,
			})
		}),
		On(func(w *Writer, e event.Recorded[tag.Renamed]) {
			edited(w, deed(e), e.Data.Tag, e.Data.Number, "renamed", Cols{"name": e.Data.To, "before": e.Data.From, "after": e.Data.To})
		}),
		On(func(w *Writer, e event.Recorded[tag.Described]) {
			edited(w, deed(e), e.Data.Tag, e.Data.Number, "described", Cols{"before": e.Data.From, "after": e.Data.To})
		}),
		On(func(w *Writer, e event.Recorded[tag.Recolored]) {
			edited(w, deed(e), e.Data.Tag, e.Data.Number, "recolored", Cols{"color": e.Data.To, "before": e.Data.From, "after": e.Data.To})
		}),
		On(func(w *Writer, e event.Recorded[tag.ValueAdded]) {
			edited(w, deed(e), e.Data.Tag, e.Data.Number, "value_added", Cols{"after": e.Data.Value.Name, "value_number": e.Data.Value.Number})
		}),
		On(func(w *Writer, e event.Recorded[tag.ValueRetired]) {
			edited(w, deed(e), e.Data.Tag, e.Data.Number, "value_retired", Cols{"before": e.Data.Value.Name, "value_number": e.Data.Value.Number})
		}),
		On(func(w *Writer, e event.Recorded[tag.Deleted]) {
			edited(w, deed(e), e.Data.Tag, e.Data.Number, "deleted", nil)
		}),
		On(func(w *Writer, e event.Recorded[tag.Restored]) {
			edited(w, deed(e), e.Data.Tag, e.Data.Number, "restored", nil)
		}),
		On(func(w *Writer, e event.Recorded[tag.Merged]) {
			edited(w, deed(e), e.Data.Tag, e.Data.Number, "merged", Cols{"other": e.Data.Into})
		}),
		On(func(w *Writer, e event.Recorded[tag.Unmerged]) {
			edited(w, deed(e), e.Data.Tag, e.Data.Number, "unmerged", Cols{"other": e.Data.From})
		}),
	)
}

// deed answers the columns that every history has: when, by whom and why something happened.
func deed[E event.Event](e event.Recorded[E]) Cols {
	cols := Cols{
		"org": e.Org(), "position": e.Position, "recorded_at": e.RecordedAt, "occurred_at": e.Metadata.OccurredAt,
		"source": e.Metadata.Source, "actor_kind": e.Metadata.Actor.Kind, "actor": actorID(e.Metadata.Actor),
		"reason": e.Metadata.Reason, "operation": e.Metadata.OperationID,
	}
	if ai := e.Metadata.AI; ai != nil {
		cols["ai_model"], cols["ai_confidence"] = ai.Model, ai.Confidence
	}
	return cols
}

// deedOnContact is a deed on the contact whose stream the event is on.
func deedOnContact[E contact.Event](e event.Recorded[E]) Cols {
	cols := deed(e)
	cols["contact"] = contact.Of(e)
	return cols
}

// deedColumns are the columns of deed.
const deedColumns = `
		recorded_at   timestamptz not null,
		occurred_at   timestamptz not null,
		source        text not null,
		actor_kind    text not null,
		actor         uuid,
		reason        jsonb,
		ai_model      text,
		ai_confidence double precision,
		operation     uuid`
