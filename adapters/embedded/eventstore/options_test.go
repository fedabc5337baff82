package eventstore_test

import (
	"slices"
	"testing"

	"github.com/EventStore/EventStore-Client-Go/v4/esdb"
	"github.com/EventStore/EventStore-Client-Go/v4/protos/shared"
	"github.com/EventStore/EventStore-Client-Go/v4/protos/streams"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/encoding/protowire"
	"google.golang.org/protobuf/proto"
)

// fromTheFuture is a field that no release knows.
var fromTheFuture = protowire.AppendVarint(protowire.AppendTag(nil, 999, protowire.VarintType), 1)

// TestReadsThatSayTooLittleOrTooMuchAreRefused as EventStoreDB refuses them; what is newer than this server is never passed over.
func TestReadsThatSayTooLittleOrTooMuchAreRefused(t *testing.T) {
	t.Parallel()
	raw := streams.NewStreamsClient(conn(t, start(t).address))
	for name, row := range map[string]struct {
		change func(*streams.ReadReq_Options)
		want   codes.Code
	}{
		"as it should be":              {func(*streams.ReadReq_Options) {}, codes.OK},
		"no stream":                    {func(o *streams.ReadReq_Options) { o.StreamOption = nil }, codes.InvalidArgument},
		"no position":                  {func(o *streams.ReadReq_Options) { o.GetAll().AllOption = nil }, codes.InvalidArgument},
		"no revision":                  {func(o *streams.ReadReq_Options) { o.StreamOption = ofStream("s"); o.GetStream().RevisionOption = nil }, codes.InvalidArgument},
		"no count":                     {func(o *streams.ReadReq_Options) { o.CountOption = nil }, codes.InvalidArgument},
		"no word of a filter":          {func(o *streams.ReadReq_Options) { o.FilterOption = nil }, codes.InvalidArgument},
		"no word of ids":               {func(o *streams.ReadReq_Options) { o.UuidOption = nil }, codes.InvalidArgument},
		"a direction that is none":     {func(o *streams.ReadReq_Options) { o.ReadDirection = 2 }, codes.InvalidArgument},
		"a filter of nothing":          {func(o *streams.ReadReq_Options) { o.FilterOption = byType(1, 1) }, codes.InvalidArgument},
		"a filter of neither":          {func(o *streams.ReadReq_Options) { o.FilterOption = byType(1, 1, "a"); o.GetFilter().Filter = nil }, codes.InvalidArgument},
		"a filter without a window":    {func(o *streams.ReadReq_Options) { o.FilterOption = byType(1, 1, "a"); o.GetFilter().Window = nil }, codes.InvalidArgument},
		"a filter of a stream":         {func(o *streams.ReadReq_Options) { o.FilterOption = byType(1, 1, "a"); o.StreamOption = ofStream("s") }, codes.InvalidArgument},
		"a subscription backwards":     {func(o *streams.ReadReq_Options) { o.CountOption, o.ReadDirection = subscription(), 1 }, codes.InvalidArgument},
		"an unknown option":            {func(o *streams.ReadReq_Options) { o.ProtoReflect().SetUnknown(fromTheFuture) }, codes.Unimplemented},
		"an unknown option of a place": {func(o *streams.ReadReq_Options) { o.GetAll().ProtoReflect().SetUnknown(fromTheFuture) }, codes.Unimplemented},
		"an unknown option of a subscription": {func(o *streams.ReadReq_Options) {
			o.CountOption = subscription()
			o.GetSubscription().ProtoReflect().SetUnknown(fromTheFuture)
		}, codes.Unimplemented},
		"a stream without a name": {func(o *streams.ReadReq_Options) { o.StreamOption = ofStream("") }, codes.Unknown},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			req := asking(&streams.ReadReq_Options{StreamOption: fromStart(), CountOption: &streams.ReadReq_Options_Count{Count: 1}})
			row.change(req.GetOptions())
			call, err := raw.Read(t.Context(), req)
			if err != nil {
				t.Fatal(err)
			}
			if _, err := call.Recv(); row.want != codes.OK && status.Code(err) != row.want {
				t.Errorf("the read ends with %v, want %v", err, row.want)
			}
		})
	}
	if _, err := raw.Delete(t.Context(), unknownTo(&streams.DeleteReq{Options: &streams.DeleteReq_Options{
		StreamIdentifier: &shared.StreamIdentifier{StreamName: []byte("s")}, ExpectedStreamRevision: &streams.DeleteReq_Options_Any{Any: &shared.Empty{}},
	}})); status.Code(err) != codes.Unimplemented {
		t.Errorf("a delete with an unknown option ends with %v", err)
	}
}

func unknownTo(req *streams.DeleteReq) *streams.DeleteReq {
	req.GetOptions().ProtoReflect().SetUnknown(fromTheFuture)
	return req
}

func subscription() *streams.ReadReq_Options_Subscription {
	return &streams.ReadReq_Options_Subscription{Subscription: &streams.ReadReq_Options_SubscriptionOptions{}}
}

