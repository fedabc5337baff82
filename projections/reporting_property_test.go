package projections_test

import (
	"fmt"
	"maps"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"
	"pgregory.net/rapid"

	"tagtrail/domain/contact"
	"tagtrail/domain/event"
	"tagtrail/domain/tag"
	"tagtrail/projections/projectionstest"
)

// life is what happens to two contacts and two tags, told event by event, and what holds after each.
type life struct {
	steps   []projectionstest.Step
	next    byte
	carried map[contact.ID]map[contact.AssignmentID]tag.Number // open assignments
	aside   map[contact.ID][]contact.OpenAssignment            // of archived contacts
	gone    map[contact.ID]bool
	merged  *contact.Merged // of bob into ana
	deleted map[tag.Number]bool
	into    map[tag.Number]tag.Number // what stands for merged tags
	status  map[contact.ID]contact.LeadStatus
	counts  []map[string]bool // after each event: the assignments that count, and the statuses
}

var tagIDs = map[tag.Number]tag.ID{1: vip, 2: city, 3: {UUID: uuid.UUID{15: 0x73}}}

func newLife() *life {
	l := &life{
		carried: map[contact.ID]map[contact.AssignmentID]tag.Number{ana: {}, bob: {}}, aside: map[contact.ID][]contact.OpenAssignment{},
		gone: map[contact.ID]bool{}, deleted: map[tag.Number]bool{}, into: map[tag.Number]tag.Number{}, status: map[contact.ID]contact.LeadStatus{},
	}
	l.steps = append(l.steps, inAuckland)
	l.counts = append(l.counts, map[string]bool{})
	for number := range tag.Number(len(tagIDs)) {
		number++
		l.tell(acme.CatalogStream(), tag.Created{Tag: tagIDs[number], Number: number, Name: fmt.Sprint(number), Kind: tag.Label})
	}
	for _, id := range []contact.ID{ana, bob} {
		l.status[id] = contact.Cold
		l.tell(id.Stream(), created("x", "+16505550101"))
	}
	return l
}

// tell takes an event into the history, whose effect is in the state already.
func (l *life) tell(stream string, e event.Event) {
	l.steps = append(l.steps, projectionstest.On(stream, e))
	counts := map[string]bool{}
	for id, open := range l.carried {
		for a, number := range open {
			if !l.deleted[l.root(number)] {
				counts[id.String()+" carries "+a.String()] = true
			}
		}
		if status := l.status[id]; status != "" {
			counts[id.String()+" is "+string(status)] = true
		}
	}
	l.counts = append(l.counts, counts)
}

func (l *life) open(id contact.ID) []contact.OpenAssignment {
	var open []contact.OpenAssignment
	for a, number := range l.carried[id] {
		open = append(open, contact.OpenAssignment{Assignment: a, Number: number})
	}
	slices.SortFunc(open, func(a, b contact.OpenAssignment) int { return int(a.Assignment.UUID[15]) - int(b.Assignment.UUID[15]) })
	return open
}

func (l *life) reopen(id contact.ID, again []contact.OpenAssignment) {
	for _, a := range again {
		l.carried[id][a.Assignment] = a.Number
	}
}

func (l *life) untouched(id contact.ID) bool {
	return !l.gone[id] && l.aside[id] == nil && (id == ana || l.merged == nil)
}

// does lets something happen, if it can.
func (l *life) does(what string, id contact.ID, number tag.Number) {
	open := l.open(id)
	at := slices.IndexFunc(open, func(a contact.OpenAssignment) bool { return a.Number == number })
	switch {
	case what == "merge tags":
		l.mergeTags(number)
	case what == "unmerge tags" && l.into[number] != 0:
		from := l.into[number]
		delete(l.into, number)
		l.tell(acme.CatalogStream(), tag.Unmerged{Tag: tagIDs[number], Number: number, From: tagIDs[from], FromNumber: from, With: l.standsFor(number)})
	case (what == "delete" || what == "restore") && l.into[number] != 0:
	case what == "delete" && !l.deleted[number]:
		l.deleted[number] = true
		l.tell(acme.CatalogStream(), tag.Deleted{Tag: tagIDs[number], Number: number})
	case what == "restore" && l.deleted[number]:
		l.deleted[number] = false
		l.tell(acme.CatalogStream(), tag.Restored{Tag: tagIDs[number], Number: number})
	case what == "come back" && l.aside[id] != nil && !l.gone[id]:
		back := l.aside[id]
		delete(l.aside, id)
		l.reopen(id, back)
		l.tell(id.Stream(), contact.Restored{Assignments: back})
	case what == "separate" && l.merged != nil && !l.gone[ana] && l.aside[ana] == nil:
		l.separate()
	case !l.untouched(id):
	case what == "assign" && at < 0:
		l.next++
		l.carried[id][assignment(l.next)] = number
		l.tell(id.Stream(), contact.TagAssigned{Tag: tagIDs[number], Number: number, Assignment: assignment(l.next)})
	case what == "assign":
		l.next++
		delete(l.carried[id], open[at].Assignment)
		l.carried[id][assignment(l.next)] = number
		l.tell(id.Stream(), contact.TagValueChanged{Tag: tagIDs[number], Number: number, Ended: open[at].Assignment, Assignment: assignment(l.next)})
	case what == "remove" && at >= 0:
		delete(l.carried[id], open[at].Assignment)
		l.tell(id.Stream(), contact.TagRemoved{Tag: tagIDs[number], Number: number, Assignment: open[at].Assignment})
	case what == "archive":
		l.aside[id] = append([]contact.OpenAssignment{}, open...)
		clear(l.carried[id])
		l.tell(id.Stream(), contact.Archived{Assignments: open})
	case what == "move":
		to := map[contact.LeadStatus]contact.LeadStatus{contact.Cold: contact.Warm, contact.Warm: contact.Hot, contact.Hot: contact.Cold}[l.status[id]]
		from := l.status[id]
		l.status[id] = to
		l.tell(id.Stream(), contact.LeadStatusChanged{From: from, To: to, Kind: contact.Advance})
	case what == "merge" && l.untouched(ana) && l.untouched(bob):
		l.merge()
	case what == "erase":
		l.gone[id] = true
		clear(l.carried[id])
		delete(l.status, id)
		l.tell(id.Stream(), contact.Erased{Assignments: open})
	}
}

