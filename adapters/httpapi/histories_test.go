package httpapi_test

import (
	"fmt"
	"math/rand/v2"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"

	"tagtrail/adapters/httpapi"
	"tagtrail/domain/contact"
	"tagtrail/domain/event"
	"tagtrail/domain/message"
	"tagtrail/domain/organization"
	"tagtrail/domain/personal"
	"tagtrail/domain/tag"
)

// recall lets the tables of the past show all that is in the log.
func (w *world) recall() {
	w.t.Helper()
	if err := w.past.Wait(w.t.Context(), event.Position(len(w.Store.All()))); err != nil {
		w.t.Fatal(err)
	}
}

// every answers all items of a list, read in pages.
func every[T any](w *world, path string, perPage int) []T {
	w.t.Helper()
	w.recall()
	all := []T{}
	separator := "?"
	if strings.Contains(path, "?") {
		separator = "&"
	}
	for cursor := ""; ; {
		page := decoded[httpapi.List[T]](w.get(fmt.Sprintf("%s%slimit=%d%s", path, separator, perPage, cursor)).must(200))
		all = append(all, page.Items...)
		if page.Next == nil {
			return all
		}
		cursor = "&cursor=" + url.QueryEscape(*page.Next)
	}
}

// S0-30, S0-42, S0-43, S0-46, S0-47, C16, C27, C29: the history of a contact's tags says exactly by which way, by whom, why and how long.
func TestTagHistoryTellsWhoPutTagsOnAndTookThemOff(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	ana, vip := w.contact("Ana", "+16505550101"), w.tag("VIP")
	robot := w.key(organization.AITool)
	on := "/v1/contacts/" + ana.ID + "/tags/" + vip.ID
	w.do(call{method: "PUT", path: on, token: robot, body: `{"reason":"asked for premium"}`}).must(200)
	w.do(call{method: "PATCH", path: "/v1/tags/" + vip.ID, body: `{"name":"Very important"}`}).must(200)
	w.do(call{method: "DELETE", path: on}).must(204)
	w.do(call{method: "PUT", path: on}).must(200)
	w.do(call{method: "DELETE", path: "/v1/tags/" + vip.ID}).must(204)

	stays := every[httpapi.TagStay](w, "/v1/contacts/"+ana.ID+"/tag-history?order=asc", 1)
	if len(stays) != 2 {
		t.Fatalf("%d stays: %+v", len(stays), stays)
	}
	first, second := stays[0], stays[1]
	if first.Begun.Source != "ai_tool" || first.Begun.SourceLabel != "AI tool" || first.Begun.Actor.Kind != "ai_tool" || first.Begun.Actor.Name != "ai_tool" ||
		first.Begun.Reason == nil || *first.Begun.Reason != "asked for premium" || first.Tag.NameThen != "VIP" || first.Tag.Name != "Very important" {
		t.Errorf("it began as %+v", first)
	}
	if *first.EndedReason != "removed" || first.Ended.Source != "manual_admin" || first.To == nil || len(first.Edits) != 1 || first.Edits[0].Change != "renamed" || *first.Edits[0].Before != "VIP" {
		t.Errorf("it ended as %+v, with edits %+v", first.Ended, first.Edits)
	}
	if *second.EndedReason != "tag_deleted" || second.Assignment == first.Assignment || second.Tag.DeletedAt == nil || second.Ended.Source != "manual_admin" {
		t.Errorf("the second stay is %+v", second)
	}
	if err := w.Wait(t.Context(), event.Position(len(w.Store.All()))); err != nil {
		t.Fatal(err)
	}
	shown := decoded[httpapi.Contact](w.get("/v1/contacts/" + ana.ID).must(200)).HistoricalTags
	if len(shown) != 2 || !shown[0].EndedAt.Equal(*second.To) || !shown[1].EndedAt.Equal(*first.To) || *shown[0].EndedReason != *second.EndedReason {
		t.Errorf("the contact shows %+v", shown)
	}

	// S0-48: a tag that is restored is on the contact as if nothing had been, and the history says what was.
	w.do(call{method: "POST", path: "/v1/tags/" + vip.ID + "/restore"}).must(200)
	newest := every[httpapi.TagStay](w, "/v1/contacts/"+ana.ID+"/tag-history?tag="+vip.ID, 9)[0]
	if newest.To != nil || newest.EndedReason != nil || newest.Ended != nil || len(newest.Edits) != 2 || newest.Edits[1].Change != "restored" || newest.Assignment != second.Assignment {
		t.Errorf("after the restore it is %+v", newest)
	}
}

