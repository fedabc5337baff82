package eventstore_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/EventStore/EventStore-Client-Go/v4/esdb"
	"github.com/EventStore/EventStore-Client-Go/v4/protos/shared"
	"github.com/EventStore/EventStore-Client-Go/v4/protos/streams"
	"github.com/cockroachdb/pebble/v2/vfs"
	"github.com/cockroachdb/pebble/v2/vfs/errorfs"
	"github.com/google/uuid"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"

	"tagtrail/adapters/embedded/eventstore"
	"tagtrail/adapters/embedded/eventstore/eventlog"
)

func event(kind string) esdb.EventData {
	return esdb.EventData{EventID: uuid.New(), EventType: kind, ContentType: esdb.ContentTypeJson, Data: []byte(`{}`)}
}

func appendN(t *testing.T, client *esdb.Client, stream, kind string, n int) {
	t.Helper()
	if err := appendTo(t.Context(), client, stream, kind, n); err != nil {
		t.Fatal("append:", err)
	}
}

func appendTo(ctx context.Context, client *esdb.Client, stream, kind string, n int) error {
	for left := n; left > 0; left -= 200 {
		events := make([]esdb.EventData, min(left, 200))
		for i := range events {
			events[i] = event(kind)
		}
		if _, err := client.AppendToStream(ctx, stream, esdb.AppendToStreamOptions{ExpectedRevision: esdb.Any{}}, events...); err != nil {
			return err
		}
	}
	return nil
}

// received are the events of a read that is no subscription.
func received(t *testing.T, client streams.StreamsClient, o *streams.ReadReq_Options) (all []*streams.ReadResp_ReadEvent_RecordedEvent) {
	t.Helper()
	for _, m := range messages(t, client, o) {
		if e := m.GetEvent().GetEvent(); e != nil {
			all = append(all, e)
		}
	}
	return all
}

func messages(t *testing.T, client streams.StreamsClient, o *streams.ReadReq_Options) (all []*streams.ReadResp) {
	t.Helper()
	call, err := client.Read(t.Context(), &streams.ReadReq{Options: o})
	if err != nil {
		t.Fatal("read:", err)
	}
	for {
		m, err := call.Recv()
		if errors.Is(err, io.EOF) {
			return all
		}
		if err != nil {
			t.Fatal("read:", err)
		}
		all = append(all, m)
	}
}

func fromStart() *streams.ReadReq_Options_All {
	return &streams.ReadReq_Options_All{All: &streams.ReadReq_Options_AllOptions{
		AllOption: &streams.ReadReq_Options_AllOptions_Start{Start: &shared.Empty{}},
	}}
}

func ofStream(name string) *streams.ReadReq_Options_Stream {
	return &streams.ReadReq_Options_Stream{Stream: &streams.ReadReq_Options_StreamOptions{
		StreamIdentifier: &shared.StreamIdentifier{StreamName: []byte(name)},
		RevisionOption:   &streams.ReadReq_Options_StreamOptions_Start{Start: &shared.Empty{}},
	}}
}

func byType(window uint32, multiplier uint32, prefixes ...string) *streams.ReadReq_Options_Filter {
	return &streams.ReadReq_Options_Filter{Filter: &streams.ReadReq_Options_FilterOptions{
		Filter:                       &streams.ReadReq_Options_FilterOptions_EventType{EventType: &streams.ReadReq_Options_FilterOptions_Expression{Prefix: prefixes}},
		Window:                       &streams.ReadReq_Options_FilterOptions_Max{Max: window},
		CheckpointIntervalMultiplier: multiplier,
	}}
}

// TestRefusalBeforeTheEndOfAnAppendIsSeen: an append that is refused early still shows why, however much the client
// is sending.
func TestRefusalBeforeTheEndOfAnAppendIsSeen(t *testing.T) {
	t.Parallel()
	client := connect(t, start(t))
	events := make([]esdb.EventData, 201)
	for i := range events {
		events[i] = event("large")
		events[i].Data = []byte(`"` + strings.Repeat("x", 16<<10) + `"`)
	}
	for range 30 {
		_, err := client.AppendToStream(t.Context(), "s", esdb.AppendToStreamOptions{ExpectedRevision: esdb.Any{}}, events...)
		var refused *esdb.Error
		if !errors.As(err, &refused) || !strings.Contains(refused.Error(), "Maximum Append Size of 1048576 Exceeded") {
			t.Fatalf("an append of 3 MiB: %v", err)
		}
	}
}

