package eventstore_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"
	"google.golang.org/grpc/codes"

	"tagtrail/adapters/eventstore"
	"tagtrail/domain/contact"
	"tagtrail/domain/event"
	"tagtrail/domain/fault"
	"tagtrail/domain/personal"
)

// names are renamings in order, told apart by their names.
func names(prefix string, n int) []event.Envelope {
	envelopes := make([]event.Envelope, n)
	for i := range envelopes {
		envelopes[i] = envelope(contact.Renamed{Name: personal.New(fmt.Sprintf("%s %d", prefix, i))})
	}
	return envelopes
}

func read(t *testing.T, s *eventstore.Store, stream string, from event.Revision) []event.Recorded[event.Event] {
	t.Helper()
	var events []event.Recorded[event.Event]
	for e, err := range s.ReadStream(t.Context(), stream, from) {
		if err != nil {
			t.Fatal(err)
		}
		events = append(events, e)
	}
	return events
}

func nameOf(e event.Recorded[event.Event]) string {
	return e.Data.(contact.Renamed).Name.Reveal()
}

func TestStreamIsReadInTheOrderOfItsAppends(t *testing.T) {
	t.Parallel()
	s := startServer(t).store(t)
	stream := newContact().Stream()
	sent := names("first", 3)
	first, err := s.Append(t.Context(), stream, event.NoStream, sent)
	if err != nil {
		t.Fatal(err)
	}
	more := names("second", 300)
	second, err := s.Append(t.Context(), stream, 2, more)
	if err != nil {
		t.Fatal(err)
	}
	if second <= first {
		t.Errorf("positions %d, %d do not grow", first, second)
	}
	sent = append(sent, more...)
	got := read(t, s, stream, 0)
	if len(got) != len(sent) {
		t.Fatalf("got %d events, want %d", len(got), len(sent))
	}
	last := event.Position(0)
	for i, e := range got {
		if e.Revision != event.Revision(i) || e.ID != sent[i].ID || e.Stream != stream || e.Position <= last || e.RecordedAt.IsZero() {
			t.Fatalf("event %d is %+v", i, e)
		}
		if e.Data != sent[i].Event {
			t.Fatalf("event %d is not the one that was appended", i)
		}
		last = e.Position
	}
	if got[2].Position != first || last != second {
		t.Errorf("the appends answered %d and %d, the events are at %d and %d", first, second, got[2].Position, last)
	}
	if tail := read(t, s, stream, 300); len(tail) != 3 || tail[0].Revision != 300 {
		t.Errorf("from 300 on: %d events", len(tail))
	}
	if none := read(t, s, stream, 303); len(none) != 0 {
		t.Errorf("behind the end: %d events", len(none))
	}
	for _, err := range s.ReadStream(t.Context(), stream, 0) {
		if err != nil {
			t.Error(err)
		}
		break
	}
}

func TestMissingStreamYieldsNothing(t *testing.T) {
	t.Parallel()
	s := startServer(t).store(t)
	stream := newContact().Stream()
	if got := read(t, s, stream, 0); len(got) != 0 {
		t.Errorf("got %v", got)
	}
	if revision, err := s.StreamRevision(t.Context(), stream); err != nil || revision != event.NoStream {
		t.Errorf("got %d, %v", revision, err)
	}
}

func TestAppendAtAnotherRevisionIsRefused(t *testing.T) {
	t.Parallel()
	s := startServer(t).store(t)
	stream := newContact().Stream()
	if _, err := s.Append(t.Context(), stream, 0, names("x", 1)); !errors.Is(err, event.ErrWrongRevision) {
		t.Errorf("to a missing stream: %v", err)
	}
	if _, err := s.Append(t.Context(), stream, event.NoStream, names("x", 2)); err != nil {
		t.Fatal(err)
	}
	for _, revision := range []event.Revision{event.NoStream, 0, 2} {
		if _, err := s.Append(t.Context(), stream, revision, names("x", 1)); !errors.Is(err, event.ErrWrongRevision) {
			t.Errorf("at %d: %v", revision, err)
		}
	}
	if revision, err := s.StreamRevision(t.Context(), stream); err != nil || revision != 1 {
		t.Errorf("the stream is at %d, %v", revision, err)
	}
}

func TestRepeatedAppendIsAnsweredAndNotWrittenTwice(t *testing.T) {
	t.Parallel()
	s := startServer(t).store(t)
	stream := newContact().Stream()
	sent := names("x", 2)
	first, err := s.Append(t.Context(), stream, event.NoStream, sent)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.Append(t.Context(), stream, 1, names("y", 1)); err != nil {
		t.Fatal(err)
	}
	again, err := s.Append(t.Context(), stream, event.NoStream, sent)
	if err != nil || again != first {
		t.Errorf("got %d, %v, want %d", again, err, first)
	}
	if got := read(t, s, stream, 0); len(got) != 3 {
		t.Errorf("the stream has %d events", len(got))
	}
}

func TestAppendWhoseAnswerIsLostLandsOnce(t *testing.T) {
	t.Parallel()
	srv := startServer(t)
	s := srv.store(t)
	stream := newContact().Stream()
	srv.running.Faults().LoseNext(3)
	position, err := s.Append(t.Context(), stream, event.NoStream, names("x", 2))
	if err != nil {
		t.Fatal(err)
	}
	got := read(t, s, stream, 0)
	if len(got) != 2 || got[1].Position != position {
		t.Errorf("the stream has %d events, the append answered %d", len(got), position)
	}
}

