package projections_test

import (
	"testing"
	"time"

	"tagtrail/domain/contact"
	"tagtrail/domain/event"
	"tagtrail/domain/personal"
	"tagtrail/domain/tag"
	"tagtrail/projections"
	"tagtrail/projections/projectionstest"
)

func TestContactTagsKeepEveryAssignment(t *testing.T) {
	t.Parallel()
	barcelona, gold := &contact.TagValue{Text: personal.New("Barcelona")}, &contact.TagValue{Number: 1}
	rows := projectionstest.Run(t, projectionstest.Group(projections.Actors(), projections.Tags(), projections.TagValues(), projections.MergedContacts(), projections.ContactTags()), projectionstest.History(org,
		projectionstest.On(acme.CatalogStream(),
			tag.Created{Tag: vip, Number: 1, Name: "VIP", Color: "red", Kind: tag.Label},
			tag.Created{Tag: city, Number: 2, Name: "city", Color: "blue", Kind: tag.Valued, Policy: tag.FixedList, Values: []tag.Value{{Number: 1, Name: "gold"}}}),
		projectionstest.On(ana.Stream(), created("Ana", "+16505550101")),
		projectionstest.On(ana.Stream(),
			contact.TagAssigned{Tag: vip, Number: 1, Assignment: assignment(1)},
			contact.TagAssigned{Tag: city, Number: 2, Assignment: assignment(2), Value: barcelona},
			contact.TagValueChanged{Tag: city, Number: 2, Ended: assignment(2), Assignment: assignment(3), From: barcelona, To: gold}).
			By(agent).Through(event.ManualAgent).At(noon.Add(time.Hour)),
		projectionstest.On(ana.Stream(), contact.TagRemoved{Tag: vip, Number: 1, Assignment: assignment(1)}).By(system).Through(event.System).At(noon.Add(2*time.Hour)),
		projectionstest.On(ana.Stream(), contact.TagAssigned{Tag: vip, Number: 1, Assignment: assignment(4)}),
		projectionstest.On(acme.CatalogStream(), tag.Deleted{Tag: vip, Number: 1}),
	))
	lines(t, rows, "contact_tags", []string{"assignment", "number", "value_number", "value", "source", "assigned_at", "assigned_by_kind", "assigned_by"},
		assignment(1).String()+" | 1 | NULL | NULL | manual_agent | 2026-05-30 13:00:00+00 | agent | "+agent.ID,
		assignment(2).String()+" | 2 | NULL | Barcelona | manual_agent | 2026-05-30 13:00:00+00 | agent | "+agent.ID,
		assignment(3).String()+" | 2 | 1 | NULL | manual_agent | 2026-05-30 13:00:00+00 | agent | "+agent.ID,
		assignment(4).String()+" | 1 | NULL | NULL | manual_admin | 2026-05-30 12:00:07+00 | owner | "+projectionstest.Typist.ID)
	lines(t, rows, "contact_tags", []string{"ended_at", "ended_reason", "ended_source", "ended_by_kind", "ended_by"},
		"2026-05-30 14:00:00+00 | removed | system | system | NULL",
		"2026-05-30 13:00:00+00 | value_changed | manual_agent | agent | "+agent.ID,
		"NULL | NULL | NULL | NULL | NULL",
		"NULL | NULL | NULL | NULL | NULL")
	// The fourth is still open, and historical as long as its tag is deleted.
	lines(t, projectionstest.Rows{"by assignment": byColumn(rows["assignments"], "assignment")}, "by assignment",
		[]string{"name", "value", "ended_at", "ended_reason", "removed_at"},
		"VIP | NULL | 2026-05-30 14:00:00+00 | removed | 2026-05-30 14:00:00+00",
		"city | Barcelona | 2026-05-30 13:00:00+00 | value_changed | 2026-05-30 13:00:00+00",
		"city | gold | NULL | NULL | NULL",
		"VIP | NULL | 2026-05-30 12:00:08+00 | tag_deleted | NULL")
}

func TestContactTagsEndWhenTheContactIsErased(t *testing.T) {
	t.Parallel()
	rows := projectionstest.Run(t, projectionstest.Group(projections.Actors(), projections.Tags(), projections.TagValues(), projections.MergedContacts(), projections.ContactTags()), projectionstest.History(org,
		projectionstest.On(acme.CatalogStream(), tag.Created{Tag: city, Number: 2, Name: "city", Color: "blue", Kind: tag.Valued, Policy: tag.FreeText}),
		projectionstest.On(ana.Stream(), created("Ana", "+16505550101"),
			contact.TagAssigned{Tag: city, Number: 2, Assignment: assignment(1), Value: &contact.TagValue{Text: personal.New("Barcelona")}},
			contact.TagRemoved{Tag: city, Number: 2, Assignment: assignment(1), Value: &contact.TagValue{Text: personal.New("Barcelona")}},
			contact.TagAssigned{Tag: city, Number: 2, Assignment: assignment(2), Value: &contact.TagValue{Text: personal.New("Valencia")}}),
		projectionstest.On(bob.Stream(), created("Bob", "+16505550102"),
			contact.TagAssigned{Tag: city, Number: 2, Assignment: assignment(3), Value: &contact.TagValue{Text: personal.New("Lima")}}),
		projectionstest.On(ana.Stream(), contact.Erased{Assignments: []contact.OpenAssignment{{Assignment: assignment(2), Number: 2}}}),
	))
	lines(t, rows, "contact_tags", []string{"assignment", "value", "ended_at", "ended_reason"},
		assignment(1).String()+" | NULL | 2026-05-30 12:00:03+00 | removed",
		assignment(2).String()+" | NULL | 2026-05-30 12:00:07+00 | erased",
		assignment(3).String()+" | Lima | NULL | NULL")
}