// TestIdleSubscriptionStays: clients ping every ten seconds, which a server of stock settings answers by hanging up after half a minute.
func TestIdleSubscriptionStays(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("it is idle for 36 seconds")
	}
	client := connect(t, start(t))
	sub, err := client.SubscribeToAll(t.Context(), esdb.SubscribeToAllOptions{From: esdb.Start{}})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = sub.Close() }()
	arrived := make(chan *esdb.SubscriptionEvent, 8)
	go func() {
		for {
			e := sub.Recv()
			if e.EventAppeared != nil || e.SubscriptionDropped != nil {
				arrived <- e
				return
			}
		}
	}()
	select {
	case e := <-arrived:
		t.Fatalf("the idle subscription got %+v", e)
	case <-time.After(36 * time.Second):
	}
	appendN(t, client, "s", "awaited", 1)
	select {
	case e := <-arrived:
		if e.EventAppeared == nil {
			t.Errorf("the subscription was dropped: %v", e.SubscriptionDropped.Error)
		}
	case <-time.After(10 * time.Second):
		t.Error("the event did not come")
	}
}

// TestSubscriptionOverHistoryAndPresent has no gap and no double, while writers write and for a reader that is slow.
func TestSubscriptionOverHistoryAndPresent(t *testing.T) {
	t.Parallel()
	client := connect(t, start(t))
	appendN(t, client, "before", "happened", 1000)
	sub, err := client.SubscribeToAll(t.Context(), esdb.SubscribeToAllOptions{From: esdb.Start{}})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = sub.Close() }()
	var writing sync.WaitGroup
	defer writing.Wait()
	for w := range 4 {
		writing.Go(func() {
			if err := appendTo(t.Context(), client, fmt.Sprint("during", w), "happened", 1000); err != nil {
				t.Error("append:", err)
			}
		})
	}
	for want := uint64(1); want <= 5000; want++ {
		e := sub.Recv()
		for e.EventAppeared == nil {
			if e.SubscriptionDropped != nil {
				t.Fatal("dropped:", e.SubscriptionDropped.Error)
			}
			e = sub.Recv()
		}
		if got := e.EventAppeared.OriginalEvent().Position.Commit; got != want {
			t.Fatalf("position %d came, want %d", got, want)
		}
		if want == 2000 {
			time.Sleep(100 * time.Millisecond) // a reader that is slow, not one that waits for an answer
		}
	}
}

// TestCheckpointsOfAFilteredSubscription come after every interval that was looked at and right before CaughtUp, each
// once, and never before a match that lies behind them.
func TestCheckpointsOfAFilteredSubscription(t *testing.T) {
	t.Parallel()
	r := start(t)
	client, raw := connect(t, r), streams.NewStreamsClient(conn(t, r.address))
	for range 4 {
		appendN(t, client, "s", "other", 9)
		appendN(t, client, "s", "wanted", 1)
	}
	call, err := raw.Read(t.Context(), &streams.ReadReq{Options: &streams.ReadReq_Options{
		StreamOption: fromStart(), FilterOption: byType(3, 2, "wan"), CountOption: &streams.ReadReq_Options_Subscription{Subscription: &streams.ReadReq_Options_SubscriptionOptions{}},
	}})
	if err != nil {
		t.Fatal(err)
	}
	want := []string{
		"confirmation", "checkpoint 6", "event 10", "checkpoint 12", "checkpoint 18", "event 20", "checkpoint 24",
		"event 30", "checkpoint 30", "checkpoint 36", "event 40", "checkpoint 40", "caught up",
	}
	if got := next(t, call, len(want)); !slices.Equal(got, want) {
		t.Fatalf("the subscription says\n%q, want\n%q", got, want)
	}
	appendN(t, client, "s", "other", 7)
	appendN(t, client, "s", "wanted", 1)
	if got, want := next(t, call, 2), []string{"checkpoint 46", "event 48"}; !slices.Equal(got, want) {
		t.Errorf("live it says %q, want %q", got, want)
	}
}

