package projections_test

import (
	"testing"

	"github.com/google/uuid"

	"tagtrail/domain/contact"
	"tagtrail/domain/personal"
	"tagtrail/projections"
	"tagtrail/projections/projectionstest"
)

func noteID(n byte) contact.NoteID {
	id := uuid.MustParse("0193a000-0000-7000-8000-00000000d000")
	id[15] = n
	return contact.NoteID{UUID: id}
}

// S1-28 … S1-30, S3-28, S3-29: who wrote a note and when, and who edited it last.
func TestNotesAreWhatTheTeamWroteLast(t *testing.T) {
	t.Parallel()
	group := projectionstest.Group(projections.MergedContacts(), projections.Notes())
	history := []projectionstest.Step{
		projectionstest.On(ana.Stream(),
			created("Ana", "+16505550101"),
			contact.NoteAdded{Note: noteID(1), Kind: contact.General, Text: personal.New("called")},
			contact.NoteAdded{Note: noteID(2), Kind: contact.Meeting, Text: personal.New("met")}),
		projectionstest.On(ana.Stream(), contact.NoteEdited{Note: noteID(1), Kind: contact.Call, Text: personal.New("called twice")}).By(agent),
		projectionstest.On(bob.Stream(), created("Bob", "+16505550102"), contact.NoteAdded{Note: noteID(3), Kind: contact.Email, Text: personal.New("wrote")}),
	}
	rows := projectionstest.Run(t, group, projectionstest.History(org, history...))
	lines(t, rows, "notes", []string{"contact", "kind", "text", "created_at", "created_by_kind", "edited_at", "edited_by_kind", "edited_by", "revision"},
		ana.String()+" | call | called twice | 2026-05-30 12:00:01+00 | owner | 2026-05-30 12:00:03+00 | agent | "+agent.ID+" | 3",
		ana.String()+" | meeting | met | 2026-05-30 12:00:02+00 | owner | NULL | NULL | NULL | 2",
		bob.String()+" | email | wrote | 2026-05-30 12:00:05+00 | owner | NULL | NULL | NULL | 1")

	rows = projectionstest.Run(t, group, projectionstest.History(org, append(history,
		projectionstest.On(ana.Stream(), contact.NoteDeleted{Note: noteID(2)}, contact.Merged{Into: bob}))...))
	lines(t, projectionstest.Rows{"shown": byColumn(rows["shown_notes"], "text")}, "shown", []string{"contact", "taken_on", "text"},
		ana.String()+" | "+ana.String()+" | called twice",
		bob.String()+" | "+ana.String()+" | called twice",
		bob.String()+" | "+bob.String()+" | wrote")

	rows = projectionstest.Run(t, group, projectionstest.History(org, append(history, projectionstest.On(ana.Stream(), contact.Erased{}))...))
	lines(t, rows, "notes", []string{"text"}, "wrote")
}
