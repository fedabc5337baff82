package eventstore_test

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"strconv"
	"sync/atomic"
	"testing"
	"time"

	"github.com/EventStore/EventStore-Client-Go/v4/esdb"
	"github.com/ThreeDotsLabs/watermill/message"
	"github.com/google/uuid"
	"google.golang.org/grpc/codes"

	"tagtrail/adapters/eventstore"
	"tagtrail/domain/event"
)

const patience = 15 * time.Second

func subscriber(t *testing.T, client *eventstore.Client, config eventstore.SubscriberConfig) *eventstore.Subscriber {
	t.Helper()
	config.Logger = slog.New(slog.DiscardHandler)
	if config.RedeliverAfter == 0 {
		config.RedeliverAfter = 10 * time.Millisecond
	}
	s := eventstore.NewSubscriber(client, config)
	t.Cleanup(func() { _ = s.Close() })
	return s
}

func subscribe(t *testing.T, s *eventstore.Subscriber, topic string) <-chan *message.Message {
	t.Helper()
	messages, err := s.Subscribe(t.Context(), topic)
	if err != nil {
		t.Fatal(err)
	}
	return messages
}

func receive(t *testing.T, messages <-chan *message.Message) *message.Message {
	t.Helper()
	select {
	case msg, open := <-messages:
		if !open {
			t.Fatal("the channel is closed")
		}
		return msg
	case <-time.After(patience):
		t.Fatal("no message came")
	}
	return nil
}

func records(t *testing.T, msg *message.Message) []eventstore.Record {
	t.Helper()
	got, err := eventstore.Records(msg)
	if err != nil {
		t.Fatal(err)
	}
	return got
}

func position(t *testing.T, msg *message.Message, name string) uint64 {
	t.Helper()
	value, err := strconv.ParseUint(msg.Metadata[name], 10, 64)
	if err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	return value
}

// write appends raw events to a stream of its own and answers the position of the last.
func write(t *testing.T, srv *server, n int, data []byte) uint64 {
	t.Helper()
	return writeTo(t, raw(t, srv), "topic-"+uuid.NewString(), n, data)
}

func writeTo(t *testing.T, client *esdb.Client, stream string, n int, data []byte) uint64 {
	t.Helper()
	var last uint64
	for n > 0 {
		events := make([]esdb.EventData, min(n, 200))
		for i := range events {
			events[i] = esdb.EventData{EventID: uuid.New(), EventType: "written", Data: data, Metadata: []byte(`{"a":1}`)}
		}
		written, err := client.AppendToStream(t.Context(), stream, esdb.AppendToStreamOptions{ExpectedRevision: esdb.Any{}}, events...)
		if err != nil {
			t.Fatal(err)
		}
		last = written.CommitPosition
		n -= len(events)
	}
	return last
}

func TestBatchesHoldEveryEventInTheOrderOfTheLog(t *testing.T) {
	t.Parallel()
	srv := startServer(t)
	client := raw(t, srv)
	const all, most = 2500, 300
	var end uint64
	for range 5 {
		end = writeTo(t, client, "topic-"+uuid.NewString(), all/5, []byte("x"))
	}
	messages := subscribe(t, subscriber(t, srv.open(t), eventstore.SubscriberConfig{BatchMax: most}), eventstore.All)
	count, last := 0, uint64(0)
	for last < end {
		msg := receive(t, messages)
		if after := position(t, msg, eventstore.AfterPosition); after != last {
			t.Fatalf("the batch follows %d, the one before reached %d", after, last)
		}
		got := records(t, msg)
		if len(got) > most || strconv.Itoa(len(got)) != msg.Metadata[eventstore.Count] {
			t.Fatalf("the batch holds %d events and says %s", len(got), msg.Metadata[eventstore.Count])
		}
		for i, r := range got {
			if r.Position <= last || r.Type != "written" || string(r.Data) != "x" || string(r.Metadata) != `{"a":1}` || r.RecordedAt.IsZero() {
				t.Fatalf("behind %d comes %+v", last, r)
			}
			if i == 0 && r.Position != position(t, msg, eventstore.FirstPosition) {
				t.Fatalf("the first event is at %d, the batch says %s", r.Position, msg.Metadata[eventstore.FirstPosition])
			}
			last = r.Position
			count++
		}
		last = position(t, msg, eventstore.LastPosition)
		msg.Ack()
	}
	if count != all {
		t.Errorf("got %d events", count)
	}
}

