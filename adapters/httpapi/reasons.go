package httpapi

import (
	"tagtrail/domain/fault"
	"tagtrail/domain/text"
)

// longestReason is how long a reason may be, in characters.
const longestReason = 500

// ErrReason refuses a reason.
var ErrReason = fault.New(fault.Invalid, "request.invalid-reason", "a reason has at most 500 characters and no control characters")

// cleanReason answers why somebody does something, in the form in which it is kept.
func cleanReason(reason string) (string, error) {
	kept, err := text.Lines(reason, longestReason)
	if err != nil {
		return "", ErrReason.At("/reason")
	}
	return kept, nil
}
