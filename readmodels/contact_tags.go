package readmodels

import (
	"fmt"
	"time"

	"github.com/go-json-experiment/json"
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
	EndedReason string // removed, tag_deleted, value_changed, erased; "" while it is active
}

// AssignedTag is what an assignment shows of its tag, as the tag is called now.
type AssignedTag struct {
	ID     uuid.UUID
	Name   string
	Color  string
	Number int32
}

// Actor is who did something: a key or a channel by its id and name, or the system.
type Actor struct {
	Kind string
	ID   *uuid.UUID
	Name string
}

// Which assignments are shown with a contact.
const (
	activeAssignments = `a.active`
	onTheList         = `a.removed_at is null` // the active ones, and those whose tag is deleted
	everyAssignment   = `true`
)

// assignmentsOf answers the column with the assignments of contact c, in the order in which they are shown:
// active ones as they were put on, then the others, those that ended last first.
func assignmentsOf(which string) string {
	return `(
		select json_agg(json_build_object('id', a.assignment, 'tag', a.tag, 'name', a.name, 'color', a.color, 'number', a.number,
			'value', a.value, 'source', a.source, 'at', a.assigned_at, 'kind', a.assigned_by_kind, 'by', a.assigned_by,
			'by_name', (select k.name from actors k where k.org = a.org and k.actor = a.assigned_by),
			'ended', a.ended_at, 'reason', a.ended_reason)
			order by a.ended_at desc nulls first, a.assigned_at, a.assignment)
		from assignments a
		where a.org = c.org and a.contact = c.contact and ` + which + `)`
}

// carried reads the column of assignmentsOf into a contact.
type carried struct{ contact *Contact }

// ScanBytes implements pgtype.BytesScanner.
func (c carried) ScanBytes(column []byte) error {
	if column == nil {
		return nil
	}
	var rows []struct {
		ID      uuid.UUID  `json:"id"`
		Tag     uuid.UUID  `json:"tag"`
		Name    string     `json:"name"`
		Color   string     `json:"color"`
		Number  int32      `json:"number"`
		Value   string     `json:"value"`
		Source  string     `json:"source"`
		At      time.Time  `json:"at"`
		Kind    string     `json:"kind"`
		By      *uuid.UUID `json:"by"`
		ByName  string     `json:"by_name"`
		EndedAt *time.Time `json:"ended"`
		Reason  string     `json:"reason"`
	}
	if err := json.Unmarshal(column, &rows); err != nil {
		return fmt.Errorf("read the assignments of a contact: %w", err)
	}
	for _, r := range rows {
		a := Assignment{
			ID: r.ID, Tag: AssignedTag{ID: r.Tag, Name: r.Name, Color: r.Color, Number: r.Number},
			Value: r.Value, Source: r.Source, AssignedAt: r.At.UTC(),
			AssignedBy: Actor{Kind: r.Kind, ID: r.By, Name: r.ByName}, EndedReason: r.Reason,
		}
		if r.EndedAt == nil {
			c.contact.ActiveTags = append(c.contact.ActiveTags, a)
			continue
		}
		ended := r.EndedAt.UTC()
		a.EndedAt = &ended
		c.contact.HistoricalTags = append(c.contact.HistoricalTags, a)
	}
	return nil
}
