package commands

import "tagtrail/domain/fault"

// The faults of the engine.
var (
	ErrLogUnavailable = fault.New(fault.Unavailable, "log.unavailable", "the event log is out of reach for now")
	ErrContended      = fault.New(fault.Unavailable, "log.contended", "too many changes to the same thing at once; try again")
	ErrKeyReused      = fault.New(fault.Invalid, "request.idempotency-key-reused", "this idempotency key was used for another request")
	ErrNotFound       = fault.New(fault.NotFound, "request.not-found", "there is no such thing")
)

// Faults lists everything that commands may refuse besides what the domain refuses.
func Faults() []*fault.Fault {
	return []*fault.Fault{ErrLogUnavailable, ErrContended, ErrKeyReused, ErrNotFound, ErrAction, ErrChangedSince, ErrTagInUse}
}
