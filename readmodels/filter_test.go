package readmodels_test

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/google/uuid"
	"pgregory.net/rapid"

	"tagtrail/domain/contact"
	"tagtrail/domain/event"
	"tagtrail/domain/filter"
	"tagtrail/domain/message"
	"tagtrail/domain/organization"
	"tagtrail/domain/personal"
	"tagtrail/domain/tag"
	"tagtrail/readmodels"
)

// Whatever a filter says, in whichever order: the contacts are those whom somebody would pick who goes through all of them
// and reads the filter as it is written. S1-31 to S1-35, S2-9 to S2-14, S3-31.
func TestAFilterMeansWhatSomebodyWouldPickByHand(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	rapid.Check(t, func(t *rapid.T) {
		w.org, w.revisions, w.now = organization.ID{UUID: uuid.New()}, map[string]event.Revision{}, noon
		c := newCrowd(w, t)
		w.project()
		for range 12 {
			said := c.filter(rapid.IntRange(0, 3).Draw(t, "depth"))
			written, err := json.Marshal(said)
			if err != nil {
				t.Fatal(err)
			}
			parsed, err := filter.Parse(written)
			if err != nil {
				t.Fatalf("%s: %v", written, err)
			}
			asked := readmodels.ContactFilter{Where: parsed, Clock: filter.Clock{Now: c.now, Zone: time.UTC}}
			order := rapid.SampledFrom(readmodels.ContactOrders()).Draw(t, "order")
			var got []uuid.UUID
			var after *readmodels.ContactKey
			for limit := rapid.IntRange(1, 6).Draw(t, "limit"); ; {
				page, next, err := readmodels.Contacts{DB: w.reader, Catalogues: w.kept}.PageIn(t.Context(), w.org.UUID, asked, order, after, limit)
				if err != nil {
					t.Fatalf("%s: %v", written, err)
				}
				for _, c := range page {
					got = append(got, c.ID)
				}
				if after = next; next == nil {
					break
				}
			}
			if want := c.pick(said, order); !slices.Equal(got, want) {
				t.Fatalf("%s by %s:\n%v, want\n%v\nof %+v", written, order, got, want, c.people)
			}
			if n, err := (readmodels.Contacts{DB: w.reader}).Count(t.Context(), w.org.UUID, asked, 100); err != nil || n != len(got) {
				t.Fatalf("%s: counted %d, %v, want %d", written, n, err, len(got))
			}
		}
	})
}

// node is a filter as it is written.
type node = map[string]any

// someone is what is known of a contact.
type someone struct {
	id                              uuid.UUID
	name, profile, phone, email     string
	country, lead, source, origin   string
	owner                           uuid.UUID
	channels                        []uuid.UUID
	tags                            []uuid.UUID // carried actively, valued ones included
	values                          map[uuid.UUID]string
	created                         time.Time
	firstSeen, lastSeen, lastActive time.Time // zero is never
	archived, erased                bool
	knowledge
}

// crowd is an organisation with a few contacts of every kind.
type crowd struct {
	t                      *rapid.T
	w                      *world
	now                    time.Time
	labels                 []tag.Created // the last is deleted
	city, gender           tag.Created   // with free and with fixed values
	owners, channels       []uuid.UUID
	tagLimit               int
	people                 []*someone
	fields                 []asked
	leads, words, codes    []string
	cities, genders, texts []string
}

func newCrowd(w *world, t *rapid.T) *crowd {
	c := &crowd{
		t: t, w: w, tagLimit: 20, now: noon.AddDate(0, 0, 60), owners: []uuid.UUID{uuid.New(), uuid.New()}, channels: []uuid.UUID{uuid.New(), uuid.New()},
		leads: []string{"cold", "warm", "hot", "customer"}, codes: []string{"US", "ES", "BR"}, words: []string{"manual_admin", "import", "whatsapp"},
		cities: []string{"Barcelona", "Bar 5%", "madrid"}, genders: []string{"Male", "female"},
		texts: []string{"an", "ana", "bob smith", "carl", "%", "_", "example.com", "0103", "+1 650 555-0102", "0016505550104"},
	}
	c.labels = w.tags("dog", "cat", "gone")
	next := len(c.labels) + 1
	for i, of := range []*tag.Created{&c.city, &c.gender} {
		*of = tag.Created{Tag: tag.ID{UUID: uuid.New()}, Number: tag.Number(next + i), Name: fmt.Sprint("key ", i), Color: "red", Kind: tag.Valued, Policy: tag.FreeText}
	}
	c.gender.Policy = tag.FixedList
	c.gender.Values = []tag.Value{{Number: 1, Name: c.genders[0]}, {Number: 2, Name: c.genders[1]}}
	w.happened(w.org.CatalogStream(), c.city, c.gender)
	c.defineFields()
	if c.one(2) == 0 {
		c.tagLimit = 2
		w.happened(w.org.Stream(), organization.TagLimitChanged{From: 20, To: c.tagLimit})
	}
	for i := range rapid.IntRange(1, 9).Draw(t, "people") {
		c.people = append(c.people, c.person(i))
	}
	if c.one(3) > 0 {
		w.happened(w.org.CatalogStream(), deleted(c.labels[2]))
		c.forget(c.labels[2].Tag.UUID)
	}
	if c.one(6) == 0 {
		w.happened(w.org.CatalogStream(), deleted(c.city))
		c.forget(c.city.Tag.UUID)
	}
	return c
}