func next(t *testing.T, call streams.Streams_ReadClient, n int) (said []string) {
	t.Helper()
	for range n {
		m, err := call.Recv()
		if err != nil {
			t.Fatal("receive:", err)
		}
		switch c := m.GetContent().(type) {
		case *streams.ReadResp_Confirmation:
			said = append(said, "confirmation")
		case *streams.ReadResp_Event:
			said = append(said, fmt.Sprint("event ", c.Event.GetCommitPosition()))
		case *streams.ReadResp_Checkpoint_:
			said = append(said, fmt.Sprint("checkpoint ", c.Checkpoint.GetCommitPosition()))
		case *streams.ReadResp_CaughtUp_:
			said = append(said, "caught up")
		default:
			said = append(said, fmt.Sprintf("%T", c))
		}
	}
	return said
}

// TestSubscriptionStarts is the table of where a subscription begins: what a client names it has already.
func TestSubscriptionStarts(t *testing.T) {
	t.Parallel()
	r := start(t)
	client := connect(t, r)
	appendN(t, client, "s", "happened", 3)
	appendN(t, client, "hidden", "happened", 2)
	if _, err := client.DeleteStream(t.Context(), "hidden", esdb.DeleteStreamOptions{ExpectedRevision: esdb.Any{}}); err != nil {
		t.Fatal(err)
	}
	for _, row := range []struct {
		name   string
		stream string
		from   any
		want   []uint64
	}{
		{"a stream from its start", "s", esdb.Start{}, []uint64{1, 2, 3}},
		{"a stream behind a revision", "s", esdb.Revision(1), []uint64{3}},
		{"a stream behind its last revision", "s", esdb.Revision(2), nil},
		{"a stream from its end", "s", esdb.End{}, nil},
		{"a stream that does not exist", "none", esdb.Start{}, nil},
		{"a stream that is soft-deleted", "hidden", esdb.Start{}, nil},
		{"a stream that is soft-deleted, from its end", "hidden", esdb.End{}, nil},
		{"everything from the start", "", esdb.Start{}, []uint64{1, 2, 3, 4, 5, 6}},
		{"everything behind a position", "", esdb.Position{Commit: 4, Prepare: 4}, []uint64{5, 6}},
		{"everything from the end", "", esdb.End{}, nil},
	} {
		t.Run(row.name, func(t *testing.T) {
			var sub *esdb.Subscription
			var err error
			if row.stream == "" {
				sub, err = client.SubscribeToAll(t.Context(), esdb.SubscribeToAllOptions{From: row.from.(esdb.AllPosition)})
			} else {
				sub, err = client.SubscribeToStream(t.Context(), row.stream, esdb.SubscribeToStreamOptions{From: row.from.(esdb.StreamPosition)})
			}
			if err != nil {
				t.Fatal(err)
			}
			defer func() { _ = sub.Close() }()
			var got []uint64
			for {
				e := sub.Recv()
				if e.EventAppeared != nil {
					got = append(got, e.EventAppeared.OriginalEvent().Position.Commit)
				}
				if e.CaughtUp != nil {
					break
				}
				if e.SubscriptionDropped != nil {
					t.Fatal("dropped:", e.SubscriptionDropped.Error)
				}
			}
			if !slices.Equal(got, row.want) {
				t.Errorf("before CaughtUp came %v, want %v", got, row.want)
			}
		})
	}
}