// TestBatchesNeedACorrelation, by which they are answered.
func TestBatchesNeedACorrelation(t *testing.T) {
	t.Parallel()
	call, err := streams.NewStreamsClient(conn(t, start(t).address)).BatchAppend(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if err := call.Send(&streams.BatchAppendReq{IsFinal: true}); err != nil {
		t.Fatal(err)
	}
	if _, err := call.Recv(); status.Code(err) != codes.InvalidArgument {
		t.Errorf("a batch without a correlation id ends with %v", err)
	}
}

// TestCaughtUpSaysWhere to clients that are newer than the official one for Go.
func TestCaughtUpSaysWhere(t *testing.T) {
	t.Parallel()
	r := start(t)
	appendN(t, connect(t, r), "s", "happened", 3)
	raw := streams.NewStreamsClient(conn(t, r.address))
	for name, row := range map[string]struct {
		of   *streams.ReadReq_Options
		want []uint64 // the fields that are there, but the time
	}{
		"of a stream":             {&streams.ReadReq_Options{StreamOption: ofStream("s")}, []uint64{2, 2}},
		"of a stream without one": {&streams.ReadReq_Options{StreamOption: ofStream("none")}, nil},
		"of the log":              {&streams.ReadReq_Options{StreamOption: fromStart()}, []uint64{3, 3}},
	} {
		row.of.CountOption = subscription()
		call, err := raw.Read(t.Context(), asking(row.of))
		if err != nil {
			t.Fatal(err)
		}
		for {
			m, err := call.Recv()
			if err != nil {
				t.Fatal(err)
			}
			if said := m.GetCaughtUp(); said != nil {
				if got := fields(t, said); !slices.Equal(got, row.want) {
					t.Errorf("%s it says %v, want %v", name, got, row.want)
				}
				break
			}
		}
	}
}

// fields are numbers and values of the fields that a message was sent with; of a position the commit position.
func fields(t *testing.T, m proto.Message) (said []uint64) {
	t.Helper()
	at := false
	for b := []byte(m.ProtoReflect().GetUnknown()); len(b) > 0; {
		number, kind, n := protowire.ConsumeTag(b)
		if b = b[n:]; kind == protowire.VarintType {
			value, n := protowire.ConsumeVarint(b)
			said, b = append(said, uint64(number), value), b[n:]
			continue
		}
		inside, n := protowire.ConsumeBytes(b)
		b = b[n:]
		_, _, tag := protowire.ConsumeTag(inside)
		value, _ := protowire.ConsumeVarint(inside[tag:])
		if number == 1 {
			at = value > 1_500_000_000
			continue
		}
		said = append(said, uint64(number), value)
	}
	if !at {
		t.Error("it does not say when")
	}
	return said
}

// TestSubscriptionsOf2310: who talks to an older EventStoreDB can be tested against what is different there.
func TestSubscriptionsOf2310(t *testing.T) {
	t.Parallel()
	r := start(t)
	r.Faults().As2310()
	client, raw := connect(t, r), streams.NewStreamsClient(conn(t, r.address))
	appendN(t, client, "s", "other", 5)
	appendN(t, client, "s", "wanted", 1)

	filtered, err := raw.Read(t.Context(), asking(&streams.ReadReq_Options{StreamOption: fromStart(), FilterOption: byType(4, 1, "wan"), CountOption: subscription()}))
	if err != nil {
		t.Fatal(err)
	}
	if got, want := next(t, filtered, 4), []string{"confirmation", "checkpoint 4", "event 6", "caught up"}; !slices.Equal(got, want) {
		t.Errorf("a filtered subscription says %q, want %q", got, want)
	}

	missing, err := raw.Read(t.Context(), asking(&streams.ReadReq_Options{StreamOption: ofStream("later"), CountOption: subscription()}))
	if err != nil {
		t.Fatal(err)
	}
	if got := next(t, missing, 1); got[0] != "confirmation" {
		t.Fatalf("a subscription begins with %q", got)
	}
	appendN(t, client, "later", "happened", 1)
	if got, want := next(t, missing, 2), []string{"event 7", "caught up"}; !slices.Equal(got, want) {
		t.Errorf("of a stream that was missing it says %q, want %q", got, want)
	}

	slow, err := raw.Read(t.Context(), asking(&streams.ReadReq_Options{StreamOption: ofStreamFrom("s", 5), CountOption: subscription()}))
	if err != nil {
		t.Fatal(err)
	}
	next(t, slow, 2)
	events := make([]esdb.EventData, 33)
	for i := range events {
		events[i] = event("many")
	}
	if _, err := client.AppendToStream(t.Context(), "s", esdb.AppendToStreamOptions{ExpectedRevision: esdb.Any{}}, events...); err != nil {
		t.Fatal(err)
	}
	if _, err := slow.Recv(); status.Code(err) != codes.Aborted {
		t.Errorf("a reader that is 33 events behind ends with %v, want Aborted", err)
	}

	r.Faults().AsNewest()
	again, err := raw.Read(t.Context(), asking(&streams.ReadReq_Options{StreamOption: ofStream("never"), CountOption: subscription()}))
	if err != nil {
		t.Fatal(err)
	}
	if got, want := next(t, again, 2), []string{"confirmation", "caught up"}; !slices.Equal(got, want) {
		t.Errorf("of the newest release it says %q, want %q", got, want)
	}
}
