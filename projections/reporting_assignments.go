package projections

import (
	"maps"
	"slices"

	"tagtrail/domain/contact"
	"tagtrail/domain/event"
)

// How an assignment begins, besides that another one made room for it and that contacts are merged or separated.
const (
	assigned = "assigned"
	restored = "restored"
)

// ReportingAssignments answers: from when until when did a contact carry a tag, how did that begin and end, and when did it count?
//
// A turn is one moment at which an assignment began, ended or began again. A view makes periods of them, and another one
// cuts those to the periods in which the tag counted: that a tag is deleted or restored touches no row here.
func ReportingAssignments() Projection {
	turns := NewTable("assignment_turns", Key("org", "contact", "assignment", "revision"), `
		org           uuid,
		contact       uuid,
		assignment    uuid,
		revision      bigint,
		number        int not null,
		value_number  int,
		carried       boolean not null,
		how           text not null,
		ai_model      text,
		ai_confidence double precision,`+turnColumns,
		Index(`create index assignment_turns_by_tag on {table} (org, number)`),
	)
	whole := NewView("assignments", `
		select p.org, p.contact, p.assignment, t.tag, p.number, p.value_number, v.name as value,
			p.from_at, p.to_at, (p.from_at at time zone o.zone)::date as from_on, (p.to_at at time zone o.zone)::date as to_on,
			p.begun, p.source, coalesce(p.actor, `+nobody+`) as actor, p.operation, p.ai_model, p.ai_confidence,
			p.ended_reason, p.ended_source,
			case when p.to_position is not null then coalesce(p.ended_actor, `+nobody+`) end as ended_actor, p.ended_operation,
			p.from_position, p.to_position
		from (
			select a.org, a.contact, a.assignment, a.number, a.carried, a.how as begun, a.at as from_at, a.position as from_position,
				first_value(a.source) over turns as source, first_value(a.actor) over turns as actor, first_value(a.operation) over turns as operation,
				first_value(a.ai_model) over turns as ai_model, first_value(a.ai_confidence) over turns as ai_confidence,
				first_value(a.value_number) over turns as value_number,
				lead(a.at) over turns as to_at, lead(a.position) over turns as to_position, lead(a.how) over turns as ended_reason,
				lead(a.source) over turns as ended_source, lead(a.actor) over turns as ended_actor, lead(a.operation) over turns as ended_operation
			from {schema}.assignment_turns a
			window turns as (partition by a.org, a.contact, a.assignment order by a.revision)) p
		left join {schema}.dim_organizations o on o.org = p.org
		join {schema}.dim_tags t on t.org = p.org and t.number = p.number
		left join {schema}.dim_tag_values v on v.org = p.org and v.tag = t.tag and v.number = p.value_number
		where p.carried`)
	counted := NewView("assignment_periods", `
		select c.org, c.contact, c.assignment, c.tag, c.number, c.value_number, c.value,
			c.from_at, c.to_at, (c.from_at at time zone o.zone)::date as from_on, (c.to_at at time zone o.zone)::date as to_on,
			c.begun, c.source, c.actor, c.ended_reason
		from (
			select a.org, a.contact, a.assignment, a.tag, a.number, a.value_number, a.value, a.source, a.actor,
				case when t.from_position > a.from_position then t.from_at else a.from_at end as from_at,
				case when t.from_position > a.from_position then 'tag_restored' else a.begun end as begun,
				case when t.to_position < coalesce(a.to_position, `+endOfLog+`) then t.to_at else a.to_at end as to_at,
				case when t.to_position < coalesce(a.to_position, `+endOfLog+`) then 'tag_deleted' else a.ended_reason end as ended_reason
			from {schema}.assignments a
			join {schema}.tag_periods t on t.org = a.org and t.number = a.number
				and t.from_position < coalesce(a.to_position, `+endOfLog+`) and a.from_position < coalesce(t.to_position, `+endOfLog+`)) c
		left join {schema}.dim_organizations o on o.org = c.org`)

	turn := func(w *Writer, id contact.ID, on moment, a contact.MovedAssignment, carried bool, how string) {
		row := on.turned()
		maps.Copy(row, Cols{"contact": id, "assignment": a.Assignment, "number": a.Number, "carried": carried, "how": how})
		if carried && a.Value != nil && a.Value.Number != 0 {
			row["value_number"] = a.Value.Number
		}
		if ai := on.by.AI; ai != nil {
			row["ai_model"], row["ai_confidence"] = ai.Model, ai.Confidence
		}
		w.Put(turns, row)
	}
	// What an event only lists by number says its value where it began.
	each := func(w *Writer, id contact.ID, on moment, listed []contact.OpenAssignment, carried bool, how string) {
		for _, a := range listed {
			turn(w, id, on, contact.MovedAssignment{Assignment: a.Assignment, Number: a.Number}, carried, how)
		}
	}

	return Define("reporting_assignments", 1, turns, whole, counted,
		On(func(w *Writer, e event.Recorded[contact.TagAssigned]) {
			turn(w, contact.Of(e), momentOf(e), contact.MovedAssignment(e.Data), true, assigned)
		}),
		On(func(w *Writer, e event.Recorded[contact.TagRemoved]) {
			turn(w, contact.Of(e), momentOf(e), contact.MovedAssignment(e.Data), false, removed)
		}),
		On(func(w *Writer, e event.Recorded[contact.TagValueChanged]) {
			of := contact.MovedAssignment{Number: e.Data.Number, Assignment: e.Data.Ended}
			turn(w, contact.Of(e), momentOf(e), of, false, valueChanged)
			of.Assignment, of.Value = e.Data.Assignment, e.Data.To
			turn(w, contact.Of(e), momentOf(e), of, true, valueChanged)
		}),
		On(func(w *Writer, e event.Recorded[contact.Archived]) {
			each(w, contact.Of(e), momentOf(e), e.Data.Assignments, false, archived)
		}),
		On(func(w *Writer, e event.Recorded[contact.Restored]) {
			each(w, contact.Of(e), momentOf(e), e.Data.Assignments, true, restored)
		}),
		On(func(w *Writer, e event.Recorded[contact.Merged]) {
			each(w, contact.Of(e), momentOf(e), slices.Concat(e.Data.Ended, e.Data.Taken), false, merged)
		}),
		On(func(w *Writer, e event.Recorded[contact.Absorbed]) {
			for _, a := range e.Data.Taken {
				turn(w, contact.Of(e), momentOf(e), a, true, merged)
			}
		}),
		On(func(w *Writer, e event.Recorded[contact.Separated]) {
			each(w, contact.Of(e), momentOf(e), slices.Concat(e.Data.Reopened, e.Data.Returned), true, separated)
		}),
		On(func(w *Writer, e event.Recorded[contact.Released]) {
			for _, a := range e.Data.Returned {
				turn(w, contact.Of(e), momentOf(e), a, false, separated)
			}
		}),
		On(func(w *Writer, e event.Recorded[contact.Erased]) {
			each(w, contact.Of(e), momentOf(e), e.Data.Assignments, false, erased)
		}),
	)
}

// endOfLog is behind every position.
const endOfLog = `9223372036854775807`
