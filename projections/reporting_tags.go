package projections

import (
	"tagtrail/domain/event"
	"tagtrail/domain/tag"
)

// ReportingTags answers: which tags are there, which values do they take, and when did they count?
//
// A turn is one moment at which a tag began to count or stopped, and a stay one at which another tag began to stand for it,
// or it for itself. The view makes periods of both, and what is joined with those follows a tag that is deleted, restored
// or merged without a row of its own being touched.
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
	stays := NewTable("tag_stays", Key("org", "tag", "revision"), `
		org      uuid,
		tag      uuid,
		revision bigint,
		root     uuid not null,
		position bigint not null,
		at       timestamptz not null`)
	shown := NewView("tags", `
		select t.org, t.tag, t.name, t.color, t.kind, nullif(t.policy, '') as policy, t.created_at, t.deleted_at, t.deleted_at is null as active, t.merged_into,
			t.source, coalesce(t.actor, `+nobody+`) as actor
		from {schema}.dim_tags t`)
	taken := NewView("tag_values", `select v.org, v.tag, v.number, v.name, v.retired_at from {schema}.dim_tag_values v`)
	// A tag counts while the one that stands for it does. That another one stands for it from then on ends no period.
	periods := NewView("tag_periods", `
		select e.org, e.tag, d.number, min(e.from_at) as from_at, case when count(e.to_position) = count(*) then max(e.to_at) end as to_at,
			min(e.from_position) as from_position, case when count(e.to_position) = count(*) then max(e.to_position) end as to_position
		from (
			select c.*, count(*) filter (where c.goes_on is not true) over (partition by c.org, c.tag order by c.from_position) as nth
			from (
				select s.org, s.tag, greatest(s.from_at, r.from_at) as from_at, least(s.to_at, r.to_at) as to_at,
					greatest(s.from_position, r.from_position) as from_position, least(s.to_position, r.to_position) as to_position,
					lag(least(s.to_position, r.to_position)) over (partition by s.org, s.tag order by greatest(s.from_position, r.from_position))
						= greatest(s.from_position, r.from_position) as goes_on
				from (
					select t.org, t.tag, t.root, t.at as from_at, t.position as from_position, lead(t.at) over stays as to_at, lead(t.position) over stays as to_position
					from {schema}.tag_stays t
					window stays as (partition by t.org, t.tag order by t.revision)) s
				join (
					select t.org, t.tag, t.counts, t.at as from_at, t.position as from_position, lead(t.at) over turns as to_at, lead(t.position) over turns as to_position
					from {schema}.tag_turns t
					window turns as (partition by t.org, t.number order by t.revision)) r on r.org = s.org and r.tag = s.root and r.counts
						and r.from_position < coalesce(s.to_position, `+endOfLog+`) and s.from_position < coalesce(r.to_position, `+endOfLog+`)) c) e
		join {schema}.dim_tags d on d.org = e.org and d.tag = e.tag
		group by e.org, e.tag, d.number, e.nth`)

	turn := func(w *Writer, id tag.ID, number tag.Number, counts bool, on moment) {
		w.Put(turns, Cols{
			"org": on.org, "number": number, "revision": on.revision, "tag": id, "counts": counts, "position": on.position, "at": on.at,
		})
	}
	stay := func(w *Writer, id, root tag.ID, on moment) {
		w.Put(stays, Cols{"org": on.org, "tag": id, "revision": on.revision, "root": root, "position": on.position, "at": on.at})
	}
	// What stands for a tag stands for those that it stood for as well.
	stand := func(w *Writer, with []tag.ID, root tag.ID, on moment) {
		for _, id := range with {
			w.Set(tags, At{on.org, id}, Cols{"merged_into": root})
			stay(w, id, root, on)
		}
	}

	return Define("reporting_tags", 2, tags, values, turns, stays, shown, taken, periods,
		On(func(w *Writer, e event.Recorded[tag.Created]) {
			w.Put(tags, Cols{
				"org": e.Org(), "tag": e.Data.Tag, "number": e.Data.Number, "name": e.Data.Name, "color": e.Data.Color,
				"kind": e.Data.Kind, "policy": e.Data.Policy, "created_at": e.RecordedAt,
				"source": e.Metadata.Source, "actor": actorID(e.Metadata.Actor),
			})
			turn(w, e.Data.Tag, e.Data.Number, true, momentOf(e))
			stay(w, e.Data.Tag, e.Data.Tag, momentOf(e))
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
			stand(w, append([]tag.ID{e.Data.Tag}, e.Data.With...), e.Data.Into, momentOf(e))
		}),
		On(func(w *Writer, e event.Recorded[tag.Unmerged]) {
			stand(w, e.Data.With, e.Data.Tag, momentOf(e))
			stay(w, e.Data.Tag, e.Data.Tag, momentOf(e))
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
