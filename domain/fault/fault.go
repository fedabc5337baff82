// Package fault is the vocabulary of refusals: what kind of error it is, and its stable code.
//
// A fault is a package value of the aggregate that answers it. Its code is part
// of the API: documented, tested and never changed. What a person reads may be
// reworded at any time.
package fault

import "errors"

// Kind says what a caller can do about a fault; each front door maps it to its own signs (an HTTP status, an exit code).
type Kind int

// The kinds of faults.
const (
	Malformed       Kind = iota + 1 // the input cannot be read at all
	Invalid                         // the input can be read and breaks a rule
	Unauthenticated                 // nobody known is asking
	Denied                          // who is asking may not
	NotFound                        // there is no such thing, or it is somebody else's
	Conflict                        // the state of things is against it
	Gone                            // it was there and will not be again
	Stale                           // the caller decided on an older revision
	TooLarge                        // the input is over a limit
	Unsupported                     // the input is in a form that is not taken
	Unavailable                     // something needed is out of reach for now: the same request may succeed later
)

// Fault is a refusal with a stable code, such as "tag.name-taken".
type Fault struct {
	Kind    Kind
	Code    string
	Message string            // one sentence for a person, without personal data
	Pointer string            // JSON pointer of the member at fault, where there is one
	Details map[string]string // ids that help to go on, such as the contact that holds the number; never personal data
}

// New makes a fault; it is meant for package values.
func New(kind Kind, code, message string) *Fault {
	return &Fault{Kind: kind, Code: code, Message: message}
}

// Error answers the message.
func (f *Fault) Error() string { return f.Message }

// Is says that two faults are the same when their codes are.
func (f *Fault) Is(target error) bool {
	other, ok := errors.AsType[*Fault](target)
	return ok && other.Code == f.Code
}

// At answers a copy that names the member at fault by its JSON pointer.
func (f *Fault) At(pointer string) *Fault {
	named := *f
	named.Pointer = pointer
	return &named
}

// With answers a copy that carries one more detail.
func (f *Fault) With(key, value string) *Fault {
	detailed := *f
	detailed.Details = map[string]string{key: value}
	for k, v := range f.Details {
		if k != key {
			detailed.Details[k] = v
		}
	}
	return &detailed
}

// Of finds the fault in an error's chain, or answers nil.
func Of(err error) *Fault {
	found, _ := errors.AsType[*Fault](err)
	return found
}
