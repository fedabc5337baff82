// Package client asks a running tagtrail over its API.
//
// A write carries a key of its own, so that it is sent again where its answer was
// lost and still takes effect once. What is refused is answered as the fault that
// the service answered.
package client

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
	"github.com/google/uuid"
)

// Client asks one tagtrail in the name of one key.
type Client struct {
	base, key string
	http      *http.Client
}

// New makes a client of the service at an address, such as http://127.0.0.1:8080.
func New(base, key string) *Client {
	return &Client{base: strings.TrimSuffix(base, "/"), key: key, http: &http.Client{
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}}
}

// Request is something that is asked.
type Request struct {
	Method, Path string
	Query        url.Values
	Body         any       // becomes JSON; nil is none
	File         io.Reader // in place of Body; it is sent once and never again
	Type         string    // of the file
	Header       http.Header
}

// Answer is what came back.
type Answer struct {
	Status int
	Header http.Header
	Body   io.ReadCloser
}

// attempts bounds how often a request is sent whose answer got lost, or that was asked to come again.
const attempts = 4

// Send sends a request and answers what came back; who asked closes the body.
func (c *Client) Send(ctx context.Context, r Request) (*Answer, error) {
	var body []byte
	if r.Body != nil {
		var err error
		if body, err = json.Marshal(r.Body); err != nil {
			return nil, fmt.Errorf("%w: %w", ErrNoText, err)
		}
	}
	key := uuid.Must(uuid.NewV7()).String()
	for attempt := 1; ; attempt++ {
		answer, err := c.once(ctx, r, body, key)
		again := err != nil && ctx.Err() == nil || err == nil && slices.Contains([]int{http.StatusServiceUnavailable, http.StatusTooManyRequests}, answer.Status)
		switch {
		case again && attempt < attempts && r.File == nil:
		case err != nil:
			return nil, fmt.Errorf("%w: %w", ErrUnreachable, err)
		case answer.Status >= http.StatusMultipleChoices:
			return nil, refused(answer)
		default:
			return answer, nil
		}
		wait := time.Duration(attempt) * pause
		if err == nil {
			_ = answer.Body.Close()
			wait = max(wait, asked(answer))
		}
		if err := Rest(ctx, wait); err != nil {
			return nil, err
		}
	}
}

// longestRest is how long a service may have us wait before we ask again.
const longestRest = 30 * time.Second

// asked answers how long a service that answers too much asks us to wait. One that cannot answer for now does not know.
func asked(answer *Answer) time.Duration {
	if answer.Status != http.StatusTooManyRequests {
		return 0
	}
	seconds, _ := strconv.Atoi(answer.Header.Get("Retry-After"))
	return min(max(time.Duration(min(seconds, 3600))*time.Second, 0), longestRest)
}

// pause is how much longer each further attempt waits.
const pause = 250 * time.Millisecond

// Rest waits, unless the context ends before.
func Rest(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

func (c *Client) once(ctx context.Context, r Request, body []byte, key string) (*Answer, error) {
	var content io.Reader = bytes.NewReader(body)
	if r.File != nil {
		content = r.File
	}
	address := c.base + r.Path
	if len(r.Query) > 0 {
		address += "?" + r.Query.Encode()
	}
	request, err := http.NewRequestWithContext(ctx, r.Method, address, content)
	if err != nil {
		return nil, err
	}
	maps.Copy(request.Header, r.Header)
	request.Header.Set("Authorization", "Bearer "+c.key)
	switch {
	case r.File != nil:
		request.Header.Set("Content-Type", r.Type)
	case r.Method == http.MethodPatch:
		request.Header.Set("Content-Type", "application/merge-patch+json")
	case r.Body != nil:
		request.Header.Set("Content-Type", "application/json")
	}
	if r.Method != http.MethodGet {
		request.Header.Set("Idempotency-Key", key)
	}
	response, err := c.http.Do(request) //nolint:bodyclose // who asked closes it
	if err != nil {
		return nil, withoutAddress(err)
	}
	return &Answer{Status: response.StatusCode, Header: response.Header, Body: response.Body}, nil
}

// withoutAddress leaves out of an error what was asked for: a phone number or a name may be in it.
func withoutAddress(err error) error {
	if u, ok := errors.AsType[*url.Error](err); ok {
		return u.Err
	}
	return err
}

// Ask sends a request and answers the JSON that came back; empty where there was none.
func (c *Client) Ask(ctx context.Context, r Request) (jsontext.Value, http.Header, error) {
	answer, err := c.Send(ctx, r)
	if err != nil {
		return nil, nil, err
	}
	defer func() { _ = answer.Body.Close() }()
	body, err := io.ReadAll(answer.Body)
	if err != nil {
		return nil, nil, fmt.Errorf("read the answer: %w", err)
	}
	return body, answer.Header, nil
}

// Page is one page of a list.
type Page struct {
	Items []jsontext.Value `json:"items"`
	Next  *string          `json:"next"`
}

// Each visits the items of a list, page by page, until there is no more or visit answers false. The cursor of a search goes
// into its body, that of a list into its query.
func (c *Client) Each(ctx context.Context, r Request, visit func(jsontext.Value) (bool, error)) error {
	for {
		body, _, err := c.Ask(ctx, r)
		if err != nil {
			return err
		}
		var page Page
		if err := json.Unmarshal(body, &page); err != nil {
			return fmt.Errorf("read a page: %w", err)
		}
		for _, item := range page.Items {
			if more, err := visit(item); err != nil || !more {
				return err
			}
		}
		if page.Next == nil {
			return nil
		}
		if members, ok := r.Body.(map[string]any); ok {
			members["cursor"] = *page.Next
			continue
		}
		query := url.Values{}
		maps.Copy(query, r.Query)
		query.Set("cursor", *page.Next)
		r.Query = query
	}
}
