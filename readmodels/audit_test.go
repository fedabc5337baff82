package readmodels_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"

	"tagtrail/domain"
	"tagtrail/domain/contact"
	"tagtrail/domain/event"
	"tagtrail/domain/message"
	"tagtrail/domain/organization"
	"tagtrail/domain/personal"
	"tagtrail/domain/tag"
	"tagtrail/projections"
	"tagtrail/readmodels"
)

// newAudit is a world that is read as auditors read it.
func newAudit(t *testing.T) *world {
	t.Helper()
	for _, g := range projections.All() {
		if g.Name == projections.Audit {
			return newWorldOf(t, g)
		}
	}
	t.Fatal("there is no group audit")
	return nil
}

func (w *world) events() readmodels.Events {
	return readmodels.Events{DB: w.reader, Opener: w.seals, Known: readmodels.NewVocabulary(domain.Withheld())}
}

func (w *world) tagHistory() readmodels.TagHistory {
	return readmodels.TagHistory{DB: w.reader, Opener: w.seals}
}

// happenedBecause lets events happen for a reason.
func (w *world) happenedBecause(reason, stream string, events ...event.Event) {
	w.happened(stream, events...)
	for i := range events {
		w.pending[len(w.pending)-1-i].Metadata.Reason = personal.New(reason)
	}
}

// stays answers the history of a contact's tags, the oldest stay first, in pages of two.
func (w *world) stays(id contact.ID, order readmodels.Order) []readmodels.TagStay {
	w.t.Helper()
	var all []readmodels.TagStay
	var after *readmodels.StayKey
	for {
		stays, next, err := w.tagHistory().Of(w.t.Context(), w.org.UUID, id.UUID, nil, order, after, 2)
		if err != nil {
			w.t.Fatal(err)
		}
		all = append(all, stays...)
		if after = next; next == nil {
			return all
		}
	}
}

// story tells a stay in a line: tag of then and of now, value, from and until when by the minute, how it ended, and the edits.
func story(s readmodels.TagStay) string {
	until := "now"
	if s.Ended != nil {
		until = s.Ended.RecordedAt.Format("15:04")
	}
	var edits []string
	for _, e := range s.Edits {
		edits = append(edits, strings.TrimSpace(e.Change+" "+e.After))
	}
	return fmt.Sprintf("%s/%s=%s %s-%s %s [%s]", s.Tag.NameThen, s.Tag.Name, s.Value.Reveal(), s.Begun.RecordedAt.Format("15:04"), until, s.EndedReason, strings.Join(edits, ", "))
}

func stories(stays []readmodels.TagStay) []string {
	var all []string
	for _, s := range stays {
		all = append(all, story(s))
	}
	return all
}