func TestBatchIsWhatCameWhileTheHandlerWasBusy(t *testing.T) {
	t.Parallel()
	srv := startServer(t)
	messages := subscribe(t, subscriber(t, srv.open(t), eventstore.SubscriberConfig{BatchMax: 1000}), eventstore.All)
	write(t, srv, 1, nil)
	first := receive(t, messages)
	if got := records(t, first); len(got) != 1 {
		t.Errorf("an idle subscription brings %d events", len(got))
	}
	end := write(t, srv, 100, nil)
	client := srv.open(t)
	// Another subscription shows when all of them are on their way.
	for other := subscribe(t, subscriber(t, client, eventstore.SubscriberConfig{BatchMax: 1000}), eventstore.All); ; {
		msg := receive(t, other)
		msg.Ack()
		if position(t, msg, eventstore.LastPosition) >= end {
			break
		}
	}
	time.Sleep(50 * time.Millisecond)
	select {
	case <-messages:
		t.Fatal("a batch overtook the one before")
	default:
	}
	first.Ack()
	second := receive(t, messages)
	second.Ack()
	count := len(records(t, second))
	if count < 2 {
		t.Errorf("the second batch has %d events", count)
	}
	for count < 100 {
		msg := receive(t, messages)
		msg.Ack()
		count += len(records(t, msg))
	}
}

func TestRefusedBatchComesAgainBeforeAnyOther(t *testing.T) {
	t.Parallel()
	srv := startServer(t)
	messages := subscribe(t, subscriber(t, srv.open(t), eventstore.SubscriberConfig{BatchMax: 10}), eventstore.All)
	end := write(t, srv, 25, []byte("x"))
	last := uint64(0)
	for last < end {
		msg := receive(t, messages)
		for range 3 {
			msg.Nack()
			select {
			case <-msg.Context().Done():
			case <-time.After(patience):
				t.Fatal("the context of a refused message goes on")
			}
			again := receive(t, messages)
			if again.UUID != msg.UUID || !bytes.Equal(again.Payload, msg.Payload) || position(t, again, eventstore.AfterPosition) != last {
				t.Fatalf("behind %d, %s comes instead of %s", last, again.UUID, msg.UUID)
			}
			msg = again
		}
		last = position(t, msg, eventstore.LastPosition)
		msg.Ack()
		select {
		case <-msg.Context().Done():
		case <-time.After(patience):
			t.Fatal("the context of an acknowledged message goes on")
		}
	}
}

func TestBatchIsBoundedByItsBytes(t *testing.T) {
	t.Parallel()
	srv := startServer(t)
	client := raw(t, srv)
	const bound = 64 << 10
	stream := "topic-" + uuid.NewString()
	writeTo(t, client, stream, 100, bytes.Repeat([]byte("s"), 4<<10))
	writeTo(t, client, stream, 1, bytes.Repeat([]byte("l"), 3*bound))
	end := writeTo(t, client, stream, 100, bytes.Repeat([]byte("s"), 4<<10))
	messages := subscribe(t, subscriber(t, srv.open(t), eventstore.SubscriberConfig{BatchMax: 10_000, BatchBytes: bound}), eventstore.All)
	alone := false
	for last := uint64(0); last < end; {
		msg := receive(t, messages)
		got := records(t, msg)
		if len(msg.Payload) > bound && len(got) != 1 {
			t.Errorf("a batch of %d events has %d bytes", len(got), len(msg.Payload))
		}
		alone = alone || len(msg.Payload) > 3*bound
		last = position(t, msg, eventstore.LastPosition)
		msg.Ack()
	}
	if !alone {
		t.Error("the large event did not come")
	}
}

