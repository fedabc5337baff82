package projections_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"tagtrail/domain/contact"
	"tagtrail/domain/event"
	"tagtrail/domain/message"
	"tagtrail/domain/organization"
	"tagtrail/domain/personal"
	"tagtrail/domain/tag"
	"tagtrail/projections"
	"tagtrail/projections/projectionstest"
)

// reportingGroup is the group that analysts read.
func reportingGroup(t *testing.T) projections.Group {
	t.Helper()
	for _, g := range projections.All() {
		if g.Name == projections.Reporting {
			return g
		}
	}
	t.Fatal("there is no group for analysts")
	return projections.Group{}
}

// inAuckland begins the organisation where it is past midnight when the histories of these tests begin.
var inAuckland = projectionstest.On(acme.Stream(), organization.Created{Name: "Acme", IdentityScope: organization.ScopeOrganization, Zone: "Pacific/Auckland"})

var theSystem = "00000000-0000-0000-0000-000000000000"

// S0-46 to S0-48, C16, C29: what a tag counted for is cut where it is deleted, and goes on where it is restored.
func TestReportingFollowsATagThatIsDeletedAndRestoredWithoutTouchingItsAssignments(t *testing.T) {
	t.Parallel()
	gold, silver := &contact.TagValue{Number: 1}, &contact.TagValue{Number: 2}
	rows := projectionstest.Run(t, reportingGroup(t), projectionstest.History(org,
		inAuckland,
		projectionstest.On(acme.CatalogStream(),
			tag.Created{Tag: vip, Number: 1, Name: "VIP", Color: "red", Kind: tag.Label},
			tag.Created{Tag: city, Number: 2, Name: "tier", Color: "blue", Kind: tag.Valued, Policy: tag.FixedList, Values: []tag.Value{{Number: 1, Name: "gold"}}},
			tag.ValueAdded{Tag: city, Number: 2, Value: tag.Value{Number: 2, Name: "silver"}}),
		projectionstest.On(ana.Stream(), created("Ana", "+16505550101")),
		projectionstest.On(ana.Stream(),
			contact.TagAssigned{Tag: vip, Number: 1, Assignment: assignment(1)},
			contact.TagAssigned{Tag: city, Number: 2, Assignment: assignment(2), Value: gold},
			contact.TagValueChanged{Tag: city, Number: 2, Ended: assignment(2), Assignment: assignment(3), From: gold, To: silver},
		).By(agent).Through(event.ManualAgent),
		projectionstest.On(acme.CatalogStream(), tag.Deleted{Tag: vip, Number: 1}, tag.Restored{Tag: vip, Number: 1}),
		projectionstest.On(ana.Stream(), contact.TagRemoved{Tag: vip, Number: 1, Assignment: assignment(1)}).By(system).Through(event.System),
		projectionstest.On(ana.Stream(), contact.TagAssigned{Tag: vip, Number: 1, Assignment: assignment(4)}).By(system).Through(event.Rule),
		projectionstest.On(acme.CatalogStream(), tag.Deleted{Tag: vip, Number: 1}),
	))
	whole := projectionstest.Rows{"assignments": byColumn(rows["assignments"], "assignment")}
	lines(t, whole, "assignments", []string{"assignment", "number", "value", "from_at", "to_at", "begun", "ended_reason"},
		assignment(1).String()+" | 1 | NULL | 2026-05-30 12:00:05+00 | 2026-05-30 12:00:10+00 | assigned | removed",
		assignment(2).String()+" | 2 | gold | 2026-05-30 12:00:06+00 | 2026-05-30 12:00:07+00 | assigned | value_changed",
		assignment(3).String()+" | 2 | silver | 2026-05-30 12:00:07+00 | NULL | value_changed | NULL",
		assignment(4).String()+" | 1 | NULL | 2026-05-30 12:00:11+00 | NULL | assigned | NULL")
	lines(t, whole, "assignments", []string{"source", "actor", "ended_source", "ended_actor", "from_on"},
		"manual_agent | "+agent.ID+" | system | "+theSystem+" | 2026-05-31",
		"manual_agent | "+agent.ID+" | manual_agent | "+agent.ID+" | 2026-05-31",
		"manual_agent | "+agent.ID+" | NULL | NULL | 2026-05-31",
		"rule | "+theSystem+" | NULL | NULL | 2026-05-31")
	counted := projectionstest.Rows{"periods": byColumns(rows["assignment_periods"], "assignment", "from_at")}
	lines(t, counted, "periods", []string{"assignment", "from_at", "to_at", "begun", "ended_reason"},
		assignment(1).String()+" | 2026-05-30 12:00:05+00 | 2026-05-30 12:00:08+00 | assigned | tag_deleted",
		assignment(1).String()+" | 2026-05-30 12:00:09+00 | 2026-05-30 12:00:10+00 | tag_restored | removed",
		assignment(2).String()+" | 2026-05-30 12:00:06+00 | 2026-05-30 12:00:07+00 | assigned | value_changed",
		assignment(3).String()+" | 2026-05-30 12:00:07+00 | NULL | value_changed | NULL",
		assignment(4).String()+" | 2026-05-30 12:00:11+00 | 2026-05-30 12:00:12+00 | assigned | tag_deleted")
	periods := projectionstest.Rows{"tag_periods": byColumns(rows["tag_periods"], "number", "from_at")}
	lines(t, periods, "tag_periods", []string{"number", "from_at", "to_at"},
		"1 | 2026-05-30 12:00:01+00 | 2026-05-30 12:00:08+00",
		"1 | 2026-05-30 12:00:09+00 | 2026-05-30 12:00:12+00",
		"2 | 2026-05-30 12:00:02+00 | NULL")
}

