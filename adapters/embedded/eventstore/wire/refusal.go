package wire

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"strconv"
	"strings"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"

	"tagtrail/adapters/embedded/eventstore/eventlog"
)

// refusal is an error as clients expect it: a status, and what went wrong in trailers.
type refusal struct {
	code    codes.Code
	message string
	trailer metadata.MD
}

func (r *refusal) Error() string { return r.message }

// GRPCStatus lets gRPC see the code.
func (r *refusal) GRPCStatus() *status.Status { return status.New(r.code, r.message) }

func refuse(code codes.Code, message string, trailers ...string) *refusal {
	return &refusal{code, message, metadata.Pairs(trailers...)}
}

func streamDeleted(stream string) *refusal {
	return refuse(codes.FailedPrecondition, fmt.Sprintf("Event stream '%s' is deleted.", stream),
		"exception", "stream-deleted", "stream-name", headerSafe(stream))
}

func wrongRevision(stream string, e *eventlog.WrongRevision) *refusal {
	expected, actual := strconv.FormatInt(int64(e.Expected), 10), strconv.FormatInt(e.Current, 10)
	return refuse(codes.FailedPrecondition,
		fmt.Sprintf("Append failed due to WrongExpectedVersion. Stream: %s, Expected version: %s, Actual version: %s", stream, expected, actual),
		"exception", "wrong-expected-version", "stream-name", headerSafe(stream), "expected-version", expected, "actual-version", actual)
}

func appendTooLarge(limit int) *refusal {
	return refuse(codes.InvalidArgument, fmt.Sprintf("Maximum Append Size of %d Exceeded.", limit),
		"exception", "maximum-append-size-exceeded", "maximum-append-size", strconv.Itoa(limit))
}

func missingProperty(name string) *refusal {
	return refuse(codes.InvalidArgument, fmt.Sprintf("Required Metadata Property '%s' is missing", name),
		"exception", "missing-required-metadata-property", "required-metadata-properties", "type,content-type")
}

func notLeader(host string, port int) *refusal {
	return refuse(codes.NotFound, "Leader info available",
		"exception", "not-leader", "leader-endpoint-host", host, "leader-endpoint-port", strconv.Itoa(port))
}

func accessDenied() *refusal {
	return refuse(codes.PermissionDenied, "Access Denied", "exception", "access-denied")
}

func unknownOption() *refusal {
	return refuse(codes.Unimplemented, "The request holds an option that this server does not know")
}

func invalid(message string) *refusal { return refuse(codes.InvalidArgument, message) }

// refusalOf says an error of the log in the words of the wire.
func refusalOf(stream string, err error) error {
	var wrong *eventlog.WrongRevision
	switch {
	case err == nil:
		return nil
	case errors.As(err, &wrong):
		return wrongRevision(stream, wrong)
	case errors.Is(err, eventlog.ErrStreamDeleted):
		return streamDeleted(stream)
	case errors.Is(err, eventlog.ErrInvalidStream):
		return refuse(codes.Unknown, "Invalid stream name")
	case errors.Is(err, eventlog.ErrFull):
		return refuse(codes.Unavailable, "There is no space left on the server's disk")
	case errors.Is(err, eventlog.ErrClosed), errors.Is(err, eventlog.ErrStopped):
		return refuse(codes.Unavailable, "Server Is Not Ready")
	case errors.Is(err, context.Canceled), errors.Is(err, context.DeadlineExceeded):
		return status.FromContextError(err).Err()
	}
	if _, ok := status.FromError(err); ok {
		return err
	}
	return refuse(codes.Unknown, err.Error())
}

// headerSafe escapes what a header cannot carry; a name without such bytes stays as it is.
func headerSafe(s string) string {
	if strings.IndexFunc(s, func(r rune) bool { return r < ' ' || r > '~' }) < 0 {
		return s
	}
	return url.PathEscape(s)
}

func trailUnary(ctx context.Context, req any, _ *grpc.UnaryServerInfo, handle grpc.UnaryHandler) (any, error) {
	resp, err := handle(ctx, req)
	if r, ok := errors.AsType[*refusal](err); ok {
		_ = grpc.SetTrailer(ctx, r.trailer)
	}
	return resp, err
}

func trailStream(srv any, stream grpc.ServerStream, _ *grpc.StreamServerInfo, handle grpc.StreamHandler) error {
	err := handle(srv, stream)
	if r, ok := errors.AsType[*refusal](err); ok {
		stream.SetTrailer(r.trailer)
	}
	return err
}
