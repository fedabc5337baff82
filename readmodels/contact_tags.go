package readmodels

import (
	"cmp"
	"errors"
	"slices"
	"time"

	"github.com/google/uuid"
)

// Assignment is one stay of a tag on a contact.
type Assignment struct {
	ID          uuid.UUID
	Tag         AssignedTag
	Value       string // of a valued tag
	Source      string
	AssignedAt  time.Time
	AssignedBy  Actor
	EndedAt     *time.Time
	EndedReason string // removed, tag_deleted, tag_merged, value_changed, archived, merged, separated, erased; "" while it is active
}

// AssignedTag is what an assignment shows of its tag, as the tag is called now, or was called at the moment that is asked for.
type AssignedTag struct {
	ID     uuid.UUID
	Name   string
	Color  string
	Number int32
	Today  *TagToday // nil where the rest is of now
}

// TagToday is what a tag of then is called now.
type TagToday struct {
	Name    string
	Color   string
	Deleted bool
}

// Actor is who did something: a key or a channel by its id and name, or the system.
type Actor struct {
	Kind string
	ID   *uuid.UUID
	Name string
}

// Which assignments are shown with a contact.
const (
	activeAssignments = `a.ended_at is null`
	everyAssignment   = `true`
)

// assignmentsOf answers the column with the assignments of contact c. As records they are read in half the time that
// JSON takes.
func assignmentsOf(which string) string {
	return `array(
		select row(a.assignment, a.tag, a.name, a.color, a.number, coalesce(a.value, ''), a.source, a.assigned_at,
			a.assigned_by_kind, a.assigned_by, coalesce(a.assigned_by_name, ''), a.ended_at, coalesce(a.ended_reason, ''),
			a.survivor, a.merged_at)
		from assignments a
		where a.org = c.org and a.contact = c.contact and ` + which + `)`
}

// assignments are the records of assignmentsOf.
type assignments []assignmentRecord

type assignmentRecord struct {
	Assignment
	survivor int32      // the number of the tag that it is of by now
	mergedAt *time.Time // when its own was merged into that one
}

// ScanNull implements pgtype.CompositeIndexScanner.
func (*assignmentRecord) ScanNull() error { return errors.New("an assignment is NULL") }

// ScanIndex implements pgtype.CompositeIndexScanner.
func (r *assignmentRecord) ScanIndex(i int) any {
	return []any{
		&r.ID, &r.Tag.ID, &r.Tag.Name, &r.Tag.Color, &r.Tag.Number, &r.Value, &r.Source,
		&r.AssignedAt, &r.AssignedBy.Kind, &r.AssignedBy.ID, &r.AssignedBy.Name, &r.EndedAt, &r.EndedReason,
		&r.survivor, &r.mergedAt,
	}[i]
}

// split parts the active assignments, in the order in which they were put on, from the historical ones, of which those
// that ended last come first. Of several open ones that are of one tag since tags were merged, one is active.
func (all assignments) split() (active, historical []Assignment) {
	shown := map[uuid.UUID]assignmentRecord{}
	for _, r := range all {
		if best, another := shown[r.Tag.ID]; r.EndedAt == nil && (!another || r.standsBefore(best)) {
			shown[r.Tag.ID] = r
		}
	}
	for _, r := range all {
		switch {
		case r.EndedAt != nil:
			historical = append(historical, r.Assignment)
		case shown[r.Tag.ID].ID == r.ID:
			active = append(active, r.Assignment)
		default:
			r.EndedAt, r.EndedReason = r.mergedAt, "tag_merged"
			historical = append(historical, r.Assignment)
		}
	}
	slices.SortFunc(active, Assignment.comparePutOn)
	slices.SortFunc(historical, func(a, b Assignment) int {
		return cmp.Or(b.EndedAt.Compare(*a.EndedAt), a.comparePutOn(b))
	})
	return active, historical
}

// standsBefore says which of two open assignments of one tag is the one that counts, as whoever decides on the contact
// sees it: that of the tag itself, else that of the lowest number.
func (r assignmentRecord) standsBefore(other assignmentRecord) bool {
	own, its := r.Tag.Number == r.survivor, other.Tag.Number == other.survivor
	return own && !its || own == its && r.Tag.Number < other.Tag.Number
}

func (a Assignment) comparePutOn(b Assignment) int {
	return cmp.Or(a.AssignedAt.Compare(b.AssignedAt), slices.Compare(a.ID[:], b.ID[:]))
}