// TestMemoryIsBoundedWhileTheHandlerIsSlow counts at the network what a
// subscription has taken in while its handler holds one message.
func TestMemoryIsBoundedWhileTheHandlerIsSlow(t *testing.T) {
	t.Parallel()
	srv := startServer(t)
	db := raw(t, srv)
	const size, all, bound = 64 << 10, 512, 256 << 10 // 32 MiB in the log
	stream := "topic-" + uuid.NewString()
	var end uint64
	for range all / 8 {
		end = writeTo(t, db, stream, 8, bytes.Repeat([]byte("m"), size))
	}
	for name, most := range map[string]int{"single": 0, "batch": 10_000} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := startProxy(t, srv, endless)
			config := eventstore.SubscriberConfig{BatchMax: most, BatchBytes: bound}
			messages := subscribe(t, subscriber(t, openAt(t, p.url()), config), eventstore.All)
			first := receive(t, messages)
			// It is still when nothing has come for a while.
			taken, still := p.answered.Load(), time.Now()
			eventually(t, patience, func() bool {
				if now := p.answered.Load(); now != taken {
					taken, still = now, time.Now()
				}
				return time.Since(still) > 500*time.Millisecond
			})
			// The message, the batch behind it, and what the transport and the kernel hold.
			if limit := int64(8 << 20); taken > limit {
				t.Errorf("%d bytes were taken in behind a message that is not handled", taken)
			}
			t.Logf("%d bytes were taken in", taken)
			count := 0
			for msg := first; ; msg = receive(t, messages) {
				got := records(t, msg)
				count += len(got)
				msg.Ack()
				if len(got) > 0 && got[len(got)-1].Position >= end {
					break
				}
			}
			if count != all {
				t.Errorf("%d events came", count)
			}
		})
	}
}

// TestBatchesGrowWithTheLagAndShrinkWithoutIt shows the adaptive size: one
// event to an idle handler, few large batches to one that lags.
func TestBatchesGrowWithTheLagAndShrinkWithoutIt(t *testing.T) {
	t.Parallel()
	const most = 400
	srv := startServer(t)
	db := raw(t, srv)
	stream := "topic-" + uuid.NewString()
	sub := subscriber(t, srv.open(t), eventstore.SubscriberConfig{BatchMax: most})
	messages := subscribe(t, sub, eventstore.All)
	for _, lag := range []int{0, 50, 1000, 0, 0} {
		writeTo(t, db, stream, 1, []byte("x"))
		held := receive(t, messages)
		for len(records(t, held)) == 0 {
			held.Ack()
			held = receive(t, messages)
		}
		if got := records(t, held); len(got) != 1 {
			t.Errorf("to an idle handler come %d events", len(got))
		}
		if lag > 0 {
			writeTo(t, db, stream, lag, []byte("x"))
		}
		// The handler is slow: as many as a batch takes have come by the time at which it is done.
		for left := lag; left > 0; {
			want := min(left, most)
			eventually(t, patience, func() bool { return sub.Waiting() == want })
			held.Ack()
			held = receive(t, messages)
			if got := records(t, held); len(got) != want {
				t.Fatalf("of a lag of %d come %d events in a batch, want %d", left, len(got), want)
			}
			left -= want
		}
		held.Ack()
	}
}

func TestCloseReturnsWhileASubscriptionIsBlocked(t *testing.T) {
	t.Parallel()
	for name, block := range map[string]func(t *testing.T, srv *server, messages <-chan *message.Message){
		"on a message that nobody takes": func(t *testing.T, srv *server, _ <-chan *message.Message) {
			t.Helper()
			write(t, srv, 1, nil)
		},
		"on a message that nobody acknowledges": func(t *testing.T, srv *server, messages <-chan *message.Message) {
			t.Helper()
			write(t, srv, 1, nil)
			receive(t, messages)
		},
		"on a log without events": func(*testing.T, *server, <-chan *message.Message) {},
		"on a server that is away": func(t *testing.T, srv *server, _ <-chan *message.Message) {
			t.Helper()
			srv.stop(t)
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			srv := startServer(t)
			s := subscriber(t, srv.open(t), eventstore.SubscriberConfig{BatchMax: 10})
			messages := subscribe(t, s, eventstore.All)
			block(t, srv, messages)
			closed := make(chan struct{})
			go func() {
				defer close(closed)
				_ = s.Close()
				_ = s.Close()
			}()
			select {
			case <-closed:
			case <-time.After(patience):
				t.Fatal("it does not return")
			}
			if _, open := <-messages; open {
				if _, open = <-messages; open {
					t.Error("the channel is open")
				}
			}
			if _, err := s.Subscribe(t.Context(), eventstore.All); err == nil {
				t.Error("a closed subscriber subscribes")
			}
		})
	}
}

