package httpapi

import (
	"net/http"

	"tagtrail/domain/fault"
)

// The faults of requests that no command gets to see.
var (
	ErrMalformed    = fault.New(fault.Malformed, "request.malformed", "the request cannot be read")
	ErrJSON         = fault.New(fault.Malformed, "request.malformed-json", "the body is not one JSON document in UTF-8 whose member names are unique")
	ErrTooDeep      = fault.New(fault.Malformed, "request.json-too-deep", "the JSON is nested more than 100 levels deep")
	ErrQuery        = fault.New(fault.Malformed, "request.malformed-query", "the query string cannot be read")
	ErrNoBody       = fault.New(fault.Malformed, "request.body-not-expected", "this operation takes no body")
	ErrBodyMissing  = fault.New(fault.Malformed, "request.body-missing", "this operation takes a body")
	ErrCursor       = fault.New(fault.Malformed, "request.invalid-cursor", "the cursor was not made for this list with these filters")
	ErrPosition     = fault.New(fault.Malformed, "request.invalid-position", "the position is not one of this log, or is beyond its end")
	ErrPrecondition = fault.New(fault.Malformed, "request.invalid-precondition", "If-Match is * or a list of quoted entity tags, on an operation that takes it")
	ErrKeyForm      = fault.New(fault.Malformed, "request.invalid-idempotency-key", "an idempotency key has 1 to 255 visible ASCII characters")

	ErrInvalid    = fault.New(fault.Invalid, "request.invalid", "something in the request is not as it should be")
	ErrSearchAsOf = fault.New(fault.Invalid, "request.search-as-of", "names of then are sealed and cannot be searched: as_of goes with every filter but q")

	ErrUnauthenticated = fault.New(fault.Unauthenticated, "request.unauthenticated", "the request carries exactly one Authorization header with a bearer key")
	ErrDenied          = fault.New(fault.Denied, "request.denied", "this kind of key may not do this")
	ErrMasked          = fault.New(fault.Denied, "request.masked", "this needs numbers and e-mail addresses whole, which this role sees in part only")
	ErrStale           = fault.New(fault.Stale, "request.stale", "none of the entity tags is that of the resource")

	ErrMethod      = fault.New(fault.NotFound, "request.method-not-allowed", "the resource does not take this method")
	ErrTimeout     = fault.New(fault.Malformed, "request.timeout", "the body did not arrive in time")
	ErrTooLarge    = fault.New(fault.TooLarge, "request.too-large", "the body is larger than 1 MiB")
	ErrURITooLong  = fault.New(fault.TooLarge, "request.uri-too-long", "the address is longer than 16 KiB")
	ErrUnsupported = fault.New(fault.Unsupported, "request.unsupported-media-type", "the body is JSON in UTF-8, not compressed, under the media type that the operation names")

	ErrBehind      = fault.New(fault.Unavailable, "tables.behind", "the tables do not show the position yet")
	ErrUnavailable = fault.New(fault.Unavailable, "tables.unavailable", "the tables are out of reach for now")
	ErrBusy        = fault.New(fault.Unavailable, "request.not-finished", "the request was not finished in time")
	ErrInternal    = fault.New(fault.Unavailable, "request.failed", "something went wrong here; it was logged under the instance")
)

// Faults lists every fault of requests.
func Faults() []*fault.Fault {
	return []*fault.Fault{
		ErrMalformed, ErrJSON, ErrTooDeep, ErrQuery, ErrNoBody, ErrBodyMissing, ErrCursor, ErrPosition, ErrPrecondition, ErrKeyForm,
		ErrInvalid, ErrUntil, ErrSearchAsOf, ErrReason, ErrNoAI, ErrUnauthenticated, ErrDenied, ErrMasked, ErrStale,
		ErrUpload, ErrFileTooLarge, ErrGathering,
		ErrMethod, ErrTimeout, ErrTooLarge, ErrURITooLong, ErrUnsupported, ErrTooMany,
		ErrBehind, ErrUnavailable, ErrBusy, ErrInternal,
	}
}

// inBody answers what is wrong when a body names something that is not there: the address is that of something, so that it is
// not what was not found.
func inBody(err error, pointer string) error {
	f := fault.Of(err)
	if f == nil || f.Kind != fault.NotFound {
		return err
	}
	named := *f
	named.Kind = fault.Invalid
	if named.Pointer == "" {
		named.Pointer = pointer
	}
	return &named
}

// namedInBody answers the faults as inBody does, to describe them.
func namedInBody(all ...*fault.Fault) []*fault.Fault {
	for i, f := range all {
		all[i] = fault.New(fault.Invalid, f.Code, f.Message)
	}
	return all
}

// statusOf answers the HTTP status of a fault: by its kind, but for what only HTTP can tell apart.
func statusOf(f *fault.Fault) int {
	switch f.Code {
	case ErrMethod.Code:
		return http.StatusMethodNotAllowed
	case ErrTimeout.Code:
		return http.StatusRequestTimeout
	case ErrURITooLong.Code:
		return http.StatusRequestURITooLong
	case ErrTooMany.Code:
		return http.StatusTooManyRequests
	case ErrInternal.Code:
		return http.StatusInternalServerError
	}
	switch f.Kind {
	case fault.Malformed:
		return http.StatusBadRequest
	case fault.Invalid:
		return http.StatusUnprocessableEntity
	case fault.Unauthenticated:
		return http.StatusUnauthorized
	case fault.Denied:
		return http.StatusForbidden
	case fault.NotFound:
		return http.StatusNotFound
	case fault.Conflict:
		return http.StatusConflict
	case fault.Gone:
		return http.StatusGone
	case fault.Stale:
		return http.StatusPreconditionFailed
	case fault.TooLarge:
		return http.StatusRequestEntityTooLarge
	case fault.Unsupported:
		return http.StatusUnsupportedMediaType
	case fault.Unavailable:
		return http.StatusServiceUnavailable
	}
	return http.StatusInternalServerError
}

// byStatus answers the fault that stands for what the framework found wrong by itself.
func byStatus(status int) *fault.Fault {
	for _, f := range []*fault.Fault{ErrMalformed, ErrInvalid, ErrUnsupported, ErrTooLarge, ErrTimeout} {
		if statusOf(f) == status {
			return f
		}
	}
	return ErrInternal
}
