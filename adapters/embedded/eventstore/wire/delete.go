package wire

import (
	"context"

	"github.com/EventStore/EventStore-Client-Go/v4/protos/streams"
)

// Delete hides a stream until it is written again.
func (s *service) Delete(ctx context.Context, req *streams.DeleteReq) (*streams.DeleteResp, error) {
	stream, expected, err := target(req.GetOptions(), "expected_stream_revision", req.GetOptions().GetRevision())
	if err != nil {
		return nil, err
	}
	if err := s.access.permit(ctx, stream, toDelete); err != nil {
		return nil, err
	}
	at, err := s.log.Delete(ctx, stream, expected)
	if err != nil {
		return nil, refusalOf(stream, err)
	}
	return &streams.DeleteResp{PositionOption: &streams.DeleteResp_Position_{Position: &streams.DeleteResp_Position{
		CommitPosition: uint64(at), PreparePosition: uint64(at),
	}}}, nil
}

// Tombstone ends a stream for good.
func (s *service) Tombstone(ctx context.Context, req *streams.TombstoneReq) (*streams.TombstoneResp, error) {
	stream, expected, err := target(req.GetOptions(), "expected_stream_revision", req.GetOptions().GetRevision())
	if err != nil {
		return nil, err
	}
	if err := s.access.permit(ctx, stream, toDelete); err != nil {
		return nil, err
	}
	at, err := s.log.Tombstone(ctx, stream, expected)
	if err != nil {
		return nil, refusalOf(stream, err)
	}
	return &streams.TombstoneResp{PositionOption: &streams.TombstoneResp_Position_{Position: &streams.TombstoneResp_Position{
		CommitPosition: uint64(at), PreparePosition: uint64(at),
	}}}, nil
}
