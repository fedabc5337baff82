package projections_test

import (
	"testing"

	"tagtrail/domain/contact"
	"tagtrail/domain/message"
	"tagtrail/projections"
	"tagtrail/projections/projectionstest"
)

func TestMessagesAreThoseOfAContactInBothDirections(t *testing.T) {
	t.Parallel()
	rows := projectionstest.Run(t, projectionstest.Group(projections.Messages(), projections.MessageStatuses()), projectionstest.History(org,
		projectionstest.On(messageID(1).Stream(), received(ana, 1, "the secret of Ana")),
		projectionstest.On(messageID(2).Stream(), reported(ana, message.Read, 5, 0), reported(ana, message.Sent, 3, 0)),
		projectionstest.On(messageID(3).Stream(), reported(contact.ID{}, message.Failed, 7, 131026)),
		projectionstest.On(messageID(3).Stream(), reported(ana, message.Sent, 6, 0)),
		projectionstest.On(messageID(4).Stream(), reported(contact.ID{}, message.Failed, 8, 0)),
		projectionstest.On(messageID(5).Stream(), reported(ana, "teleported", 9, 0)),
		projectionstest.On(messageID(6).Stream(), received(bob, 1, "what Bob says")),
		projectionstest.On(bob.Stream(), contact.Erased{}),
	))
	lines(t, rows, "messages", []string{"contact", "message", "direction", "kind", "text", "at"},
		ana.String()+" | "+messageID(1).String()+" | in | text | the secret of Ana | 2026-05-30 12:01:00+00",
		ana.String()+" | "+messageID(2).String()+" | out |  | NULL | 2026-05-30 12:03:00+00",
		ana.String()+" | "+messageID(3).String()+" | out |  | NULL | 2026-05-30 12:06:00+00",
		ana.String()+" | "+messageID(5).String()+" | out |  | NULL | 2026-05-30 12:09:00+00",
		bob.String()+" | "+messageID(6).String()+" | in | text | NULL | 2026-05-30 12:01:00+00")
	lines(t, rows, "message_statuses", []string{"message", "status", "sent_at", "read_at", "failed_at", "failure_code", "reports"},
		messageID(2).String()+" | read | 2026-05-30 12:03:00+00 | 2026-05-30 12:05:00+00 | NULL | NULL | 2",
		messageID(3).String()+" | failed | 2026-05-30 12:06:00+00 | NULL | 2026-05-30 12:07:00+00 | 131026 | 2",
		messageID(4).String()+" | failed | NULL | NULL | 2026-05-30 12:08:00+00 | 0 | 1",
		messageID(5).String()+" | NULL | NULL | NULL | NULL | NULL | 1")
}