// S0-46, C16, C29: every stay is there, with the tag's name of then and of now, and how it ended; a tag that is added again has
// two.
func TestTagHistoryTellsEveryStay(t *testing.T) {
	t.Parallel()
	w := newAudit(t)
	key := uuid.MustParse(w.actor.ID)
	w.happened(w.org.Stream(), organization.KeyCreated{Key: key, Kind: organization.Owner, Name: personal.New("Front desk"), Hash: "00"})
	tags := w.tags("VIP", "vegan") // 12:02, 12:03
	city := tag.Created{Tag: tag.ID{UUID: uuid.New()}, Number: 3, Name: "city", Color: "blue", Kind: tag.Valued, Policy: tag.FreeText}
	size := tag.Created{Tag: tag.ID{UUID: uuid.New()}, Number: 4, Name: "size", Color: "blue", Kind: tag.Valued, Policy: tag.FixedList, Values: []tag.Value{{Number: 1, Name: "L"}}}
	w.happened(w.org.CatalogStream(), city, size)                                                           // 12:04, 12:05
	ana := w.contact("Ana", "+16505550101")                                                                 // 12:06
	stays := w.assign(ana, tags...)                                                                         // 12:07, 12:08
	lima, quito := value("Lima"), value("Quito")                                                            //
	first, second, third := newAssignment(), newAssignment(), newAssignment()                               //
	w.happened(ana.Stream(), contact.TagAssigned{Tag: city.Tag, Number: 3, Assignment: first, Value: lima}) // 12:09
	w.happened(w.org.CatalogStream(),
		tag.Renamed{Tag: tags[0].Tag, Number: 1, From: "VIP", To: "very important"}, // 12:10
		tag.Described{Tag: city.Tag, Number: 3, To: "where they live"})              // 12:11
	w.happened(ana.Stream(), contact.TagValueChanged{Tag: city.Tag, Number: 3, Ended: first, Assignment: second, From: lima, To: quito}) // 12:12
	w.happenedBecause("she asked", ana.Stream(), contact.TagRemoved{Tag: tags[0].Tag, Number: 1, Assignment: stays[0]})                  // 12:13
	w.happened(w.org.CatalogStream(), tag.Recolored{Tag: tags[0].Tag, Number: 1, From: "red", To: "blue"})                               // 12:14
	again := w.assign(ana, tags[0])                                                                                                      // 12:15
	w.happened(ana.Stream(), contact.TagAssigned{Tag: size.Tag, Number: 4, Assignment: third, Value: &contact.TagValue{Number: 1}})      // 12:16
	w.happened(w.org.CatalogStream(), deleted(tags[1]), deleted(city), restored(city), deleted(size))                                    // 12:17 … 12:20
	w.project()

	want := []string{
		"VIP/very important= 12:07-12:13 removed [renamed very important]",
		"vegan/vegan= 12:08-12:17 tag_deleted [deleted]",
		"city/city=Lima 12:09-12:12 value_changed [described where they live]",
		"city/city=Quito 12:12-now  [deleted, restored]",
		"very important/very important= 12:15-now  []",
		"size/size=L 12:16-12:20 tag_deleted [deleted]",
	}
	if diff := cmp.Diff(want, stories(w.stays(ana, readmodels.OldestFirst))); diff != "" {
		t.Errorf("the oldest first:\n%s", diff)
	}
	newest := w.stays(ana, readmodels.NewestFirst)
	slices.Reverse(want)
	if diff := cmp.Diff(want, stories(newest)); diff != "" {
		t.Errorf("the newest first:\n%s", diff)
	}
	removedOnce := newest[5]
	if removedOnce.Ended.Reason.Reveal() != "she asked" || removedOnce.Ended.Actor.Name != "Front desk" || removedOnce.Begun.Source != "manual_admin" {
		t.Errorf("the first stay began as %+v and ended as %+v", removedOnce.Begun, removedOnce.Ended)
	}
	if newest[1].Assignment != again[0].UUID || newest[1].Tag.Color != "blue" || newest[4].Tag.DeletedAt == nil {
		t.Errorf("stays %+v", newest)
	}
	ofVIP, _, err := w.tagHistory().Of(t.Context(), w.org.UUID, ana.UUID, &tags[0].Tag.UUID, readmodels.OldestFirst, nil, 9)
	if n, counted := w.tagHistory().Count(t.Context(), w.org.UUID, ana.UUID, &tags[0].Tag.UUID, 9); err != nil || counted != nil || len(ofVIP) != 2 || n != 2 {
		t.Errorf("of one tag there are %v and counted %d, %v, %v", stories(ofVIP), n, err, counted)
	}
}

func value(text string) *contact.TagValue { return &contact.TagValue{Text: personal.New(text)} }

func newAssignment() contact.AssignmentID { return contact.AssignmentID{UUID: uuid.New()} }

// What was archived and merged ends, and begins again with what it was.
func TestStaysThatBeginAgainSayWhatTheyWere(t *testing.T) {
	t.Parallel()
	w := newAudit(t)
	city := tag.Created{Tag: tag.ID{UUID: uuid.New()}, Number: 1, Name: "city", Color: "blue", Kind: tag.Valued, Policy: tag.FreeText}
	w.happened(w.org.CatalogStream(), city)
	ana, bob := w.contact("Ana", "+16505550101"), w.contact("Bob", "+16505550102")
	stay := contact.OpenAssignment{Assignment: newAssignment(), Number: 1}
	w.happened(ana.Stream(), contact.TagAssigned{Tag: city.Tag, Number: 1, Assignment: stay.Assignment, Value: value("Lima")},
		contact.Archived{Assignments: []contact.OpenAssignment{stay}}, contact.Restored{Assignments: []contact.OpenAssignment{stay}},
		contact.Merged{Into: bob, Taken: []contact.OpenAssignment{stay}})
	w.happened(bob.Stream(), contact.Absorbed{Contact: ana, Taken: []contact.MovedAssignment{{Tag: city.Tag, Number: 1, Assignment: stay.Assignment, Value: value("Lima")}}})
	w.project()
	want := []string{"city/city=Lima 12:04-12:05 archived []", "city/city=Lima 12:06-12:07 merged []"}
	if diff := cmp.Diff(want, stories(w.stays(ana, readmodels.OldestFirst))); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]string{"city/city=Lima 12:08-now  []"}, stories(w.stays(bob, readmodels.OldestFirst))); diff != "" {
		t.Error(diff)
	}
}

