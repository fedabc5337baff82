package readmodels_test

import (
	"cmp"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/google/uuid"
	"pgregory.net/rapid"

	"tagtrail/domain/contact"
	"tagtrail/domain/event"
	"tagtrail/domain/message"
	"tagtrail/domain/organization"
	"tagtrail/domain/personal"
	"tagtrail/domain/tag"
	"tagtrail/readmodels"
)

// Whatever happened, and whatever is asked for: as of a position, the answer is that of somebody who goes through the
// events up to there, one after the other.
func TestAsOfIsTheFoldOfTheEventsUpToThere(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	p := newPast(t, w)
	rapid.Check(t, func(t *rapid.T) {
		w.org, w.revisions, w.now = organization.ID{UUID: uuid.New()}, map[string]event.Revision{}, noon
		before := w.position
		d := newDraw(w, t)
		for range rapid.IntRange(1, 40).Draw(t, "steps") {
			d.step()
		}
		events := w.pending
		w.pending = nil
		for batch := range slices.Chunk(events, rapid.IntRange(1, len(events)).Draw(t, "batch")) {
			p.project(batch)
		}
		for range 6 {
			at := before
			if n := rapid.IntRange(0, len(events)+1).Draw(t, "position"); n > 0 {
				at += event.Position(n)*10 - event.Position(rapid.IntRange(0, 1).Draw(t, "between"))*3 //nolint:gosec // small
			}
			folded := foldOf(events, at)
			f := d.filter()
			moment := p.at(w.org.UUID, at)
			var got []string
			var after *readmodels.ContactKey
			for limit := rapid.IntRange(1, 4).Draw(t, "limit"); ; {
				page, next, err := p.contacts().Page(t.Context(), w.org.UUID, moment, f, after, limit)
				if err != nil {
					t.Fatal(err)
				}
				for _, c := range page {
					got = append(got, lineOf(c))
				}
				if after = next; next == nil {
					break
				}
			}
			if want := folded.list(f); !slices.Equal(got, want) {
				t.Fatalf("as of %d, %s:\n%q, want\n%q", at, filterText(f), got, want)
			}
			if n, err := p.contacts().Count(t.Context(), w.org.UUID, moment, f, 100); err != nil || n != len(got) {
				t.Fatalf("as of %d, %s: %d, %v, want %d", at, filterText(f), n, err, len(got))
			}
			for _, id := range d.contacts {
				d.judge(t, p, moment, id, folded)
			}
		}
	})
}

func (d *draw) judge(t *rapid.T, p *past, moment readmodels.Moment, id contact.ID, folded *fold) {
	c, err := p.contacts().Get(t.Context(), d.w.org.UUID, moment, id.UUID)
	known := folded.contacts[id.UUID]
	if known == nil {
		if err == nil {
			t.Fatalf("as of %d, %s is there", moment.Position, id)
		}
		return
	}
	if err != nil {
		t.Fatal(err)
	}
	var ended []string
	for _, a := range c.HistoricalTags {
		ended = append(ended, a.Tag.Name+" "+a.EndedReason)
	}
	slices.Sort(ended)
	got := fmt.Sprintf("%s %s %s %s %d %v %q", c.DisplayName, c.Phone, c.LeadStatus, c.Email, c.Revision, c.Erased, ended)
	if want := known.detail(folded); got != want {
		t.Fatalf("as of %d, %s:\n%s, want\n%s", moment.Position, id, got, want)
	}
}

// draw makes a history up.
type draw struct {
	t        *rapid.T
	w        *world
	contacts []contact.ID
	tags     []tag.Created
	open     map[uuid.UUID]map[tag.Number]contact.AssignmentID // by contact
	erased   map[uuid.UUID]bool
	channels []uuid.UUID
	owners   []uuid.UUID
}

func newDraw(w *world, t *rapid.T) *draw {
	d := &draw{
		t: t, w: w, open: map[uuid.UUID]map[tag.Number]contact.AssignmentID{}, erased: map[uuid.UUID]bool{},
		channels: []uuid.UUID{uuid.New(), uuid.New()}, owners: []uuid.UUID{uuid.New(), uuid.New()},
	}
	d.tags = w.tags("a", "b", "c")
	return d
}

func (d *draw) one(of int) int { return rapid.IntRange(0, of-1).Draw(d.t, "one") }

