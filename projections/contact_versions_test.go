package projections_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"tagtrail/domain/contact"
	"tagtrail/domain/event"
	"tagtrail/domain/message"
	"tagtrail/domain/personal"
	"tagtrail/domain/tag"
	"tagtrail/projections"
	"tagtrail/projections/projectionstest"
)

// lifeOfAna is all that can happen to what an auditor reads of then.
func lifeOfAna() []event.Recorded[event.Event] {
	history := projectionstest.History(org,
		projectionstest.On(acme.CatalogStream(), tag.Created{Tag: vip, Number: 1, Name: "VIP", Color: "red", Kind: tag.Label}),
		projectionstest.On(ana.Stream(), created("Ana Zweig", "+16505550101")),
		projectionstest.On(ana.Stream(), contact.TagAssigned{Tag: vip, Number: 1, Assignment: assignment(1)}),
		projectionstest.On(messageID(1).Stream(), received(ana, 9, "hello")),
		projectionstest.On(messageID(2).Stream(), received(ana, 3, "an earlier hello")),
		projectionstest.On(acme.CatalogStream(), tag.Renamed{Tag: vip, Number: 1, From: "VIP", To: "Gold"}),
		projectionstest.On(ana.Stream(), contact.IdentityLinked{Identity: number("+16505550102")}, contact.IdentityUnlinked{Identity: number("+16505550101")}),
		projectionstest.On(messageID(3).Stream(), reported(ana, message.Delivered, 8, 0)), // nothing new
		projectionstest.On(ana.Stream(), contact.Erased{Assignments: []contact.OpenAssignment{{Assignment: assignment(1), Number: 1}}}),
	)
	// A clock that was set back.
	history[3].RecordedAt = history[2].RecordedAt.Add(-time.Minute)
	return history
}

func TestVersionsOfAContactTellHowItStoodAndWhoItWas(t *testing.T) {
	t.Parallel()
	rows := projectionstest.Run(t, sealedGroup(projections.ContactVersions(), projections.IdentityVersions()), lifeOfAna())
	const open = "9223372036854775807"
	lines(t, rows, "contact_versions", []string{"from_position", "to_position", "revision", "tags", "first_seen_at", "last_seen_at", "numbers_left", "erased"},
		"20 | 30 | 0 | {} | NULL | NULL | 0 | f",
		"30 | 40 | 1 | {1} | NULL | NULL | 0 | f",
		"40 | 50 | 1 | {1} | 2026-05-30 12:09:00+00 | 2026-05-30 12:09:00+00 | 0 | f",
		"50 | 70 | 1 | {1} | 2026-05-30 12:03:00+00 | 2026-05-30 12:09:00+00 | 0 | f",
		"70 | 80 | 2 | {1} | 2026-05-30 12:03:00+00 | 2026-05-30 12:09:00+00 | 0 | f",
		"80 | 100 | 3 | {1} | 2026-05-30 12:03:00+00 | 2026-05-30 12:09:00+00 | 1 | f",
		"100 | "+open+" | 4 | {} | 2026-05-30 12:03:00+00 | 2026-05-30 12:09:00+00 | 1 | t")
	// What is long and personal is written when it changes, and not with every message.
	lines(t, rows, "contact_name_versions", []string{"from_position", "to_position", "country"},
		"20 | 70 | US", "70 | 100 | US", "100 | "+open+" | NULL")
	for i, line := range rows.Lines("contact_name_versions", "name", "phone", "wa_id") {
		if sealed := strings.Count(line, `{"$sealed":"`+ana.String()); i < 2 && sealed != 3 || i == 2 && line != "NULL | NULL | NULL" {
			t.Errorf("version %d says who it is: %s", i, line)
		}
	}
	lines(t, rows, "identity_versions", []string{"revision", "linked", "from_position", "to_position"},
		"0 | t | 20 | 100", "2 | t | 70 | 100", "3 | f | 80 | 100")
}

func TestVersionsOfATagTellWhatItWasCalled(t *testing.T) {
	t.Parallel()
	rows := projectionstest.Run(t, sealedGroup(projections.TagVersions()), lifeOfAna())
	lines(t, rows, "tag_versions", []string{"number", "name", "from_position", "to_position"},
		"1 | VIP | 10 | 60", "1 | Gold | 60 | 9223372036854775807")
}