// S1-41, S1-44, C21: each status is a period that says which move began it.
func TestReportingLeadStatusIsAPeriodForEachStatus(t *testing.T) {
	t.Parallel()
	rows := projectionstest.Run(t, reportingGroup(t), projectionstest.History(org,
		inAuckland,
		projectionstest.On(ana.Stream(), created("Ana", "+16505550101"),
			contact.LeadStatusChanged{From: contact.Cold, To: contact.Hot, Kind: contact.Skip, Since: projectionstest.Began},
			contact.LeadStatusChanged{From: contact.Hot, To: contact.Cold, Kind: contact.Reengage, Since: projectionstest.Began}),
		projectionstest.On(bob.Stream(), created("Bob", "+16505550102"), contact.Erased{}),
	))
	lines(t, projectionstest.Rows{"periods": byColumn(rows["lead_status_periods"], "from_at")}, "periods",
		[]string{"contact", "status", "move", "came_from", "went_to", "from_at", "to_at"},
		ana.String()+" | cold | NULL | NULL | hot | 2026-05-30 12:00:01+00 | 2026-05-30 12:00:02+00",
		ana.String()+" | hot | skip | cold | cold | 2026-05-30 12:00:02+00 | 2026-05-30 12:00:03+00",
		ana.String()+" | cold | re-engage | hot | NULL | 2026-05-30 12:00:03+00 | NULL",
		bob.String()+" | cold | NULL | NULL | NULL | 2026-05-30 12:00:04+00 | 2026-05-30 12:00:05+00")
}

