package wire

import (
	"context"
	"encoding/binary"
	"errors"
	"io"
	"math"

	"github.com/EventStore/EventStore-Client-Go/v4/protos/shared"
	"github.com/EventStore/EventStore-Client-Go/v4/protos/streams"
	"github.com/google/uuid"
	"google.golang.org/grpc/codes"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"

	"tagtrail/adapters/embedded/eventstore/eventlog"
)

const jsonContent = "application/json"

// Append takes one stream's events in one call.
func (s *service) Append(stream streams.Streams_AppendServer) error {
	a, err := s.receiveAppend(stream)
	if err != nil {
		return err
	}
	if err := s.access.permit(stream.Context(), a.Stream, toWrite); err != nil {
		return err
	}
	appended, err := s.append(stream.Context(), a)
	var wrong *eventlog.WrongRevision
	switch {
	case errors.As(err, &wrong):
		return stream.SendAndClose(conflict(wrong))
	case err != nil:
		return refusalOf(a.Stream, err)
	}
	return stream.SendAndClose(success(appended))
}

// receiveAppend reads the whole request also when its beginning is already refused: a client that is still sending
// would see a broken stream instead of the refusal.
func (s *service) receiveAppend(stream streams.Streams_AppendServer) (eventlog.Append, error) {
	var (
		a       eventlog.Append
		size    int
		started bool
		refused error
	)
	for {
		req, err := stream.Recv()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return a, err
		}
		if refused != nil {
			continue
		}
		switch content := req.GetContent().(type) {
		case *streams.AppendReq_Options_:
			if started {
				refused = invalid("the options of an append come once")
				continue
			}
			started = true
			a.Stream, a.Expected, refused = target(content.Options, "expected_stream_revision", content.Options.GetRevision())
		case *streams.AppendReq_ProposedMessage_:
			size += len(content.ProposedMessage.GetData())
			refused = s.propose(&a, content.ProposedMessage, size, started)
		default:
			refused = invalid("a message of an append holds options or an event")
		}
		if refused != nil {
			a.Events = nil
		}
	}
	if refused == nil && !started {
		refused = invalid("an append begins with options")
	}
	return a, refused
}

func (s *service) propose(a *eventlog.Append, m proposedMessage, size int, started bool) error {
	if !started {
		return invalid("an append begins with options")
	}
	if size > s.maxAppendSize {
		return appendTooLarge(s.maxAppendSize)
	}
	e, err := proposed(m)
	if err != nil {
		return err
	}
	a.Events = append(a.Events, e)
	return nil
}

// append waits until the events are durable or refused. When the context ends first, the outcome is unknown.
func (s *service) append(ctx context.Context, a eventlog.Append) (eventlog.Appended, error) {
	type outcome struct {
		appended eventlog.Appended
		err      error
	}
	done := make(chan outcome, 1)
	err := s.log.Append(ctx, a, func(appended eventlog.Appended, err error) { done <- outcome{appended, err} })
	if err != nil {
		return eventlog.Appended{}, err
	}
	select {
	case o := <-done:
		return o.appended, o.err
	case <-ctx.Done():
		return eventlog.Appended{}, ctx.Err()
	}
}

// targetOptions are the options that append, delete, tombstone and, with another kind of nothing, a batch have in common.
type targetOptions[Nothing any] interface {
	GetStreamIdentifier() *shared.StreamIdentifier
	GetNoStream() *Nothing
	GetAny() *Nothing
	GetStreamExists() *Nothing
	proto.Message
}

// target answers the stream and what is expected of it; the revision counts when no other alternative was sent.
func target[Nothing any](o targetOptions[Nothing], alternatives protoreflect.Name, revision uint64) (string, eventlog.Expected, error) {
	stream, err := writable(o.GetStreamIdentifier())
	if err == nil {
		err = understood(o)
	}
	switch {
	case err != nil:
		return "", 0, err
	case !says(o, alternatives):
		return "", 0, invalid("an expected revision is needed")
	case o.GetNoStream() != nil:
		return stream, eventlog.NoStream, nil
	case o.GetAny() != nil:
		return stream, eventlog.Any, nil
	case o.GetStreamExists() != nil:
		return stream, eventlog.StreamExists, nil
	}
	return stream, expectedRevision(revision), nil
}

func expectedRevision(revision uint64) eventlog.Expected {
	return eventlog.Expected(min(revision, math.MaxInt64))
}

func writable(id *shared.StreamIdentifier) (string, error) {
	stream := string(id.GetStreamName())
	switch {
	case !eventlog.ValidStream(stream):
		return "", refuse(codes.Unknown, "Invalid stream name")
	case stream == "$all":
		return "", accessDenied()
	}
	return stream, nil
}

// proposedMessage is an event as Append and BatchAppend carry it.
type proposedMessage interface {
	GetId() *shared.UUID
	GetMetadata() map[string]string
	GetCustomMetadata() []byte
	GetData() []byte
}

