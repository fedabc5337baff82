package reactions

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"

	"tagtrail/commands"
	"tagtrail/domain/contact"
	"tagtrail/domain/event"
	"tagtrail/domain/fault"
	"tagtrail/domain/organization"
	"tagtrail/domain/segment"
)

// reason is why segments are compared with their members, and among whom.
type reason struct {
	org   organization.ID
	among []contact.ID // nil is all
	cause segment.Cause
	upTo  event.Position // up to where what was recorded is the reason
	asked func(what string, ordinal int) context.Context
}

// look is a segment that is compared, and why.
type look struct {
	DynamicSegment
	reason
}

// difference is who entered a segment and who left it.
type difference struct{ entered, left []contact.ID }

// name tells one difference from another.
func (d difference) name() string {
	sum := sha256.New()
	for _, some := range [][]contact.ID{d.entered, {{}}, d.left} {
		for _, id := range some {
			sum.Write(id.UUID[:])
		}
	}
	return hex.EncodeToString(sum.Sum(nil))
}

// compare records of each segment who entered and who left.
//
// All are looked at before anything is recorded, and none is looked at again because of what is recorded: a rule that acts at
// once on those who entered changes them, and that is an event of its own. Who looked in between would see of two rules that
// feed each other that a contact came back, and not that it had left.
func (s *segmentation) compare(ctx context.Context, looks []look) error {
	found := make([]difference, len(looks))
	for i, l := range looks {
		var err error
		if found[i], err = s.differ(ctx, l); err != nil {
			return err
		}
	}
	for i, l := range looks {
		if err := s.record(ctx, l, found[i]); err != nil {
			return err
		}
	}
	return nil
}

// differ answers who entered and who left, of each at most so many as are recorded at once.
//
// A segment that was defined behind the reason is left alone: the event that defines it is a reason of its own, and whom the
// definition means from its beginning on must not be taken for those who came later.
func (s *segmentation) differ(ctx context.Context, l look) (difference, error) {
	if l.Since > l.upTo {
		return difference{}, nil
	}
	entered, left, err := s.Members.Differ(ctx, l.org, l.DynamicSegment, l.among, most)
	if f := fault.Of(err); f != nil && f.Kind != fault.Unavailable {
		// It was right when somebody wrote it: a field is of another type by now, or an option is gone.
		s.Logger.WarnContext(ctx, "segment cannot be compared with its members", "organization", l.org.String(), "segment", l.ID.String(), "code", f.Code)
		return difference{}, nil
	}
	return difference{entered, left}, err
}

// record records a difference, and what is left of one that is more than is recorded at once. Each command is told apart by
// what it records and at which revision: one that was given before a crash is the same, and one that was decided on tables
// that are behind meets a stream that moved, is refused, and the comparison is made again.
func (s *segmentation) record(ctx context.Context, l look, d difference) error {
	for len(d.entered)+len(d.left) > 0 {
		cmd := commands.RecordMembers{Segment: l.ID, Entered: d.entered, Left: d.left, Definition: l.Definition, Cause: l.cause, Seen: l.Seen}
		receipt, err := s.Commands.RecordMembers(l.asked(d.name(), int(l.Seen)+1), cmd)
		if err != nil {
			return err
		}
		s.recorded = max(s.recorded, receipt.Position)
		s.Logger.DebugContext(ctx, "members of a segment recorded", "segment", l.ID.String(), "entered", len(d.entered), "left", len(d.left))
		if len(d.entered) < most && len(d.left) < most {
			return nil
		}
		if err := s.Members.Await(ctx, receipt.Position); err != nil {
			return err
		}
		l.DynamicSegment, err = s.again(ctx, l.org, l.ID)
		switch {
		case errors.Is(err, errNoSegment):
			return nil
		case err != nil:
			return err
		}
		if d, err = s.differ(ctx, l); err != nil {
			return err
		}
	}
	return nil
}

var errNoSegment = errors.New("the segment has no members and means nobody")

// again answers a segment as the tables show it now.
func (s *segmentation) again(ctx context.Context, org organization.ID, id segment.ID) (DynamicSegment, error) {
	segments, err := s.Members.Segments(ctx, org)
	if err != nil {
		return DynamicSegment{}, err
	}
	for _, each := range segments {
		if each.ID == id {
			return each, nil
		}
	}
	return DynamicSegment{}, errNoSegment
}