// C7, C8: last seen is what the person wrote last, last active any message; created is when the contact was first added.
func TestReportingContactsSayWhereTheyComeFromAndNotWhoTheyAre(t *testing.T) {
	t.Parallel()
	rows := projectionstest.Run(t, reportingGroup(t), projectionstest.History(org,
		inAuckland,
		projectionstest.On(acme.Stream(),
			organization.KeyCreated{Key: acme.UUID, Kind: organization.Owner, Name: personal.New("the owner's key"), Hash: "00"},
			organization.ChannelAdded{Channel: channel, Name: personal.New("the sales number"), PhoneNumberID: "1"},
			organization.KeyRevoked{Key: acme.UUID}),
		projectionstest.On(ana.Stream(), created("Ana Secret", "+16505550101"),
			contact.EmailChanged{Email: personal.New("ana@example.org"), HasEmail: true},
			contact.OwnerChanged{To: channel}),
		projectionstest.On(messageID(1).Stream(), received(ana, 1, "the secret of Ana")),
		projectionstest.On(messageID(2).Stream(), reported(ana, message.Read, 9, 0), reported(ana, message.Sent, 3, 0)),
		projectionstest.On(messageID(3).Stream(), reported(contact.ID{}, message.Failed, 7, 131026)),
		projectionstest.On(bob.Stream(), created("Bob", "+16505550102"), contact.Erased{}),
	))
	contacts := projectionstest.Rows{"contacts": byColumn(rows["contacts"], "contact")}
	lines(t, contacts, "contacts", []string{"contact", "origin", "source", "country", "has_email", "owner", "lead_status", "created_on"},
		ana.String()+" | manual | manual_admin | US | t | "+channel.String()+" | cold | 2026-05-31",
		bob.String()+" | manual | manual_admin | NULL | f | NULL | cold | 2026-05-31")
	lines(t, contacts, "contacts", []string{"first_seen_at", "last_seen_at", "last_active_at", "erased_at"},
		"2026-05-30 12:01:00+00 | 2026-05-30 12:01:00+00 | 2026-05-30 12:03:00+00 | NULL",
		"NULL | NULL | NULL | 2026-05-30 12:00:12+00")
	lines(t, projectionstest.Rows{"messages": byColumn(rows["messages"], "message")}, "messages",
		[]string{"direction", "kind", "contact", "at", "sent_on", "delivered", "read", "failed"},
		"in | text | "+ana.String()+" | 2026-05-30 12:01:00+00 | 2026-05-31 | NULL | NULL | NULL",
		"out | NULL | "+ana.String()+" | 2026-05-30 12:03:00+00 | 2026-05-31 | t | t | f",
		"out | NULL | NULL | 2026-05-30 12:07:00+00 | 2026-05-31 | f | f | t")
	lines(t, projectionstest.Rows{"days": byColumn(rows["message_days"], "direction")}, "days",
		[]string{"date", "channel", "direction", "messages", "contacts", "delivered", "read", "failed"},
		"2026-05-31 | "+channel.String()+" | in | 1 | 1 | 0 | 0 | 0",
		"2026-05-31 | "+channel.String()+" | out | 2 | 1 | 1 | 1 | 1")
	lines(t, rows, "dim_actors", []string{"actor", "kind", "revoked_at"},
		theSystem+" | system | NULL",
		acme.String()+" | owner | 2026-05-30 12:00:03+00",
		channel.String()+" | channel | NULL")
	for _, name := range reportingNames(t) {
		for _, row := range rows[name] {
			for column, value := range row {
				if value == "the owner's key" || value == "the sales number" || value == "Ana Secret" {
					t.Errorf("%s.%s holds %q", name, column, value)
				}
			}
		}
	}
}

// byColumns orders the rows of a view by several columns.
func byColumns(rows []projectionstest.Row, columns ...string) []projectionstest.Row {
	return slices.SortedFunc(slices.Values(rows), func(a, b projectionstest.Row) int {
		for _, column := range columns {
			if c := strings.Compare(a[column], b[column]); c != 0 {
				return c
			}
		}
		return 0
	})
}

func reportingNames(t *testing.T) []string {
	t.Helper()
	var names []string
	for _, table := range reportingGroup(t).Tables() {
		names = append(names, table.Name())
	}
	for _, view := range reportingGroup(t).Views() {
		names = append(names, view.Name())
	}
	return names
}

// The days are those of whole years, in the organisation's own zone.
func TestReportingDatesAreThoseOfTheOrganisationsYears(t *testing.T) {
	t.Parallel()
	rows := projectionstest.NewTables(t, reportingGroup(t)).After(projectionstest.History(org, inAuckland))
	dates := projectionstest.Rows{"dates": byColumn(rows["dates"], "date")}
	first, last := dates["dates"][0]["date"], dates["dates"][len(dates["dates"])-1]["date"]
	if year := time.Now().UTC().Format("2006"); first != "2026-01-01" || last < year+"-12-31" {
		t.Errorf("there are days from %s to %s", first, last)
	}
	lines(t, projectionstest.Rows{"dates": dates["dates"][:4]}, "dates", []string{"date", "year", "quarter", "month", "iso_year", "iso_week", "weekday", "weekend", "month_begins"},
		"2026-01-01 | 2026 | 1 | 1 | 2026 | 1 | 4 | f | 2026-01-01",
		"2026-01-02 | 2026 | 1 | 1 | 2026 | 1 | 5 | f | 2026-01-01",
		"2026-01-03 | 2026 | 1 | 1 | 2026 | 1 | 6 | t | 2026-01-01",
		"2026-01-04 | 2026 | 1 | 1 | 2026 | 1 | 7 | t | 2026-01-01")
}
