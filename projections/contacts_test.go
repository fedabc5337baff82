package projections_test

import (
	"testing"
	"time"

	"github.com/google/uuid"

	"tagtrail/domain/contact"
	"tagtrail/domain/event"
	"tagtrail/domain/message"
	"tagtrail/domain/personal"
	"tagtrail/projections"
	"tagtrail/projections/projectionstest"
)

// S0-4, S1-3, S1-6: a row has what a list shows.
func TestContactsAreOneRowEach(t *testing.T) {
	t.Parallel()
	owner := uuid.MustParse("0193a000-0000-7000-8000-000000000099")
	rows := projectionstest.Run(t, projectionstest.Group(projections.Contacts()), projectionstest.History(org,
		projectionstest.On(ana.Stream(), created("Ana", "+16505550101")),
		projectionstest.On(bob.Stream(), contact.Created{Origin: contact.OriginMessage, Identity: bsuid("US.13491208655302741918"), LeadStatus: contact.Cold}).
			By(event.Actor{Kind: "channel", ID: channel.String()}).Through(event.WhatsApp).At(noon.Add(-time.Hour)),
		projectionstest.On(ana.Stream(),
			contact.ProfileNameChanged{Name: personal.New("ana.lopez"), Channel: channel},
			contact.EmailChanged{Email: personal.New("ana@example.com"), HasEmail: true},
			contact.OwnerChanged{To: owner}),
		projectionstest.On(ana.Stream(), contact.LeadStatusChanged{From: contact.Cold, To: contact.Warm, Kind: contact.Advance}).By(agent).At(noon.Add(time.Hour)),
		projectionstest.On(ana.Stream(),
			contact.TagAssigned{Tag: city, Number: 2, Assignment: assignment(1), Value: &contact.TagValue{Text: personal.New("Barcelona")}},
			contact.TagAssigned{Tag: vip, Number: 1, Assignment: assignment(2)},
			contact.TagValueChanged{Tag: city, Number: 2, Ended: assignment(1), Assignment: assignment(3), To: &contact.TagValue{Text: personal.New("Valencia")}}),
		projectionstest.On(bob.Stream(),
			contact.IdentityLinked{Identity: number("+16505550102")},
			contact.Renamed{Name: personal.New("Robert")},
			contact.TagAssigned{Tag: vip, Number: 1, Assignment: assignment(4)},
			contact.TagRemoved{Tag: vip, Number: 1, Assignment: assignment(4)}),
		projectionstest.On(messageID(1).Stream(), received(bob, 9, "hello again")),
		projectionstest.On(messageID(2).Stream(), received(bob, 3, "hello")),
		projectionstest.On(messageID(3).Stream(), reported(bob, message.Sent, 20, 0), reported(bob, message.Read, 40, 0)),
		projectionstest.On(messageID(4).Stream(), reported(contact.ID{}, message.Failed, 50, 131026)),
	))
	lines(t, rows, "contacts", []string{"name", "profile_name", "phone", "wa_id", "country", "email"},
		"Ana | ana.lopez | +16505550101 | 16505550101 | US | ana@example.com",
		"Robert | NULL | +16505550102 | 16505550102 | US | NULL")
	lines(t, rows, "contacts", []string{"lead_status", "lead_status_since", "owner", "tags", "origin", "source", "revision"},
		"warm | 2026-05-30 12:00:05+00 | "+owner.String()+" | {1,2} | manual | manual_admin | 7",
		"cold | 2026-05-30 12:00:01+00 | NULL | {} | message | whatsapp | 4")
	lines(t, rows, "contacts", []string{"created_at", "created_by_kind", "created_by", "channels"},
		"2026-05-30 12:00:00+00 | owner | "+projectionstest.Typist.ID+" | {"+channel.String()+"}",
		"2026-05-30 12:00:01+00 | channel | "+channel.String()+" | {"+channel.String()+"}")
	lines(t, rows, "contacts", []string{"first_seen_at", "last_seen_at", "last_active_at", "seen_order"},
		"NULL | NULL | NULL | 9223372036854775807",
		"2026-05-30 12:03:00+00 | 2026-05-30 12:09:00+00 | 2026-05-30 12:20:00+00 | -1780142940000000")
}