// C28: what changes nothing is no history.
func TestWhatChangesNothingIsInNoHistory(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	ana, vip := w.contact("Ana", "+16505550101"), w.tag("VIP")
	on := "/v1/contacts/" + ana.ID + "/tags/" + vip.ID
	for range 3 {
		w.do(call{method: "PUT", path: on}).must(200)
		w.do(call{method: "PUT", path: "/v1/contacts/" + ana.ID + "/lead-status", body: `{"status":"hot"}`}).must(200)
		w.do(call{method: "PATCH", path: "/v1/tags/" + vip.ID, body: `{"name":"VIP"}`}).must(200)
	}
	for path, want := range map[string]int{
		"/v1/contacts/" + ana.ID + "/tag-history": 1, "/v1/contacts/" + ana.ID + "/lead-status-history": 2,
		"/v1/contacts/" + ana.ID + "/timeline": 3, "/v1/tags/" + vip.ID + "/history": 1,
	} {
		w.recall()
		answer := w.do(call{method: "GET", path: path, header: header("Prefer", "return=total-count")})
		if n := len(decoded[httpapi.List[any]](answer.must(200)).Items); n != want || answer.header.Get("Tagtrail-Total-Count") != fmt.Sprint(want) {
			t.Errorf("%s has %d, and counted %s", path, n, answer.header.Get("Tagtrail-Total-Count"))
		}
	}
}

// S1-44, C21.
func TestLeadStatusHistoryIsAnAuditTrail(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	ana := w.contact("Ana", "+16505550101")
	agent := w.key(organization.Agent)
	path := "/v1/contacts/" + ana.ID + "/lead-status"
	w.do(call{method: "PUT", path: path, token: agent, body: `{"status":"warm","reason":"wrote twice"}`}).must(200)
	w.do(call{method: "PUT", path: path, body: `{"status":"customer"}`}).must(200)
	w.do(call{method: "PUT", path: path, body: `{"status":"hot"}`}).must(200)
	w.do(call{method: "PUT", path: path, body: `{"status":"cold"}`}).must(200)
	var told []string
	all := every[httpapi.LeadStatusPeriod](w, path+"-history?order=asc", 2)
	for i, p := range all {
		from, kind := "-", "-"
		if p.From != nil {
			from, kind = *p.From, *p.Kind
		}
		told = append(told, fmt.Sprintf("%s %s %s %s", from, p.To, kind, p.Source))
		lasts := i == len(all)-1
		if (p.EndedAt == nil) != lasts || (p.DurationSeconds == nil) != lasts || !lasts && !p.EndedAt.Equal(all[i+1].BeganAt) {
			t.Errorf("%d lasts from %v to %v, %v seconds", i, p.BeganAt, p.EndedAt, p.DurationSeconds)
		}
	}
	want := []string{"- cold - manual_admin", "cold warm advance manual_agent", "warm customer skip manual_admin", "customer hot regress manual_admin", "hot cold re-engage manual_admin"}
	if diff := cmp.Diff(want, told); diff != "" {
		t.Error(diff)
	}
	if *all[1].Reason != "wrote twice" || all[1].Actor.Name != "agent" {
		t.Errorf("the change is %+v", all[1])
	}
}