func TestErasingSomebodyLeavesTheHistoryWithoutWhatItSaid(t *testing.T) {
	t.Parallel()
	w := newAudit(t)
	city := tag.Created{Tag: tag.ID{UUID: uuid.New()}, Number: 1, Name: "city", Color: "blue", Kind: tag.Valued, Policy: tag.FreeText}
	w.happened(w.org.CatalogStream(), city)
	ana := w.contact("Ana", "+16505550101")
	id := newAssignment()
	w.happenedBecause("she told us", ana.Stream(), contact.TagAssigned{Tag: city.Tag, Number: 1, Assignment: id, Value: value("Lima")})
	w.wrote(ana, uuid.New(), noon, "my knee hurts")
	w.happened(ana.Stream(), contact.Erased{Assignments: []contact.OpenAssignment{{Assignment: id, Number: 1}}})
	w.project()
	w.seals.Shred(ana.UUID)

	stays := w.stays(ana, readmodels.OldestFirst)
	if len(stays) != 1 || stays[0].EndedReason != "erased" || !stays[0].Value.IsErased() || !stays[0].Begun.Reason.IsErased() || stays[0].Tag.Name != "city" {
		t.Errorf("stays %+v", stays)
	}
	events, _, err := w.events().Timeline(t.Context(), w.org.UUID, ana.UUID, readmodels.Opened, readmodels.OldestFirst, nil, 9)
	if err != nil || len(events) != 4 {
		t.Fatalf("%d events, %v", len(events), err)
	}
	for i, part := range []string{`"name":{"erased":true}`, `"text":{"erased":true}`, `"text":{"erased":true}`} {
		if !strings.Contains(string(events[i].Data), part) {
			t.Errorf("event %d says %s", i, events[i].Data)
		}
	}

	// A key that is gone without a record is no erasure.
	bob := w.contact("Bob", "+16505550102")
	w.project()
	w.seals.Lose(bob.UUID)
	if _, _, err := w.events().Timeline(t.Context(), w.org.UUID, bob.UUID, readmodels.Opened, readmodels.OldestFirst, nil, 9); err == nil {
		t.Error("a lost key is shown as nothing")
	}
	if _, _, err := w.events().Timeline(t.Context(), w.org.UUID, bob.UUID, readmodels.Masked, readmodels.OldestFirst, nil, 9); err != nil {
		t.Errorf("what is masked needs no key: %v", err)
	}
}

func TestLeadStatusHistoryTellsEveryStatusAndHowLongItLasted(t *testing.T) {
	t.Parallel()
	w := newAudit(t)
	ana := w.contact("Ana", "+16505550101") // 12:01
	w.contact("Bob", "+16505550102")
	w.happenedBecause("she called", ana.Stream(), contact.LeadStatusChanged{From: contact.Cold, To: contact.Hot, Kind: contact.Skip, Since: noon}) // 12:03
	w.happened(ana.Stream(), contact.LeadStatusChanged{From: contact.Hot, To: contact.Cold, Kind: contact.Reengage, Since: noon})                  // 12:04
	w.project()
	history := readmodels.LeadStatusHistory{DB: w.reader, Opener: w.seals}
	var all []string
	var after *int64
	for page := 0; page == 0 || after != nil; page++ {
		periods, next, err := history.Of(t.Context(), w.org.UUID, ana.UUID, readmodels.OldestFirst, after, 1)
		if err != nil {
			t.Fatal(err)
		}
		for _, p := range periods {
			until := "now"
			if p.Until != nil {
				until = p.Until.Format("15:04")
			}
			all = append(all, fmt.Sprintf("%s>%s %s %s-%s %s %s", p.From, p.Status, p.Move, p.Began().Format("15:04"), until, p.Changed.Reason.Reveal(), p.Changed.Source))
		}
		after = next
	}
	want := []string{">cold  12:01-12:03  manual_admin", "cold>hot skip 12:03-12:04 she called manual_admin", "hot>cold re-engage 12:04-now  manual_admin"}
	if diff := cmp.Diff(want, all); diff != "" {
		t.Error(diff)
	}
	if n, err := history.Count(t.Context(), w.org.UUID, ana.UUID, 9); n != 3 || err != nil {
		t.Errorf("counted %d, %v", n, err)
	}
}