func TestVersionsOfAnAssignmentTellWhetherItHadEnded(t *testing.T) {
	t.Parallel()
	history := projectionstest.History(org,
		projectionstest.On(ana.Stream(), created("Ana Zweig", "+16505550101")),
		projectionstest.On(ana.Stream(), contact.TagAssigned{Tag: city, Number: 2, Assignment: assignment(1), Value: &contact.TagValue{Text: personal.New("Barcelona")}}),
		projectionstest.On(ana.Stream(), contact.TagValueChanged{Tag: city, Number: 2, Ended: assignment(1), Assignment: assignment(2), To: &contact.TagValue{Text: personal.New("Valencia")}}),
		projectionstest.On(ana.Stream(), contact.Erased{Assignments: []contact.OpenAssignment{{Assignment: assignment(2), Number: 2}}}),
	)
	rows := projectionstest.Run(t, sealedGroup(projections.AssignmentVersions()), history)
	var got []string
	for _, line := range rows.Lines("assignment_versions", "from_position", "ended_reason", "value") {
		before, sealed, _ := strings.Cut(line, `{"$sealed":"`)
		got = append(got, before+strings.SplitN(sealed, ":", 2)[0])
	}
	if diff := cmp.Diff([]string{
		"20 | NULL | " + ana.String(), "30 | value_changed | " + ana.String(), "40 | value_changed | NULL",
		"30 | NULL | " + ana.String(), "40 | erased | NULL",
	}, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestMomentsNeverGoBack(t *testing.T) {
	t.Parallel()
	rows := projectionstest.Run(t, sealedGroup(projections.Moments()), lifeOfAna())
	lines(t, rows, "moments", []string{"from_position", "events", "recorded_at", "seen_at"},
		"10 | 1 | 2026-05-30 12:00:00+00 | NULL",
		"20 | 2 | 2026-05-30 12:00:01+00 | NULL",
		"30 | 3 | 2026-05-30 12:00:02+00 | NULL",
		"40 | 4 | 2026-05-30 12:00:02+00 | 2026-05-30 12:09:00+00",
		"50 | 5 | 2026-05-30 12:00:04+00 | 2026-05-30 12:09:00+00",
		"60 | 6 | 2026-05-30 12:00:05+00 | 2026-05-30 12:09:00+00",
		"70 | 7 | 2026-05-30 12:00:06+00 | 2026-05-30 12:09:00+00",
		"80 | 8 | 2026-05-30 12:00:07+00 | 2026-05-30 12:09:00+00",
		"90 | 9 | 2026-05-30 12:00:08+00 | 2026-05-30 12:09:00+00",
		"100 | 10 | 2026-05-30 12:00:09+00 | 2026-05-30 12:09:00+00")
}

// What stood at a position is what the console's row would hold, had nothing happened since.
func TestAVersionIsTheRowOfThen(t *testing.T) {
	t.Parallel()
	history := lifeOfAna()
	now, then := projectionstest.Group(projections.Contacts()), sealedGroup(projections.ContactVersions())
	rows, versions := projectionstest.NewMemory(now), projectionstest.NewMemory(then)
	versions.Apply(changesBy(t, then, projectionstest.NewSeals().Seal(history)))
	for _, e := range history {
		rows.Apply(changesBy(t, now, []event.Recorded[event.Event]{e}))
		want := stateOf(now.Tables()[0], rows.Rows("contacts"))
		var standing [][]any
		for _, v := range versions.Rows("contact_versions") {
			if n := len(v); v[n-2].(int64) <= int64(e.Position) && int64(e.Position) < v[n-1].(int64) { //nolint:gosec // small
				standing = append(standing, v)
			}
		}
		if diff := cmp.Diff(want, stateOf(then.Tables()[0], standing)); diff != "" {
			t.Errorf("at %d (-row +version):\n%s", e.Position, diff)
		}
	}
}

func changesBy(t *testing.T, g projections.Group, events []event.Recorded[event.Event]) *projections.Changes {
	t.Helper()
	changes, err := g.Project(events)
	if err != nil {
		t.Fatal(err)
	}
	return changes
}

// stateOf answers what two tables with the columns of contactState can be compared by.
func stateOf(table *projections.Table, rows [][]any) []string {
	var texts []string
	for _, row := range rows {
		text := ""
		for i, c := range table.Columns() {
			switch c.Name {
			case "name", "profile_name", "phone", "wa_id", "country", "email":
			default:
				if !c.Kept && !c.Generated { // what is computed follows from the others
					text += fmt.Sprint(c.Name, "=", row[i], " ")
				}
			}
		}
		texts = append(texts, text)
	}
	return texts
}

func TestWhatIsPersonalStaysSealedInEveryVersion(t *testing.T) {
	t.Parallel()
	group := sealedGroup(projections.ContactVersions(), projections.IdentityVersions())
	memory := projectionstest.NewMemory(group)
	memory.Apply(changesBy(t, group, projectionstest.NewSeals().Seal(projectionstest.History(org,
		projectionstest.On(ana.Stream(), created("Ana Zweig", "+16505550101")),
		projectionstest.On(ana.Stream(), contact.EmailChanged{Email: personal.New("ana@example.com"), HasEmail: true}),
	))))
	text := fmt.Sprint(memory.Rows("contact_versions"), memory.Rows("contact_name_versions"), memory.Rows("identity_versions"))
	for _, secret := range []string{"Zweig", "6505550101", "example.com"} {
		if strings.Contains(text, secret) {
			t.Errorf("versions hold %s", secret)
		}
	}
}