// TestLiveSubscriptionSeesWhatTruncationHides: what is written while somebody listens is delivered, a recreated
// stream goes on, and a tombstone ends it with its own error.
func TestLiveSubscriptionSeesWhatTruncationHides(t *testing.T) {
	t.Parallel()
	r := start(t)
	client := connect(t, r)
	meta := esdb.StreamMetadata{}
	meta.SetMaxCount(1)
	if _, err := client.SetStreamMetadata(t.Context(), "s", esdb.AppendToStreamOptions{ExpectedRevision: esdb.Any{}}, meta); err != nil {
		t.Fatal(err)
	}
	appendN(t, client, "s", "early", 3)
	sub, err := client.SubscribeToStream(t.Context(), "s", esdb.SubscribeToStreamOptions{From: esdb.Start{}})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = sub.Close() }()
	expect(t, sub, "2", "caught up")
	appendN(t, client, "s", "live", 3)
	expect(t, sub, "3", "4", "5")
	if _, err := client.DeleteStream(t.Context(), "s", esdb.DeleteStreamOptions{ExpectedRevision: esdb.Any{}}); err != nil {
		t.Fatal(err)
	}
	appendN(t, client, "s", "again", 1)
	expect(t, sub, "6")
	if _, err := client.TombstoneStream(t.Context(), "s", esdb.TombstoneStreamOptions{ExpectedRevision: esdb.Any{}}); err != nil {
		t.Fatal(err)
	}
	expect(t, sub, "FailedPrecondition")
}

// TestSubscriptionToADeletedStreamSeesOnlyWhatComes after it is written again.
func TestSubscriptionToADeletedStreamSeesOnlyWhatComes(t *testing.T) {
	t.Parallel()
	client := connect(t, start(t))
	appendN(t, client, "s", "early", 3)
	if _, err := client.DeleteStream(t.Context(), "s", esdb.DeleteStreamOptions{ExpectedRevision: esdb.Any{}}); err != nil {
		t.Fatal(err)
	}
	sub, err := client.SubscribeToStream(t.Context(), "s", esdb.SubscribeToStreamOptions{From: esdb.Start{}})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = sub.Close() }()
	expect(t, sub, "caught up")
	appendN(t, client, "s", "again", 2)
	expect(t, sub, "3", "4")
}

// expect receives revisions, "caught up", or the code with which the subscription ends.
func expect(t *testing.T, sub *esdb.Subscription, want ...string) {
	t.Helper()
	for _, w := range want {
		e, got := sub.Recv(), ""
		switch {
		case e.EventAppeared != nil:
			got = fmt.Sprint(e.EventAppeared.OriginalEvent().EventNumber)
		case e.CaughtUp != nil:
			got = "caught up"
		case e.SubscriptionDropped != nil:
			got = status.Code(e.SubscriptionDropped.Error).String()
		}
		if got != w {
			t.Fatalf("%q came, want %q", got, w)
		}
	}
}

func TestFilteredReadOfEverything(t *testing.T) {
	t.Parallel()
	r := start(t)
	client, raw := connect(t, r), streams.NewStreamsClient(conn(t, r.address))
	for range 300 {
		appendN(t, client, "a-1", "other", 3)
		appendN(t, client, "b-1", "wanted", 1)
	}
	regex := &streams.ReadReq_Options_Filter{Filter: &streams.ReadReq_Options_FilterOptions{
		Filter: &streams.ReadReq_Options_FilterOptions_StreamIdentifier{StreamIdentifier: &streams.ReadReq_Options_FilterOptions_Expression{Regex: `^b-\d$`}},
		Window: &streams.ReadReq_Options_FilterOptions_Count{Count: &shared.Empty{}},
	}}
	for name, row := range map[string]struct {
		filter    *streams.ReadReq_Options_Filter
		count     uint64
		backwards bool
		first     uint64
		want      int
	}{
		"by type":             {byType(32, 1, "x", "wanted"), 1000, false, 4, 300},
		"by type, some":       {byType(32, 1, "wanted"), 260, false, 4, 260},
		"by stream, backward": {regex, 2, true, 1200, 2},
	} {
		o := &streams.ReadReq_Options{StreamOption: fromStart(), FilterOption: row.filter, CountOption: &streams.ReadReq_Options_Count{Count: row.count}}
		if row.backwards {
			o.ReadDirection = streams.ReadReq_Options_Backwards
			o.StreamOption = &streams.ReadReq_Options_All{All: &streams.ReadReq_Options_AllOptions{AllOption: &streams.ReadReq_Options_AllOptions_End{End: &shared.Empty{}}}}
		}
		got := received(t, raw, o)
		if len(got) != row.want || got[0].GetCommitPosition() != row.first {
			t.Errorf("%s: %d events, want %d", name, len(got), row.want)
		}
	}
}