// types answers the types of the events that match, in the order of the list, in pages of two.
func (w *world) types(f readmodels.EventFilter, order readmodels.Order) []string {
	w.t.Helper()
	var all []string
	var after *int64
	for {
		events, next, err := w.events().List(w.t.Context(), w.org.UUID, f, readmodels.Opened, order, after, 2)
		if err != nil {
			w.t.Fatal(err)
		}
		for _, e := range events {
			all = append(all, e.Type)
		}
		if after = next; next == nil {
			break
		}
	}
	if n, err := w.events().Count(w.t.Context(), w.org.UUID, f, 100); n != len(all) || err != nil {
		w.t.Errorf("%d are listed, and counted %d, %v", len(all), n, err)
	}
	return all
}

func TestEventsAreFoundByWhatTheyAreAbout(t *testing.T) {
	t.Parallel()
	w := newAudit(t)
	robot, operation := uuid.New(), uuid.New()
	tags := w.tags("VIP", "vegan")
	ana, bob := w.contact("Ana", "+16505550101"), w.contact("Bob", "+16505550102") // 12:03, 12:04
	w.actor = event.Actor{Kind: "ai_tool", ID: robot.String()}
	stays := w.assign(ana, tags...) // 12:05, 12:06
	w.pending[len(w.pending)-1].Metadata.OperationID = operation
	w.actor = event.Actor{Kind: "system"}
	w.wrote(bob, uuid.New(), noon, "hi") // 12:07
	w.happened(ana.Stream(), contact.Erased{Assignments: []contact.OpenAssignment{{Assignment: stays[0], Number: 1}, {Assignment: stays[1], Number: 2}}})
	w.project()

	from, to := noon.Add(4*time.Minute), noon.Add(7*time.Minute)
	for name, c := range map[string]struct {
		filter readmodels.EventFilter
		want   []string
	}{
		"all":                   {readmodels.EventFilter{}, []string{"tag.created", "tag.created", "contact.created", "contact.created", "contact.tag-assigned", "contact.tag-assigned", "message.received", "contact.erased"}},
		"a type":                {readmodels.EventFilter{Types: []string{"tag.created"}}, []string{"tag.created", "tag.created"}},
		"types":                 {readmodels.EventFilter{Types: []string{"contact.erased", "tag."}}, []string{"tag.created", "tag.created", "contact.erased"}},
		"half a word":           {readmodels.EventFilter{Types: []string{"tag"}}, nil},
		"an actor":              {readmodels.EventFilter{Actor: &robot}, []string{"contact.tag-assigned", "contact.tag-assigned"}},
		"a kind of actor":       {readmodels.EventFilter{ActorKind: "system"}, []string{"message.received", "contact.erased"}},
		"a contact":             {readmodels.EventFilter{Contact: &bob.UUID}, []string{"contact.created", "message.received"}},
		"a contact and a type":  {readmodels.EventFilter{Contact: &ana.UUID, Types: []string{"contact.tag-assigned"}}, []string{"contact.tag-assigned", "contact.tag-assigned"}},
		"a tag":                 {readmodels.EventFilter{Tag: &tags[1].Tag.UUID}, []string{"tag.created", "contact.tag-assigned", "contact.erased"}},
		"a tag and a contact":   {readmodels.EventFilter{Tag: &tags[1].Tag.UUID, Contact: &ana.UUID}, []string{"contact.tag-assigned", "contact.erased"}},
		"an operation":          {readmodels.EventFilter{Operation: &operation}, []string{"contact.tag-assigned"}},
		"a time":                {readmodels.EventFilter{From: &from, To: &to}, []string{"contact.created", "contact.tag-assigned", "contact.tag-assigned"}},
		"a position":            {readmodels.EventFilter{Behind: 60}, []string{"message.received", "contact.erased"}},
		"a type and a position": {readmodels.EventFilter{Behind: 10, Types: []string{"tag."}}, []string{"tag.created"}},
		"nothing":               {readmodels.EventFilter{Tag: &robot}, nil},
	} {
		if diff := cmp.Diff(c.want, w.types(c.filter, readmodels.OldestFirst)); diff != "" {
			t.Errorf("%s:\n%s", name, diff)
		}
		slices.Reverse(c.want)
		if diff := cmp.Diff(c.want, w.types(c.filter, readmodels.NewestFirst)); diff != "" {
			t.Errorf("%s, the newest first:\n%s", name, diff)
		}
	}
}