func TestPassingRefusalsAreOvercome(t *testing.T) {
	t.Parallel()
	for _, code := range []codes.Code{codes.Unavailable, codes.Aborted, codes.DeadlineExceeded, codes.Unknown, codes.Internal, codes.Canceled} {
		t.Run(code.String(), func(t *testing.T) {
			t.Parallel()
			srv := startServer(t)
			s := srv.store(t)
			stream := newContact().Stream()
			srv.running.Faults().FailNext(3, code, "not now")
			if _, err := s.Append(t.Context(), stream, event.NoStream, names("x", 1)); err != nil {
				t.Error("append:", err)
			}
			srv.running.Faults().FailNext(3, code, "not now")
			if got := read(t, s, stream, 0); len(got) != 1 {
				t.Errorf("read %d events", len(got))
			}
		})
	}
}

func TestFinalRefusalsAreAnsweredAtOnce(t *testing.T) {
	t.Parallel()
	srv := startServer(t)
	s := srv.store(t)
	stream := newContact().Stream()
	for _, code := range []codes.Code{codes.PermissionDenied, codes.Unauthenticated, codes.InvalidArgument} {
		srv.running.Faults().FailNext(1, code, "never")
		if _, err := s.Append(t.Context(), stream, event.NoStream, names("x", 1)); err == nil {
			t.Errorf("%v was sent again", code)
		}
	}
}

func TestAppendThatIsTooLargeIsATooLargeFault(t *testing.T) {
	t.Parallel()
	s := startServer(t).store(t)
	stream := newContact().Stream()
	_, err := s.Append(t.Context(), stream, event.NoStream, names(strings.Repeat("x", 2<<20), 1))
	if !errors.Is(err, eventstore.ErrTooLarge) || fault.Of(err).Kind != fault.TooLarge {
		t.Errorf("got %v", err)
	}
}

func TestTwentyWritersOnOneStreamLandEachEventOnce(t *testing.T) {
	t.Parallel()
	srv := startServer(t)
	s := srv.store(t)
	stream := newContact().Stream()
	const writers = 20
	var wg sync.WaitGroup
	for i := range writers {
		wg.Go(func() {
			mine := names(fmt.Sprint("writer ", i), 1)
			for {
				revision, err := s.StreamRevision(t.Context(), stream)
				if err != nil {
					t.Error(err)
					return
				}
				_, err = s.Append(t.Context(), stream, revision, mine)
				if err == nil {
					return
				}
				if !errors.Is(err, event.ErrWrongRevision) {
					t.Error(err)
					return
				}
			}
		})
	}
	wg.Wait()
	landed := map[string]int{}
	for _, e := range read(t, s, stream, 0) {
		landed[nameOf(e)]++
	}
	if len(landed) != writers {
		t.Errorf("%d writers landed", len(landed))
	}
	for name, times := range landed {
		if times != 1 {
			t.Errorf("%s landed %d times", name, times)
		}
	}
}

func TestHeadIsTheNewestEventThatIsNotTheSystems(t *testing.T) {
	t.Parallel()
	srv := startServer(t)
	client := srv.open(t)
	codec, _ := newCodec()
	s := eventstore.NewStore(client, codec)
	if head, err := s.Head(t.Context()); err != nil || head != 0 {
		t.Errorf("of an empty log: %d, %v", head, err)
	}
	position, err := s.Append(t.Context(), newContact().Stream(), event.NoStream, names("x", 2))
	if err != nil {
		t.Fatal(err)
	}
	writeSystemEvents(t, srv, 40)
	if head, err := s.Head(t.Context()); err != nil || head != position {
		t.Errorf("got %d, %v, want %d", head, err, position)
	}
}

func TestCallsEndWithTheirContextWhileTheServerIsAway(t *testing.T) {
	t.Parallel()
	srv := newServer(t)
	s := srv.store(t)
	for name, ask := range map[string]func(ctx context.Context) error{
		"append": func(ctx context.Context) error {
			_, err := s.Append(ctx, "contact-"+uuid.NewString(), event.NoStream, names("x", 1))
			return err
		},
		"read": func(ctx context.Context) error {
			for _, err := range s.ReadStream(ctx, "contact-"+uuid.NewString(), 0) {
				return err
			}
			return nil
		},
		"head": func(ctx context.Context) error {
			_, err := s.Head(ctx)
			return err
		},
		"revision": func(ctx context.Context) error {
			_, err := s.StreamRevision(ctx, "contact-"+uuid.NewString())
			return err
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var err error
			if late := lateness(200*time.Millisecond, func(ctx context.Context) { err = ask(ctx) }); late > promptly {
				t.Errorf("it came back %v late", late)
			}
			if !errors.Is(err, eventstore.ErrUnavailable) || !errors.Is(err, context.DeadlineExceeded) {
				t.Errorf("got %v", err)
			}
		})
	}
}

func TestCallWithoutDeadlineHasTheClientsOwn(t *testing.T) {
	t.Parallel()
	srv := newServer(t)
	client, err := eventstore.Open(eventstore.Config{URL: srv.socket, Deadline: 100 * time.Millisecond})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = client.Close() }()
	codec, _ := newCodec()
	s := eventstore.NewStore(client, codec)
	if _, err := s.Append(context.Background(), newContact().Stream(), event.NoStream, names("x", 1)); !errors.Is(err, eventstore.ErrUnavailable) {
		t.Errorf("append: %v", err)
	}
	for _, err := range s.ReadStream(context.Background(), newContact().Stream(), 0) {
		if !errors.Is(err, eventstore.ErrUnavailable) {
			t.Errorf("read: %v", err)
		}
	}
}