func proposed(m proposedMessage) (eventlog.Proposed, error) {
	properties := m.GetMetadata()
	kind, ok := properties["type"]
	if !ok {
		return eventlog.Proposed{}, missingProperty("type")
	}
	content, ok := properties["content-type"]
	if !ok {
		return eventlog.Proposed{}, missingProperty("content-type")
	}
	id, err := idOf(m.GetId())
	switch {
	case err != nil:
		return eventlog.Proposed{}, err
	case id == eventlog.ID{}:
		return eventlog.Proposed{}, refuse(codes.Unknown, "Empty eventId provided.")
	case kind == "":
		return eventlog.Proposed{}, refuse(codes.Unknown, "Empty eventType provided.")
	}
	return eventlog.Proposed{
		ID: id, Type: kind, JSON: content == jsonContent, Data: m.GetData(), Metadata: m.GetCustomMetadata(),
	}, nil
}

func idOf(u *shared.UUID) (id eventlog.ID, err error) {
	if text := u.GetString_(); text != "" {
		parsed, err := uuid.Parse(text)
		if err != nil {
			return id, invalid("an event id is no UUID")
		}
		return eventlog.ID(parsed), nil
	}
	binary.BigEndian.PutUint64(id[:8], uint64(u.GetStructured().GetMostSignificantBits()))
	binary.BigEndian.PutUint64(id[8:], uint64(u.GetStructured().GetLeastSignificantBits()))
	return id, nil
}

func success(a eventlog.Appended) *streams.AppendResp {
	ok := &streams.AppendResp_Success{
		CurrentRevisionOption: &streams.AppendResp_Success_CurrentRevision{CurrentRevision: uint64(a.Revision)},
		PositionOption:        &streams.AppendResp_Success_NoPosition{NoPosition: &shared.Empty{}},
	}
	if a.Revision == eventlog.NoRevision {
		ok.CurrentRevisionOption = &streams.AppendResp_Success_NoStream{NoStream: &shared.Empty{}}
	}
	if a.Position > 0 {
		ok.PositionOption = &streams.AppendResp_Success_Position{Position: &streams.AppendResp_Position{
			CommitPosition: uint64(a.Position), PreparePosition: uint64(a.Position),
		}}
	}
	return &streams.AppendResp{Result: &streams.AppendResp_Success_{Success: ok}}
}

// conflict is an answer, not an error, and says everything twice: as clients of 20.6 read it and as today's do.
func conflict(e *eventlog.WrongRevision) *streams.AppendResp {
	w := &streams.AppendResp_WrongExpectedVersion{
		CurrentRevisionOption_20_6_0: &streams.AppendResp_WrongExpectedVersion_NoStream_20_6_0{NoStream_20_6_0: &shared.Empty{}},
		CurrentRevisionOption:        &streams.AppendResp_WrongExpectedVersion_CurrentNoStream{CurrentNoStream: &shared.Empty{}},
	}
	if e.Current >= 0 {
		current := uint64(e.Current)
		w.CurrentRevisionOption_20_6_0 = &streams.AppendResp_WrongExpectedVersion_CurrentRevision_20_6_0{CurrentRevision_20_6_0: current}
		w.CurrentRevisionOption = &streams.AppendResp_WrongExpectedVersion_CurrentRevision{CurrentRevision: current}
	}
	switch e.Expected {
	case eventlog.Any:
		w.ExpectedRevisionOption_20_6_0 = &streams.AppendResp_WrongExpectedVersion_Any_20_6_0{Any_20_6_0: &shared.Empty{}}
		w.ExpectedRevisionOption = &streams.AppendResp_WrongExpectedVersion_ExpectedAny{ExpectedAny: &shared.Empty{}}
	case eventlog.StreamExists:
		w.ExpectedRevisionOption_20_6_0 = &streams.AppendResp_WrongExpectedVersion_StreamExists_20_6_0{StreamExists_20_6_0: &shared.Empty{}}
		w.ExpectedRevisionOption = &streams.AppendResp_WrongExpectedVersion_ExpectedStreamExists{ExpectedStreamExists: &shared.Empty{}}
	case eventlog.NoStream:
		w.ExpectedRevisionOption_20_6_0 = &streams.AppendResp_WrongExpectedVersion_ExpectedRevision_20_6_0{ExpectedRevision_20_6_0: math.MaxUint64}
		w.ExpectedRevisionOption = &streams.AppendResp_WrongExpectedVersion_ExpectedNoStream{ExpectedNoStream: &shared.Empty{}}
	default:
		expected := uint64(e.Expected)
		w.ExpectedRevisionOption_20_6_0 = &streams.AppendResp_WrongExpectedVersion_ExpectedRevision_20_6_0{ExpectedRevision_20_6_0: expected}
		w.ExpectedRevisionOption = &streams.AppendResp_WrongExpectedVersion_ExpectedRevision{ExpectedRevision: expected}
	}
	return &streams.AppendResp{Result: &streams.AppendResp_WrongExpectedVersion_{WrongExpectedVersion: w}}
}