func TestEventsShowWhatTheirReaderMaySeeAndNoSecrets(t *testing.T) {
	t.Parallel()
	w := newAudit(t)
	w.happened(w.org.Stream(),
		organization.ChannelAdded{Channel: uuid.New(), Name: personal.New("Sales"), PhoneNumberID: "1", AppSecret: personal.New("app secret"), VerifyToken: personal.New("shibboleth")},
		organization.KeyCreated{Key: uuid.New(), Kind: organization.Owner, Name: personal.New("Owner"), Hash: "0ff1ce"})
	w.happenedBecause("she told us", (contact.ID{UUID: uuid.New()}).Stream(), contact.Renamed{Name: personal.New("Ana \"the\" \u2028 Great")})
	w.project()
	opened, _, err := w.events().List(t.Context(), w.org.UUID, readmodels.EventFilter{}, readmodels.Opened, readmodels.OldestFirst, nil, 9)
	if err != nil {
		t.Fatal(err)
	}
	masked, _, err := w.events().List(t.Context(), w.org.UUID, readmodels.EventFilter{}, readmodels.Masked, readmodels.OldestFirst, nil, 9)
	if err != nil {
		t.Fatal(err)
	}
	for i, want := range []string{`"app_secret":{"masked":true}`, `"hash":{"masked":true}`, `"name":"Ana \"the\" ` + "\u2028" + ` Great"`} {
		if !strings.Contains(string(opened[i].Data), want) {
			t.Errorf("opened, event %d says %s", i, opened[i].Data)
		}
	}
	if !strings.Contains(string(opened[0].Data), `"name":"Sales"`) || opened[2].Reason.Reveal() != "she told us" {
		t.Errorf("opened, it says %s and %q", opened[0].Data, opened[2].Reason.Reveal())
	}
	for i, e := range masked {
		if !strings.Contains(string(e.Data), `"name":{"masked":true}`) || !e.Reason.IsZero() {
			t.Errorf("masked, event %d says %s, %v", i, e.Data, e.Reason)
		}
	}
	for _, secret := range []string{"app secret", "shibboleth", "0ff1ce"} {
		if strings.Contains(fmt.Sprint(opened, masked), secret) {
			t.Errorf("%q is shown", secret)
		}
	}
}

// The report of a failure names nobody: it belongs to whom the message was for.
func TestTimelineHasTheFailuresOfMessages(t *testing.T) {
	t.Parallel()
	w := newAudit(t)
	ana := w.contact("Ana", "+16505550101")
	sent, lost := message.ID{UUID: uuid.New()}, message.ID{UUID: uuid.New()}
	report := func(m message.ID, to contact.ID, status message.Status) {
		w.happened(m.Stream(), message.StatusReported{Contact: to, Channel: uuid.New(), Status: status, At: noon})
	}
	report(sent, contact.ID{}, message.Failed)
	report(sent, ana, message.Sent)
	report(lost, contact.ID{}, message.Failed)
	w.wrote(ana, uuid.New(), noon, "hi")
	w.project()
	var all []string
	var after *int64
	for page := 0; page == 0 || after != nil; page++ {
		events, next, err := w.events().Timeline(t.Context(), w.org.UUID, ana.UUID, readmodels.Opened, readmodels.NewestFirst, after, 1)
		if err != nil {
			t.Fatal(err)
		}
		for _, e := range events {
			all = append(all, fmt.Sprint(e.Position, " ", e.Type))
		}
		after = next
	}
	want := []string{"50 message.received", "30 message.status-reported", "20 message.status-reported", "10 contact.created"}
	if diff := cmp.Diff(want, all); diff != "" {
		t.Error(diff)
	}
	for bound, want := range map[int]int{2: 3, 9: 4} {
		if n, err := w.events().CountTimeline(t.Context(), w.org.UUID, ana.UUID, bound); n != want || err != nil {
			t.Errorf("counted %d of at most %d, %v", n, bound, err)
		}
	}
}

