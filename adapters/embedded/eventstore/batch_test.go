package eventstore_test

import (
	"testing"
	"time"

	"github.com/EventStore/EventStore-Client-Go/v4/protos/shared"
	"github.com/EventStore/EventStore-Client-Go/v4/protos/streams"
	"github.com/google/uuid"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/durationpb"
	"google.golang.org/protobuf/types/known/emptypb"
)

func grpcTrailer(md *metadata.MD) grpc.CallOption { return grpc.Trailer(md) }

func textID(id string) *shared.UUID { return &shared.UUID{Value: &shared.UUID_String_{String_: id}} }

func batchEvent() *streams.BatchAppendReq_ProposedMessage {
	return &streams.BatchAppendReq_ProposedMessage{
		Id:       textID(uuid.NewString()),
		Metadata: map[string]string{"type": "happened", "content-type": "application/json"},
		Data:     []byte(`{}`),
	}
}

// TestBatchAppendAnswersEachByItsCorrelation: pipelined appends to one stream keep their order, one may come in parts,
// and what is wrong with one is no matter of the others.
func TestBatchAppendAnswersEachByItsCorrelation(t *testing.T) {
	t.Parallel()
	r := start(t)
	client := streams.NewStreamsClient(conn(t, r.address))
	call, err := client.BatchAppend(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	stream := &shared.StreamIdentifier{StreamName: []byte("s")}
	at := func(revision uint64) *streams.BatchAppendReq_Options {
		return &streams.BatchAppendReq_Options{StreamIdentifier: stream, ExpectedStreamPosition: &streams.BatchAppendReq_Options_StreamPosition{StreamPosition: revision}}
	}
	none := &streams.BatchAppendReq_Options{
		StreamIdentifier: stream, ExpectedStreamPosition: &streams.BatchAppendReq_Options_NoStream{NoStream: &emptypb.Empty{}},
		DeadlineOption: &streams.BatchAppendReq_Options_Deadline{Deadline: durationpb.New(time.Minute)},
	}
	large := batchEvent()
	large.Data = make([]byte, 1<<20+1)
	gone := &streams.BatchAppendReq_Options{StreamIdentifier: &shared.StreamIdentifier{StreamName: []byte("gone")}, ExpectedStreamPosition: &streams.BatchAppendReq_Options_Any{Any: &emptypb.Empty{}}}
	if _, err := client.Tombstone(t.Context(), &streams.TombstoneReq{Options: &streams.TombstoneReq_Options{
		StreamIdentifier: gone.GetStreamIdentifier(), ExpectedStreamRevision: &streams.TombstoneReq_Options_Any{Any: &shared.Empty{}},
	}}); err != nil {
		t.Fatal(err)
	}

	for _, req := range []*streams.BatchAppendReq{
		{CorrelationId: textID("in parts"), Options: none, ProposedMessages: []*streams.BatchAppendReq_ProposedMessage{batchEvent()}},
		{CorrelationId: textID("in parts"), ProposedMessages: []*streams.BatchAppendReq_ProposedMessage{batchEvent()}, IsFinal: true},
		{CorrelationId: textID("second"), Options: at(1), ProposedMessages: []*streams.BatchAppendReq_ProposedMessage{batchEvent()}, IsFinal: true},
		{CorrelationId: textID("third"), Options: at(2), ProposedMessages: []*streams.BatchAppendReq_ProposedMessage{batchEvent()}, IsFinal: true},
		{CorrelationId: textID("conflict"), Options: at(7), ProposedMessages: []*streams.BatchAppendReq_ProposedMessage{batchEvent()}, IsFinal: true},
		{CorrelationId: textID("large"), Options: at(3), ProposedMessages: []*streams.BatchAppendReq_ProposedMessage{large}, IsFinal: true},
		{CorrelationId: textID("bad"), Options: at(3), ProposedMessages: []*streams.BatchAppendReq_ProposedMessage{{}}, IsFinal: true},
		{CorrelationId: textID("gone"), Options: gone, ProposedMessages: []*streams.BatchAppendReq_ProposedMessage{batchEvent()}, IsFinal: true},
	} {
		if err := call.Send(req); err != nil {
			t.Fatal(err)
		}
	}
	answers := map[string]*streams.BatchAppendResp{}
	for range 7 {
		resp, err := call.Recv()
		if err != nil {
			t.Fatal(err)
		}
		answers[resp.GetCorrelationId().GetString_()] = resp
	}
	for name, revision := range map[string]uint64{"in parts": 1, "second": 2, "third": 3} {
		a := answers[name]
		if a.GetSuccess().GetCurrentRevision() != revision || a.GetSuccess().GetPosition().GetCommitPosition() != revision+2 {
			t.Errorf("%s is answered with %v", name, a)
		}
	}
	for name, want := range map[string]struct {
		code   codes.Code
		detail proto.Message
	}{
		"conflict": {codes.AlreadyExists, &shared.WrongExpectedVersion{}},
		"large":    {codes.InvalidArgument, &shared.MaximumAppendSizeExceeded{}},
		"bad":      {codes.InvalidArgument, &shared.BadRequest{}},
		"gone":     {codes.NotFound, &shared.StreamDeleted{}},
	} {
		e := answers[name].GetError()
		if codes.Code(e.GetCode()) != want.code || len(e.GetDetails()) != 1 || !e.GetDetails()[0].MessageIs(want.detail) {
			t.Errorf("%s is answered with %v", name, answers[name])
		}
	}
}

// TestOpenBatchCallDoesNotHoldUpClose: such a call lasts as long as its client.
func TestOpenBatchCallDoesNotHoldUpClose(t *testing.T) {
	t.Parallel()
	r := start(t)
	call, err := streams.NewStreamsClient(conn(t, r.address)).BatchAppend(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	began := time.Now()
	r.stop(t)
	if took := time.Since(began); took > 3*time.Second {
		t.Errorf("stopping took %s", took)
	}
	if _, err := call.Recv(); status.Code(err) != codes.Unavailable {
		t.Errorf("the call ended with %v", err)
	}
}
