package projections

import (
	"maps"

	"tagtrail/domain/contact"
	"tagtrail/domain/event"
)

// Why an assignment ended, besides that its tag is deleted, which is no end: it counts again when the tag is restored.
const (
	removed      = "removed"
	valueChanged = "value_changed"
	erased       = "erased"
)

// ContactTags answers: which tags did a contact ever carry, since when, until when and by whom?
//
// A row is one assignment, and stays for ever. The view joins it with its tag as
// it is now, which decides whether an open assignment is active or historical.
func ContactTags() Projection {
	tags := NewTable("contact_tags", Key("org", "contact", "assignment"), assignmentColumns)
	assignments := NewView("assignments", `
		select a.org, a.contact, a.assignment, a.tag, a.number, t.name, t.color,
			case when a.value_number is null then a.value else (
				select v.name from {schema}.tag_values v where v.org = a.org and v.tag = a.tag and v.number = a.value_number) end as value,
			a.source, a.assigned_at, a.assigned_by_kind, a.assigned_by, k.name as assigned_by_name,
			a.ended_at as removed_at,
			coalesce(a.ended_at, t.deleted_at) as ended_at,
			coalesce(a.ended_reason, case when t.deleted_at is not null then 'tag_deleted' end) as ended_reason
		from {schema}.contact_tags a
		join {schema}.tags t on t.org = a.org and t.tag = a.tag
		left join {schema}.actors k on k.org = a.org and k.actor = a.assigned_by`)

	return Define("contact_tags", 1, append([]Part{tags, assignments}, onAssignments(tags)...)...)
}

const assignmentColumns = `
		org              uuid,
		contact          uuid,
		assignment       uuid,
		tag              uuid not null,
		number           int not null,
		value_number     int,
		value            text,
		source           text not null,
		assigned_at      timestamptz not null,
		assigned_by_kind text not null,
		assigned_by      uuid,
		ended_at         timestamptz,
		ended_reason     text,
		ended_source     text,
		ended_by_kind    text,
		ended_by         uuid`

// onAssignments says what each event does to a table with assignmentColumns.
func onAssignments(tags *Table) []Part {
	begin := func(w *Writer, at At, of Cols, value *contact.TagValue, by event.Metadata) {
		row := Cols{
			"org": at[0], "contact": at[1],
			"source": by.Source, "assigned_at": by.OccurredAt,
			"assigned_by_kind": by.Actor.Kind, "assigned_by": actorID(by.Actor),
		}
		if value != nil {
			row["value"] = value.Text
			if value.Number != 0 {
				row["value_number"] = value.Number
			}
		}
		maps.Copy(row, of)
		w.Put(tags, row)
	}
	end := func(w *Writer, at At, assignment contact.AssignmentID, reason string, by event.Metadata) {
		w.Set(tags, append(at, assignment), Cols{
			"ended_at": by.OccurredAt, "ended_reason": reason, "ended_source": by.Source,
			"ended_by_kind": by.Actor.Kind, "ended_by": actorID(by.Actor),
		})
	}

	return []Part{
		On(func(w *Writer, e event.Recorded[contact.TagAssigned]) {
			begin(w, ofContact(e), Cols{"assignment": e.Data.Assignment, "tag": e.Data.Tag, "number": e.Data.Number}, e.Data.Value, e.Metadata)
		}),
		On(func(w *Writer, e event.Recorded[contact.TagRemoved]) {
			end(w, ofContact(e), e.Data.Assignment, removed, e.Metadata)
		}),
		On(func(w *Writer, e event.Recorded[contact.TagValueChanged]) {
			end(w, ofContact(e), e.Data.Ended, valueChanged, e.Metadata)
			begin(w, ofContact(e), Cols{"assignment": e.Data.Assignment, "tag": e.Data.Tag, "number": e.Data.Number}, e.Data.To, e.Metadata)
		}),
		On(func(w *Writer, e event.Recorded[contact.Erased]) {
			w.Set(tags, ofContact(e), Cols{"value": nil})
			for _, open := range e.Data.Assignments {
				end(w, ofContact(e), open.Assignment, erased, e.Metadata)
			}
		}),
	}
}
