package projections_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"tagtrail/domain/contact"
	"tagtrail/domain/event"
	"tagtrail/domain/message"
	"tagtrail/domain/personal"
	"tagtrail/domain/tag"
	"tagtrail/projections"
	"tagtrail/projections/projectionstest"
)

// sealedGroup is a group of the projections at hand whose personal values nobody opens.
func sealedGroup(of ...projections.Projection) projections.Group {
	return projections.Group{Name: "spec", Sealed: true, Projections: of}
}

func TestEventsAreKeptAsTheyWereRecorded(t *testing.T) {
	t.Parallel()
	operation := uuid.MustParse("0193a000-0000-7000-8000-0000000000d1")
	history := projectionstest.History(org,
		projectionstest.On(acme.CatalogStream(), tag.Created{Tag: vip, Number: 1, Name: "VIP", Color: "red", Kind: tag.Label}),
		projectionstest.On(ana.Stream(), created("Ana Zweig", "+16505550101")),
		projectionstest.On(ana.Stream(), contact.TagAssigned{Tag: vip, Number: 1, Assignment: assignment(1)}).
			By(agent).Through(event.ManualAgent).At(noon.Add(time.Hour)),
		projectionstest.On(messageID(1).Stream(), received(ana, 1, "my knee hurts")).By(system).Through(event.WhatsApp),
		projectionstest.On(messageID(2).Stream(), reported(contact.ID{}, message.Failed, 6, 131026)),
		projectionstest.On(ana.Stream(), contact.Erased{Assignments: []contact.OpenAssignment{{Assignment: assignment(1), Number: 1}, {Assignment: assignment(2), Number: 2}}}),
	)
	history[2].Metadata.OperationID = operation
	history[2].Metadata.Reason = personal.New("asked for it")
	rows := projectionstest.Run(t, sealedGroup(projections.Events()), history)

	lines(t, rows, "events", []string{"position", "stream", "revision", "type", "version", "actor_kind", "actor", "source", "contact", "operation"},
		fmt.Sprintf("10 | tagcatalog-%s | 0 | tag.created | 1 | owner | %s | manual_admin | NULL | NULL", org, projectionstest.Typist.ID),
		fmt.Sprintf("20 | contact-%s | 0 | contact.created | 1 | owner | %s | manual_admin | %s | NULL", ana, projectionstest.Typist.ID, ana),
		fmt.Sprintf("30 | contact-%s | 1 | contact.tag-assigned | 1 | agent | %s | manual_agent | %s | %s", ana, agent.ID, ana, operation),
		fmt.Sprintf("40 | message-%s | 0 | message.received | 1 | system | NULL | whatsapp | %s | NULL", messageID(1), ana),
		fmt.Sprintf("50 | message-%s | 0 | message.status-reported | 1 | owner | %s | manual_admin | NULL | NULL", messageID(2), projectionstest.Typist.ID),
		fmt.Sprintf("60 | contact-%s | 2 | contact.erased | 1 | owner | %s | manual_admin | %s | NULL", ana, projectionstest.Typist.ID, ana))
	lines(t, rows, "events", []string{"recorded_at", "occurred_at"},
		"2026-05-30 12:00:00+00 | 2026-05-30 12:00:00+00", "2026-05-30 12:00:01+00 | 2026-05-30 12:00:01+00", "2026-05-30 12:00:02+00 | 2026-05-30 13:00:00+00",
		"2026-05-30 12:00:03+00 | 2026-05-30 12:00:03+00", "2026-05-30 12:00:04+00 | 2026-05-30 12:00:04+00", "2026-05-30 12:00:05+00 | 2026-05-30 12:00:05+00")
	// The numbers of all the tags that an event is about.
	lines(t, rows, "event_tags", []string{"number", "position"}, "1 | 10", "1 | 30", "1 | 60", "2 | 60")

	sealed := projectionstest.NewSeals().Seal(history)
	for i, line := range rows.Lines("events", "data", "metadata") {
		if want := sealed[i].Raw.Data + " | " + sealed[i].Raw.Metadata; line != want {
			t.Errorf("event %d is kept as\n%s\nand was recorded as\n%s", i, line, want)
		}
	}
	kept := fmt.Sprint(rows)
	for _, secret := range []string{"Zweig", "16505550101", "knee", "asked for it", "HBgLMTY1MDU1NTAxMDE"} {
		if strings.Contains(kept, secret) {
			t.Errorf("%q is in a table that nobody erases", secret)
		}
	}
}