// S3-26.
func TestTimelineHasEverythingAboutAContact(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	ana := w.contact("Ana", "+16505550101")
	id := contact.ID{UUID: uuid.MustParse(ana.ID)}
	w.contact("Bob", "+16505550102")
	w.do(call{method: "PATCH", path: "/v1/contacts/" + ana.ID, body: `{"email":"ana@example.com"}`}).must(200)
	m := message.ID{UUID: uuid.New()}
	of := event.Metadata{Version: 1, Organization: w.Organization.UUID, Source: event.WhatsApp, Actor: event.Actor{Kind: "system"}, OccurredAt: time.Now()}
	w.Store.Put(m.Stream(), of, message.StatusReported{Contact: id, Channel: uuid.New(), Status: message.Sent, At: time.Now(), Wamid: personal.New("wamid.1")},
		message.StatusReported{Channel: uuid.New(), Status: message.Failed, At: time.Now(), Code: 131026})
	events := every[httpapi.Event](w, "/v1/contacts/"+ana.ID+"/timeline", 2)
	var types []string
	for _, e := range events {
		types = append(types, e.Type)
	}
	if diff := cmp.Diff([]string{"message.status-reported", "message.status-reported", "contact.email-changed", "contact.created"}, types); diff != "" {
		t.Error(diff)
	}
	if !strings.Contains(string(events[2].Data.Value), `"ana@example.com"`) || *events[3].Contact != ana.ID {
		t.Errorf("events %+v", events)
	}
	if oldest := every[httpapi.Event](w, "/v1/contacts/"+ana.ID+"/timeline?order=asc", 9); oldest[0].ID != events[3].ID {
		t.Errorf("the oldest is %+v", oldest[0])
	}
}

// S3-38: other systems follow all that happens.
func TestEventsAreCloudEventsInTheOrderOfTheLog(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	ana, vip := w.contact("Ana Zweig", "+16505550101"), w.tag("VIP")
	robot := w.key(organization.AITool)
	w.do(call{method: "PUT", path: "/v1/contacts/" + ana.ID + "/tags/" + vip.ID, token: robot}).must(200)
	all := every[httpapi.Event](w, "/v1/events", 3)
	// The first is that of the installation, which is of the organisation too.
	if len(all) != len(w.Store.All()) {
		t.Fatalf("%d of %d events", len(all), len(w.Store.All()))
	}
	for i, recorded := range w.Store.All() {
		e := all[i]
		if e.ID != recorded.ID.String() || e.SpecVersion != "1.0" || e.Type != recorded.Data.EventName() || e.Subject != recorded.Stream ||
			e.Sequence != fmt.Sprintf("%020d", recorded.Position) || !e.Time.Equal(recorded.RecordedAt.Truncate(time.Millisecond)) || e.Source != "urn:uuid:"+w.Organization.String() {
			t.Errorf("event %d is %+v", i, e)
		}
	}
	last := all[len(all)-1]
	if behind := every[httpapi.Event](w, "/v1/events?after="+all[len(all)-2].Position, 9); len(behind) != 1 || behind[0].ID != last.ID {
		t.Errorf("behind the last but one there are %+v", behind)
	}
	for path, want := range map[string]int{
		"?type=contact.created&type=tag.":       2,
		"?actor=" + *last.ActorID:               1,
		"?actor_kind=ai_tool":                   1,
		"?contact=" + ana.ID:                    2,
		"?tag=" + vip.ID:                        2,
		"?from=2020-01-01&to=2020-01-02":        0,
		"?order=desc&from=2020-01-01T00:00:00Z": len(all),
		"?operation=" + uuid.NewString():        0,
	} {
		if got := every[httpapi.Event](w, "/v1/events"+path, 2); len(got) != want {
			t.Errorf("%s answers %d events, not %d", path, len(got), want)
		}
	}
	w.get("/v1/events?after=AAAA").fails(400, "request.invalid-position")
	w.get("/v1/events?from=2026-02-30").fails(422, "request.invalid")
	w.get("/v1/events?from=2026-02-02&to=2026-02-01").fails(422, "request.invalid")
	w.get("/v1/events?type=Everything").fails(422, "request.invalid")
	next := decoded[httpapi.List[httpapi.Event]](w.get("/v1/events?limit=1").must(200)).Next
	w.get("/v1/events?limit=1&order=desc&cursor="+*next).fails(400, "request.invalid-cursor")
}

