package eventstore_test

import (
	"context"
	"errors"
	"fmt"
	"net"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/EventStore/EventStore-Client-Go/v4/protos/serverfeatures"
	"github.com/EventStore/EventStore-Client-Go/v4/protos/shared"
	"github.com/EventStore/EventStore-Client-Go/v4/protos/streams"
	"github.com/google/uuid"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"

	"tagtrail/adapters/eventstore"
	"tagtrail/domain/event"
	"tagtrail/domain/fault"
)

// odd is a server that says what the official client does not expect.
type odd struct {
	serverfeatures.UnimplementedServerFeaturesServer
	streams.UnimplementedStreamsServer
	version string
	read    []*streams.ReadResp
}

func (o *odd) GetSupportedMethods(context.Context, *shared.Empty) (*serverfeatures.SupportedMethods, error) {
	return &serverfeatures.SupportedMethods{EventStoreServerVersion: o.version}, nil
}

// Append says that the stream is deleted and leaves out which.
func (o *odd) Append(stream streams.Streams_AppendServer) error {
	for {
		if _, err := stream.Recv(); err != nil {
			break
		}
	}
	stream.SetTrailer(metadata.Pairs("exception", "stream-deleted"))
	return status.Error(codes.FailedPrecondition, "deleted")
}

func (o *odd) Read(_ *streams.ReadReq, stream streams.Streams_ReadServer) error {
	for _, resp := range o.read {
		if err := stream.Send(resp); err != nil {
			return err
		}
	}
	return nil
}

func startOdd(t *testing.T, o *odd) string {
	t.Helper()
	socket := socketFor(t)
	lis, err := net.Listen("unix", socket)
	if err != nil {
		t.Fatal(err)
	}
	server := grpc.NewServer()
	serverfeatures.RegisterServerFeaturesServer(server, o)
	streams.RegisterStreamsServer(server, o)
	served := make(chan error, 1)
	go func() { served <- server.Serve(lis) }()
	t.Cleanup(func() {
		server.Stop()
		if err := <-served; err != nil {
			t.Error(err)
		}
	})
	return socket
}

func TestAnswerThatTheOfficialClientPanicsAtFailsThatCallOnly(t *testing.T) {
	t.Parallel()
	caughtUp := &streams.ReadResp{Content: &streams.ReadResp_CaughtUp_{CaughtUp: &streams.ReadResp_CaughtUp{}}}
	codec, _ := newCodec()
	client := openAt(t, startOdd(t, &odd{version: "23.10.0", read: []*streams.ReadResp{caughtUp}}))
	s := eventstore.NewStore(client, codec)
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	for range 3 {
		if _, err := s.Append(ctx, newContact().Stream(), event.NoStream, names("x", 1)); err == nil || ctx.Err() != nil {
			t.Errorf("an append whose refusal lacks the stream's name: %v", err)
		}
		if _, err := s.Head(ctx); err == nil || ctx.Err() != nil {
			t.Errorf("a read that brings what is none: %v", err)
		}
		for _, err := range s.ReadStream(ctx, newContact().Stream(), 0) {
			if err == nil || ctx.Err() != nil {
				t.Errorf("a stream that brings what is none: %v", err)
			}
		}
	}
}

func TestServerWhoseVersionIsNoNumberIsWaitedForAndHeldUpToNobody(t *testing.T) {
	t.Parallel()
	codec, _ := newCodec()
	s := eventstore.NewStore(openAt(t, startOdd(t, &odd{version: "oss-v23"})), codec)
	var err error
	late := lateness(300*time.Millisecond, func(ctx context.Context) { _, err = s.Head(ctx) })
	if late > promptly || !errors.Is(err, eventstore.ErrUnavailable) {
		t.Errorf("it came back %v late: %v", late, err)
	}
}

