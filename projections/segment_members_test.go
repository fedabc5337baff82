package projections_test

import (
	"testing"

	"github.com/google/uuid"

	"tagtrail/domain/contact"
	"tagtrail/domain/segment"
	"tagtrail/projections"
	"tagtrail/projections/projectionstest"
)

// S3-19: who is in a segment, and every turn that led there.
func TestMembersOfSegmentsEnterAndLeave(t *testing.T) {
	t.Parallel()
	hot := segment.ID{UUID: uuid.MustParse("0193a000-0000-7000-8000-0000000000d1")}
	of := func(ids ...contact.ID) []contact.ID { return ids }
	rows := projectionstest.Run(t, projectionstest.Group(projections.SegmentMembers()), projectionstest.History(org,
		projectionstest.On(hot.MembersStream(),
			segment.MembersEntered{Contacts: of(ana, bob), Definition: 1, Cause: segment.OfSegment},
			segment.MembersLeft{Contacts: of(ana), Definition: 1, Cause: segment.OfContacts},
			segment.MembersEntered{Contacts: of(ana), Definition: 2, Cause: segment.OfReview},
			segment.MembersLeft{Contacts: of(bob), Definition: 2, Cause: segment.OfReview},
		)))
	lines(t, rows, "segment_members", []string{"contact", "entered_at", "position"}, ana.String()+" | 2026-05-30 12:00:02+00 | 30")
	lines(t, rows, "segment_turns", []string{"contact", "position", "entered", "at", "definition", "cause"},
		ana.String()+" | 10 | t | 2026-05-30 12:00:00+00 | 1 | segment",
		ana.String()+" | 20 | f | 2026-05-30 12:00:01+00 | 1 | contacts",
		ana.String()+" | 30 | t | 2026-05-30 12:00:02+00 | 2 | review",
		bob.String()+" | 10 | t | 2026-05-30 12:00:00+00 | 1 | segment",
		bob.String()+" | 40 | f | 2026-05-30 12:00:03+00 | 2 | review")
	lines(t, rows, "segment_sizes", []string{"members", "revision"}, "1 | 3")
}