// furnishedAudit is an audit world with one of everything, and what there is to ask of it.
func furnishedAudit(t *testing.T) (*world, []question) {
	t.Helper()
	w := newAudit(t)
	return w, w.furnishAudit()
}

func (w *world) furnishAudit() []question {
	w.furnish()
	t := w.tags("last")[0]
	ana := w.contact("Ana", "+16505550101")
	w.assign(ana, t)
	w.project()
	actor := uuid.MustParse(w.actor.ID)
	at := noon.Add(-time.Hour)
	some := func(n int, err error) (int, error) { return min(n, 1), err }
	events := func(db readmodels.DB) readmodels.Events {
		return readmodels.Events{DB: db, Opener: w.seals, Known: readmodels.NewVocabulary(domain.Withheld())}
	}
	all := []question{
		{"stays", func(ctx context.Context, db readmodels.DB, org uuid.UUID) (int, error) {
			items, _, err := readmodels.TagHistory{DB: db, Opener: w.seals}.Of(ctx, org, ana.UUID, &t.Tag.UUID, readmodels.OldestFirst, &readmodels.StayKey{}, 9)
			return some(len(items), err)
		}},
		{"stays counted", func(ctx context.Context, db readmodels.DB, org uuid.UUID) (int, error) {
			return some(readmodels.TagHistory{DB: db}.Count(ctx, org, ana.UUID, nil, 9))
		}},
		{"statuses", func(ctx context.Context, db readmodels.DB, org uuid.UUID) (int, error) {
			items, _, err := readmodels.LeadStatusHistory{DB: db, Opener: w.seals}.Of(ctx, org, ana.UUID, readmodels.OldestFirst, new(int64), 9)
			return some(len(items), err)
		}},
		{"statuses counted", func(ctx context.Context, db readmodels.DB, org uuid.UUID) (int, error) {
			return some(readmodels.LeadStatusHistory{DB: db}.Count(ctx, org, ana.UUID, 9))
		}},
		{"edits", func(ctx context.Context, db readmodels.DB, org uuid.UUID) (int, error) {
			items, _, err := readmodels.CatalogHistory{DB: db, Opener: w.seals}.Of(ctx, org, t.Tag.UUID, readmodels.OldestFirst, new(int64), 9)
			return some(len(items), err)
		}},
		{"edits counted", func(ctx context.Context, db readmodels.DB, org uuid.UUID) (int, error) {
			return some(readmodels.CatalogHistory{DB: db}.Count(ctx, org, t.Tag.UUID, 9))
		}},
		{"timeline", func(ctx context.Context, db readmodels.DB, org uuid.UUID) (int, error) {
			items, _, err := events(db).Timeline(ctx, org, ana.UUID, readmodels.Masked, readmodels.OldestFirst, new(int64), 9)
			return some(len(items), err)
		}},
		{"timeline counted", func(ctx context.Context, db readmodels.DB, org uuid.UUID) (int, error) {
			return some(events(db).CountTimeline(ctx, org, ana.UUID, 9))
		}},
	}
	for name, f := range map[string]readmodels.EventFilter{
		"all": {}, "by type": {Types: []string{"tag."}, Actor: &actor, ActorKind: "owner", From: &at, Behind: 1}, "by tag": {Tag: &t.Tag.UUID, Types: []string{"contact."}, Contact: &ana.UUID},
	} {
		all = append(all,
			question{"events " + name, func(ctx context.Context, db readmodels.DB, org uuid.UUID) (int, error) {
				items, _, err := events(db).List(ctx, org, f, readmodels.Masked, readmodels.OldestFirst, new(int64), 9)
				return some(len(items), err)
			}},
			question{"events counted " + name, func(ctx context.Context, db readmodels.DB, org uuid.UUID) (int, error) {
				return some(events(db).Count(ctx, org, f, 9))
			}})
	}
	return all
}