// TestEachStatusIsTakenForWhatItMeans holds the whole table of status codes
// against appends and reads: a passing refusal is overcome, a final one is
// answered at once.
func TestEachStatusIsTakenForWhatItMeans(t *testing.T) {
	t.Parallel()
	passing := []codes.Code{codes.Canceled, codes.Unknown, codes.DeadlineExceeded, codes.Aborted, codes.Internal, codes.Unavailable, codes.DataLoss}
	faults := map[codes.Code]error{codes.ResourceExhausted: eventstore.ErrTooLarge}
	for code := codes.Canceled; code <= codes.Unauthenticated; code++ {
		t.Run(code.String(), func(t *testing.T) {
			t.Parallel()
			srv := startServer(t)
			s := srv.store(t)
			stream := newContact().Stream()
			if _, err := s.Append(t.Context(), stream, event.NoStream, names("x", 1)); err != nil {
				t.Fatal(err)
			}
			for name, ask := range map[string]func() error{
				"append": func() error {
					_, err := s.Append(t.Context(), newContact().Stream(), event.NoStream, names("x", 1))
					return err
				},
				"head": func() error {
					_, err := s.Head(t.Context())
					return err
				},
				"read": func() error {
					for _, err := range s.ReadStream(t.Context(), stream, 0) {
						return err
					}
					return nil
				},
			} {
				srv.running.Faults().FailNext(2, code, "refused on purpose")
				err := ask()
				switch {
				case slices.Contains(passing, code):
					if err != nil {
						t.Errorf("%s is not sent again: %v", name, err)
					}
				case code == codes.NotFound && name == "read":
					// It says that the stream is missing, and a missing stream has no events.
					_ = ask()
				default:
					if want := faults[code]; err == nil || want != nil && !errors.Is(err, want) {
						t.Errorf("%s is sent again, or refused with %v", name, err)
					}
					if errors.Is(err, eventstore.ErrUnavailable) {
						t.Errorf("%s: a refusal is told as an outage: %v", name, err)
					}
					_ = ask() // uses the second refusal up
				}
			}
		})
	}
}

func TestRefusalInDoubtIsNotRepeatedForEver(t *testing.T) {
	t.Parallel()
	srv := startServer(t)
	s := srv.store(t)
	srv.running.Faults().FailNext(1<<16, codes.Internal, "a defect")
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	began := time.Now()
	if _, err := s.Append(ctx, newContact().Stream(), event.NoStream, names("x", 1)); !errors.Is(err, eventstore.ErrUnavailable) {
		t.Error(err)
	}
	for _, err := range s.ReadStream(ctx, newContact().Stream(), 0) {
		if !errors.Is(err, eventstore.ErrUnavailable) {
			t.Error(err)
		}
	}
	if took := time.Since(began); took > 30*time.Second {
		t.Errorf("it took %v", took)
	}
}

// TestCallThatNobodyAnswersIsSentAgain has a server whose connection is fine
// and which never gets to what it was asked.
func TestCallThatNobodyAnswersIsSentAgain(t *testing.T) {
	t.Parallel()
	srv := startServer(t)
	s := srv.store(t)
	stream := newContact().Stream()
	if _, err := s.Append(t.Context(), stream, event.NoStream, names("x", 1)); err != nil {
		t.Fatal(err)
	}
	srv.running.Faults().Delay(time.Hour)
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	var wg sync.WaitGroup
	for name, ask := range map[string]func() error{
		"append": func() error {
			_, err := s.Append(ctx, newContact().Stream(), event.NoStream, names("x", 1))
			return err
		},
		"head": func() error {
			_, err := s.Head(ctx)
			return err
		},
		"read": func() error {
			for _, err := range s.ReadStream(ctx, stream, 0) {
				return err
			}
			return errors.New("there is nothing")
		},
	} {
		wg.Go(func() {
			if err := ask(); err != nil {
				t.Errorf("%s: %v", name, err)
			}
		})
	}
	time.Sleep(500 * time.Millisecond) // they are under way, and held back for an hour
	srv.running.Faults().Delay(0)
	wg.Wait()
}