// C25: auditors see everything and change nothing; analysts see that something was, and not what it says of people.
func TestEventsAreOpenedForThoseWhoMay(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.contact("Ana Zweig", "+16505550101")
	w.do(call{method: "POST", path: "/v1/channels", body: `{"name":"Sales","phone_number_id":"1","app_secret":"s3cr3t-of-the-app","verify_token":"t0ken-to-verify"}`}).must(201)
	w.recall()
	for kind, sees := range map[organization.KeyKind]string{
		organization.Owner: "all", organization.Manager: "all", organization.Auditor: "all", organization.Analyst: "masked",
		organization.Agent: "", organization.APIClient: "", organization.AITool: "", organization.AIAutoClose: "",
	} {
		answer := w.do(call{method: "GET", path: "/v1/events?limit=200", token: w.key(kind)})
		if sees == "" {
			answer.fails(403, "request.denied")
			continue
		}
		body := string(answer.must(200).body)
		if strings.Contains(body, `"name":"Ana Zweig"`) != (sees == "all") || strings.Contains(body, `"name":{"masked":true}`) != (sees == "masked") {
			t.Errorf("%s sees %s", kind, body)
		}
		if strings.Contains(body, "s3cr3t") || strings.Contains(body, "t0ken-to") || !strings.Contains(body, `"hash":{"masked":true}`) {
			t.Errorf("%s sees secrets: %s", kind, body)
		}
	}
}

// After an erasure the history says what was done, and nothing of the person.
func TestHistoriesOfAnErasedContactSayNothingOfThePerson(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	ana := w.contact("Ana Zweig", "+16505550101")
	id := contact.ID{UUID: uuid.MustParse(ana.ID)}
	city := decoded[httpapi.Tag](w.do(call{method: "POST", path: "/v1/tags", body: `{"name":"city","kind":"valued"}`}).must(201))
	w.do(call{method: "PUT", path: "/v1/contacts/" + ana.ID + "/tags/" + city.ID, body: `{"value":"Lima","reason":"she said so"}`}).must(200)
	var open []contact.OpenAssignment
	for _, e := range w.Store.All() {
		if assigned, ok := e.Data.(contact.TagAssigned); ok {
			open = append(open, contact.OpenAssignment{Assignment: assigned.Assignment, Number: assigned.Number})
		}
	}
	w.Store.Put(id.Stream(), event.Metadata{Version: 1, Organization: w.Organization.UUID, Source: event.System, Actor: event.Actor{Kind: "system"}, OccurredAt: time.Now()},
		contact.Erased{Assignments: open})
	w.recall()
	w.seals.Shred(id.UUID)
	stay := every[httpapi.TagStay](w, "/v1/contacts/"+ana.ID+"/tag-history", 9)[0]
	if !stay.ValueErased || stay.Value != nil || !stay.Begun.ReasonErased || *stay.EndedReason != "erased" || stay.Tag.Name != "city" {
		t.Errorf("the stay is %+v", stay)
	}
	for _, path := range []string{"/v1/events?contact=" + ana.ID, "/v1/contacts/" + ana.ID + "/timeline"} {
		body := string(w.get(path).must(200).body)
		if strings.Contains(body, "Zweig") || strings.Contains(body, "Lima") || !strings.Contains(body, `"name":{"erased":true}`) {
			t.Errorf("%s says %s", path, body)
		}
	}
}

// A key that is lost is an error to be seen to, and never taken for an erasure.
func TestALostKeyIsNoErasure(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	ana := w.contact("Ana", "+16505550101")
	w.recall()
	w.seals.Lose(uuid.MustParse(ana.ID))
	w.get("/v1/contacts/"+ana.ID+"/timeline").fails(500, "request.failed")
}

