package wire

import (
	"context"
	"errors"
	"io"
	"sync"
	"time"

	"github.com/EventStore/EventStore-Client-Go/v4/protos/shared"
	"github.com/EventStore/EventStore-Client-Go/v4/protos/streams"
	"github.com/google/uuid"
	rpc "google.golang.org/genproto/googleapis/rpc/status"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/anypb"
	"google.golang.org/protobuf/types/known/emptypb"

	"tagtrail/adapters/embedded/eventstore/eventlog"
)

// BatchAppend takes many appends in one call. Each may come in parts; its last part sends it to the log. They take
// effect in the order of their last parts and are answered as they become durable.
func (s *service) BatchAppend(stream streams.Streams_BatchAppendServer) error {
	ctx, end := s.batches.begin(stream.Context())
	defer end()
	c := &batchCall{service: s, stream: stream, parts: map[string]*batch{}}
	received := make(chan error, 1)
	// Only the end of the call interrupts Recv, so this goroutine ends right after the call.
	go func() { received <- c.receive() }()
	select {
	case err := <-received:
		c.answering.Wait()
		return err
	case <-ctx.Done():
		return refusalOf("", context.Cause(ctx))
	}
}

func (c *batchCall) receive() error {
	for {
		req, err := c.stream.Recv()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		if err := c.take(req); err != nil {
			return err
		}
	}
}

// maxOpenBatches bounds what one call keeps in memory before it is sent to the log.
const maxOpenBatches = 256

type batchCall struct {
	service   *service
	stream    streams.Streams_BatchAppendServer
	parts     map[string]*batch // by correlation id
	answering sync.WaitGroup
	sending   sync.Mutex
}

// batch is one append under way.
type batch struct {
	correlation *shared.UUID
	options     *streams.BatchAppendReq_Options
	append      eventlog.Append
	size        int
	refused     *rpc.Status
}

func (c *batchCall) take(req *streams.BatchAppendReq) error {
	if !says(req.GetCorrelationId(), "value") {
		return invalid("an append of many has a correlation id")
	}
	key := correlationKey(req.GetCorrelationId())
	b := c.parts[key]
	if b == nil {
		if len(c.parts) == maxOpenBatches {
			return refuse(codes.ResourceExhausted, "Too many appends are open")
		}
		b = &batch{correlation: req.GetCorrelationId()}
		c.parts[key] = b
	}
	c.service.collect(b, req)
	if !req.GetIsFinal() {
		return nil
	}
	delete(c.parts, key)
	return c.commit(b)
}

func (s *service) collect(b *batch, req *streams.BatchAppendReq) {
	if o := req.GetOptions(); o != nil && b.options == nil {
		b.options = o
		stream, expected, err := target(o, "expected_stream_position", o.GetStreamPosition())
		b.append.Stream, b.append.Expected = stream, expected
		b.refuse(err)
	}
	if b.options == nil {
		b.refuse(invalid("an append begins with options"))
	}
	for _, m := range req.GetProposedMessages() {
		if b.size += len(m.GetData()); b.size > s.maxAppendSize {
			b.refuseWith(codes.InvalidArgument, "Maximum Append Size Exceeded", &shared.MaximumAppendSizeExceeded{MaxAppendSize: uint32(s.maxAppendSize)})
		}
		if b.refused != nil {
			return
		}
		e, err := proposed(m)
		b.refuse(err)
		b.append.Events = append(b.append.Events, e)
	}
}

// refuse remembers the first thing wrong with an append, and forgets its events.
func (b *batch) refuse(err error) {
	switch {
	case err == nil:
	case status.Code(err) == codes.PermissionDenied:
		b.refuseWith(codes.PermissionDenied, err.Error(), &shared.AccessDenied{})
	case status.Code(err) == codes.Unauthenticated:
		b.refuseWith(codes.Unauthenticated, err.Error(), &shared.Unknown{})
	default:
		b.refuseWith(codes.InvalidArgument, err.Error(), &shared.BadRequest{Message: err.Error()})
	}
}

func (b *batch) refuseWith(code codes.Code, message string, detail proto.Message) {
	if b.refused == nil {
		b.refused = packed(code, message, detail)
	}
	b.append.Events = nil
}

// commit hands an append to the log at once, so that appends keep their order, and answers it later.
func (c *batchCall) commit(b *batch) error {
	if b.refused != nil {
		return c.answer(b, &streams.BatchAppendResp{Result: &streams.BatchAppendResp_Error{Error: b.refused}})
	}
	if err := c.service.access.permit(c.stream.Context(), b.append.Stream, toWrite); err != nil {
		b.refuse(err)
		return c.answer(b, &streams.BatchAppendResp{Result: &streams.BatchAppendResp_Error{Error: b.refused}})
	}
	results := make(chan *streams.BatchAppendResp, 1)
	err := c.service.log.Append(c.stream.Context(), b.append, func(a eventlog.Appended, err error) {
		results <- batchResult(b.append.Stream, a, err)
	})
	if err != nil {
		return c.answer(b, batchResult(b.append.Stream, eventlog.Appended{}, err))
	}
	c.answering.Go(func() {
		late, stop := b.deadline()
		defer stop()
		select {
		case result := <-results:
			_ = c.answer(b, result)
		case <-late:
			_ = c.answer(b, &streams.BatchAppendResp{Result: &streams.BatchAppendResp_Error{
				Error: packed(codes.DeadlineExceeded, "Operation timed out", &shared.Timeout{}),
			}})
		case <-c.stream.Context().Done():
		}
	})
	return nil
}

