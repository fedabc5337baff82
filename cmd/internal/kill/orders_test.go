package kill_test

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"

	"github.com/google/uuid"

	"tagtrail/domain/contact"
	"tagtrail/domain/event"
	"tagtrail/domain/tag"
)

// order is one command with a key of idempotency, and what came of it.
type order struct {
	request
	id     uuid.UUID // of the command, as the log has it
	stream string    // that it is about, "" while that is not known
	// left judges the events that it left in the log.
	left func(events []event.Event) error
	// idle says whether the world is one in which it does nothing; nil is never.
	idle func(w *world) bool

	answer
	sendings int
}

// changes answers a judge of events: one of the type that satisfies, and no other.
func changes[E event.Event](holds func(E) bool) func([]event.Event) error {
	return func(events []event.Event) error {
		if len(events) != 1 {
			return found("left %d events, not one", len(events))
		}
		if e, is := events[0].(E); !is || !holds(e) {
			return found("left %s, which is not what was asked for", events[0].EventName())
		}
		return nil
	}
}

// clerk thinks of orders.
type clerk struct {
	*trial
	random *rand.Rand
	name   string // begins every key of idempotency
	count  int
}

func (c *clerk) order(method, path string, body any) order {
	c.count++
	key := fmt.Sprintf("%s-%d", c.name, c.count)
	o := order{
		request: request{method: method, path: path, header: map[string]string{
			"Authorization": "Bearer " + c.site.key(), "Idempotency-Key": key,
		}},
		id: uuid.NewSHA1(c.credential.Key, []byte(method+" "+path+" "+key)),
	}
	if body != nil {
		o.body, _ = json.Marshal(body)
		o.header["Content-Type"] = "application/json"
		if method == "PATCH" {
			o.header["Content-Type"] = "application/merge-patch+json"
		}
	}
	return o
}

// next thinks of something to ask for, mostly about the few contacts that everybody asks about.
func (c *clerk) next() order {
	switch n := c.random.IntN(100); {
	case n < 30:
		return c.assign(c.anyContact(), c.anyTag())
	case n < 50:
		return c.remove(c.anyContact(), c.anyTag())
	case n < 65:
		return c.move(c.anyContact())
	case n < 72:
		return c.rename()
	case n < 82:
		return c.create()
	case n < 90:
		return c.editTag()
	case n < 93:
		return c.deleteTag()
	case n < 99:
		return c.restoreTag()
	default:
		return c.createTag()
	}
}

// rush is what several people ask about one contact at the same moment: to put the same tag on and take it off, and to move it in the
// funnel.
func (c *clerk) rush() []order {
	who, what := c.anyContact(), c.anyTag()
	return []order{c.assign(who, what), c.move(who), c.assign(who, what), c.move(who), c.remove(who, what), c.move(who)}
}

func (c *clerk) anyContact() uuid.UUID { return pick(c.random, c.people()) }
func (c *clerk) anyTag() uuid.UUID     { return pick(c.random, c.catalog()) }

func pick[T any](random *rand.Rand, from []T) T { return from[random.IntN(len(from))] }

func (c *clerk) assign(who, what uuid.UUID) order {
	var body any
	value := ""
	if what == c.valued {
		value = fmt.Sprint("value ", c.random.IntN(3))
		body = map[string]string{"value": value}
	}
	o := c.order("PUT", "/v1/contacts/"+who.String()+"/tags/"+what.String(), body)
	o.stream = contact.ID{UUID: who}.Stream()
	o.left = func(events []event.Event) error {
		if len(events) == 1 {
			if e, is := events[0].(contact.TagValueChanged); is && e.Tag.UUID == what && valueOf(e.To) == value {
				return nil
			}
		}
		return changes(func(e contact.TagAssigned) bool { return e.Tag.UUID == what && valueOf(e.Value) == value })(events)
	}
	o.idle = func(w *world) bool {
		s, carried := w.contacts[o.stream].carries[tag.ID{UUID: what}]
		return carried && s.value == value
	}
	return o
}

func (c *clerk) remove(who, what uuid.UUID) order {
	o := c.order("DELETE", "/v1/contacts/"+who.String()+"/tags/"+what.String(), nil)
	o.stream = contact.ID{UUID: who}.Stream()
	o.left = changes(func(e contact.TagRemoved) bool { return e.Tag.UUID == what })
	o.idle = func(w *world) bool {
		_, carried := w.contacts[o.stream].carries[tag.ID{UUID: what}]
		return !carried
	}
	return o
}