// root answers the tag that stands for one.
func (l *life) root(number tag.Number) tag.Number {
	for l.into[number] != 0 {
		number = l.into[number]
	}
	return number
}

// standsFor answers the tags that one stands for, itself left out.
func (l *life) standsFor(root tag.Number) (with []tag.ID) {
	for number := range tag.Number(len(tagIDs)) {
		at := l.into[number+1]
		for at != 0 && at != root {
			at = l.into[at]
		}
		if at == root {
			with = append(with, tagIDs[number+1])
		}
	}
	return with
}

// mergeTags merges a tag into the next one, where both stand for themselves.
func (l *life) mergeTags(number tag.Number) {
	into := number%tag.Number(len(tagIDs)) + 1
	if l.into[number] != 0 || l.into[into] != 0 || l.deleted[number] || l.deleted[into] {
		return
	}
	with := l.standsFor(number)
	l.into[number] = into
	l.tell(acme.CatalogStream(), tag.Merged{Tag: tagIDs[number], Number: number, Into: tagIDs[into], IntoNumber: into, With: with})
}

func (l *life) merge() {
	m, taken := contact.Merged{Into: ana}, []contact.MovedAssignment(nil)
	for _, a := range l.open(bob) {
		if slices.Contains(slices.Collect(maps.Values(l.carried[ana])), a.Number) {
			m.Ended = append(m.Ended, a)
			continue
		}
		m.Taken = append(m.Taken, a)
		taken = append(taken, contact.MovedAssignment{Tag: tagIDs[a.Number], Number: a.Number, Assignment: a.Assignment})
	}
	l.merged = &m
	clear(l.carried[bob])
	l.tell(bob.Stream(), m)
	l.reopen(ana, m.Taken)
	l.tell(ana.Stream(), contact.Absorbed{Contact: bob, Taken: taken})
}

func (l *life) separate() {
	s, returned := contact.Separated{From: ana, Reopened: l.merged.Ended}, []contact.MovedAssignment(nil)
	for _, a := range l.merged.Taken {
		if _, still := l.carried[ana][a.Assignment]; still {
			s.Returned = append(s.Returned, a)
			returned = append(returned, contact.MovedAssignment{Tag: tagIDs[a.Number], Number: a.Number, Assignment: a.Assignment})
			delete(l.carried[ana], a.Assignment)
		}
	}
	l.merged = nil
	l.tell(ana.Stream(), contact.Released{Contact: bob, Returned: returned})
	l.reopen(bob, slices.Concat(s.Reopened, s.Returned))
	l.tell(bob.Stream(), s)
}

// C12, C16, C29, S0-47, S0-48: whatever happens to contacts and tags, the periods say at every moment what a reader who
// remembers everything says.
func TestReportingPeriodsAreWhatHeldAtEveryMoment(t *testing.T) {
	t.Parallel()
	tables := projectionstest.NewTables(t, reportingGroup(t))
	rapid.Check(t, func(t *rapid.T) {
		l := newLife()
		for range rapid.IntRange(5, 40).Draw(t, "deeds") {
			l.does(
				rapid.SampledFrom([]string{"assign", "assign", "assign", "remove", "delete", "restore", "archive", "come back", "move", "merge", "separate", "separate", "erase", "merge tags", "unmerge tags"}).Draw(t, "what"),
				rapid.SampledFrom([]contact.ID{ana, bob}).Draw(t, "who"), rapid.SampledFrom([]tag.Number{1, 2, 3}).Draw(t, "tag"))
		}
		history := projectionstest.History(org, l.steps...)
		rows := tables.After(history)
		for i, e := range history {
			if diff := cmp.Diff(l.counts[i], holding(t, rows, e.RecordedAt)); diff != "" {
				t.Fatalf("after event %d, %T (-remembered +periods):\n%s", i, e.Data, diff)
			}
		}
	})
}

// holding answers what the periods say of a moment.
func holding(t *rapid.T, rows projectionstest.Rows, at time.Time) map[string]bool {
	const written = "2006-01-02 15:04:05-07"
	now := at.UTC().Format(written)
	held := map[string]bool{}
	say := func(what string) {
		if held[what] {
			t.Fatalf("at %s there are two periods in which %s", now, what)
		}
		held[what] = true
	}
	covers := func(row projectionstest.Row) bool {
		return row["from_at"] <= now && (row["to_at"] == "NULL" || now < row["to_at"])
	}
	for _, row := range rows["assignment_periods"] {
		if covers(row) {
			say(row["contact"] + " carries " + row["assignment"])
		}
	}
	for _, row := range rows["lead_status_periods"] {
		if covers(row) {
			say(row["contact"] + " is " + row["status"])
		}
	}
	return held
}