func TestHistoriesOfWhatIsNotThereAreNotFound(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	ana := w.contact("Ana", "+16505550101")
	w.recall()
	none := uuid.NewString()
	for _, path := range []string{"/v1/contacts/" + none + "/tag-history", "/v1/contacts/" + none + "/lead-status-history", "/v1/contacts/" + none + "/timeline", "/v1/tags/" + none + "/history"} {
		w.get(path).fails(404, "request.not-found")
	}
	if got := w.get("/v1/contacts/" + ana.ID + "/tag-history").must(200); string(got.body) != `{"items":[],"next":null}` {
		t.Errorf("a contact without tags has the history %s", got.body)
	}
}

// Who has written and names the position sees the write in the history, or is told that it is not there yet.
func TestAHistoryWaitsForThePositionThatIsNamed(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	ana, vip := w.contact("Ana", "+16505550101"), w.tag("VIP")
	written := w.do(call{method: "PUT", path: "/v1/contacts/" + ana.ID + "/tags/" + vip.ID}).must(200).header.Get("Tagtrail-Position")
	path := "/v1/contacts/" + ana.ID + "/tag-history"
	w.past.freeze(true)
	w.do(call{method: "GET", path: path, header: header("Tagtrail-Min-Position", written)}).fails(503, "tables.behind")
	w.past.freeze(false)
	seen := w.do(call{method: "GET", path: path, header: header("Tagtrail-Min-Position", written, "Prefer", "wait=5")}).must(200)
	if len(decoded[httpapi.List[httpapi.TagStay]](seen).Items) != 1 {
		t.Errorf("it shows %s", seen.body)
	}
}

// Nothing is left out of a long history: 5,000 events on one contact, page by page.
func TestALongHistoryIsReadPageByPage(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	ana, vip := w.contact("Ana", "+16505550101"), w.tag("VIP")
	id := contact.ID{UUID: uuid.MustParse(ana.ID)}
	of := event.Metadata{Version: 1, Organization: w.Organization.UUID, Source: event.API, Actor: event.Actor{Kind: "system"}, OccurredAt: time.Now()}
	var events []event.Event
	for range 2500 {
		a := contact.AssignmentID{UUID: uuid.New()}
		tagID := tag.ID{UUID: uuid.MustParse(vip.ID)}
		events = append(events, contact.TagAssigned{Tag: tagID, Number: tag.Number(vip.Number), Assignment: a},
			contact.TagRemoved{Tag: tagID, Number: tag.Number(vip.Number), Assignment: a})
	}
	w.Store.Put(id.Stream(), of, events...)
	if got := every[httpapi.Event](w, "/v1/contacts/"+ana.ID+"/timeline", 200); len(got) != 5001 {
		t.Errorf("the timeline has %d events", len(got))
	}
	stays := every[httpapi.TagStay](w, "/v1/contacts/"+ana.ID+"/tag-history?order=asc", 200)
	if len(stays) != 2500 {
		t.Fatalf("there are %d stays", len(stays))
	}
	for i, s := range stays {
		if s.Assignment != events[2*i].(contact.TagAssigned).Assignment.String() || *s.EndedReason != "removed" {
			t.Fatalf("stay %d is %+v", i, s)
		}
	}
}

// folded is a stay as a fold of the whole log tells it, without a table.
type folded struct {
	Assignment, Tag, NameThen, Name, Value, Source, Actor string
	From, To                                              string
	Ended                                                 string
	Edits                                                 []string
}