func TestSubscriptionEndsWithItsContext(t *testing.T) {
	t.Parallel()
	srv := startServer(t)
	s := subscriber(t, srv.open(t), eventstore.SubscriberConfig{BatchMax: 10})
	ctx, cancel := context.WithCancel(t.Context())
	ended, err := s.Subscribe(ctx, eventstore.All)
	if err != nil {
		t.Fatal(err)
	}
	goesOn := subscribe(t, s, eventstore.All)
	cancel()
	select {
	case _, open := <-ended:
		if open {
			t.Error("a message came")
		}
	case <-time.After(patience):
		t.Fatal("the channel stays open")
	}
	write(t, srv, 1, nil)
	receive(t, goesOn).Ack()
}

// drained is a handler that acknowledges all batches and fails on a gap or a repetition.
func drained(t *testing.T, messages <-chan *message.Message, until func() bool) (count int) {
	t.Helper()
	last := uint64(0)
	deadline := time.After(60 * time.Second)
	for !until() {
		select {
		case msg := <-messages:
			if after := position(t, msg, eventstore.AfterPosition); after != last {
				t.Fatalf("a batch follows %d, not %d", after, last)
			}
			for _, r := range records(t, msg) {
				if r.Position <= last {
					t.Fatalf("%d comes behind %d", r.Position, last)
				}
				last = r.Position
				count++
			}
			last = position(t, msg, eventstore.LastPosition)
			msg.Ack()
		case <-time.After(20 * time.Millisecond):
		case <-deadline:
			t.Fatalf("%d events came", count)
		}
	}
	return count
}

func TestNothingIsLostOrRepeatedWhenSubscriptionsAreDropped(t *testing.T) {
	t.Parallel()
	srv := startServer(t)
	s := subscriber(t, srv.open(t), eventstore.SubscriberConfig{BatchMax: 50})
	messages := subscribe(t, s, eventstore.All)
	store := srv.store(t)
	const all = 400
	written := make(chan struct{})
	go func() {
		defer close(written)
		stream := newContact().Stream()
		for i := range all {
			if _, err := store.Append(t.Context(), stream, event.Revision(i-1), names("x", 1)); err != nil {
				t.Error(err)
				return
			}
			switch i % 100 {
			case 30:
				srv.running.Faults().DropSubscriptions(codes.Aborted, "Operation timed out. Consumer too slow. Client resubscription required.")
			case 60:
				srv.running.Faults().FailNext(2, codes.Unavailable, "Server Is Too Busy")
			case 90:
				srv.restart(t, 0)
			}
		}
	}()
	finished := func() bool {
		select {
		case <-written:
			return true
		default:
			return false
		}
	}
	count := drained(t, messages, finished)
	for count < all {
		msg := receive(t, messages)
		count += len(records(t, msg))
		msg.Ack()
	}
	if count != all {
		t.Errorf("%d events came", count)
	}
	if s.Drops() == 0 {
		t.Error("no drop was counted")
	}
	eventually(t, patience, func() bool { return s.Trouble() == nil })
}