func (c *clerk) move(who uuid.UUID) order {
	to := pick(c.random, contact.LeadStatuses())
	o := c.order("PUT", "/v1/contacts/"+who.String()+"/lead-status", map[string]string{"status": string(to)})
	o.stream = contact.ID{UUID: who}.Stream()
	o.left = changes(func(e contact.LeadStatusChanged) bool { return e.To == to })
	o.idle = func(w *world) bool { return w.contacts[o.stream].status == to }
	return o
}

func (c *clerk) rename() order {
	who, name := c.anyContact(), fmt.Sprint("Name ", c.random.IntN(1000))
	o := c.order("PATCH", "/v1/contacts/"+who.String(), map[string]string{"name": name})
	o.stream = contact.ID{UUID: who}.Stream()
	o.left = changes(func(e contact.Renamed) bool { return e.Name.Reveal() == name })
	o.idle = func(w *world) bool { return w.contacts[o.stream].name == name }
	return o
}

// create asks for a contact with up to two tags. Its number may be one that WhatsApp brings at the same time, and then one
// of both is there first.
func (c *clerk) create() order {
	phone := fmt.Sprintf("+1650555%04d", c.random.IntN(10_000))
	tags := map[uuid.UUID]bool{}
	for range c.random.IntN(3) {
		if t := c.anyTag(); t != c.valued {
			tags[t] = true
		}
	}
	body := map[string]any{"name": "Somebody", "phone": phone}
	var wanted []string
	for t := range tags {
		wanted = append(wanted, t.String())
	}
	if wanted != nil {
		body["tags"] = wanted
	}
	o := c.order("POST", "/v1/contacts", body)
	o.left = func(events []event.Event) error {
		if len(events) != 1+len(tags) {
			return found("left %d events of a new contact with %d tags", len(events), len(tags))
		}
		for _, e := range events[1:] {
			if assigned, is := e.(contact.TagAssigned); !is || !tags[assigned.Tag.UUID] {
				return found("left %s, which is not what was asked for", e.EventName())
			}
		}
		return changes(func(e contact.Created) bool { return e.Identity.Value.Reveal() == phone })(events[:1])
	}
	return o
}

func (c *clerk) createTag() order {
	name := fmt.Sprintf("tag %s %d", c.name, c.count)
	o := c.order("POST", "/v1/tags", map[string]string{"name": name})
	o.stream = c.catalogStream()
	o.left = changes(func(e tag.Created) bool { return e.Name == name })
	return o
}

// editTag changes three things at once, so that more than one event is all there or not at all.
func (c *clerk) editTag() order {
	what, n := c.anyTag(), c.random.IntN(1000)
	name, description, color := fmt.Sprintf("%.8s %d", what, n), fmt.Sprint("description ", n), pick(c.random, []string{"amber", "default"})
	o := c.order("PATCH", "/v1/tags/"+what.String(), map[string]string{"name": name, "description": description, "color": color})
	o.stream = c.catalogStream()
	o.left = func(events []event.Event) error {
		for _, e := range events {
			renamed, is := e.(tag.Renamed)
			described, as := e.(tag.Described)
			recolored, or := e.(tag.Recolored)
			if (!is || renamed.To != name) && (!as || described.To != description) && (!or || recolored.To != color) {
				return found("left %s, which is not what was asked for", e.EventName())
			}
		}
		return nil
	}
	o.idle = func(w *world) bool {
		t := w.tags[tag.ID{UUID: what}]
		return t.name == name && t.description == description && t.color == color
	}
	return o
}

func (c *clerk) deleteTag() order {
	what := c.anyTag()
	o := c.order("DELETE", "/v1/tags/"+what.String(), nil)
	o.stream = c.catalogStream()
	o.left = changes(func(e tag.Deleted) bool { return e.Tag.UUID == what })
	o.idle = func(w *world) bool { return !w.tags[tag.ID{UUID: what}].active }
	return o
}

func (c *clerk) restoreTag() order {
	what := c.anyTag()
	o := c.order("POST", "/v1/tags/"+what.String()+"/restore", nil)
	o.stream = c.catalogStream()
	o.left = changes(func(e tag.Restored) bool { return e.Tag.UUID == what })
	o.idle = func(w *world) bool { return w.tags[tag.ID{UUID: what}].active }
	return o
}
