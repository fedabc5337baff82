package kill_test

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"time"

	"github.com/google/uuid"

	"tagtrail/domain/event"
)

const (
	// patience is how long anything may take that is waited for; a machine that is slower is broken.
	patience = time.Minute
	// requestLimit is for one sending of one request.
	requestLimit = 15 * time.Second
)

// finding is what must not be.
type finding struct{ what string }

func (f finding) Error() string { return f.what }

func found(format string, args ...any) error { return finding{fmt.Sprintf(format, args...)} }

// isFinding tells what the harness found from what kept it from looking.
func isFinding(err error) bool {
	_, ok := errors.AsType[finding](err)
	return ok
}

// request is what is sent, again and again until its outcome is known.
type request struct {
	method, path string
	header       map[string]string
	body         []byte
}

// answer is what came back.
type answer struct {
	status   int
	position event.Position
	replayed bool
	said     []byte
}

// caller sends requests to wherever the API is.
type caller struct {
	site   site
	client *http.Client
}

func newCaller(s site) *caller {
	return &caller{site: s, client: &http.Client{
		Timeout: requestLimit, Transport: &http.Transport{MaxIdleConnsPerHost: 32, MaxConnsPerHost: 0},
	}}
}

// settle sends a request until its outcome is known: an answer that is no 503. It answers how often it was sent. What
// lies between two sendings may have had its effect without an answer; the next then has to say so.
func (c *caller) settle(ctx context.Context, r request) (answer, int, error) {
	began := time.Now()
	for attempt := 0; ; {
		base := c.site.api()
		if base != "" {
			attempt++
			a, err := c.send(ctx, base, r)
			if err == nil && a.status != http.StatusServiceUnavailable {
				return a, attempt, nil
			}
			if isFinding(err) {
				return a, attempt, err
			}
		}
		if time.Since(began) > patience {
			return answer{}, attempt, found("%s %s has no outcome after %d sendings", r.method, r.path, attempt)
		}
		if err := pause(ctx, 5*time.Millisecond); err != nil {
			return answer{}, attempt, err
		}
	}
}

// send sends a request once. An error that is no finding leaves open what came of it.
func (c *caller) send(ctx context.Context, base string, r request) (answer, error) {
	sent, err := http.NewRequestWithContext(ctx, r.method, base+r.path, bytes.NewReader(r.body))
	if err != nil {
		return answer{}, err
	}
	for name, value := range r.header {
		sent.Header.Set(name, value)
	}
	response, err := c.client.Do(sent)
	if err != nil {
		return answer{}, err
	}
	defer func() { _ = response.Body.Close() }()
	a := answer{status: response.StatusCode, replayed: response.Header.Get("Idempotent-Replayed") == "true"}
	if a.said, err = io.ReadAll(response.Body); err != nil {
		return a, err
	}
	if a.status == http.StatusServiceUnavailable && response.Header.Get("Retry-After") == "" {
		return a, found("%s %s: a 503 does not say when to come again: %s", r.method, r.path, a.said)
	}
	if expected := []int{200, 201, 202, 204, 409, 422, 503}; !slices.Contains(expected, a.status) {
		return a, found("%s %s is answered %d %s", r.method, r.path, a.status, a.said)
	}
	if token := response.Header.Get("Tagtrail-Position"); token != "" {
		if a.position, err = positionIn(token); err != nil {
			return a, err
		}
	}
	return a, nil
}

// ok says whether the request was carried out.
func (a answer) ok() bool { return a.status/100 == 2 }

// positionIn reads the position out of a token, which begins with half of the log's id.
func positionIn(token string) (event.Position, error) {
	raw, err := base64.RawURLEncoding.DecodeString(token)
	if err != nil || len(raw) != 16 {
		return 0, found("the position %q cannot be read", token)
	}
	return event.Position(binary.BigEndian.Uint64(raw[8:])), nil
}

// tokenOf writes the position for a read to wait for.
func tokenOf(log uuid.UUID, position event.Position) string {
	return base64.RawURLEncoding.EncodeToString(binary.BigEndian.AppendUint64(log[:8:8], uint64(position)))
}

// id answers the id of what the answer shows, or of what it says was written.
func (a answer) id() (uuid.UUID, error) {
	var shown struct{ ID uuid.UUID }
	err := json.Unmarshal(a.said, &shown)
	return shown.ID, err
}

// pause waits, unless ctx ends.
func pause(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
