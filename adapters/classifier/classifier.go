// Package classifier asks a model, behind any endpoint that speaks the chat API of
// OpenAI, which tags go with a conversation.
//
// It says what a model is asked and reads what it answers; whether a tag exists is
// for whoever asks. What a contact wrote goes to the endpoint that the operator
// configured, and nowhere else: redirects are refused, and nothing of it is logged.
//
// # Decisions
//
// The address is the operator's and may be inside the network; what decides is
// configured by who runs the process, never by who uses it.
//
// An endpoint that is away, busy, or does not accept the key is asked again later,
// since it can be mended. One that refuses this conversation, or answers what
// cannot be read, would do so again: the conversation is passed by.
package classifier

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"time"

	"github.com/go-json-experiment/json"

	"tagtrail/commands/reactions"
	"tagtrail/domain/fault"
	"tagtrail/domain/tag"
)

// ErrUnavailable says that the endpoint is out of reach or does not work for now.
var ErrUnavailable = fault.New(fault.Unavailable, "classifier.unavailable", "the classifier is out of reach for now")

// Config says whom to ask.
type Config struct {
	URL   string // of the API, such as https://api.example.com/v1
	Model string
	Key   string // "" for none
	// Patience is how long one answer may take; half a minute when zero.
	Patience time.Duration
}

const (
	maxAnswer  = 256 << 10 // bytes of an answer that are read
	maxHeaders = 64 << 10
	maxTokens  = 2_000 // that a model may write
)

// Client asks the configured endpoint.
type Client struct {
	config Config
	http   *http.Client
}

// New answers a client. It asks nobody yet.
func New(config Config) *Client {
	if config.Patience == 0 {
		config.Patience = 30 * time.Second
	}
	config.URL = strings.TrimSuffix(config.URL, "/")
	return &Client{config: config, http: &http.Client{
		Timeout: config.Patience,
		// A redirect is an answer like any other, and no good one: it could lead anywhere.
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		Transport: &http.Transport{
			DialContext:         (&net.Dialer{Timeout: 10 * time.Second}).DialContext,
			TLSHandshakeTimeout: 10 * time.Second, IdleConnTimeout: time.Minute, MaxIdleConnsPerHost: 2,
			DisableCompression: true, MaxResponseHeaderBytes: maxHeaders, ForceAttemptHTTP2: true,
		},
	}}
}

// Close lets go of connections.
func (c *Client) Close() { c.http.CloseIdleConnections() }

// Model answers what decides.
func (c *Client) Model() string { return c.config.Model }

// Choose asks which of the tags go with what was said.
func (c *Client) Choose(ctx context.Context, said []reactions.Said, from []tag.Tag) ([]reactions.Pick, error) {
	body, err := json.Marshal(question(c.config.Model, said, from))
	if err != nil {
		return nil, fmt.Errorf("write the question: %w: %w", reactions.ErrUnusable, err)
	}
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, c.config.URL+"/chat/completions", bytes.NewReader(body))
	if err != nil {
		return nil, fmt.Errorf("address the classifier: %w", err)
	}
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("Accept", "application/json")
	if c.config.Key != "" {
		r.Header.Set("Authorization", "Bearer "+c.config.Key)
	}
	answer, err := c.http.Do(r)
	if err != nil {
		return nil, unreached(err)
	}
	defer func() { _ = answer.Body.Close() }()
	if err := accepted(answer.StatusCode); err != nil {
		return nil, err
	}
	read, err := io.ReadAll(io.LimitReader(answer.Body, maxAnswer+1))
	switch {
	case err != nil:
		return nil, unreached(err)
	case len(read) > maxAnswer:
		return nil, fmt.Errorf("an answer of more than %d bytes: %w", maxAnswer, reactions.ErrUnusable)
	}
	return picked(read)
}

// unreached names an error of the network without the address, which may hold a secret.
func unreached(err error) error {
	why := "the connection failed"
	if timeout, ok := errors.AsType[net.Error](err); ok && timeout.Timeout() {
		why = "no answer in time"
	}
	return fmt.Errorf("%s: %w", why, ErrUnavailable)
}

// accepted says what an answer's status means: what is wrong with the endpoint or the key can be mended, what is wrong with
// this question cannot.
func accepted(status int) error {
	switch status {
	case http.StatusOK:
		return nil
	case http.StatusBadRequest, http.StatusRequestEntityTooLarge, http.StatusUnprocessableEntity, http.StatusUnavailableForLegalReasons:
		return fmt.Errorf("refused with status %d: %w", status, reactions.ErrUnusable)
	}
	return fmt.Errorf("answered with status %d: %w", status, ErrUnavailable)
}