// forget takes in that a tag is deleted.
func (c *crowd) forget(tag uuid.UUID) {
	for _, p := range c.people {
		p.tags = slices.DeleteFunc(p.tags, func(t uuid.UUID) bool { return t == tag })
	}
}

func (c *crowd) one(of int) int { return rapid.IntRange(0, of-1).Draw(c.t, "one") }

func (c *crowd) person(i int) *someone {
	w := c.w
	w.now = w.now.AddDate(0, 0, c.one(8))
	p := &someone{
		id: uuid.New(), name: []string{"", "Ana", "Bob Smith", "carl_100%"}[c.one(4)], profile: []string{"", "banana"}[c.one(2)],
		phone: fmt.Sprintf("+1650555010%d", i), country: c.codes[c.one(3)], lead: c.leads[c.one(4)], source: c.words[c.one(3)],
		origin: filter.Vocabulary(filter.Origin)[c.one(3)], email: []string{"", "x@example.com"}[c.one(2)], values: map[uuid.UUID]string{},
	}
	id := contact.ID{UUID: p.id}
	w.source = event.Source(p.source)
	w.happened(id.Stream(), contact.Created{
		Origin: contact.Origin(p.origin), LeadStatus: contact.LeadStatus(p.lead), Name: personal.New(p.name), Email: personal.New(p.email), HasEmail: p.email != "",
		Identity: contact.Identity{Kind: contact.Number, Value: personal.New(p.phone), Country: p.country},
	})
	p.created = w.now
	if p.profile != "" {
		w.happened(id.Stream(), contact.ProfileNameChanged{Name: personal.New(p.profile)})
	}
	if n := c.one(3); n < 2 {
		p.owner = c.owners[n]
		w.happened(id.Stream(), contact.OwnerChanged{To: p.owner})
	}
	c.write(p, id)
	c.know(p, id)
	if c.one(4) == 0 {
		p.country = "PT"
		old := contact.Identity{Kind: contact.Number, Value: personal.New(p.phone)}
		p.phone = fmt.Sprintf("+1650555011%d", i)
		w.happened(id.Stream(), contact.IdentityLinked{Identity: contact.Identity{Kind: contact.Number, Value: personal.New(p.phone), Country: "PT"}}, contact.IdentityUnlinked{Identity: old})
	}
	open := c.tag(p, id)
	switch c.one(6) {
	case 0:
		w.happened(id.Stream(), contact.Archived{Assignments: open})
		p.archived, p.tags = true, nil
	case 1:
		w.happened(id.Stream(), contact.Erased{Assignments: open})
		p.erased = true
	}
	return p
}

func (c *crowd) write(p *someone, id contact.ID) {
	for range c.one(3) {
		at, channel := noon.Add(time.Duration(c.one(60*24))*time.Hour), c.channels[c.one(2)]
		c.w.wrote(id, channel, at, "hi")
		p.channels = append(p.channels, channel)
		if p.firstSeen.IsZero() || at.Before(p.firstSeen) {
			p.firstSeen = at
		}
		p.lastSeen = later(p.lastSeen, at)
	}
	p.lastActive = p.lastSeen
	if c.one(3) == 0 {
		at := noon.Add(time.Duration(c.one(60*24)) * time.Hour)
		c.w.happened(message.ID{UUID: uuid.New()}.Stream(), message.StatusReported{Contact: id, Channel: c.channels[0], Status: message.Sent, At: at})
		p.channels, p.lastActive = append(p.channels, c.channels[0]), later(p.lastActive, at)
	}
}

func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

