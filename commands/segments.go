package commands

import (
	"context"

	"tagtrail/domain/event"
	"tagtrail/domain/segment"
)

// CreateSegment asks that a filter is kept under a name.
type CreateSegment struct {
	Name   string
	Kind   segment.Kind
	Filter []byte // as it was written
}

// CreateSegment answers the segment's id, which is the same when the command is repeated.
func (s *Service) CreateSegment(ctx context.Context, cmd CreateSegment) (segment.ID, Receipt, error) {
	id := segment.ID{UUID: created(originOf(ctx).CommandID, "segment", 0)}
	receipt, err := s.decideSegment(ctx, id, func(s *segment.Segment) ([]segment.Event, error) {
		return s.Create(cmd.Name, cmd.Kind, cmd.Filter)
	})
	return id, receipt, err
}

// EditSegment asks for another name of a segment or another filter; nil leaves a thing as it is.
type EditSegment struct {
	Segment segment.ID
	Name    *string
	Filter  []byte
	IfMatch []event.Revision // one of them is the segment's last; none asks for nothing
}

// EditSegment edits a segment.
func (s *Service) EditSegment(ctx context.Context, cmd EditSegment) (Receipt, error) {
	return s.decideSegment(ctx, cmd.Segment, func(s *segment.Segment) ([]segment.Event, error) {
		return asSeen(cmd.IfMatch, func(ifMatch *event.Revision) ([]segment.Event, error) {
			return s.Edit(cmd.Name, cmd.Filter, ifMatch)
		})
	})
}

// DeleteSegment deletes a segment; it can be restored.
func (s *Service) DeleteSegment(ctx context.Context, id segment.ID) (Receipt, error) {
	return s.decideSegment(ctx, id, (*segment.Segment).Delete)
}

// RestoreSegment brings a deleted segment back.
func (s *Service) RestoreSegment(ctx context.Context, id segment.ID) (Receipt, error) {
	return s.decideSegment(ctx, id, (*segment.Segment).Restore)
}

func (s *Service) decideSegment(ctx context.Context, id segment.ID, decision func(*segment.Segment) ([]segment.Event, error)) (Receipt, error) {
	return decide(ctx, s, id.Stream(), segment.New, decision)
}