// foldHistory folds the log, event by event, into the tag history of one contact.
func foldHistory(log []event.Recorded[event.Event], of contact.ID) []folded {
	names, deletions, values := map[tag.ID]string{}, map[tag.ID]string{}, map[tag.ID]map[tag.ValueNumber]string{}
	var stays []*folded
	open := map[contact.AssignmentID]*folded{}
	tags := map[*folded]tag.ID{}
	begin := func(e event.Recorded[event.Event], id contact.AssignmentID, t tag.ID, v *contact.TagValue) {
		s := &folded{Assignment: id.String(), Tag: t.String(), NameThen: names[t], Source: string(e.Metadata.Source), Actor: e.Metadata.Actor.ID, From: at(e.Metadata.OccurredAt), Edits: []string{}}
		if v != nil {
			s.Value = v.Text.Reveal()
			if v.Number != 0 {
				s.Value = values[t][v.Number]
			}
		}
		stays, open[id], tags[s] = append(stays, s), s, t
	}
	end := func(e event.Recorded[event.Event], id contact.AssignmentID, why string) {
		open[id].To, open[id].Ended = at(e.Metadata.OccurredAt), why
		delete(open, id)
	}
	edit := func(t tag.ID, what string) {
		for _, s := range open {
			if tags[s] == t {
				s.Edits = append(s.Edits, what)
			}
		}
	}
	for _, e := range log {
		switch d := e.Data.(type) {
		case tag.Created:
			names[d.Tag], values[d.Tag] = d.Name, map[tag.ValueNumber]string{}
			for _, v := range d.Values {
				values[d.Tag][v.Number] = v.Name
			}
		case tag.Renamed:
			names[d.Tag] = d.To
			edit(d.Tag, "renamed "+d.To)
		case tag.Described:
			edit(d.Tag, "described "+d.To)
		case tag.Recolored:
			edit(d.Tag, "recolored "+d.To)
		case tag.Deleted:
			deletions[d.Tag] = at(e.RecordedAt)
			edit(d.Tag, "deleted ")
		case tag.Restored:
			delete(deletions, d.Tag)
			edit(d.Tag, "restored ")
		}
		if e.Stream != of.Stream() {
			continue
		}
		switch d := e.Data.(type) {
		case contact.TagAssigned:
			begin(e, d.Assignment, d.Tag, d.Value)
		case contact.TagRemoved:
			end(e, d.Assignment, "removed")
		case contact.TagValueChanged:
			end(e, d.Ended, "value_changed")
			begin(e, d.Assignment, d.Tag, d.To)
		}
	}
	all := make([]folded, len(stays))
	for i, s := range stays {
		s.Name = names[tags[s]]
		if deleted, gone := deletions[tags[s]]; gone && s.To == "" {
			s.To, s.Ended = deleted, "tag_deleted"
		}
		all[i] = *s
	}
	return all
}

func at(t time.Time) string { return t.UTC().Format("2006-01-02T15:04:05.000Z") }

func foldedOf(s httpapi.TagStay) folded {
	f := folded{Assignment: s.Assignment, Tag: s.Tag.ID, NameThen: s.Tag.NameThen, Name: s.Tag.Name, Source: s.Begun.Source, From: at(s.From), Edits: []string{}}
	if s.Begun.Actor.ID != nil {
		f.Actor = *s.Begun.Actor.ID
	}
	if s.Value != nil {
		f.Value = *s.Value
	}
	if s.To != nil {
		f.To, f.Ended = at(*s.To), *s.EndedReason
	}
	for _, e := range s.Edits {
		after := ""
		if e.After != nil {
			after = *e.After
		}
		f.Edits = append(f.Edits, e.Change+" "+after)
	}
	return f
}