func TestTagHistoryKeepsWhereEveryStayBeginsAndEnds(t *testing.T) {
	t.Parallel()
	barcelona, gold := &contact.TagValue{Text: personal.New("Barcelona")}, &contact.TagValue{Number: 1}
	history := projectionstest.History(org,
		projectionstest.On(ana.Stream(), created("Ana", "+16505550101")),
		projectionstest.On(ana.Stream(),
			contact.TagAssigned{Tag: vip, Number: 1, Assignment: assignment(1)},
			contact.TagAssigned{Tag: city, Number: 2, Assignment: assignment(2), Value: barcelona},
			contact.TagValueChanged{Tag: city, Number: 2, Ended: assignment(2), Assignment: assignment(3), From: barcelona, To: gold}).
			By(agent).Through(event.AITool),
		projectionstest.On(ana.Stream(), contact.TagRemoved{Tag: vip, Number: 1, Assignment: assignment(1)}).By(system).Through(event.System),
		projectionstest.On(ana.Stream(), contact.TagAssigned{Tag: vip, Number: 1, Assignment: assignment(4)}), // C29: a new stay
		projectionstest.On(ana.Stream(), contact.Erased{Assignments: []contact.OpenAssignment{{Assignment: assignment(3), Number: 2}, {Assignment: assignment(4), Number: 1}}}),
	)
	history[1].Metadata.AI = &event.AI{Model: "m1", Confidence: 0.5}
	history[1].Metadata.Reason = personal.New("she said so")
	rows := projectionstest.Run(t, sealedGroup(projections.TagHistory()), history)
	lines(t, rows, "tag_history", []string{"assignment", "position", "begins", "ended_reason", "tag", "number", "value_number", "source", "actor_kind"},
		fmt.Sprintf("%s | 20 | t | NULL | %s | 1 | NULL | ai_tool | agent", assignment(1), vip),
		fmt.Sprintf("%s | 50 | f | removed | NULL | 1 | NULL | system | system", assignment(1)),
		fmt.Sprintf("%s | 30 | t | NULL | %s | 2 | NULL | ai_tool | agent", assignment(2), city),
		fmt.Sprintf("%s | 40 | f | value_changed | NULL | 2 | NULL | ai_tool | agent", assignment(2)),
		fmt.Sprintf("%s | 40 | t | NULL | %s | 2 | 1 | ai_tool | agent", assignment(3), city),
		fmt.Sprintf("%s | 70 | f | erased | NULL | 2 | NULL | manual_admin | owner", assignment(3)),
		fmt.Sprintf("%s | 60 | t | NULL | %s | 1 | NULL | manual_admin | owner", assignment(4), vip),
		fmt.Sprintf("%s | 70 | f | erased | NULL | 1 | NULL | manual_admin | owner", assignment(4)))
	first := rows["tag_history"][0]
	if first["ai_model"] != "m1" || first["ai_confidence"] != "0.5" || !strings.HasPrefix(first["reason"], `{"$sealed": "`+ana.String()) {
		t.Errorf("who decided is kept as %v", first)
	}
	if value := rows["tag_history"][2]["value"]; !strings.HasSuffix(value, `:`+history[2].ID.String()+`:data/value/text"}`) {
		t.Errorf("the free value is kept as %s", value)
	}
}

// An archived contact's stays end and begin again under their ids; those of a merged one go on at the survivor.
func TestTagHistoryFollowsContactsThatAreArchivedAndMerged(t *testing.T) {
	t.Parallel()
	first, second := contact.OpenAssignment{Assignment: assignment(1), Number: 1}, contact.OpenAssignment{Assignment: assignment(2), Number: 2}
	lima := &contact.TagValue{Text: personal.New("Lima by the sea")}
	moved := []contact.MovedAssignment{{Tag: city, Number: 2, Assignment: assignment(2), Value: lima}}
	rows := projectionstest.Run(t, sealedGroup(projections.TagHistory(), projections.Events()), projectionstest.History(org,
		projectionstest.On(ana.Stream(), created("Ana", "+16505550101"),
			contact.TagAssigned{Tag: vip, Number: 1, Assignment: assignment(1)},
			contact.TagAssigned{Tag: city, Number: 2, Assignment: assignment(2), Value: lima},
			contact.Archived{Assignments: []contact.OpenAssignment{first, second}},
			contact.Restored{Assignments: []contact.OpenAssignment{first, second}}),
		projectionstest.On(bob.Stream(), created("Bob", "+16505550102")),
		projectionstest.On(ana.Stream(), contact.Merged{Into: bob, Ended: []contact.OpenAssignment{first}, Taken: []contact.OpenAssignment{second}}),
		projectionstest.On(bob.Stream(), contact.Absorbed{Contact: ana, Taken: moved}),
		projectionstest.On(ana.Stream(), contact.Separated{From: bob, Reopened: []contact.OpenAssignment{first}, Returned: []contact.OpenAssignment{second}}),
		projectionstest.On(bob.Stream(), contact.Released{Contact: ana, Returned: moved})))
	lines(t, rows, "tag_history", []string{"contact", "assignment", "position", "begins", "ended_reason", "tag", "number"},
		fmt.Sprintf("%s | %s | 20 | t | NULL | %s | 1", ana, assignment(1), vip),
		fmt.Sprintf("%s | %s | 40 | f | archived | NULL | 1", ana, assignment(1)),
		fmt.Sprintf("%s | %s | 50 | t | NULL | NULL | 1", ana, assignment(1)),
		fmt.Sprintf("%s | %s | 70 | f | merged | NULL | 1", ana, assignment(1)),
		fmt.Sprintf("%s | %s | 90 | t | NULL | NULL | 1", ana, assignment(1)),
		fmt.Sprintf("%s | %s | 30 | t | NULL | %s | 2", ana, assignment(2), city),
		fmt.Sprintf("%s | %s | 40 | f | archived | NULL | 2", ana, assignment(2)),
		fmt.Sprintf("%s | %s | 50 | t | NULL | NULL | 2", ana, assignment(2)),
		fmt.Sprintf("%s | %s | 70 | f | merged | NULL | 2", ana, assignment(2)),
		fmt.Sprintf("%s | %s | 90 | t | NULL | NULL | 2", ana, assignment(2)),
		fmt.Sprintf("%s | %s | 80 | t | NULL | %s | 2", bob, assignment(2), city),
		fmt.Sprintf("%s | %s | 100 | f | separated | NULL | 2", bob, assignment(2)))
	lines(t, rows, "event_tags", []string{"number", "position"},
		"1 | 20", "1 | 40", "1 | 50", "1 | 70", "1 | 90",
		"2 | 30", "2 | 40", "2 | 50", "2 | 70", "2 | 80", "2 | 90", "2 | 100")
}