// S1-7, C7: whichever reports on a message came, and in whatever order, the contact was active.
func TestContactsAreActiveByWhateverIsReported(t *testing.T) {
	t.Parallel()
	for name, row := range map[string]struct {
		reports []event.Event
		active  string
	}{
		"sent":                          {[]event.Event{reported(ana, message.Sent, 1, 0)}, "2026-05-30 12:01:00+00"},
		"delivered":                     {[]event.Event{reported(ana, message.Delivered, 2, 0)}, "2026-05-30 12:02:00+00"},
		"read":                          {[]event.Event{reported(ana, message.Read, 3, 0)}, "2026-05-30 12:03:00+00"},
		"played before it was read":     {[]event.Event{reported(ana, message.Played, 4, 0), reported(ana, message.Read, 3, 0)}, "2026-05-30 12:03:00+00"},
		"sent, delivered and read":      {[]event.Event{reported(ana, message.Sent, 1, 0), reported(ana, message.Delivered, 2, 0), reported(ana, message.Read, 3, 0)}, "2026-05-30 12:02:00+00"},
		"the same the other way around": {[]event.Event{reported(ana, message.Read, 3, 0), reported(ana, message.Delivered, 2, 0), reported(ana, message.Sent, 1, 0)}, "2026-05-30 12:02:00+00"},
		"failed, of somebody":           {[]event.Event{reported(ana, message.Failed, 5, 131026)}, "NULL"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			rows := projectionstest.Run(t, projectionstest.Group(projections.Contacts()), projectionstest.History(org,
				projectionstest.On(ana.Stream(), created("Ana", "+16505550101")), projectionstest.On(messageID(1).Stream(), row.reports...)))
			lines(t, rows, "contacts", []string{"last_seen_at", "last_active_at"}, "NULL | "+row.active)
		})
	}
}

func TestContactsForgetWhoIsErased(t *testing.T) {
	t.Parallel()
	rows := projectionstest.Run(t, projectionstest.Group(projections.Contacts()), projectionstest.History(org,
		projectionstest.On(ana.Stream(),
			created("Ana", "+16505550101"),
			contact.ProfileNameChanged{Name: personal.New("ana.lopez"), Channel: channel},
			contact.TagAssigned{Tag: vip, Number: 1, Assignment: assignment(1)},
			contact.TagAssigned{Tag: city, Number: 2, Assignment: assignment(2), Value: &contact.TagValue{Text: personal.New("Barcelona")}},
			contact.Erased{Assignments: []contact.OpenAssignment{{Assignment: assignment(1), Number: 1}, {Assignment: assignment(2), Number: 2}}}),
	))
	lines(t, rows, "contacts", []string{"contact", "name", "profile_name", "phone", "wa_id", "country", "email", "tags", "erased", "revision"},
		ana.String()+" | NULL | NULL | NULL | NULL | NULL | NULL | {} | t | 4")
}

func TestContactsCountTheNumbersThatTheyLeft(t *testing.T) {
	t.Parallel()
	rows := projectionstest.Run(t, projectionstest.Group(projections.Contacts()), projectionstest.History(org,
		projectionstest.On(ana.Stream(),
			created("Ana", "+16505550101"),
			contact.IdentityLinked{Identity: bsuid("US.13491208655302741918")},
			contact.IdentityLinked{Identity: number("+16505550102")},
			contact.IdentityUnlinked{Identity: number("+16505550101")},
			contact.IdentityUnlinked{Identity: bsuid("US.13491208655302741918")}),
	))
	lines(t, rows, "contacts", []string{"phone", "numbers_left", "revision"}, "+16505550102 | 1 | 4")
}
