package kill_test

import (
	"maps"
	"slices"

	"tagtrail/domain/contact"
	"tagtrail/domain/event"
	"tagtrail/domain/tag"
)

// world is what the log says there is, folded here once more and in the plainest way.
type world struct {
	contacts map[string]*person // by stream
	tags     map[tag.ID]*label
}

type person struct {
	status  contact.LeadStatus
	name    string
	carries map[tag.ID]stay
	last    event.Revision
}

type stay struct {
	assignment contact.AssignmentID
	value      string
}

type label struct {
	name, description, color string
	active                   bool
}

func newWorld() *world { return &world{map[string]*person{}, map[tag.ID]*label{}} }

// apply takes an event over, and answers what of it contradicts all before it: two decisions that did not know of each
// other.
func (w *world) apply(r event.Recorded[event.Event]) error {
	switch r.Data.(type) {
	case contact.Event:
		return w.applyToContact(r)
	case tag.Event:
		return w.applyToTag(r)
	}
	return nil
}

func (w *world) applyToContact(r event.Recorded[event.Event]) error {
	p, there := w.contacts[r.Stream]
	if created, is := r.Data.(contact.Created); is {
		if there {
			return found("%s is created again at %d", r.Stream, r.Position)
		}
		w.contacts[r.Stream] = &person{
			status: created.LeadStatus, name: created.Name.Reveal(), carries: map[tag.ID]stay{}, last: r.Revision,
		}
		return nil
	}
	if !there {
		return found("%s begins with %s at %d", r.Stream, r.Data.EventName(), r.Position)
	}
	p.last = r.Revision
	switch e := r.Data.(type) {
	case contact.TagAssigned:
		if before, carried := p.carries[e.Tag]; carried {
			return found("%s is given a tag at %d that it carries since assignment %s", r.Stream, r.Position, before.assignment)
		}
		p.carries[e.Tag] = stay{e.Assignment, valueOf(e.Value)}
	case contact.TagRemoved:
		if p.carries[e.Tag].assignment != e.Assignment {
			return found("%s loses a tag at %d that it does not carry by that assignment", r.Stream, r.Position)
		}
		delete(p.carries, e.Tag)
	case contact.TagValueChanged:
		if p.carries[e.Tag].assignment != e.Ended {
			return found("%s changes a value at %d that it does not carry by that assignment", r.Stream, r.Position)
		}
		p.carries[e.Tag] = stay{e.Assignment, valueOf(e.To)}
	case contact.LeadStatusChanged:
		if p.status != e.From {
			return found("%s moves from %s at %d, and stood at %s", r.Stream, e.From, r.Position, p.status)
		}
		p.status = e.To
	case contact.Renamed:
		p.name = e.Name.Reveal()
	}
	return nil
}

func valueOf(v *contact.TagValue) string {
	if v == nil {
		return ""
	}
	return v.Text.Reveal()
}

func (w *world) applyToTag(r event.Recorded[event.Event]) error {
	holds := true
	switch e := r.Data.(type) {
	case tag.Created:
		holds = w.tags[e.Tag] == nil
		w.tags[e.Tag] = &label{e.Name, e.Description, e.Color, true}
	case tag.Renamed:
		holds = w.tags[e.Tag].name == e.From
		w.tags[e.Tag].name = e.To
	case tag.Described:
		holds = w.tags[e.Tag].description == e.From
		w.tags[e.Tag].description = e.To
	case tag.Recolored:
		holds = w.tags[e.Tag].color == e.From
		w.tags[e.Tag].color = e.To
	case tag.Deleted:
		holds = w.tags[e.Tag].active
		w.tags[e.Tag].active = false
	case tag.Restored:
		holds = !w.tags[e.Tag].active
		w.tags[e.Tag].active = true
	}
	if !holds {
		return found("%s at %d contradicts what stands before it in %s", r.Data.EventName(), r.Position, r.Stream)
	}
	return nil
}

// active are the tags that a contact carries and the catalogue has, as the API lists them.
func (w *world) active(stream string) []string {
	var ids []string
	for id := range maps.Keys(w.contacts[stream].carries) {
		if w.tags[id].active {
			ids = append(ids, id.String())
		}
	}
	slices.Sort(ids)
	return ids
}
