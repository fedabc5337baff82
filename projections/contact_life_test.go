package projections_test

import (
	"testing"

	"tagtrail/domain/contact"
	"tagtrail/domain/personal"
	"tagtrail/domain/tag"
	"tagtrail/projections"
	"tagtrail/projections/projectionstest"
)

var (
	vipStay  = contact.OpenAssignment{Assignment: assignment(1), Number: 1}
	cityStay = contact.OpenAssignment{Assignment: assignment(2), Number: 2}
	lima     = &contact.TagValue{Text: personal.New("Lima by the sea")}
	moved    = []contact.MovedAssignment{{Tag: city, Number: 2, Assignment: assignment(2), Value: lima}}
)

// aLife is that of Ana, who carries two tags, and of Bob, who carries one of them.
func aLife(more ...projectionstest.Step) []projectionstest.Step {
	return append([]projectionstest.Step{
		projectionstest.On(acme.CatalogStream(),
			tag.Created{Tag: vip, Number: 1, Name: "VIP", Color: "red", Kind: tag.Label},
			tag.Created{Tag: city, Number: 2, Name: "city", Color: "blue", Kind: tag.Valued, Policy: tag.FreeText}),
		projectionstest.On(ana.Stream(), created("Ana", "+16505550101"),
			contact.TagAssigned{Tag: vip, Number: 1, Assignment: assignment(1)},
			contact.TagAssigned{Tag: city, Number: 2, Assignment: assignment(2), Value: lima}),
		projectionstest.On(bob.Stream(), created("Bob", "+16505550102"), contact.TagAssigned{Tag: vip, Number: 1, Assignment: assignment(3)}),
	}, more...)
}

func aLifeIn(t *testing.T, more ...projectionstest.Step) projectionstest.Rows {
	t.Helper()
	return projectionstest.Run(t, projectionstest.Group(
		projections.Actors(), projections.Tags(), projections.TagValues(), projections.TagUsage(), projections.MergedContacts(),
		projections.ContactIdentities(), projections.ContactSearch(), projections.ContactTags(), projections.Contacts(),
	), projectionstest.History(org, aLife(more...)...))
}

var (
	mergeOfAna = []projectionstest.Step{
		projectionstest.On(ana.Stream(), contact.Merged{Into: bob, Ended: []contact.OpenAssignment{vipStay}, Taken: []contact.OpenAssignment{cityStay}}).
			By(agent).Through("merge"),
		projectionstest.On(bob.Stream(), contact.Absorbed{Contact: ana, Taken: moved}).By(agent).Through("merge"),
	}
	separationOfAna = []projectionstest.Step{
		projectionstest.On(ana.Stream(), contact.Separated{From: bob, Reopened: []contact.OpenAssignment{vipStay}, Returned: []contact.OpenAssignment{cityStay}}),
		projectionstest.On(bob.Stream(), contact.Released{Contact: ana, Returned: moved}),
	}
)

// C1, C16: who is archived is listed no more, and its tags end, until it is restored with them.
func TestArchivedContactsAreNotListedUntilTheyAreRestored(t *testing.T) {
	t.Parallel()
	archive := projectionstest.On(ana.Stream(), contact.Archived{Assignments: []contact.OpenAssignment{vipStay, cityStay}})
	rows := aLifeIn(t, archive)
	lines(t, rows, "contacts", []string{"name", "tags", "archived", "listed", "shelved", "revision"}, "Ana | {} | t | f | t | 3", "Bob | {1} | f | t | f | 1")
	lines(t, rows, "contact_tags", []string{"assignment", "ended_at", "ended_reason", "ended_by_kind"},
		assignment(1).String()+" | 2026-05-30 12:00:07+00 | archived | owner",
		assignment(2).String()+" | 2026-05-30 12:00:07+00 | archived | owner",
		assignment(3).String()+" | NULL | NULL | NULL")
	lines(t, rows, "tag_usage", []string{"number", "contacts"}, "1 | 1", "2 | 0")

	rows = aLifeIn(t, archive, projectionstest.On(ana.Stream(), contact.Restored{Assignments: []contact.OpenAssignment{vipStay, cityStay}}))
	lines(t, rows, "contacts", []string{"name", "tags", "archived", "listed", "revision"}, "Ana | {1,2} | f | t | 4", "Bob | {1} | f | t | 1")
	lines(t, rows, "contact_tags", []string{"assignment", "ended_at", "ended_reason", "ended_source", "ended_by_kind", "ended_by"},
		assignment(1).String()+" | NULL | NULL | NULL | NULL | NULL",
		assignment(2).String()+" | NULL | NULL | NULL | NULL | NULL",
		assignment(3).String()+" | NULL | NULL | NULL | NULL | NULL")
	lines(t, rows, "tag_usage", []string{"number", "contacts"}, "1 | 2", "2 | 1")
}