func TestLeadStatusHistoryBeginsWithTheFirstStatus(t *testing.T) {
	t.Parallel()
	rows := projectionstest.Run(t, sealedGroup(projections.LeadStatusHistory()), projectionstest.History(org,
		projectionstest.On(ana.Stream(), created("Ana", "+16505550101"),
			contact.LeadStatusChanged{From: contact.Cold, To: contact.Hot, Kind: contact.Skip, Since: noon}),
		projectionstest.On(ana.Stream(), contact.LeadStatusChanged{From: contact.Hot, To: contact.Cold, Kind: contact.Reengage, Since: noon}).By(agent).Through(event.ManualAgent),
		projectionstest.On(bob.Stream(), created("Bob", "+16505550102"))))
	lines(t, rows, "lead_status_history", []string{"contact", "position", "before", "status", "move", "source"},
		ana.String()+" | 10 | NULL | cold | NULL | manual_admin",
		ana.String()+" | 20 | cold | hot | skip | manual_admin",
		ana.String()+" | 30 | hot | cold | re-engage | manual_agent",
		bob.String()+" | 40 | NULL | cold | NULL | manual_admin")
}

func TestCatalogHistoryKeepsEveryEdit(t *testing.T) {
	t.Parallel()
	rows := projectionstest.Run(t, sealedGroup(projections.CatalogHistory()), projectionstest.History(org,
		projectionstest.On(acme.CatalogStream(),
			tag.Created{Tag: city, Number: 2, Name: "city", Color: "blue", Kind: tag.Valued, Policy: tag.FixedList, Values: []tag.Value{{Number: 1, Name: "Lima"}}},
			tag.Renamed{Tag: city, Number: 2, From: "city", To: "town"},
			tag.Described{Tag: city, Number: 2, From: "", To: "where they live"},
			tag.Recolored{Tag: city, Number: 2, From: "blue", To: "red"},
			tag.ValueAdded{Tag: city, Number: 2, Value: tag.Value{Number: 2, Name: "Quito"}},
			tag.ValueRetired{Tag: city, Number: 2, Value: tag.Value{Number: 1, Name: "Lima"}},
			tag.Deleted{Tag: city, Number: 2},
			tag.Restored{Tag: city, Number: 2},
			tag.Merged{Tag: city, Number: 2, Into: vip, IntoNumber: 1},
			tag.Unmerged{Tag: city, Number: 2, From: vip, FromNumber: 1})))
	lines(t, rows, "catalog_history", []string{"position", "change", "other"}, "10 | created | NULL", "20 | renamed | NULL", "30 | described | NULL",
		"40 | recolored | NULL", "50 | value_added | NULL", "60 | value_retired | NULL", "70 | deleted | NULL", "80 | restored | NULL",
		"90 | merged | "+vip.String(), "100 | unmerged | "+vip.String())
	rows["catalog_history"] = rows["catalog_history"][:8]
	lines(t, rows, "catalog_history", []string{"position", "change", "name", "color", "before", "after", "value_number", "kind", "policy"},
		"10 | created | city | blue | NULL | city | NULL | valued | fixed",
		"20 | renamed | town | NULL | city | town | NULL | NULL | NULL",
		"30 | described | NULL | NULL |  | where they live | NULL | NULL | NULL",
		"40 | recolored | NULL | red | blue | red | NULL | NULL | NULL",
		"50 | value_added | NULL | NULL | NULL | Quito | 2 | NULL | NULL",
		"60 | value_retired | NULL | NULL | Lima | NULL | 1 | NULL | NULL",
		"70 | deleted | NULL | NULL | NULL | NULL | NULL | NULL | NULL",
		"80 | restored | NULL | NULL | NULL | NULL | NULL | NULL | NULL")
}
