package projections

import (
	"tagtrail/domain/event"
	"tagtrail/domain/rule"
)

// Rules answers: what happens to contacts by itself, what did each rule say when, and what came of it?
//
// What a version says never changes, so that the history of a rule is its versions.
func Rules() Projection {
	rules := NewTable("rules", Key("org", "rule"), `
		org             uuid,
		rule            uuid,
		name            text,
		version         int not null,
		enabled         boolean not null,
		created_at      timestamptz not null,
		created_by_kind text not null,
		created_by      uuid,
		deleted_at      timestamptz,
		revision        bigint not null,
		since           bigint not null,
		sort_name       text not null generated always as (lower(coalesce(name, ''))) stored`,
		Index(`create index rules_by_name on {table} (org, sort_name, rule)`),
	)
	versions := NewTable("rule_versions", Key("org", "rule", "version"), `
		org       uuid,
		rule      uuid,
		version   int,
		filter    text,
		segment   uuid,
		acts_on   text not null,
		take_back boolean not null,
		at        timestamptz not null,
		by_kind   text not null,
		by        uuid`,
		Index(`create index rule_versions_by_segment on {table} (org, segment) where segment is not null`),
	)
	actions := NewTable("rule_actions", Key("org", "rule", "version", "nth"), `
		org         uuid,
		rule        uuid,
		version     int,
		nth         int,
		deed        text not null,
		tag         uuid,
		value       text,
		lead_status text,
		owner       uuid`)
	tallies := NewTable("rule_tallies", Key("org", "rule"), `
		org      uuid,
		rule     uuid,
		changed  bigint not null default 0,
		refused  bigint not null default 0,
		acted_at timestamptz`)
	refusals := NewTable("rule_refusals", Key("org", "rule", "position", "contact"), `
		org      uuid,
		rule     uuid,
		position bigint,
		contact  uuid,
		version  int not null,
		acts_on  text not null,
		code     text not null,
		at       timestamptz not null`)

	says := func(w *Writer, e event.Recorded[rule.Event], version int, d rule.Definition) {
		id := rule.Of(e)
		w.Put(versions, Cols{
			"org": e.Org(), "rule": id, "version": version, "filter": d.Filter, "segment": d.Segment, "acts_on": d.On, "take_back": d.TakeBack,
			"at": e.RecordedAt, "by_kind": e.Metadata.Actor.Kind, "by": actorID(e.Metadata.Actor),
		})
		for nth, a := range d.Actions {
			w.Put(actions, Cols{
				"org": e.Org(), "rule": id, "version": version, "nth": nth,
				"deed": a.Do, "tag": a.Tag, "value": a.Value, "lead_status": a.LeadStatus, "owner": a.Owner,
			})
		}
	}

	return Define("rules", 1, rules, versions, actions, tallies, refusals,
		On(func(w *Writer, e event.Recorded[rule.Defined]) {
			w.Put(rules, Cols{
				"org": e.Org(), "rule": rule.Of(e), "name": e.Data.Name, "version": e.Data.Version, "enabled": false,
				"created_at": e.RecordedAt, "created_by_kind": e.Metadata.Actor.Kind, "created_by": actorID(e.Metadata.Actor),
				"revision": e.Revision, "since": e.Position,
			})
			says(w, ofRule(e), e.Data.Version, e.Data.Definition)
		}),
		On(func(w *Writer, e event.Recorded[rule.Renamed]) {
			w.Set(rules, At{e.Org(), rule.Of(e)}, Cols{"name": e.Data.Name, "revision": e.Revision})
		}),
		On(func(w *Writer, e event.Recorded[rule.Redefined]) {
			w.Set(rules, At{e.Org(), rule.Of(e)}, Cols{"version": e.Data.Version, "revision": e.Revision, "since": e.Position})
			says(w, ofRule(e), e.Data.Version, e.Data.Definition)
		}),
		On(func(w *Writer, e event.Recorded[rule.Enabled]) {
			w.Set(rules, At{e.Org(), rule.Of(e)}, Cols{"enabled": true, "revision": e.Revision, "since": e.Position})
		}),
		On(func(w *Writer, e event.Recorded[rule.Disabled]) {
			w.Set(rules, At{e.Org(), rule.Of(e)}, Cols{"enabled": false, "revision": e.Revision, "since": e.Position})
		}),
		On(func(w *Writer, e event.Recorded[rule.Deleted]) {
			w.Set(rules, At{e.Org(), rule.Of(e)}, Cols{"deleted_at": e.RecordedAt, "revision": e.Revision, "since": e.Position})
		}),
		On(func(w *Writer, e event.Recorded[rule.Acted]) {
			at := At{e.Org(), e.Data.Rule}
			w.Add(tallies, at, Cols{"changed": e.Data.Changed, "refused": len(e.Data.Refused)})
			w.Raise(tallies, at, Cols{"acted_at": e.RecordedAt})
			for _, refusal := range e.Data.Refused {
				w.Put(refusals, Cols{
					"org": e.Org(), "rule": e.Data.Rule, "position": e.Position, "contact": refusal.Contact,
					"version": e.Data.Version, "acts_on": e.Data.On, "code": refusal.Code, "at": e.RecordedAt,
				})
			}
		}),
	)
}

// ofRule answers an event as any of a rule.
func ofRule[E rule.Event](e event.Recorded[E]) event.Recorded[rule.Event] {
	return event.Recorded[rule.Event]{
		ID: e.ID, Stream: e.Stream, Revision: e.Revision, Position: e.Position, RecordedAt: e.RecordedAt, Metadata: e.Metadata, Data: e.Data,
	}
}