func (d *draw) step() {
	kind := d.one(14)
	if len(d.contacts) == 0 || kind == 0 && len(d.contacts) < 5 {
		id := d.w.contact(fmt.Sprint("C", len(d.contacts)), d.phone())
		d.contacts, d.open[id.UUID] = append(d.contacts, id), map[tag.Number]contact.AssignmentID{}
		return
	}
	id := d.contacts[d.one(len(d.contacts))]
	of := d.tags[d.one(len(d.tags))]
	switch kind {
	case 1:
		d.w.happened(d.w.org.CatalogStream(), tag.Renamed{Tag: of.Tag, Number: of.Number, From: "?", To: fmt.Sprint("tag ", d.one(100))})
		return
	case 2:
		d.w.happened(d.w.org.CatalogStream(), deleted(of))
		return
	case 3:
		d.w.happened(d.w.org.CatalogStream(), restored(of))
		return
	}
	if d.erased[id.UUID] {
		return
	}
	switch kind {
	case 4, 5, 6:
		if a, on := d.open[id.UUID][of.Number]; on {
			delete(d.open[id.UUID], of.Number)
			d.w.happened(id.Stream(), contact.TagRemoved{Tag: of.Tag, Number: of.Number, Assignment: a})
			return
		}
		d.open[id.UUID][of.Number] = d.w.assign(id, of)[0]
	case 7:
		d.w.happened(id.Stream(), contact.LeadStatusChanged{To: []contact.LeadStatus{contact.Cold, contact.Hot, contact.Customer}[d.one(3)]})
	case 8:
		d.w.happened(id.Stream(), contact.OwnerChanged{To: d.owners[d.one(2)]})
	case 9:
		d.w.happened(id.Stream(), contact.Renamed{Name: personal.New([]string{"", "Ana", "Bob"}[d.one(3)])},
			contact.EmailChanged{Email: personal.New([]string{"", "x@example.com"}[d.one(2)])})
	case 10, 11:
		d.w.wrote(id, d.channels[d.one(2)], noon.Add(time.Duration(d.one(20))*time.Minute), "hi")
	case 12:
		i := contact.Identity{Kind: contact.Number, Value: personal.New(d.phone()), Country: "US"}
		if d.one(2) == 0 {
			d.w.happened(id.Stream(), contact.IdentityLinked{Identity: i})
		} else {
			d.w.happened(id.Stream(), contact.IdentityUnlinked{Identity: i})
		}
	case 13:
		var open []contact.OpenAssignment
		for number, a := range d.open[id.UUID] {
			open = append(open, contact.OpenAssignment{Assignment: a, Number: number})
		}
		d.erased[id.UUID] = true
		d.w.happened(id.Stream(), contact.Erased{Assignments: open})
	}
}

func (d *draw) phone() string { return fmt.Sprintf("+1650555010%d", d.one(4)) }

func (d *draw) filter() readmodels.ContactFilter {
	f := readmodels.ContactFilter{}
	some := func(into *[]uuid.UUID) {
		for range d.one(3) {
			*into = append(*into, d.tags[d.one(len(d.tags))].Tag.UUID)
		}
	}
	some(&f.Tags)
	some(&f.ExcludeTags)
	if d.one(3) == 0 {
		f.LeadStatus = []string{"cold", "hot", "customer"}[d.one(3)]
	}
	if d.one(4) == 0 {
		f.Owner = &d.owners[d.one(2)]
	}
	if d.one(4) == 0 {
		f.Channel = &d.channels[d.one(2)]
	}
	if d.one(4) == 0 {
		from := noon.Add(time.Duration(d.one(60)) * time.Minute)
		f.CreatedFrom = &from
	}
	if d.one(4) == 0 {
		to := noon.Add(time.Duration(d.one(60)) * time.Minute)
		f.CreatedTo = &to
	}
	return f
}

func filterText(f readmodels.ContactFilter) string {
	return fmt.Sprint(f.Tags, f.ExcludeTags, f.LeadStatus, f.Owner, f.Channel, f.CreatedFrom, f.CreatedTo)
}

// fold is what somebody knows who went through the events.
type fold struct {
	contacts map[uuid.UUID]*foldedContact
	tags     map[uuid.UUID]*foldedTag
}

type foldedTag struct {
	name    string
	deleted bool
}

type foldedContact struct {
	id                uuid.UUID
	name, email, lead string
	phones            []string // held, the newest last
	owner             uuid.UUID
	stays             []foldedStay
	channels          map[uuid.UUID]bool
	created           time.Time
	lastSeen          time.Time
	erased            bool
	revision          event.Revision
}

type foldedStay struct {
	id  contact.AssignmentID
	tag uuid.UUID
	end string
}

func foldOf(events []event.Recorded[event.Event], upTo event.Position) *fold {
	f := &fold{contacts: map[uuid.UUID]*foldedContact{}, tags: map[uuid.UUID]*foldedTag{}}
	for _, e := range events {
		if e.Position <= upTo {
			f.apply(e)
		}
	}
	return f
}

func (f *fold) apply(e event.Recorded[event.Event]) {
	subject := event.Subject(e.Stream, e.Data)
	switch data := e.Data.(type) {
	case tag.Created:
		f.tags[data.Tag.UUID] = &foldedTag{name: data.Name}
	case tag.Renamed:
		f.tags[data.Tag.UUID].name = data.To
	case tag.Deleted:
		f.tags[data.Tag.UUID].deleted = true
	case tag.Restored:
		f.tags[data.Tag.UUID].deleted = false
	case contact.Created:
		f.contacts[subject] = &foldedContact{
			id: subject, name: data.Name.Reveal(), lead: string(data.LeadStatus), created: e.RecordedAt,
			phones: []string{data.Identity.Value.Reveal()}, channels: map[uuid.UUID]bool{},
		}
	case message.Received:
		c := f.contacts[data.Contact.UUID]
		c.channels[data.Channel] = true
		if data.SentAt.After(c.lastSeen) {
			c.lastSeen = data.SentAt
		}
	case contact.Event:
		c := f.contacts[subject]
		c.revision = e.Revision
		c.apply(data)
	}
}

