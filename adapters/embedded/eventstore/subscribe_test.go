package eventstore_test

import (
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/EventStore/EventStore-Client-Go/v4/esdb"
	"github.com/EventStore/EventStore-Client-Go/v4/protos/streams"
	"google.golang.org/grpc/status"
)

func byType(window uint32, multiplier uint32, prefixes ...string) *streams.ReadReq_Options_Filter {
	return &streams.ReadReq_Options_Filter{Filter: &streams.ReadReq_Options_FilterOptions{
		Filter:                       &streams.ReadReq_Options_FilterOptions_EventType{EventType: &streams.ReadReq_Options_FilterOptions_Expression{Prefix: prefixes}},
		Window:                       &streams.ReadReq_Options_FilterOptions_Max{Max: window},
		CheckpointIntervalMultiplier: multiplier,
	}}
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
	call, err := raw.Read(t.Context(), asking(&streams.ReadReq_Options{
		StreamOption: fromStart(), FilterOption: byType(3, 2, "wan"), CountOption: &streams.ReadReq_Options_Subscription{Subscription: &streams.ReadReq_Options_SubscriptionOptions{}},
	}))
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
