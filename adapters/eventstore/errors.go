package eventstore

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/EventStore/EventStore-Client-Go/v4/esdb"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"tagtrail/domain/event"
	"tagtrail/domain/fault"
)

// The faults of the log.
var (
	ErrUnavailable = fault.New(fault.Unavailable, "log.unavailable", "the event store cannot be reached")
	ErrTooLarge    = fault.New(fault.TooLarge, "log.append-too-large", "the change is larger than the event store takes")
	ErrDeleted     = fault.New(fault.Gone, "log.stream-deleted", "the stream was deleted for ever")
)

var (
	errClosed     = errors.New("the event store's client is closed")
	errUnanswered = errors.New("the event store did not answer in time")
	errPanicked   = errors.New("the event store's client panicked")
)

// verdict says what the answer to a call means for the call.
type verdict int

const (
	answered verdict = iota // the server has spoken: sending it again changes nothing
	again                   // the server is there and did not get to it, or nobody knows: send it again
	lost                    // the server is gone: send it again when it is back
	doubtful                // the client lost the real answer: send it again, but not for ever
)

// maxDoubts bounds how often a call is repeated whose real answer the client
// drops: it reports an early refusal of a large append as the end of the stream
// now and then, so that a few repeats bring the refusal itself to light.
const maxDoubts = 12

func verdictOn(err error) verdict {
	if err == nil || errors.Is(err, errPanicked) || errors.Is(err, errClosed) {
		return answered
	}
	failure, ok := errors.AsType[*esdb.Error](err)
	if !ok {
		if errors.Is(err, errUnanswered) || errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) {
			return again
		}
		return byStatus(err)
	}
	switch failure.Code() {
	case esdb.ErrorUnavailable, esdb.ErrorCodeConnectionClosed:
		return lost
	case esdb.ErrorCodeNotLeader, esdb.ErrorAborted, esdb.ErrorCodeDeadlineExceeded:
		return again
	case esdb.ErrorCodeUnknown:
		return byStatus(failure.Err())
	default:
		return answered
	}
}

// byStatus tells apart what the client lumps together as unknown, and what a dropped subscription answers bare.
func byStatus(err error) verdict {
	s, ok := status.FromError(err)
	if !ok {
		return doubtful
	}
	switch s.Code() {
	case codes.InvalidArgument, codes.FailedPrecondition, codes.OutOfRange, codes.PermissionDenied,
		codes.Unauthenticated, codes.Unimplemented, codes.NotFound, codes.AlreadyExists, codes.ResourceExhausted:
		return answered
	case codes.Unavailable:
		return lost
	case codes.Aborted, codes.DeadlineExceeded, codes.Canceled:
		return again
	default:
		return doubtful
	}
}

// unreachable says that time ran out before the server answered; it is both
// the fault and the reason of the context.
func unreachable(cause error) error {
	return fmt.Errorf("%w: %w", ErrUnavailable, cause)
}

// meaning turns the client's error into ours; missing streams are for the caller to see first.
func meaning(err error) error {
	failure, ok := errors.AsType[*esdb.Error](err)
	if !ok {
		if errors.Is(err, errClosed) {
			return unreachable(err)
		}
		return err
	}
	switch failure.Code() {
	case esdb.ErrorCodeWrongExpectedVersion:
		return event.ErrWrongRevision
	case esdb.ErrorCodeStreamDeleted:
		return ErrDeleted
	case esdb.ErrorUnavailable, esdb.ErrorCodeConnectionClosed, esdb.ErrorCodeNotLeader, esdb.ErrorAborted, esdb.ErrorCodeDeadlineExceeded:
		return unreachable(err)
	case esdb.ErrorCodeUnknown:
		s, ok := status.FromError(failure.Err())
		switch {
		case ok && s.Code() == codes.InvalidArgument && tooLarge(s), ok && s.Code() == codes.ResourceExhausted:
			return fmt.Errorf("%w: %w", ErrTooLarge, err)
		case errors.Is(failure.Err(), io.EOF), byStatus(failure.Err()) != answered:
			return unreachable(err)
		}
		return err
	default:
		return err
	}
}

// tooLarge knows the refusal by its words: the client drops the trailers that name it.
func tooLarge(s *status.Status) bool {
	return strings.Contains(strings.ToLower(s.Message()), "maximum append size")
}

func missing(err error) bool {
	failure, ok := errors.AsType[*esdb.Error](err)
	return ok && failure.Code() == esdb.ErrorCodeResourceNotFound
}
