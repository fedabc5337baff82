package commands

import (
	"context"
	"errors"

	"tagtrail/domain/contact"
	"tagtrail/domain/event"
	"tagtrail/domain/segment"
)

// RecordMembers asks to record who entered a dynamic segment and who left it.
type RecordMembers struct {
	Segment       segment.ID
	Entered, Left []contact.ID
	Definition    event.Revision // of the segment, by which they were compared
	Cause         segment.Cause
	Seen          event.Revision // of the members' own stream, when they were compared
}

// RecordMembers records it, where nobody recorded members since they were compared. Many are in a segment, so nothing is
// folded: that the stream is where it was seen says all that is to be known.
func (s *Service) RecordMembers(ctx context.Context, cmd RecordMembers) (Receipt, error) {
	events := segment.Turn(cmd.Entered, cmd.Left, cmd.Definition, cmd.Cause)
	if len(events) == 0 {
		return Receipt{}, nil
	}
	position, err := commit(ctx, s, cmd.Segment.MembersStream(), cmd.Seen, events)
	if errors.Is(err, event.ErrWrongRevision) {
		err = segment.ErrMembersMoved
	}
	return Receipt{Position: position}, err
}
