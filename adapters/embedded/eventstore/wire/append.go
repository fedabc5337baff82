package wire

import (
	"context"
	"encoding/binary"
	"errors"
	"io"
	"math"

	"github.com/EventStore/EventStore-Client-Go/v4/protos/shared"
	"github.com/EventStore/EventStore-Client-Go/v4/protos/streams"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/mem"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"

	"tagtrail/adapters/embedded/eventstore/eventlog"
)

const jsonContent = "application/json"

// Append takes one stream's events in one call.
func (s *service) Append(stream streams.Streams_AppendServer) error {
	r := &received{limit: s.maxAppendSize}
	if err := r.all(stream); err != nil {
		return err
	}
	if err := s.access.permit(stream.Context(), r.append.Stream, toWrite); err != nil {
		return err
	}
	appended, err := s.append(stream.Context(), r)
	var wrong *eventlog.WrongRevision
	switch {
	case errors.As(err, &wrong):
		return stream.SendAndClose(conflict(wrong))
	case err != nil:
		return refusalOf(r.append.Stream, err)
	}
	return stream.SendMsg(encodeAppended(appended))
}

// received is what came of an append so far. Its events lie in the bytes in which they came.
type received struct {
	append  eventlog.Append
	size    int
	limit   int
	started bool
	message appendMessage // the latest
	held    []mem.Buffer
}

// all reads the whole request also when its beginning is already refused: a client that is still sending would see a
// broken stream instead of the refusal.
func (r *received) all(stream grpc.ServerStream) error {
	var refused error
	for {
		m := &r.message
		err := stream.RecvMsg(m)
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return err
		}
		if refused == nil {
			refused = r.take(m)
		}
		if refused != nil || m.content != eventContent {
			m.release()
		}
	}
	if refused == nil && !r.started {
		refused = invalid("an append begins with options")
	}
	return refused
}

func (r *received) take(m *appendMessage) error {
	switch {
	case m.content == noContent:
		return invalid("a message of an append holds options or an event")
	case m.content == optionsContent && r.started:
		return invalid("the options of an append come once")
	case m.content == optionsContent:
		r.started = true
		return r.begin(&m.options)
	case !r.started:
		return invalid("an append begins with options")
	}
	if r.size += len(m.event.data); r.size > r.limit {
		return appendTooLarge(r.limit)
	}
	e, err := m.event.proposed()
	if err != nil {
		return err
	}
	r.append.Events = append(r.append.Events, e)
	r.held = append(r.held, m.buffer)
	return nil
}

func (r *received) begin(o *appendOptions) (err error) {
	if r.append.Stream, err = writable(o.stream); err != nil {
		return err
	}
	switch {
	case o.unknown:
		return unknownOption()
	case !o.said:
		return invalid("an expected revision is needed")
	}
	r.append.Expected = o.expected
	return nil
}

// release gives back the bytes in which the events lie.
func (r *received) release() {
	for _, b := range r.held {
		b.Free()
	}
}

// append waits until the events are durable or refused. When the context ends first, the outcome is unknown.
func (s *service) append(ctx context.Context, r *received) (eventlog.Appended, error) {
	type outcome struct {
		appended eventlog.Appended
		err      error
	}
	done := make(chan outcome, 1)
	err := s.log.Append(ctx, r.append, func(appended eventlog.Appended, err error) { done <- outcome{appended, err} })
	if err != nil {
		return eventlog.Appended{}, err
	}
	select {
	case o := <-done:
		r.release()
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
	stream, err := writable(o.GetStreamIdentifier().GetStreamName())
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

func writable(name []byte) (string, error) {
	stream := string(name)
	switch {
	case !eventlog.ValidStream(stream):
		return "", refuse(codes.Unknown, "Invalid stream name")
	case stream == "$all":
		return "", accessDenied()
	}
	return stream, nil
}

// proposed is the event as the log takes it.
func (e *appendEvent) proposed() (eventlog.Proposed, error) {
	switch {
	case !e.typed:
		return eventlog.Proposed{}, missingProperty("type")
	case !e.formed:
		return eventlog.Proposed{}, missingProperty("content-type")
	}
	id, err := e.identity()
	switch {
	case err != nil:
		return eventlog.Proposed{}, err
	case id == eventlog.ID{}:
		return eventlog.Proposed{}, refuse(codes.Unknown, "Empty eventId provided.")
	case e.kind == "":
		return eventlog.Proposed{}, refuse(codes.Unknown, "Empty eventType provided.")
	}
	return eventlog.Proposed{ID: id, Type: e.kind, JSON: e.json, Data: e.data, Metadata: e.custom}, nil
}

// proposed is an event of a batch as the log takes it.
func proposed(m *streams.BatchAppendReq_ProposedMessage) (eventlog.Proposed, error) {
	properties := m.GetMetadata()
	e := appendEvent{id: structured(m.GetId()), idText: m.GetId().GetString_(), custom: m.GetCustomMetadata(), data: m.GetData()}
	e.kind, e.typed = properties["type"]
	content, formed := properties["content-type"]
	e.json, e.formed = content == jsonContent, formed
	return e.proposed()
}

// structured is an id that was sent as two numbers.
func structured(u *shared.UUID) (id eventlog.ID) {
	binary.BigEndian.PutUint64(id[:8], uint64(u.GetStructured().GetMostSignificantBits()))
	binary.BigEndian.PutUint64(id[8:], uint64(u.GetStructured().GetLeastSignificantBits()))
	return id
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