// S3-40: what goes on does so at the survivor, as the stay that it was; whoever is looked for under the other's number is the survivor.
func TestMergedContactsAreReadThroughTheSurvivor(t *testing.T) {
	t.Parallel()
	rows := aLifeIn(t, mergeOfAna...)
	lines(t, rows, "contacts", []string{"name", "tags", "merged_into", "listed", "revision"},
		"Ana | {} | "+bob.String()+" | f | 3", "Bob | {1,2} | NULL | t | 2")
	lines(t, rows, "contact_tags", []string{"contact", "assignment", "value", "moved", "ended_reason"},
		ana.String()+" | "+assignment(1).String()+" | NULL | f | merged",
		ana.String()+" | "+assignment(2).String()+" | Lima by the sea | f | merged",
		bob.String()+" | "+assignment(2).String()+" | Lima by the sea | t | NULL",
		bob.String()+" | "+assignment(3).String()+" | NULL | f | NULL")
	lines(t, projectionstest.Rows{"shown": byColumn(rows["assignments"], "assigned_at")}, "shown", []string{"contact", "name", "source", "assigned_at", "assigned_by_kind"},
		ana.String()+" | VIP | manual_admin | 2026-05-30 12:00:03+00 | owner",
		ana.String()+" | city | manual_admin | 2026-05-30 12:00:04+00 | owner",
		bob.String()+" | city | manual_admin | 2026-05-30 12:00:04+00 | owner",
		bob.String()+" | VIP | manual_admin | 2026-05-30 12:00:06+00 | owner")
	lines(t, projectionstest.Rows{"found": byColumn(rows["searchable_contacts"], "haystack")}, "found", []string{"contact", "haystack"},
		bob.String()+" | \n 16505550101\n 16505550101", bob.String()+" | \n 16505550102\n 16505550102",
		bob.String()+" | \n Ana", bob.String()+" | \n Bob")
	lines(t, rows, "tag_usage", []string{"number", "contacts"}, "1 | 1", "2 | 1")
}

func TestSeparatedContactsAreWhatTheyWere(t *testing.T) {
	t.Parallel()
	rows := aLifeIn(t, append(mergeOfAna, separationOfAna...)...)
	lines(t, rows, "contacts", []string{"name", "tags", "merged_into", "listed", "revision"}, "Ana | {1,2} | NULL | t | 4", "Bob | {1} | NULL | t | 3")
	lines(t, rows, "contact_tags", []string{"contact", "assignment", "ended_reason"},
		ana.String()+" | "+assignment(1).String()+" | NULL",
		ana.String()+" | "+assignment(2).String()+" | NULL",
		bob.String()+" | "+assignment(2).String()+" | separated",
		bob.String()+" | "+assignment(3).String()+" | NULL")
	lines(t, rows, "merged_contacts", []string{"contact"})
	lines(t, rows, "tag_usage", []string{"number", "contacts"}, "1 | 2", "2 | 1")
}

// Whom a merged contact stood for goes along with it, and comes back with it.
func TestTheLastSurvivorStandsForAll(t *testing.T) {
	t.Parallel()
	cleo := contact.ID{UUID: assignment(0xc1).UUID}
	chain := []projectionstest.Step{
		projectionstest.On(cleo.Stream(), created("Cleo", "+16505550103")),
		projectionstest.On(ana.Stream(), contact.Merged{Into: bob}),
		projectionstest.On(bob.Stream(), contact.Absorbed{Contact: ana}, contact.Merged{Into: cleo, With: []contact.ID{ana}}),
		projectionstest.On(cleo.Stream(), contact.Absorbed{Contact: bob, With: []contact.ID{ana}}),
	}
	rows := aLifeIn(t, chain...)
	lines(t, rows, "merged_contacts", []string{"contact", "root"}, ana.String()+" | "+cleo.String(), bob.String()+" | "+cleo.String())
	lines(t, rows, "contacts", []string{"name", "merged_into"}, "Ana | "+cleo.String(), "Bob | "+cleo.String(), "Cleo | NULL")

	rows = aLifeIn(t, append(chain,
		projectionstest.On(bob.Stream(), contact.Separated{From: cleo, With: []contact.ID{ana}}),
		projectionstest.On(cleo.Stream(), contact.Released{Contact: bob, With: []contact.ID{ana}}))...)
	lines(t, rows, "merged_contacts", []string{"contact", "root"}, ana.String()+" | "+bob.String())
	lines(t, rows, "contacts", []string{"name", "merged_into"}, "Ana | "+bob.String(), "Bob | NULL", "Cleo | NULL")
}

// A contact's revision is that of its last event, also where the table shows nothing of it.
func TestWhateverHappensToAContactMovesItsRevision(t *testing.T) {
	t.Parallel()
	rows := aLifeIn(t, projectionstest.On(ana.Stream(),
		contact.NoteAdded{Kind: contact.Call, Text: personal.New("called")}, contact.ConsentGiven{Purpose: contact.Marketing}, contact.LimitExceeded{Limit: 1},
		contact.CompanyChanged{Company: personal.New("Acme")}))
	lines(t, rows, "contacts", []string{"name", "revision"}, "Ana | 6", "Bob | 1")
}