func TestSubscriptionBeginsBehindItsCheckpointAfterADrop(t *testing.T) {
	t.Parallel()
	srv := startServer(t)
	first := write(t, srv, 10, nil)
	end := write(t, srv, 10, nil)
	var checkpoint, asked atomic.Uint64
	checkpoint.Store(first)
	s := subscriber(t, srv.open(t), eventstore.SubscriberConfig{BatchMax: 100, From: func(_ context.Context, topic string) (uint64, error) {
		if topic != eventstore.All {
			return 0, errors.New("asked about " + topic)
		}
		if asked.Add(1) == 1 {
			return 0, errors.New("the database is away")
		}
		return checkpoint.Load(), nil
	}})
	messages := subscribe(t, s, eventstore.All)
	for last := first; last < end; {
		msg := receive(t, messages)
		if after := position(t, msg, eventstore.AfterPosition); after != last {
			t.Fatalf("a batch follows %d, not %d", after, last)
		}
		last = position(t, msg, eventstore.LastPosition)
		checkpoint.Store(last)
		msg.Ack()
	}
	// The checkpoint goes back, as it does in a database that lost its last transactions.
	checkpoint.Store(first)
	srv.running.Faults().DropSubscriptions(codes.Aborted, "resubscribe")
	if after := position(t, receive(t, messages), eventstore.AfterPosition); after != first {
		t.Errorf("after the drop a batch follows %d, not %d", after, first)
	}
}

func TestRefusedMessageWhoseCheckpointMovedIsNotInsistedOn(t *testing.T) {
	t.Parallel()
	srv := startServer(t)
	middle := write(t, srv, 10, nil)
	end := write(t, srv, 10, nil)
	var checkpoint atomic.Uint64
	s := subscriber(t, srv.open(t), eventstore.SubscriberConfig{BatchMax: 100, From: func(context.Context, string) (uint64, error) {
		return checkpoint.Load(), nil
	}})
	messages := subscribe(t, s, eventstore.All)
	msg := receive(t, messages)
	checkpoint.Store(middle) // somebody else handled the first ten
	msg.Nack()
	for last := middle; last < end; {
		msg := receive(t, messages)
		if after := position(t, msg, eventstore.AfterPosition); after != last {
			t.Fatalf("a batch follows %d, not %d", after, last)
		}
		last = position(t, msg, eventstore.LastPosition)
		checkpoint.Store(last)
		msg.Ack()
	}
}

func TestCheckpointBehindTheEndOfTheLogIsATroubleAndNotASilence(t *testing.T) {
	t.Parallel()
	srv := startServer(t)
	end := write(t, srv, 1, nil)
	s := subscriber(t, srv.open(t), eventstore.SubscriberConfig{BatchMax: 10, From: func(context.Context, string) (uint64, error) {
		return end + 1000, nil
	}})
	messages := subscribe(t, s, eventstore.All)
	eventually(t, patience, func() bool { return s.Trouble() != nil && s.Drops() > 1 })
	select {
	case msg := <-messages:
		t.Errorf("message %s came", msg.UUID)
	default:
	}
}

func TestSystemEventsOnlyMoveThePosition(t *testing.T) {
	t.Parallel()
	srv := startServer(t)
	messages := subscribe(t, subscriber(t, srv.open(t), eventstore.SubscriberConfig{BatchMax: 100}), eventstore.All)
	end := write(t, srv, 3, nil)
	for last := uint64(0); last < end; {
		msg := receive(t, messages)
		last = position(t, msg, eventstore.LastPosition)
		msg.Ack()
	}
	writeSystemEvents(t, srv, 10)
	msg := receive(t, messages)
	if got := records(t, msg); len(got) != 0 || msg.Metadata[eventstore.Count] != "0" || msg.Metadata[eventstore.FirstPosition] != "" {
		t.Errorf("system events come as %v", msg.Metadata)
	}
	reached := position(t, msg, eventstore.LastPosition)
	if reached <= end {
		t.Errorf("the position stays at %d", reached)
	}
	msg.Ack()
	// An event is not held back by the pace of empty batches.
	end = write(t, srv, 1, nil)
	for got := 0; got == 0; {
		msg := receive(t, messages)
		if after := position(t, msg, eventstore.AfterPosition); after < reached {
			t.Errorf("a batch follows %d, the one before reached %d", after, reached)
		}
		reached = position(t, msg, eventstore.LastPosition)
		got = len(records(t, msg))
		msg.Ack()
	}
	if reached < end {
		t.Errorf("reached %d, the event is at %d", reached, end)
	}
}