// Whatever is asked for, in whatever order, the histories are what a fold of the log comes to.
func TestHistoriesOfRandomCommandsEqualAFoldOfTheLog(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	seed := rand.Uint64()
	t.Logf("commands are chosen by seed %d", seed)
	random := rand.New(rand.NewPCG(seed, 1))
	keys := []string{w.token, w.key(organization.Agent), w.key(organization.APIClient), w.key(organization.AITool)}
	var people, tags []string
	for i := range 3 {
		people = append(people, w.contact("P", fmt.Sprintf("+1650555010%d", i)).ID)
	}
	for i, kind := range []string{`"label"`, `"label"`, `"valued"`, `"valued","values":["Lima","Quito"]`} {
		tags = append(tags, decoded[httpapi.Tag](w.do(call{method: "POST", path: "/v1/tags", body: fmt.Sprintf(`{"name":"tag %d","kind":%s}`, i, kind)}).must(201)).ID)
	}
	for range 250 {
		person, n := people[random.IntN(len(people))], random.IntN(len(tags))
		path, key := "/v1/contacts/"+person+"/tags/"+tags[n], keys[random.IntN(len(keys))]
		c := call{method: "PUT", path: path, token: key}
		switch random.IntN(12) {
		case 0, 1, 2, 3, 4:
			switch n {
			case 2:
				c.body = fmt.Sprintf(`{"value":"value %d"}`, random.IntN(3))
			case 3:
				c.body = fmt.Sprintf(`{"value":%q}`, []string{"Lima", "Quito"}[random.IntN(2)])
			}
		case 5, 6, 7:
			c.method = "DELETE"
		case 8:
			c.path, c.body = "/v1/contacts/"+person+"/lead-status", fmt.Sprintf(`{"status":%q}`, []string{"cold", "warm", "hot", "customer"}[random.IntN(4)])
		case 9:
			c = call{method: "PATCH", path: "/v1/tags/" + tags[n], body: fmt.Sprintf(`{"name":"tag %d of %d","description":"%d"}`, n, random.IntN(4), random.IntN(3))}
		case 10:
			c = call{method: "DELETE", path: "/v1/tags/" + tags[n]}
		case 11:
			c = call{method: "POST", path: "/v1/tags/" + tags[n] + "/restore"}
		}
		if answer := w.do(c); answer.status >= 500 {
			t.Fatalf("%+v answered %d %s", c, answer.status, answer.body)
		}
	}
	log := w.Store.All()
	for _, person := range people {
		id := contact.ID{UUID: uuid.MustParse(person)}
		want := foldHistory(log, id)
		var got []folded
		for _, s := range every[httpapi.TagStay](w, "/v1/contacts/"+person+"/tag-history?order=asc", 1+random.IntN(20)) {
			got = append(got, foldedOf(s))
		}
		if diff := cmp.Diff(want, got); diff != "" || len(want) == 0 {
			t.Errorf("%d stays; the fold and the history differ (-fold +history):\n%s", len(want), diff)
		}
		foldTrail(t, w, log, id)
	}
}

// foldTrail holds the timeline and the lead statuses of a contact against the log.
func foldTrail(t *testing.T, w *world, log []event.Recorded[event.Event], id contact.ID) {
	t.Helper()
	var timeline, statuses []string
	for _, e := range log {
		if e.Stream != id.Stream() {
			continue
		}
		data, err := json.Marshal(e.Data)
		if err != nil {
			t.Fatal(err)
		}
		timeline = append(timeline, e.ID.String()+" "+string(data))
		switch d := e.Data.(type) {
		case contact.Created:
			statuses = append(statuses, string(d.LeadStatus)+" at "+at(e.RecordedAt))
		case contact.LeadStatusChanged:
			statuses[len(statuses)-1] += " to " + at(e.RecordedAt)
			statuses = append(statuses, string(d.From)+" "+string(d.Kind)+" "+string(d.To)+" at "+at(e.RecordedAt))
		}
	}
	var gotTimeline, gotStatuses []string
	for _, e := range every[httpapi.Event](w, "/v1/contacts/"+id.String()+"/timeline?order=asc", 7) {
		gotTimeline = append(gotTimeline, e.ID+" "+string(e.Data.Value))
	}
	for _, p := range every[httpapi.LeadStatusPeriod](w, "/v1/contacts/"+id.String()+"/lead-status-history?order=asc", 3) {
		line := p.To + " at " + at(p.BeganAt)
		if p.From != nil {
			line = *p.From + " " + *p.Kind + " " + line
		}
		if p.EndedAt != nil {
			line += " to " + at(*p.EndedAt)
		}
		gotStatuses = append(gotStatuses, line)
	}
	if diff := cmp.Diff(timeline, gotTimeline); diff != "" {
		t.Errorf("the log and the timeline differ:\n%s", diff)
	}
	if diff := cmp.Diff(statuses, gotStatuses); diff != "" {
		t.Errorf("the log and the lead statuses differ:\n%s", diff)
	}
}