func TestDeletedStreamIsGone(t *testing.T) {
	t.Parallel()
	srv := startServer(t)
	s := srv.store(t)
	stream := newContact().Stream()
	if _, err := s.Append(t.Context(), stream, event.NoStream, names("x", 1)); err != nil {
		t.Fatal(err)
	}
	tombstone(t, srv, stream)
	_, err := s.Append(t.Context(), stream, 0, names("y", 1))
	if !errors.Is(err, eventstore.ErrDeleted) || fault.Of(err).Kind != fault.Gone {
		t.Errorf("append: %v", err)
	}
	for _, err := range s.ReadStream(t.Context(), stream, 0) {
		if !errors.Is(err, eventstore.ErrDeleted) {
			t.Errorf("read: %v", err)
		}
	}
}

// TestCloseUnderFailingCallsNeitherPanicsNorHangs closes clients while their
// calls fail: the official client panics when it is closed under a call that
// reports a lost connection.
func TestCloseUnderFailingCallsNeitherPanicsNorHangs(t *testing.T) {
	t.Parallel()
	for round := range 5 {
		srv := startServer(t)
		var said panics
		client := openLogged(t, srv.socket, &said)
		codec, _ := newCodec()
		s := eventstore.NewStore(client, codec)
		srv.running.Faults().FailNext(1<<16, codes.Unavailable, "not now")
		var wg sync.WaitGroup
		for range 64 {
			wg.Go(func() {
				if _, err := s.Head(context.Background()); !errors.Is(err, eventstore.ErrUnavailable) {
					t.Errorf("round %d: %v", round, err)
				}
			})
		}
		closing := time.AfterFunc(time.Duration(5+round*10)*time.Millisecond, func() { _ = client.Close() })
		returned := make(chan struct{})
		go func() {
			wg.Wait()
			close(returned)
		}()
		select {
		case <-returned:
		case <-time.After(patience):
			t.Fatal("callers of a closed client do not return")
		}
		closing.Stop()
		if err := client.Close(); err != nil {
			t.Error(err)
		}
		if n := said.count(); n > 0 {
			t.Errorf("round %d: the official client panicked %d times", round, n)
		}
	}
}

// TestCallsLeftOnALostConnectionReturnInTheEnd has calls ask the official
// client for its server when that is gone. One that gives up looking answers
// the first of them and never the others.
func TestCallsLeftOnALostConnectionReturnInTheEnd(t *testing.T) {
	t.Parallel()
	srv := startServer(t)
	client := srv.open(t)
	codec, _ := newCodec()
	s := eventstore.NewStore(client, codec)
	if _, err := s.Head(t.Context()); err != nil {
		t.Fatal(err)
	}
	const callers = 8
	release := make(chan struct{})
	var began, returned atomic.Int64
	var wg sync.WaitGroup
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	for range callers {
		wg.Go(func() {
			_ = client.Late(ctx, func() { began.Add(1) }, release, func() { returned.Add(1) })
		})
	}
	eventually(t, patience, func() bool { return began.Load() == callers })
	srv.stop(t)
	// It is an append that makes the official client look for the server again.
	late := lateness(300*time.Millisecond, func(ctx context.Context) {
		_, _ = s.Append(ctx, newContact().Stream(), event.NoStream, names("x", 1))
	})
	if late > promptly {
		t.Errorf("it came back %v late", late)
	}
	close(release)
	time.Sleep(2 * time.Second) // the outage
	cancel()
	wg.Wait()
	srv.start(t)
	eventually(t, patience, func() bool { return returned.Load() == callers })
}

func TestOfficialClientThatClosedItselfIsReplaced(t *testing.T) {
	t.Parallel()
	client := startServer(t).open(t)
	codec, _ := newCodec()
	s := eventstore.NewStore(client, codec)
	for range 3 {
		if _, err := s.Append(t.Context(), newContact().Stream(), event.NoStream, names("x", 1)); err != nil {
			t.Fatal(err)
		}
		client.CloseUnderneath()
	}
}

