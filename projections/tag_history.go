package projections

import (
	"maps"
	"slices"

	"tagtrail/domain/contact"
	"tagtrail/domain/event"
	"tagtrail/domain/tag"
)

// Why a stay ended, besides what ends an assignment of a contact that stays as it is.
const (
	archived  = "archived"
	merged    = "merged"
	separated = "separated" // it went on at the contact that was separated from this one
)

// TagHistory answers: which tags did a contact ever carry, from when until when, and who put them on and took them off?
//
// A row is where a stay of a tag begins or ends; it is never changed again. A stay
// lasts from its beginning to the next row of the same assignment; a stay that
// begins again says its tag and value where it first began. That a tag is deleted
// is no row here: how a tag's own life cuts a stay short is for those who read to
// join.
func TagHistory() Projection {
	history := NewTable("tag_history", Key("org", "contact", "assignment", "position"), `
		org           uuid,
		contact       uuid,
		assignment    uuid,
		position      bigint,
		begins        boolean not null,
		ended_reason  text,
		tag           uuid,
		number        int not null,
		value_number  int,
		value         jsonb,`+deedColumns,
		Index(`create index tag_history_by_position on {table} (org, contact, position, assignment) where begins`),
	)

	turn := func(w *Writer, row Cols, id contact.AssignmentID, what Cols) {
		row["assignment"] = id
		maps.Copy(row, what)
		w.Put(history, row)
	}
	endAll := func(w *Writer, row Cols, open []contact.OpenAssignment, reason string) {
		for _, a := range open {
			turn(w, maps.Clone(row), a.Assignment, stayEnds(a.Number, reason))
		}
	}
	reopenAll := func(w *Writer, row Cols, again []contact.OpenAssignment) {
		for _, a := range again {
			turn(w, maps.Clone(row), a.Assignment, Cols{"begins": true, "number": a.Number})
		}
	}

	return Define("tag_history", 1, history,
		On(func(w *Writer, e event.Recorded[contact.TagAssigned]) {
			turn(w, deedOnContact(e), e.Data.Assignment, stayBegins(e.Data.Tag, e.Data.Number, e.Data.Value))
		}),
		On(func(w *Writer, e event.Recorded[contact.TagRemoved]) {
			turn(w, deedOnContact(e), e.Data.Assignment, stayEnds(e.Data.Number, removed))
		}),
		On(func(w *Writer, e event.Recorded[contact.TagValueChanged]) {
			turn(w, deedOnContact(e), e.Data.Ended, stayEnds(e.Data.Number, valueChanged))
			turn(w, deedOnContact(e), e.Data.Assignment, stayBegins(e.Data.Tag, e.Data.Number, e.Data.To))
		}),
		On(func(w *Writer, e event.Recorded[contact.Erased]) {
			endAll(w, deedOnContact(e), e.Data.Assignments, erased)
		}),
		On(func(w *Writer, e event.Recorded[contact.Archived]) {
			endAll(w, deedOnContact(e), e.Data.Assignments, archived)
		}),
		On(func(w *Writer, e event.Recorded[contact.Restored]) {
			reopenAll(w, deedOnContact(e), e.Data.Assignments)
		}),
		On(func(w *Writer, e event.Recorded[contact.Merged]) {
			endAll(w, deedOnContact(e), slices.Concat(e.Data.Ended, e.Data.Taken), merged)
		}),
		On(func(w *Writer, e event.Recorded[contact.Separated]) {
			reopenAll(w, deedOnContact(e), slices.Concat(e.Data.Reopened, e.Data.Returned))
		}),
		On(func(w *Writer, e event.Recorded[contact.Absorbed]) {
			for _, moved := range e.Data.Taken {
				turn(w, deedOnContact(e), moved.Assignment, stayBegins(moved.Tag, moved.Number, moved.Value))
			}
		}),
		On(func(w *Writer, e event.Recorded[contact.Released]) {
			endAll(w, deedOnContact(e), openOf(e.Data.Returned), separated)
		}),
	)
}

func stayBegins(of tag.ID, number tag.Number, value *contact.TagValue) Cols {
	cols := Cols{"begins": true, "tag": of, "number": number}
	if value != nil {
		cols["value"] = value.Text
		if value.Number != 0 {
			cols["value_number"] = value.Number
		}
	}
	return cols
}

func stayEnds(number tag.Number, reason string) Cols {
	return Cols{"begins": false, "number": number, "ended_reason": reason}
}