// TestPositionsOfAStreamAreToldOnlyWhoAsks: the official client takes them for a broken server.
func TestPositionsOfAStreamAreToldOnlyWhoAsks(t *testing.T) {
	t.Parallel()
	r := start(t)
	client, raw := connect(t, r), streams.NewStreamsClient(conn(t, r.address))
	appendN(t, client, "s", "happened", 2)
	for compatibility, want := range map[uint32]int{0: 2, 1: 4} {
		o := &streams.ReadReq_Options{
			StreamOption: ofStream("s"), CountOption: &streams.ReadReq_Options_Count{Count: 10},
			ControlOption: &streams.ReadReq_Options_ControlOption{Compatibility: compatibility},
		}
		if got := messages(t, raw, o); len(got) != want {
			t.Errorf("at compatibility %d come %d messages, want %d", compatibility, len(got), want)
		}
	}
}

func TestLinksAreResolved(t *testing.T) {
	t.Parallel()
	client := connect(t, start(t))
	appendN(t, client, "target", "happened", 2)
	for _, to := range []string{"1@target", "9@target", "0@gone", "nonsense"} {
		link := event("$>")
		link.ContentType, link.Data = esdb.ContentTypeBinary, []byte(to)
		if _, err := client.AppendToStream(t.Context(), "links", esdb.AppendToStreamOptions{ExpectedRevision: esdb.Any{}}, link); err != nil {
			t.Fatal(err)
		}
	}
	read, err := client.ReadStream(t.Context(), "links", esdb.ReadStreamOptions{From: esdb.Start{}, ResolveLinkTos: true}, 10)
	if err != nil {
		t.Fatal(err)
	}
	defer read.Close()
	for i := range 4 {
		e, err := read.Recv()
		if err != nil {
			t.Fatal(err)
		}
		if e.Link == nil || e.Link.EventNumber != uint64(i) || *e.Commit != e.Link.Position.Commit {
			t.Errorf("link %d: %+v", i, e.Link)
		}
		if found := e.Event != nil; found != (i == 0) || found && (e.Event.StreamID != "target" || e.Event.EventNumber != 1) {
			t.Errorf("the target of link %d: %+v", i, e.Event)
		}
	}
}

// TestRecordedEventArrivesAsItWasSent in every field, whatever the bytes.
func TestRecordedEventArrivesAsItWasSent(t *testing.T) {
	t.Parallel()
	client := connect(t, start(t))
	before := time.Now().Add(-time.Second)
	for i, sent := range []esdb.EventData{
		{EventID: uuid.New(), EventType: "json", ContentType: esdb.ContentTypeJson, Data: []byte(`{"a":1}`), Metadata: []byte(`{"m":2}`)},
		{EventID: uuid.Max, EventType: "größe", ContentType: esdb.ContentTypeBinary, Data: []byte{0, 255, 128}, Metadata: []byte{0}},
		{EventID: uuid.MustParse("00000000-0000-0001-8000-000000000000"), EventType: "e", ContentType: esdb.ContentTypeBinary},
		{EventID: uuid.New(), EventType: strings.Repeat("t", 300), ContentType: esdb.ContentTypeJson, Data: []byte(strings.Repeat("d", 1<<20))},
	} {
		stream := fmt.Sprint("strøm ", i)
		result, err := client.AppendToStream(t.Context(), stream, esdb.AppendToStreamOptions{ExpectedRevision: esdb.NoStream{}}, sent)
		if err != nil {
			t.Fatal(err)
		}
		read, err := client.ReadStream(t.Context(), stream, esdb.ReadStreamOptions{From: esdb.Start{}}, 1)
		if err != nil {
			t.Fatal(err)
		}
		found, err := read.Recv()
		read.Close()
		if err != nil {
			t.Fatal(err)
		}
		got := found.Event
		same := got.EventID == sent.EventID && got.EventType == sent.EventType && string(got.Data) == string(sent.Data) &&
			string(got.UserMetadata) == string(sent.Metadata) && got.StreamID == stream && got.EventNumber == 0 &&
			got.Position.Commit == result.CommitPosition && got.Position.Prepare == result.PreparePosition &&
			got.CreatedDate.After(before) && got.CreatedDate.Before(time.Now().Add(time.Second))
		if want := map[esdb.ContentType]string{esdb.ContentTypeJson: "application/json", esdb.ContentTypeBinary: "application/octet-stream"}[sent.ContentType]; !same || got.ContentType != want {
			t.Errorf("event %d arrived as %+v", i, got)
		}
	}
}