// TestSubscriptionThatIsNeverConfirmedIsGivenUp holds every call back: the
// official client would wait for the confirmation for ever.
func TestSubscriptionThatIsNeverConfirmedIsGivenUp(t *testing.T) {
	t.Parallel()
	srv := startServer(t)
	end := write(t, srv, 3, nil)
	s := subscriber(t, openPatient(t, srv.socket, 300*time.Millisecond), eventstore.SubscriberConfig{BatchMax: 10})
	srv.running.Faults().Delay(time.Hour)
	messages := subscribe(t, s, eventstore.All)
	eventually(t, patience, func() bool { return s.Drops() > 0 && s.Trouble() != nil })
	srv.running.Faults().Delay(0)
	for last := uint64(0); last < end; {
		msg := receive(t, messages)
		last = position(t, msg, eventstore.LastPosition)
		msg.Ack()
	}
	eventually(t, patience, func() bool { return s.Trouble() == nil })
	// What was confirmed in time is not given up afterwards.
	drops := s.Drops()
	time.Sleep(600 * time.Millisecond)
	if got := s.Drops(); got != drops {
		t.Errorf("an idle subscription was dropped %d times", got-drops)
	}
}

// TestDropOfAnyKindIsResubscribedBehindWhatWasHandled ends subscriptions with
// each status that there is; old releases say Aborted to a reader that is too slow.
func TestDropOfAnyKindIsResubscribedBehindWhatWasHandled(t *testing.T) {
	t.Parallel()
	for _, topic := range []string{eventstore.All, "topic-drops"} {
		for code := codes.Canceled; code <= codes.Unauthenticated; code++ {
			t.Run(fmt.Sprint(topic, " ", code), func(t *testing.T) {
				t.Parallel()
				srv := startServer(t)
				s := subscriber(t, srv.open(t), eventstore.SubscriberConfig{BatchMax: 10})
				messages := subscribe(t, s, topic)
				db := raw(t, srv)
				for n := range 3 {
					writeTo(t, db, "topic-drops", 1, fmt.Append(nil, n))
					msg := receive(t, messages)
					for len(records(t, msg)) == 0 { // a checkpoint
						msg.Ack()
						msg = receive(t, messages)
					}
					if got := records(t, msg); len(got) != 1 || string(got[0].Data) != fmt.Sprint(n) {
						t.Fatalf("after %d drops comes %+v", s.Drops(), got)
					}
					msg.Ack()
					srv.running.Faults().DropSubscriptions(code, "Operation timed out. Consumer too slow. Client resubscription required.")
					eventually(t, patience, func() bool { return s.Drops() > int64(n) })
				}
			})
		}
	}
}

// TestEventOutOfOrderIsNotHandedOut has a server that repeats a position: it is not believed.
func TestEventOutOfOrderIsNotHandedOut(t *testing.T) {
	t.Parallel()
	o := &odd{version: "23.10.0", read: []*streams.ReadResp{
		{Content: &streams.ReadResp_Confirmation{Confirmation: &streams.ReadResp_SubscriptionConfirmation{SubscriptionId: "1"}}},
		eventAt(0, 10), eventAt(1, 10),
	}}
	s := subscriber(t, openAt(t, startOdd(t, o)), eventstore.SubscriberConfig{BatchMax: 10})
	messages := subscribe(t, s, "topic-order")
	for s.Drops() < 3 {
		msg := receive(t, messages)
		if got := records(t, msg); len(got) != 1 || got[0].Revision != 0 {
			t.Fatalf("got %+v", got)
		}
		msg.Ack()
	}
}

// eventAt is an event as a server says it.
func eventAt(revision, position uint64) *streams.ReadResp {
	recorded := &streams.ReadResp_ReadEvent_RecordedEvent{
		Id:               &shared.UUID{Value: &shared.UUID_String_{String_: uuid.NewString()}},
		StreamIdentifier: &shared.StreamIdentifier{StreamName: []byte("topic-order")},
		StreamRevision:   revision, PreparePosition: position, CommitPosition: position,
		Metadata: map[string]string{"type": "written", "created": "17000000000000000", "content-type": "application/json"},
		Data:     []byte("{}"),
	}
	return &streams.ReadResp{Content: &streams.ReadResp_Event{Event: &streams.ReadResp_ReadEvent{
		Event:    recorded,
		Position: &streams.ReadResp_ReadEvent_CommitPosition{CommitPosition: position},
	}}}
}