func (c *crowd) tag(p *someone, id contact.ID) []contact.OpenAssignment {
	var open []contact.OpenAssignment
	put := func(t tag.Created, value *contact.TagValue) {
		a := contact.AssignmentID{UUID: uuid.New()}
		c.w.happened(id.Stream(), contact.TagAssigned{Tag: t.Tag, Number: t.Number, Assignment: a, Value: value})
		open = append(open, contact.OpenAssignment{Assignment: a, Number: t.Number})
		p.tags = append(p.tags, t.Tag.UUID)
	}
	for _, label := range c.labels {
		if c.one(3) == 0 {
			put(label, nil)
		}
	}
	if c.one(2) == 0 {
		value := c.cities[c.one(3)]
		p.values[c.city.Tag.UUID] = value
		put(c.city, &contact.TagValue{Text: personal.New(value)})
	}
	if n := c.one(3); n < 2 {
		p.values[c.gender.Tag.UUID] = c.genders[n]
		put(c.gender, &contact.TagValue{Number: tag.ValueNumber(n + 1)}) //nolint:gosec // two
	}
	return open
}

// filter makes one up, at most so deep.
func (c *crowd) filter(depth int) node {
	if depth > 0 {
		parts := []node{}
		for range 1 + c.one(3) {
			parts = append(parts, c.filter(depth-1))
		}
		switch c.one(4) {
		case 0:
			return node{"any": parts}
		case 1:
			return node{"not": parts[0]}
		default:
			return node{"all": parts}
		}
	}
	ids := func(of []uuid.UUID) []uuid.UUID {
		some := []uuid.UUID{of[c.one(len(of))]}
		if c.one(2) == 0 {
			some = append(some, of[c.one(len(of))])
		}
		return some
	}
	tags := []uuid.UUID{c.labels[0].Tag.UUID, c.labels[1].Tag.UUID, c.labels[2].Tag.UUID, c.city.Tag.UUID}
	if c.one(6) == 0 {
		tags = append(tags, uuid.New())
	}
	some := func(of []string) []string { return []string{of[c.one(len(of))], of[c.one(len(of))]}[:1+c.one(2)] }
	switch c.one(20) {
	case 14, 15, 16, 17, 18, 19:
		return c.knownLeaf()
	case 0:
		return node{"text": c.texts[c.one(len(c.texts))]}
	case 1:
		return node{"tags_all": ids(tags)}
	case 2:
		return node{"tags_any": ids(tags)}
	case 3:
		return node{"tags_none": ids(tags)}
	case 4:
		return node{"owner": ids(c.owners)}
	case 5:
		return node{"channel": ids(c.channels)}
	case 6:
		return node{"lead_status": some(c.leads)}
	case 7:
		return node{"country": some(append(c.codes, "PT"))}
	case 8:
		return node{"source": some(c.words)}
	case 9:
		return node{"origin": some(filter.Vocabulary(filter.Origin))}
	case 10, 11:
		return node{[]string{"no_tags", "no_owner", "has_email", "archived"}[c.one(4)]: c.one(3) > 0}
	case 12:
		of, values := c.city, append(c.cities, "BARCELONA")
		if c.one(2) == 0 {
			of, values = c.gender, append(c.genders, "MALE")
		}
		switch c.one(3) {
		case 0:
			return node{"tag_value": node{"tag": of.Tag.UUID, "is": some(values)}}
		case 1:
			return node{"tag_value": node{"tag": of.Tag.UUID, "is_not": some(values)}}
		}
		return node{"tag_value": node{"tag": of.Tag.UUID, "contains": []string{"bar", "male", "5%", "_"}[c.one(4)]}}
	}
	return node{[]string{"created", "first_seen", "last_seen", "last_active"}[c.one(4)]: c.times()}
}

func (c *crowd) times() node {
	from := noon.AddDate(0, 0, c.one(60))
	switch c.one(5) {
	case 0:
		return node{"from": from.Format(time.RFC3339)}
	case 1:
		return node{"before": from.Format(time.DateOnly)}
	case 2:
		return node{"from": from.Format(time.DateOnly), "before": from.AddDate(0, 0, c.one(30)).Format(time.DateOnly)}
	case 3:
		return node{"older_than_days": 1 + c.one(60)}
	}
	return node{"within_days": 1 + c.one(60)}
}

// pick goes through everybody.
func (c *crowd) pick(said node, order readmodels.ContactOrder) []uuid.UUID {
	written, _ := json.Marshal(said)
	var picked []*someone
	for _, p := range c.people {
		if !p.erased && (!p.archived || strings.Contains(string(written), `"archived"`)) && c.means(said, p) {
			picked = append(picked, p)
		}
	}
	latest := func(a, b time.Time) int {
		return cmp.Or(map[bool]int{a.IsZero(): 1, b.IsZero(): -1, a.IsZero() == b.IsZero(): 0}[true], b.Compare(a))
	}
	slices.SortFunc(picked, func(a, b *someone) int {
		by := 0
		switch order {
		case readmodels.ByLastSeen:
			by = latest(a.lastSeen, b.lastSeen)
		case readmodels.ByLastActive:
			by = latest(a.lastActive, b.lastActive)
		case readmodels.ByCreation:
			return cmp.Or(b.created.Compare(a.created), slices.Compare(b.id[:], a.id[:]))
		case readmodels.ByName:
			by = cmp.Compare(nameToSort(a), nameToSort(b))
		case readmodels.ByLeadStatus:
			by = cmp.Or(slices.Index(c.leads, b.lead)-slices.Index(c.leads, a.lead), latest(a.lastSeen, b.lastSeen))
		}
		return cmp.Or(by, slices.Compare(a.id[:], b.id[:]))
	})
	var ids []uuid.UUID
	for _, p := range picked {
		ids = append(ids, p.id)
	}
	return ids
}