// TestRefusals is the table of what is refused with which status and trailers.
func TestRefusals(t *testing.T) {
	t.Parallel()
	r := start(t)
	client, raw := connect(t, r), streams.NewStreamsClient(conn(t, r.address))
	appendN(t, client, "gøne", "happened", 1)
	if _, err := client.TombstoneStream(t.Context(), "gøne", esdb.TombstoneStreamOptions{ExpectedRevision: esdb.Any{}}); err != nil {
		t.Fatal(err)
	}
	good := map[string]string{"type": "t", "content-type": "application/json"}
	id := &shared.UUID{Value: &shared.UUID_String_{String_: uuid.NewString()}}
	for _, row := range []struct {
		name      string
		stream    string
		event     *streams.AppendReq_ProposedMessage
		code      codes.Code
		exception string
	}{
		{"no type", "s", &streams.AppendReq_ProposedMessage{Id: id, Metadata: map[string]string{"content-type": "x"}}, codes.InvalidArgument, "missing-required-metadata-property"},
		{"no content type", "s", &streams.AppendReq_ProposedMessage{Id: id, Metadata: map[string]string{"type": "x"}}, codes.InvalidArgument, "missing-required-metadata-property"},
		{"an empty type", "s", &streams.AppendReq_ProposedMessage{Id: id, Metadata: map[string]string{"type": "", "content-type": "x"}}, codes.Unknown, ""},
		{"no id", "s", &streams.AppendReq_ProposedMessage{Metadata: good}, codes.Unknown, ""},
		{"too large", "s", &streams.AppendReq_ProposedMessage{Id: id, Metadata: good, Data: make([]byte, 1<<20+1)}, codes.InvalidArgument, "maximum-append-size-exceeded"},
		{"no stream name", "", &streams.AppendReq_ProposedMessage{Id: id, Metadata: good}, codes.Unknown, ""},
		{"the metastream of nothing", "$$", &streams.AppendReq_ProposedMessage{Id: id, Metadata: good}, codes.Unknown, ""},
		{"the whole log", "$all", &streams.AppendReq_ProposedMessage{Id: id, Metadata: good}, codes.PermissionDenied, "access-denied"},
		{"a tombstoned stream", "gøne", &streams.AppendReq_ProposedMessage{Id: id, Metadata: good}, codes.FailedPrecondition, "stream-deleted"},
	} {
		call, err := raw.Append(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		_ = call.Send(&streams.AppendReq{Content: &streams.AppendReq_Options_{Options: &streams.AppendReq_Options{
			StreamIdentifier:       &shared.StreamIdentifier{StreamName: []byte(row.stream)},
			ExpectedStreamRevision: &streams.AppendReq_Options_Any{Any: &shared.Empty{}},
		}}})
		_ = call.Send(&streams.AppendReq{Content: &streams.AppendReq_ProposedMessage_{ProposedMessage: row.event}})
		_, err = call.CloseAndRecv()
		trailer := call.Trailer()
		if status.Code(err) != row.code || strings.Join(trailer["exception"], "") != row.exception {
			t.Errorf("%s: %v with %v", row.name, err, trailer)
		}
		if row.exception == "stream-deleted" && !slices.Equal(trailer["stream-name"], []string{"g%C3%B8ne"}) {
			t.Errorf("%s: the trailers are %v", row.name, trailer)
		}
	}
	var trailer metadata.MD
	_, err := raw.Delete(t.Context(), &streams.DeleteReq{Options: &streams.DeleteReq_Options{
		StreamIdentifier:       &shared.StreamIdentifier{StreamName: []byte("never")},
		ExpectedStreamRevision: &streams.DeleteReq_Options_Any{Any: &shared.Empty{}},
	}}, grpcTrailer(&trailer))
	if status.Code(err) != codes.FailedPrecondition || strings.Join(trailer["exception"], "") != "wrong-expected-version" || strings.Join(trailer["actual-version"], "") != "-1" {
		t.Errorf("deleting an unknown stream: %v with %v", err, trailer)
	}
}

// TestServerOnAUnixSocket is how everything in one process talks.
func TestServerOnAUnixSocket(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "s")
	lis, err := net.Listen("unix", path)
	if err != nil {
		t.Fatal(err)
	}
	server, err := eventstore.Open(eventstore.Options{Dir: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	served := make(chan error, 1)
	go func() { served <- server.Serve(lis) }()
	t.Cleanup(func() {
		if err := errors.Join(server.Close(), server.Close(), <-served); err != nil {
			t.Error(err)
		}
	})
	config, err := esdb.ParseConnectionString("esdb://localhost?tls=false")
	if err != nil {
		t.Fatal(err)
	}
	config.Address = "unix:" + path
	appendN(t, dial(t, config), "s", "happened", 1)
	if server.Head() != 1 {
		t.Errorf("the head is %d", server.Head())
	}
}

func TestGossipNamesThisServer(t *testing.T) {
	t.Parallel()
	r := start(t)
	config, err := esdb.ParseConnectionString("esdb+discover://" + r.address + "?tls=false")
	if err != nil {
		t.Fatal(err)
	}
	appendN(t, dial(t, config), "s", "happened", 1)
}

func TestOtherMachinesAreNotServed(t *testing.T) {
	t.Parallel()
	server, err := eventstore.Open(eventstore.Options{Dir: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = server.Close() }()
	if err := server.Serve(elsewhere{}); !errors.Is(err, eventstore.ErrNotLoopback) {
		t.Errorf("serving all addresses: %v", err)
	}
}

// elsewhere claims to listen on all addresses, which no test should really do.
type elsewhere struct{}

func (elsewhere) Accept() (net.Conn, error) { return nil, net.ErrClosed }
func (elsewhere) Close() error              { return nil }
func (elsewhere) Addr() net.Addr            { return &net.TCPAddr{IP: net.IPv4zero, Port: 2113} }

// TestCloseEndsSubscriptionsAsUnavailable and a server on the same address and directory takes over.
func TestCloseEndsSubscriptionsAsUnavailable(t *testing.T) {
	t.Parallel()
	r := start(t)
	client := connect(t, r)
	appendN(t, client, "s", "happened", 1)
	sub, err := client.SubscribeToAll(t.Context(), esdb.SubscribeToAllOptions{From: esdb.End{}})
	if err != nil {
		t.Fatal(err)
	}
	began := time.Now()
	r.stop(t)
	if took := time.Since(began); took > 3*time.Second {
		t.Errorf("stopping took %s", took)
	}
	for {
		e := sub.Recv()
		if e.SubscriptionDropped == nil {
			continue
		}
		if code := status.Code(e.SubscriptionDropped.Error); code != codes.Unavailable {
			t.Errorf("the subscription ended with %v", code)
		}
		break
	}
	again := startIn(t, r.dir, r.address)
	appendN(t, connect(t, again), "s", "happened", 1)
	if again.Head() != 2 {
		t.Errorf("after the restart the head is %d, want 2", again.Head())
	}
}

func TestFaultsAreDeterministic(t *testing.T) {
	t.Parallel()
	r := start(t)
	client := streams.NewStreamsClient(conn(t, r.address))
	one := sent{stream: "s", id: uuid.New()}

	r.Faults().FailNext(2, codes.Unavailable, "away")
	for range 2 {
		if _, err := appendOne(t.Context(), client, one); status.Code(err) != codes.Unavailable {
			t.Errorf("a call that is to fail: %v", err)
		}
	}
	r.Faults().LoseNext(1)
	if _, err := appendOne(t.Context(), client, one); status.Code(err) != codes.Unavailable || r.Head() != 1 {
		t.Errorf("a lost answer: %v, the head is %d", err, r.Head())
	}
	if resp, err := appendOne(t.Context(), client, one); err != nil || resp.GetSuccess() == nil || r.Head() != 1 {
		t.Errorf("the repetition: %v %v, the head is %d", resp, err, r.Head())
	}

	r.Faults().NotLeader("127.0.0.1", 4242)
	call, err := client.Read(t.Context(), &streams.ReadReq{Options: &streams.ReadReq_Options{StreamOption: fromStart(), CountOption: &streams.ReadReq_Options_Count{Count: 1}}})
	if err != nil {
		t.Fatal(err)
	}
	if _, err = call.Recv(); status.Code(err) != codes.NotFound || !slices.Equal(call.Trailer()["leader-endpoint-port"], []string{"4242"}) {
		t.Errorf("not the leader: %v with %v", err, call.Trailer())
	}
	r.Faults().Leader()

	sub, err := client.Read(t.Context(), &streams.ReadReq{Options: &streams.ReadReq_Options{StreamOption: fromStart(), CountOption: &streams.ReadReq_Options_Subscription{Subscription: &streams.ReadReq_Options_SubscriptionOptions{}}}})
	if err != nil {
		t.Fatal(err)
	}
	if got, want := next(t, sub, 3), []string{"confirmation", "event 1", "caught up"}; !slices.Equal(got, want) {
		t.Fatalf("the subscription says %q, want %q", got, want)
	}
	r.Faults().DropSubscriptions(codes.Aborted, "too slow")
	if _, err := sub.Recv(); status.Code(err) != codes.Aborted {
		t.Errorf("the dropped subscription ended with %v", err)
	}

	r.Faults().Delay(time.Hour)
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
	defer cancel()
	if _, err := appendOne(ctx, client, one); status.Code(err) != codes.DeadlineExceeded {
		t.Errorf("a delayed call: %v", err)
	}
}

// brokenDisk fails every sync once it is broken.
type brokenDisk struct{ broken atomic.Bool }

func (*brokenDisk) String() string { return "broken disk" }

func (d *brokenDisk) MaybeError(op errorfs.Op) error {
	if d.broken.Load() && (op.Kind == errorfs.OpFileSync || op.Kind == errorfs.OpFileSyncData || op.Kind == errorfs.OpFileSyncTo) {
		return errors.New("the disk is gone")
	}
	return nil
}

// TestServerStopsWhenTheDiskFails instead of answering from a log that nobody can trust.
func TestServerStopsWhenTheDiskFails(t *testing.T) {
	t.Parallel()
	disk := &brokenDisk{}
	lis, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	server, err := eventstore.Open(eventstore.Options{Dir: "log", FS: errorfs.Wrap(vfs.NewMem(), disk)})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = server.Close() }()
	served := make(chan error, 1)
	go func() { served <- server.Serve(lis) }()
	client := streams.NewStreamsClient(conn(t, lis.Addr().String()))
	if _, err := appendOne(t.Context(), client, sent{stream: "s", id: uuid.New()}); err != nil {
		t.Fatal(err)
	}
	disk.broken.Store(true)
	if _, err := appendOne(t.Context(), client, sent{stream: "s", revision: 1, id: uuid.New()}); status.Code(err) != codes.Unavailable {
		t.Errorf("an append that cannot be synced: %v", err)
	}
	select {
	case err := <-served:
		if !errors.Is(err, eventlog.ErrStopped) {
			t.Errorf("serving ended with %v", err)
		}
	case <-time.After(10 * time.Second):
		t.Error("the server serves on")
	}
}