func (c *foldedContact) apply(e event.Event) {
	switch e := e.(type) {
	case contact.TagAssigned:
		c.stays = append(c.stays, foldedStay{id: e.Assignment, tag: e.Tag.UUID})
	case contact.TagRemoved:
		c.end(e.Assignment, "removed")
	case contact.LeadStatusChanged:
		c.lead = string(e.To)
	case contact.OwnerChanged:
		c.owner = e.To
	case contact.Renamed:
		c.name = e.Name.Reveal()
	case contact.EmailChanged:
		c.email = e.Email.Reveal()
	case contact.IdentityLinked:
		c.leave(e.Identity)
		c.phones = append(c.phones, e.Identity.Value.Reveal())
	case contact.IdentityUnlinked:
		c.leave(e.Identity)
	case contact.Erased:
		for _, open := range e.Assignments {
			c.end(open.Assignment, "erased")
		}
		c.name, c.email, c.phones, c.erased = "", "", nil, true
	}
}

func (c *foldedContact) leave(i contact.Identity) {
	c.phones = slices.DeleteFunc(c.phones, func(phone string) bool { return phone == i.Value.Reveal() })
}

func (c *foldedContact) end(id contact.AssignmentID, how string) {
	for i := range c.stays {
		if c.stays[i].id == id {
			c.stays[i].end = how
		}
	}
}

// worn answers the names of the tags that the contact carries, active or deleted.
func (c *foldedContact) worn(f *fold, deleted bool) []string {
	names := []string{}
	for _, s := range c.stays {
		if t := f.tags[s.tag]; s.end == "" && t.deleted == deleted {
			names = append(names, t.name)
		}
	}
	slices.Sort(names)
	return names
}

func (c *foldedContact) carries(f *fold, tag uuid.UUID) bool {
	return slices.ContainsFunc(c.stays, func(s foldedStay) bool { return s.tag == tag && s.end == "" }) && !f.tags[tag].deleted
}

func (c *foldedContact) matches(f *fold, filter readmodels.ContactFilter) bool {
	for _, tag := range filter.Tags {
		if !c.carries(f, tag) {
			return false
		}
	}
	for _, tag := range filter.ExcludeTags {
		if c.carries(f, tag) {
			return false
		}
	}
	return !c.erased && (filter.LeadStatus == "" || c.lead == filter.LeadStatus) && (filter.Owner == nil || c.owner == *filter.Owner) &&
		(filter.Channel == nil || c.channels[*filter.Channel]) && (filter.CreatedFrom == nil || !c.created.Before(*filter.CreatedFrom)) &&
		(filter.CreatedTo == nil || c.created.Before(*filter.CreatedTo))
}

// list answers the contacts that match, the last seen first, those never seen last.
func (f *fold) list(filter readmodels.ContactFilter) []string {
	var found []*foldedContact
	for _, c := range f.contacts {
		if c.matches(f, filter) {
			found = append(found, c)
		}
	}
	slices.SortFunc(found, func(a, b *foldedContact) int {
		if a.lastSeen.IsZero() != b.lastSeen.IsZero() {
			return map[bool]int{true: 1, false: -1}[a.lastSeen.IsZero()]
		}
		return cmp.Or(b.lastSeen.Compare(a.lastSeen), slices.Compare(a.id[:], b.id[:]))
	})
	var lines []string
	for _, c := range found {
		lines = append(lines, fmt.Sprintf("%s %s %s %q %q", c.id, c.display(), c.lead, c.worn(f, false), c.worn(f, true)))
	}
	return lines
}

func lineOf(c readmodels.ListedContact) string {
	names := func(chips []readmodels.Chip) []string {
		names := []string{}
		for _, chip := range chips {
			names = append(names, chip.Tag.Name)
		}
		slices.Sort(names)
		return names
	}
	return fmt.Sprintf("%s %s %s %q %q", c.ID, c.DisplayName, c.LeadStatus, names(c.ActiveTags), names(c.DeletedTags))
}

func (c *foldedContact) display() string { return cmp.Or(c.name, "—") }

func (c *foldedContact) detail(f *fold) string {
	phone := ""
	if len(c.phones) > 0 {
		phone = c.phones[len(c.phones)-1]
	}
	var ended []string
	for _, s := range c.stays {
		if t := f.tags[s.tag]; s.end != "" {
			ended = append(ended, t.name+" "+s.end)
		} else if t.deleted {
			ended = append(ended, t.name+" tag_deleted")
		}
	}
	slices.Sort(ended)
	return fmt.Sprintf("%s %s %s %s %d %v %q", c.display(), phone, c.lead, c.email, c.revision, c.erased, ended)
}