func TestFilteredEventsMoveThePositionByCheckpoints(t *testing.T) {
	t.Parallel()
	srv := startServer(t)
	end := write(t, srv, 1, nil)
	writeMetadata(t, srv, 20)
	messages := subscribe(t, subscriber(t, srv.open(t), eventstore.SubscriberConfig{BatchMax: 100}), eventstore.All)
	for reached := uint64(0); reached <= end; {
		msg := receive(t, messages)
		reached = position(t, msg, eventstore.LastPosition)
		msg.Ack()
	}
}

func TestEmptyBatchesComeAtMostOncePerSecond(t *testing.T) {
	t.Parallel()
	srv := startServer(t)
	messages := subscribe(t, subscriber(t, srv.open(t), eventstore.SubscriberConfig{BatchMax: 100}), eventstore.All)
	write(t, srv, 1, nil)
	receive(t, messages).Ack()
	began, empty := time.Now(), 0
	for time.Since(began) < 2500*time.Millisecond {
		writeSystemEvents(t, srv, 10)
		select {
		case msg := <-messages:
			empty++
			msg.Ack()
		case <-time.After(20 * time.Millisecond):
		}
	}
	if empty == 0 || empty > 3 {
		t.Errorf("%d empty batches came in 2.5 seconds", empty)
	}
}

func TestBatchesOfOneStreamResumeAtARevision(t *testing.T) {
	t.Parallel()
	srv := startServer(t)
	client := raw(t, srv)
	stream := "topic-" + uuid.NewString()
	writeTo(t, client, stream, 20, nil)
	write(t, srv, 20, nil)
	s := subscriber(t, srv.open(t), eventstore.SubscriberConfig{BatchMax: 100, From: func(context.Context, string) (uint64, error) { return 15, nil }})
	messages := subscribe(t, s, stream)
	next := uint64(15)
	for next < 20 {
		msg := receive(t, messages)
		for _, r := range records(t, msg) {
			if r.Stream != stream || r.Revision != next {
				t.Fatalf("got %d of %s, want %d", r.Revision, r.Stream, next)
			}
			next++
		}
		if got := position(t, msg, eventstore.LastRevision); got != next-1 {
			t.Errorf("the batch says that it reaches %d", got)
		}
		msg.Ack()
	}
}

func TestMessagesOfEitherModeAreDecoded(t *testing.T) {
	t.Parallel()
	for name, most := range map[string]int{"single": 0, "batch": 100} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			srv := startServer(t)
			codec, _ := newCodec()
			client := srv.open(t)
			store := eventstore.NewStore(client, codec)
			stream := newContact().Stream()
			if _, err := store.Append(t.Context(), stream, event.NoStream, names("x", 5)); err != nil {
				t.Fatal(err)
			}
			want := read(t, store, stream, 0)
			messages := subscribe(t, subscriber(t, client, eventstore.SubscriberConfig{BatchMax: most}), eventstore.All)
			var got []event.Recorded[event.Event]
			for len(got) < len(want) {
				msg := receive(t, messages)
				events, err := codec.Decode(t.Context(), msg)
				if err != nil {
					t.Fatal(err)
				}
				got = append(got, events...)
				msg.Ack()
			}
			for i := range want {
				if got[i] != want[i] {
					t.Errorf("got %+v, want %+v", got[i], want[i])
				}
			}
		})
	}
}

func TestFramesThatAreNoneAreRefused(t *testing.T) {
	t.Parallel()
	for name, payload := range map[string][]byte{
		"empty": nil, "of another version": {9}, "cut short": append([]byte{1}, make([]byte, 30)...), "text": []byte("{}"),
	} {
		msg := message.NewMessage("1", payload)
		msg.Metadata[eventstore.Count] = "1"
		if _, err := eventstore.Records(msg); err == nil {
			t.Errorf("a payload that is %s is read", name)
		}
	}
	if _, err := eventstore.Records(message.NewMessage("1", nil)); err == nil {
		t.Error("a foreign message is read")
	}
}
