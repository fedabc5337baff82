package client

import (
	"io"
	"net/http"
	"strings"

	"github.com/go-json-experiment/json"

	"tagtrail/domain/fault"
)

// The faults of asking.
var (
	ErrUnreachable = fault.New(fault.Unavailable, "client.unreachable", "tagtrail does not answer")
	ErrNoText      = fault.New(fault.Malformed, "client.not-text", "what was said is no text in UTF-8")
)

// longestProblem bounds what is read of a refusal.
const longestProblem = 1 << 20

// refused turns a refusal into the fault that the service meant.
func refused(answer *Answer) error {
	defer func() { _ = answer.Body.Close() }()
	var problem struct {
		Type   string `json:"type"`
		Title  string `json:"title"`
		Detail string `json:"detail"`
		Errors []struct {
			Pointer   string `json:"pointer"`
			Parameter string `json:"parameter"`
			Detail    string `json:"detail"`
		} `json:"errors"`
	}
	body, _ := io.ReadAll(io.LimitReader(answer.Body, longestProblem))
	if json.Unmarshal(body, &problem) != nil || problem.Type == "" {
		return &fault.Fault{Kind: kindOf(answer.Status), Message: "what answers is no tagtrail: " + http.StatusText(answer.Status)}
	}
	words := problem.Detail
	if words == "" {
		words = problem.Title
	}
	for _, e := range problem.Errors {
		if where := e.Pointer + e.Parameter; where != "" && !strings.Contains(words, where) {
			words += " (" + where + ")"
		}
	}
	return &fault.Fault{Kind: kindOf(answer.Status), Code: problem.Type[strings.LastIndex(problem.Type, "/")+1:], Message: words}
}

func kindOf(status int) fault.Kind {
	switch status {
	case http.StatusUnauthorized:
		return fault.Unauthenticated
	case http.StatusForbidden:
		return fault.Denied
	case http.StatusNotFound:
		return fault.NotFound
	case http.StatusGone:
		return fault.Gone
	case http.StatusConflict:
		return fault.Conflict
	case http.StatusPreconditionFailed:
		return fault.Stale
	case http.StatusUnprocessableEntity:
		return fault.Invalid
	case http.StatusRequestEntityTooLarge, http.StatusRequestURITooLong, http.StatusRequestHeaderFieldsTooLarge:
		return fault.TooLarge
	case http.StatusUnsupportedMediaType, http.StatusMethodNotAllowed:
		return fault.Unsupported
	}
	if status >= http.StatusInternalServerError || status == http.StatusTooManyRequests {
		return fault.Unavailable
	}
	return fault.Malformed
}
