package projections_test

import (
	"testing"

	"tagtrail/domain/contact"
	"tagtrail/domain/personal"
	"tagtrail/domain/tag"
	"tagtrail/projections"
	"tagtrail/projections/projectionstest"
)

func TestTagsAreWhatTheCatalogueSaysNow(t *testing.T) {
	t.Parallel()
	rows := projectionstest.Run(t, projectionstest.Group(projections.Tags(), projections.TagValues()), projectionstest.History(org,
		projectionstest.On(acme.CatalogStream(),
			tag.Created{Tag: vip, Number: 1, Name: "VIP", Description: "buys a lot", Color: "default", Kind: tag.Label},
			tag.Created{Tag: city, Number: 2, Name: "tier", Color: "blue", Kind: tag.Valued, Policy: tag.FixedList, Values: []tag.Value{{Number: 1, Name: "gold"}, {Number: 2, Name: "silver"}}},
			tag.Renamed{Tag: vip, Number: 1, From: "VIP", To: "Very important"},
			tag.Recolored{Tag: vip, Number: 1, From: "default", To: "red"},
			tag.Described{Tag: vip, Number: 1, From: "buys a lot", To: ""},
			tag.Deleted{Tag: vip, Number: 1},
			tag.Deleted{Tag: city, Number: 2},
			tag.Restored{Tag: city, Number: 2},
			tag.ValueAdded{Tag: city, Number: 2, Value: tag.Value{Number: 3, Name: "bronze"}},
			tag.ValueRetired{Tag: city, Number: 2, Value: tag.Value{Number: 1, Name: "gold"}}),
	))
	lines(t, rows, "tags", []string{"number", "name", "sort_name", "description", "color", "kind", "policy", "deleted_at", "revision"},
		"1 | Very important | very important |  | red | label |  | 2026-05-30 12:00:05+00 | 5",
		"2 | tier | tier |  | blue | valued | fixed | NULL | 9")
	lines(t, rows, "tag_values", []string{"number", "name", "retired_at"},
		"1 | gold | 2026-05-30 12:00:09+00", "2 | silver | NULL", "3 | bronze | NULL")
}

func TestTagUsageCountsContactsThatCarryATag(t *testing.T) {
	t.Parallel()
	barcelona := &contact.TagValue{Text: personal.New("Barcelona")}
	rows := projectionstest.Run(t, projectionstest.Group(projections.TagUsage()), projectionstest.History(org,
		projectionstest.On(ana.Stream(), created("Ana", "+16505550101"),
			contact.TagAssigned{Tag: vip, Number: 1, Assignment: assignment(1)},
			contact.TagAssigned{Tag: city, Number: 2, Assignment: assignment(2), Value: barcelona},
			contact.TagValueChanged{Tag: city, Number: 2, Ended: assignment(2), Assignment: assignment(3), From: barcelona}),
		projectionstest.On(bob.Stream(), created("Bob", "+16505550102"),
			contact.TagAssigned{Tag: vip, Number: 1, Assignment: assignment(4)},
			contact.TagAssigned{Tag: city, Number: 2, Assignment: assignment(5), Value: barcelona},
			contact.TagRemoved{Tag: city, Number: 2, Assignment: assignment(5), Value: barcelona}),
		projectionstest.On(acme.CatalogStream(), tag.Deleted{Tag: vip, Number: 1}),
		projectionstest.On(bob.Stream(), contact.Erased{Assignments: []contact.OpenAssignment{{Assignment: assignment(4), Number: 1}}}),
	))
	lines(t, rows, "tag_usage", []string{"number", "contacts"}, "1 | 1", "2 | 1")
}
