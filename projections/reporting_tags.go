package projections

import (
	"tagtrail/domain/event"
	"tagtrail/domain/tag"
)

// ReportingTags answers: which tags are there, which values do they take, and when did they count?
//
// A turn is one moment at which a tag began to count or stopped. The view makes periods of them, and what is joined with
// those follows a tag that is deleted or restored without a row of its own being touched.
func ReportingTags() Projection {
	tags := NewTable("dim_tags", Key("org", "tag"), `
		org         uuid,
		tag         uuid,
		number      int not null,
		name        text not null,
		color       text not null,
		kind        text not null,
		policy      text not null default '',
		created_at  timestamptz not null,
		deleted_at  timestamptz,
		merged_into uuid,
		source      text not null,
		actor       uuid`)
	values := NewTable("dim_tag_values", Key("org", "tag", "number"), `
		org        uuid,
		tag        uuid,
		number     int,
		name       text not null,
		retired_at timestamptz`)
	turns := NewTable("tag_turns", Key("org", "number", "revision"), `
		org      uuid,
		number   int,
		revision bigint,
		tag      uuid not null,
		counts   boolean not null,
		position bigint not null,
		at       timestamptz not null`)
	shown := NewView("tags", `
		select t.org, t.tag, t.name, t.color, t.kind, nullif(t.policy, '') as policy, t.created_at, t.deleted_at, t.deleted_at is null as active, t.merged_into,
			t.source, coalesce(t.actor, `+nobody+`) as actor
		from {schema}.dim_tags t`)
	taken := NewView("tag_values", `select v.org, v.tag, v.number, v.name, v.retired_at from {schema}.dim_tag_values v`)
	periods := NewView("tag_periods", `
		select p.org, p.tag, p.number, p.from_at, p.to_at, p.from_position, p.to_position
		from (
			select t.org, t.tag, t.number, t.counts, t.at as from_at, t.position as from_position,
				lead(t.at) over turns as to_at, lead(t.position) over turns as to_position
			from {schema}.tag_turns t
			window turns as (partition by t.org, t.number order by t.revision)) p
		where p.counts`)

	turn := func(w *Writer, id tag.ID, number tag.Number, counts bool, on moment) {
		w.Put(turns, Cols{
			"org": on.org, "number": number, "revision": on.revision, "tag": id, "counts": counts, "position": on.position, "at": on.at,
		})
	}

	return Define("reporting_tags", 1, tags, values, turns, shown, taken, periods,
		On(func(w *Writer, e event.Recorded[tag.Created]) {
			w.Put(tags, Cols{
				"org": e.Org(), "tag": e.Data.Tag, "number": e.Data.Number, "name": e.Data.Name, "color": e.Data.Color,
				"kind": e.Data.Kind, "policy": e.Data.Policy, "created_at": e.RecordedAt,
				"source": e.Metadata.Source, "actor": actorID(e.Metadata.Actor),
			})
			turn(w, e.Data.Tag, e.Data.Number, true, momentOf(e))
			for _, v := range e.Data.Values {
				w.Put(values, Cols{"org": e.Org(), "tag": e.Data.Tag, "number": v.Number, "name": v.Name})
			}
		}),
		On(func(w *Writer, e event.Recorded[tag.Renamed]) {
			w.Set(tags, At{e.Org(), e.Data.Tag}, Cols{"name": e.Data.To})
		}),
		On(func(w *Writer, e event.Recorded[tag.Recolored]) {
			w.Set(tags, At{e.Org(), e.Data.Tag}, Cols{"color": e.Data.To})
		}),
		On(func(w *Writer, e event.Recorded[tag.Merged]) {
			w.Set(tags, At{e.Org(), e.Data.Tag}, Cols{"merged_into": e.Data.Into})
		}),
		On(func(w *Writer, e event.Recorded[tag.Unmerged]) {
			w.Set(tags, At{e.Org(), e.Data.Tag}, Cols{"merged_into": nil})
		}),
		On(func(w *Writer, e event.Recorded[tag.ValueAdded]) {
			w.Put(values, Cols{"org": e.Org(), "tag": e.Data.Tag, "number": e.Data.Value.Number, "name": e.Data.Value.Name})
		}),
		On(func(w *Writer, e event.Recorded[tag.ValueRetired]) {
			w.Set(values, At{e.Org(), e.Data.Tag, e.Data.Value.Number}, Cols{"retired_at": e.RecordedAt})
		}),
		On(func(w *Writer, e event.Recorded[tag.Deleted]) {
			w.Set(tags, At{e.Org(), e.Data.Tag}, Cols{"deleted_at": e.RecordedAt})
			turn(w, e.Data.Tag, e.Data.Number, false, momentOf(e))
		}),
		On(func(w *Writer, e event.Recorded[tag.Restored]) {
			w.Set(tags, At{e.Org(), e.Data.Tag}, Cols{"deleted_at": nil})
			turn(w, e.Data.Tag, e.Data.Number, true, momentOf(e))
		}),
	)
}
