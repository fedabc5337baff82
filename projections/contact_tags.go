package projections

import (
	"maps"
	"slices"

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
// A row is one assignment on one contact, and stays for ever; where contacts are
// merged, an assignment that goes on has a row on the survivor too, which says
// that it was moved. The view joins a row with the tag that its tag is by now, which
// decides whether an open assignment is active or historical, and what was moved
// with where it began.
func ContactTags() Projection {
	tags := NewTable("contact_tags", Key("org", "contact", "assignment"), assignmentColumns,
		// Who carries a value of a tag; most assignments have none.
		Index(`create index contact_tags_by_number on {table} (org, tag, value_number) where value_number is not null and ended_at is null`),
		Index(`create index contact_tags_by_value on {table} (org, tag, lower(value)) where value is not null and ended_at is null`),
		// What each contact carries of them, for lists and files that show it with many contacts.
		Index(`create index contact_tags_with_values on {table} (org, contact) include (number, value, value_number) where ended_at is null and (value is not null or value_number is not null)`),
		Index(`create index contact_tags_by_trigrams on {table} using gin (org, tag, value ext.gin_trgm_ops) where value is not null and ended_at is null`),
	)
	assignments := NewView("assignments", `
		select a.org, a.contact, a.assignment, s.tag, a.number, s.number as survivor, s.name, s.color,
			case when a.value_number is null then a.value else (
				select v.name from {schema}.tag_values v where v.org = a.org and v.tag = a.tag and v.number = a.value_number) end as value,
			coalesce(b.source, a.source) as source, coalesce(b.assigned_at, a.assigned_at) as assigned_at,
			coalesce(b.assigned_by_kind, a.assigned_by_kind) as assigned_by_kind,
			case when b.source is null then a.assigned_by else b.assigned_by end as assigned_by, k.name as assigned_by_name,
			a.ended_at as removed_at, t.merged_at,
			coalesce(a.ended_at, s.deleted_at) as ended_at,
			coalesce(a.ended_reason, case when s.deleted_at is not null then 'tag_deleted' end) as ended_reason
		from {schema}.contact_tags a
		join {schema}.tags t on t.org = a.org and t.tag = a.tag
		join {schema}.tags s on s.org = t.org and s.tag = coalesce(t.merged_into, t.tag)
		left join lateral (`+begun("{schema}.contact_tags")+`) b on true
		left join {schema}.actors k on k.org = a.org and k.actor = case when b.source is null then a.assigned_by else b.assigned_by end`)

	return Define("contact_tags", 1, append([]Part{tags, assignments}, onAssignments(tags)...)...)
}

// begun answers how an assignment a began, on whichever contact that was that its contact stands for.
func begun(table string) string {
	return `
			select a.source, a.assigned_at, a.assigned_by_kind, a.assigned_by where not a.moved
			union all
			(select o.source, o.assigned_at, o.assigned_by_kind, o.assigned_by
				from {schema}.merged_contacts m join ` + table + ` o on o.org = m.org and o.contact = m.contact
				where a.moved and m.org = a.org and m.root = a.contact and o.assignment = a.assignment and not o.moved)`
}

const assignmentColumns = `
		org              uuid,
		contact          uuid,
		assignment       uuid,
		tag              uuid not null,
		number           int not null,
		value_number     int,
		value            text,
		moved            boolean not null default false,
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

	endAll := func(w *Writer, at At, open []contact.OpenAssignment, reason string, by event.Metadata) {
		for _, a := range open {
			end(w, slices.Clone(at), a.Assignment, reason, by)
		}
	}
	reopenAll := func(w *Writer, at At, open []contact.OpenAssignment) {
		for _, a := range open {
			w.Set(tags, append(slices.Clone(at), a.Assignment), Cols{
				"ended_at": nil, "ended_reason": nil, "ended_source": nil, "ended_by_kind": nil, "ended_by": nil,
			})
		}
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
			endAll(w, ofContact(e), e.Data.Assignments, erased, e.Metadata)
		}),
		On(func(w *Writer, e event.Recorded[contact.Archived]) {
			endAll(w, ofContact(e), e.Data.Assignments, archived, e.Metadata)
		}),
		On(func(w *Writer, e event.Recorded[contact.Restored]) {
			reopenAll(w, ofContact(e), e.Data.Assignments)
		}),
		On(func(w *Writer, e event.Recorded[contact.Merged]) {
			endAll(w, ofContact(e), slices.Concat(e.Data.Ended, e.Data.Taken), merged, e.Metadata)
		}),
		On(func(w *Writer, e event.Recorded[contact.Absorbed]) {
			for _, a := range e.Data.Taken {
				begin(w, ofContact(e), Cols{"assignment": a.Assignment, "tag": a.Tag, "number": a.Number, "moved": true}, a.Value, e.Metadata)
			}
		}),
		On(func(w *Writer, e event.Recorded[contact.Separated]) {
			reopenAll(w, ofContact(e), slices.Concat(e.Data.Reopened, e.Data.Returned))
		}),
		On(func(w *Writer, e event.Recorded[contact.Released]) {
			endAll(w, ofContact(e), openOf(e.Data.Returned), separated, e.Metadata)
		}),
	}
}
