package importing

import (
	"cmp"
	"maps"
	"slices"

	"github.com/google/uuid"

	"tagtrail/domain/contact"
)

// Outcome is what became of a row.
type Outcome string

// The outcomes.
const (
	Created   Outcome = "created"
	Updated   Outcome = "updated"
	Unchanged Outcome = "unchanged"
	Refused   Outcome = "refused"
)

// Result is what came of one row.
type Result struct {
	Line    int
	Outcome Outcome
	Contact uuid.UUID // of which it was taken

	Refusal Refusal
	Cells   []string // of a row that was refused, as they were

	Events, Assigned, Removed int
}

// Reset forgets what was said, but for the line.
func (r *Result) Reset() { *r = Result{Line: r.Line} }

// Refuse says that the row was not taken.
func (r *Result) Refuse(why Refusal) {
	r.Reset()
	r.Outcome, r.Refusal = Refused, why
}

// Decide says what the row led to.
func (r *Result) Decide(created bool, events []contact.Event) {
	r.Events = len(events)
	switch {
	case created:
		r.Outcome = Created
	case len(events) > 0:
		r.Outcome = Updated
	default:
		r.Outcome = Unchanged
	}
	for _, e := range events {
		switch e.(type) { //nolint:gochecksumtype // the others are not about tags
		case contact.TagAssigned:
			r.Assigned++
		case contact.TagRemoved:
			r.Removed++
		case contact.TagValueChanged:
			r.Assigned, r.Removed = r.Assigned+1, r.Removed+1
		}
	}
}

// Tally counts what became of the rows of a file. A dry run counts what the run would.
type Tally struct {
	Rows        int `json:"rows"`
	Created     int `json:"created"`
	Updated     int `json:"updated"`
	Unchanged   int `json:"unchanged"`
	Refused     int `json:"refused"`
	Events      int `json:"events"`
	Assigned    int `json:"tags_assigned"`
	Removed     int `json:"tags_removed"`
	TagsCreated int `json:"tags_created"`
}

// Count takes a result in.
func (t *Tally) Count(r Result) {
	t.Rows++
	switch r.Outcome {
	case Created:
		t.Created++
	case Updated:
		t.Updated++
	case Unchanged:
		t.Unchanged++
	case Refused:
		t.Refused++
	}
	t.Events, t.Assigned, t.Removed = t.Events+r.Events, t.Assigned+r.Assigned, t.Removed+r.Removed
}

// Plus answers both together.
func (t Tally) Plus(o Tally) Tally {
	return Tally{
		t.Rows + o.Rows, t.Created + o.Created, t.Updated + o.Updated, t.Unchanged + o.Unchanged, t.Refused + o.Refused,
		t.Events + o.Events, t.Assigned + o.Assigned, t.Removed + o.Removed, t.TagsCreated + o.TagsCreated,
	}
}

// Refusals counts the rows that were refused, by the code of what was in the way.
type Refusals map[string]int

// Plus answers them with those of more rows.
func (r Refusals) Plus(more []Result) Refusals {
	all := Refusals{}
	maps.Copy(all, r)
	for _, row := range more {
		if row.Refusal.Fault != nil {
			all[row.Refusal.Fault.Code]++
		}
	}
	return all
}

// Most answers the codes, the ones of most rows first.
func (r Refusals) Most() []string {
	return slices.SortedFunc(maps.Keys(r), func(a, b string) int { return cmp.Or(cmp.Compare(r[b], r[a]), cmp.Compare(a, b)) })
}
