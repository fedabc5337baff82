package projections_test

import (
	"testing"

	"github.com/google/uuid"

	"tagtrail/domain/contact"
	"tagtrail/domain/conversation"
	"tagtrail/domain/personal"
	"tagtrail/projections"
	"tagtrail/projections/projectionstest"
)

// S4-12, S4-13, C22, C23: each conversation is a row of its own, told apart by its number.
func TestConversationsAreWhatTheInboxReported(t *testing.T) {
	t.Parallel()
	group := projectionstest.Group(projections.MergedContacts(), projections.Conversations())
	marta := uuid.MustParse("0193a000-0000-7000-8000-000000000099")
	history := []projectionstest.Step{
		projectionstest.On(conversation.Stream(ana),
			conversation.Opened{Number: 1, Channel: channel, Reference: personal.New("case 1")},
			conversation.Assigned{Number: 1, Name: personal.New("the night shift")},
			conversation.Assigned{Number: 1, Member: marta},
			conversation.Closed{Number: 1},
			conversation.Opened{Number: 2},
			conversation.Assigned{Number: 2, Name: personal.New("the night shift")}),
	}
	rows := projectionstest.Run(t, group, projectionstest.History(org, history...))
	lines(t, rows, "conversations", []string{"number", "channel", "reference", "member", "assignee_name", "opened_at", "assigned_at", "closed_at"},
		"1 | "+channel.String()+" | case 1 | "+marta.String()+" | NULL | 2026-05-30 12:00:00+00 | 2026-05-30 12:00:02+00 | 2026-05-30 12:00:03+00",
		"2 | NULL | NULL | NULL | the night shift | 2026-05-30 12:00:04+00 | 2026-05-30 12:00:05+00 | NULL")

	rows = projectionstest.Run(t, group, projectionstest.History(org, append(history,
		projectionstest.On(bob.Stream(), created("Bob", "+16505550102")), projectionstest.On(ana.Stream(), contact.Merged{Into: bob}))...))
	lines(t, projectionstest.Rows{"shown": byColumn(rows["shown_conversations"], "contact")}, "shown", []string{"contact", "held_with"},
		ana.String()+" | "+ana.String(), ana.String()+" | "+ana.String(), bob.String()+" | "+ana.String(), bob.String()+" | "+ana.String())

	rows = projectionstest.Run(t, group, projectionstest.History(org, append(history, projectionstest.On(ana.Stream(), contact.Erased{}))...))
	lines(t, rows, "conversations", []string{"number", "reference", "member", "assignee_name"}, "1 | NULL | "+marta.String()+" | NULL", "2 | NULL | NULL | NULL")
}
