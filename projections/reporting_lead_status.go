package projections

import (
	"maps"

	"tagtrail/domain/contact"
	"tagtrail/domain/event"
)

// ReportingLeadStatus answers: from when until when did a contact have a lead status, and which move led there?
//
// A turn is one moment at which the status began, or ended with the erasure of the contact. A view makes periods of them.
func ReportingLeadStatus() Projection {
	turns := NewTable("lead_status_turns", Key("org", "contact", "revision"), `
		org      uuid,
		contact  uuid,
		revision bigint,
		status   text,
		move     text,`+turnColumns)
	periods := NewView("lead_status_periods", `
		select p.org, p.contact, p.status, p.move, p.came_from, p.went_to,
			p.from_at, p.to_at, (p.from_at at time zone o.zone)::date as from_on, (p.to_at at time zone o.zone)::date as to_on,
			p.source, coalesce(p.actor, `+nobody+`) as actor, p.operation, p.from_position, p.to_position
		from (
			select s.org, s.contact, s.status, s.move, s.at as from_at, s.position as from_position, s.source, s.actor, s.operation,
				lag(s.status) over turns as came_from, lead(s.status) over turns as went_to,
				lead(s.at) over turns as to_at, lead(s.position) over turns as to_position
			from {schema}.lead_status_turns s
			window turns as (partition by s.org, s.contact order by s.revision)) p
		left join {schema}.dim_organizations o on o.org = p.org
		where p.status is not null`)

	turn := func(w *Writer, id contact.ID, on moment, cols Cols) {
		row := on.turned()
		row["contact"] = id
		maps.Copy(row, cols)
		w.Put(turns, row)
	}

	return Define("reporting_lead_status", 1, turns, periods,
		On(func(w *Writer, e event.Recorded[contact.Created]) {
			turn(w, contact.Of(e), momentOf(e), Cols{"status": e.Data.LeadStatus})
		}),
		On(func(w *Writer, e event.Recorded[contact.LeadStatusChanged]) {
			turn(w, contact.Of(e), momentOf(e), Cols{"status": e.Data.To, "move": e.Data.Kind})
		}),
		On(func(w *Writer, e event.Recorded[contact.Erased]) {
			turn(w, contact.Of(e), momentOf(e), Cols{})
		}),
	)
}