// deadline fires when the client no longer waits for this append; never, when it did not say.
func (b *batch) deadline() (<-chan time.Time, func() bool) {
	var left time.Duration
	switch {
	case b.options.GetDeadline() != nil:
		left = b.options.GetDeadline().AsDuration()
	case b.options.GetDeadline_21_10_0() != nil:
		left = time.Until(b.options.GetDeadline_21_10_0().AsTime())
	default:
		return nil, func() bool { return true }
	}
	timer := time.NewTimer(max(0, left))
	return timer.C, timer.Stop
}

func (c *batchCall) answer(b *batch, resp *streams.BatchAppendResp) error {
	resp.CorrelationId = b.correlation
	resp.StreamIdentifier = b.options.GetStreamIdentifier()
	switch expected := b.options.GetExpectedStreamPosition().(type) {
	case *streams.BatchAppendReq_Options_StreamPosition:
		resp.ExpectedStreamPosition = &streams.BatchAppendResp_StreamPosition{StreamPosition: expected.StreamPosition}
	case *streams.BatchAppendReq_Options_NoStream:
		resp.ExpectedStreamPosition = &streams.BatchAppendResp_NoStream{NoStream: &emptypb.Empty{}}
	case *streams.BatchAppendReq_Options_Any:
		resp.ExpectedStreamPosition = &streams.BatchAppendResp_Any{Any: &emptypb.Empty{}}
	case *streams.BatchAppendReq_Options_StreamExists:
		resp.ExpectedStreamPosition = &streams.BatchAppendResp_StreamExists{StreamExists: &emptypb.Empty{}}
	}
	c.sending.Lock()
	defer c.sending.Unlock()
	return c.stream.Send(resp)
}

func batchResult(stream string, a eventlog.Appended, err error) *streams.BatchAppendResp {
	if err != nil {
		return &streams.BatchAppendResp{Result: &streams.BatchAppendResp_Error{Error: batchError(stream, err)}}
	}
	ok := &streams.BatchAppendResp_Success{
		CurrentRevisionOption: &streams.BatchAppendResp_Success_CurrentRevision{CurrentRevision: uint64(a.Revision)},
		PositionOption:        &streams.BatchAppendResp_Success_NoPosition{NoPosition: &emptypb.Empty{}},
	}
	if a.Revision == eventlog.NoRevision {
		ok.CurrentRevisionOption = &streams.BatchAppendResp_Success_NoStream{NoStream: &emptypb.Empty{}}
	}
	if a.Position > 0 {
		ok.PositionOption = &streams.BatchAppendResp_Success_Position{Position: &shared.AllStreamPosition{
			CommitPosition: uint64(a.Position), PreparePosition: uint64(a.Position),
		}}
	}
	return &streams.BatchAppendResp{Result: &streams.BatchAppendResp_Success_{Success: ok}}
}

func batchError(stream string, err error) *rpc.Status {
	var wrong *eventlog.WrongRevision
	switch {
	case errors.As(err, &wrong):
		return packed(codes.AlreadyExists, "Wrong expected version", wrongDetail(wrong))
	case errors.Is(err, eventlog.ErrStreamDeleted):
		return packed(codes.NotFound, "Stream deleted", &shared.StreamDeleted{
			StreamIdentifier: &shared.StreamIdentifier{StreamName: []byte(stream)},
		})
	}
	refused := refusalOf(stream, err)
	return packed(status.Code(refused), refused.Error(), &shared.Unknown{})
}

func wrongDetail(e *eventlog.WrongRevision) *shared.WrongExpectedVersion {
	w := &shared.WrongExpectedVersion{
		CurrentStreamRevisionOption: &shared.WrongExpectedVersion_CurrentNoStream{CurrentNoStream: &emptypb.Empty{}},
	}
	if e.Current >= 0 {
		w.CurrentStreamRevisionOption = &shared.WrongExpectedVersion_CurrentStreamRevision{CurrentStreamRevision: uint64(e.Current)}
	}
	switch e.Expected {
	case eventlog.Any:
		w.ExpectedStreamPositionOption = &shared.WrongExpectedVersion_ExpectedAny{ExpectedAny: &emptypb.Empty{}}
	case eventlog.StreamExists:
		w.ExpectedStreamPositionOption = &shared.WrongExpectedVersion_ExpectedStreamExists{ExpectedStreamExists: &emptypb.Empty{}}
	case eventlog.NoStream:
		w.ExpectedStreamPositionOption = &shared.WrongExpectedVersion_ExpectedNoStream{ExpectedNoStream: &emptypb.Empty{}}
	default:
		w.ExpectedStreamPositionOption = &shared.WrongExpectedVersion_ExpectedStreamPosition{ExpectedStreamPosition: uint64(e.Expected)}
	}
	return w
}

func packed(code codes.Code, message string, detail proto.Message) *rpc.Status {
	s := &rpc.Status{Code: int32(code), Message: message}
	if inside, err := anypb.New(detail); err == nil {
		s.Details = []*anypb.Any{inside}
	}
	return s
}

func correlationKey(u *shared.UUID) string {
	if text := u.GetString_(); text != "" {
		return text
	}
	return uuid.UUID(structured(u)).String()
}