func nameToSort(p *someone) string { return strings.ToLower(cmp.Or(p.name, p.profile, "~")) }

// means reads one filter for one person.
func (c *crowd) means(said node, p *someone) bool {
	one := func(part node) bool { return c.means(part, p) }
	for name, value := range said {
		switch value := value.(type) {
		case []node:
			if name == "any" {
				return slices.ContainsFunc(value, one)
			}
			return !slices.ContainsFunc(value, func(part node) bool { return !one(part) })
		case node:
			switch name {
			case "not":
				return !one(value)
			case "tag_value":
				return carriesValue(value, p)
			case "field":
				return c.holds(value, p)
			case "consent":
				return consents(value, p)
			}
			return c.within(value, map[string]time.Time{"created": p.created, "first_seen": p.firstSeen, "last_seen": p.lastSeen, "last_active": p.lastActive}[name])
		case []uuid.UUID:
			return has(name, value, p)
		case []string:
			if name == "language" {
				return speaks(value, p)
			}
			return slices.Contains(value, map[string]string{"lead_status": p.lead, "country": p.country, "source": p.source, "origin": p.origin, "conversation": p.talk}[name])
		case bool:
			return value == map[string]bool{"no_tags": len(p.tags) == 0, "no_owner": p.owner == uuid.Nil, "has_email": p.email != "", "archived": p.archived,
				"over_plan": p.beyond, "over_limit": len(p.tags) > c.tagLimit}[name]
		case string:
			return finds(value, p)
		}
	}
	return false
}

func has(name string, ids []uuid.UUID, p *someone) bool {
	mine := map[string][]uuid.UUID{"owner": {p.owner}, "channel": p.channels}[name]
	if mine == nil {
		mine = p.tags
	}
	n := 0
	for _, id := range ids {
		if slices.Contains(mine, id) {
			n++
		}
	}
	switch name {
	case "tags_all":
		return n == len(ids)
	case "tags_none":
		return n == 0
	}
	return n > 0
}

func carriesValue(said node, p *someone) bool {
	of, _ := said["tag"].(uuid.UUID)
	value, carries := strings.ToLower(p.values[of]), slices.Contains(p.tags, of)
	same := func(s string) bool { return carries && strings.ToLower(s) == value }
	if is, ok := said["is"].([]string); ok {
		return slices.ContainsFunc(is, same)
	}
	if not, ok := said["is_not"].([]string); ok {
		return !slices.ContainsFunc(not, same)
	}
	part, _ := said["contains"].(string)
	return carries && strings.Contains(value, part)
}

func (c *crowd) within(said node, at time.Time) bool {
	if at.IsZero() {
		return false
	}
	bound := func(name string) (time.Time, bool) {
		written, ok := said[name].(string)
		day, err := time.Parse(time.DateOnly, written)
		if err != nil {
			day, _ = time.Parse(time.RFC3339, written)
		}
		return day, ok
	}
	if from, ok := bound("from"); ok && at.Before(from) {
		return false
	}
	if before, ok := bound("before"); ok && !at.Before(before) {
		return false
	}
	if days, ok := said["older_than_days"].(int); ok {
		return at.Before(c.now.AddDate(0, 0, -days))
	}
	if days, ok := said["within_days"].(int); ok {
		return !at.Before(c.now.AddDate(0, 0, -days))
	}
	return true
}

// finds looks for a text of three characters and more, or for two that begin a word.
func finds(q string, p *someone) bool {
	digits := strings.TrimPrefix(strings.NewReplacer(" ", "", "-", "", "+", "").Replace(q), "00")
	q = strings.ToLower(q)
	for _, text := range []string{p.name, p.profile, p.email, strings.TrimPrefix(p.phone, "+")} {
		text = strings.ToLower(text)
		switch {
		case text == "":
		case len(q) < 3 && strings.Contains(" "+text, " "+q), len(q) >= 3 && strings.Contains(text, q),
			len(digits) >= 4 && strings.Trim(digits, "0123456789") == "" && strings.Contains(text, digits):
			return true
		}
	}
	return false
}
