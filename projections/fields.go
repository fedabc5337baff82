package projections

import (
	"tagtrail/domain/event"
	"tagtrail/domain/field"
	"tagtrail/domain/organization"
)

// Fields answers: which custom fields has an organisation, and what can be chosen in them?
//
// What is retired stays, because contacts may hold it still.
func Fields() Projection {
	fields := NewTable("fields", Key("org", "field"), `
		org             uuid,
		field           uuid,
		name            text not null,
		type            text not null,
		created_at      timestamptz not null,
		created_by_kind text not null,
		created_by      uuid,
		retired_at      timestamptz,
		revision        bigint not null,
		sort_name       text not null generated always as (lower(name)) stored`,
		Index(`create index fields_by_name on {table} (org, sort_name, field)`),
	)
	options := NewTable("field_options", Key("org", "field", "number"), `
		org        uuid,
		field      uuid,
		number     int,
		name       text not null,
		retired_at timestamptz`)
	offer := func(w *Writer, at At, option field.Option) {
		w.Put(options, Cols{"org": at[0], "field": at[1], "number": option.Number, "name": option.Name})
	}

	return Define("fields", 1, fields, options,
		On(func(w *Writer, e event.Recorded[organization.FieldDefined]) {
			w.Put(fields, Cols{
				"org": e.Org(), "field": e.Data.Field, "name": e.Data.Name, "type": e.Data.Type, "created_at": e.RecordedAt,
				"created_by_kind": e.Metadata.Actor.Kind, "created_by": actorID(e.Metadata.Actor), "revision": e.Revision,
			})
			for _, option := range e.Data.Options {
				offer(w, At{e.Org(), e.Data.Field}, option)
			}
		}),
		On(func(w *Writer, e event.Recorded[organization.FieldRenamed]) {
			w.Set(fields, At{e.Org(), e.Data.Field}, Cols{"name": e.Data.To, "revision": e.Revision})
		}),
		On(func(w *Writer, e event.Recorded[organization.FieldOptionAdded]) {
			offer(w, At{e.Org(), e.Data.Field}, e.Data.Option)
			w.Set(fields, At{e.Org(), e.Data.Field}, Cols{"revision": e.Revision})
		}),
		On(func(w *Writer, e event.Recorded[organization.FieldOptionRetired]) {
			w.Set(options, At{e.Org(), e.Data.Field, e.Data.Option.Number}, Cols{"retired_at": e.RecordedAt})
			w.Set(fields, At{e.Org(), e.Data.Field}, Cols{"revision": e.Revision})
		}),
		On(func(w *Writer, e event.Recorded[organization.FieldRetired]) {
			w.Set(fields, At{e.Org(), e.Data.Field}, Cols{"retired_at": e.RecordedAt, "revision": e.Revision})
		}),
		On(func(w *Writer, e event.Recorded[organization.FieldRestored]) {
			w.Set(fields, At{e.Org(), e.Data.Field}, Cols{"retired_at": nil, "revision": e.Revision})
		}),
	)
}
