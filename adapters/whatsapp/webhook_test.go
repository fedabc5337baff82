package whatsapp_test

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha1"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"

	"tagtrail/adapters/whatsapp"
	"tagtrail/commands"
	"tagtrail/commands/commandstest"
	"tagtrail/domain/event"
	"tagtrail/domain/fault"
	"tagtrail/domain/organization"
)

const (
	appSecret     = "the-app-secret"
	verifyToken   = "the-verify-token"
	phoneNumberID = "106540352242922"
)

// bench is a webhook before a service on a log in memory.
type bench struct {
	*commandstest.World
	handler http.Handler
	channel uuid.UUID

	mu      sync.Mutex
	counted map[whatsapp.Outcome]int
}

func setup(tb testing.TB) *bench {
	tb.Helper()
	b := &bench{World: commandstest.New(tb), counted: map[whatsapp.Outcome]int{}}
	channel, _, err := b.Service.AddChannel(b.Ask(tb.Context()), commands.AddChannel{
		Name: "Sales", PhoneNumberID: phoneNumberID, AppSecret: appSecret, VerifyToken: verifyToken,
	})
	if err != nil {
		tb.Fatal(err)
	}
	b.channel = channel
	hook := whatsapp.New(whatsapp.Config{
		Commands: b.Service,
		Problem:  problem,
		Count: func(o whatsapp.Outcome) {
			b.mu.Lock()
			defer b.mu.Unlock()
			b.counted[o]++
		},
		Now: func() time.Time { return b.Now },
	})
	b.handler = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { hook.ServeChannel(w, r, b.channel) })
	return b
}

// problem answers a fault by its kind and code, as the API does in more words.
func problem(w http.ResponseWriter, _ *http.Request, err error) {
	status, code := http.StatusInternalServerError, "none"
	if refused := fault.Of(err); refused != nil {
		code = refused.Code
		switch refused.Kind {
		case fault.Unauthenticated:
			status = http.StatusUnauthorized
		case fault.Denied:
			status = http.StatusForbidden
		case fault.NotFound:
			status = http.StatusNotFound
		case fault.TooLarge:
			status = http.StatusRequestEntityTooLarge
		case fault.Malformed:
			status = http.StatusBadRequest
		case fault.Unavailable:
			status = http.StatusServiceUnavailable
		case fault.Invalid, fault.Conflict, fault.Gone, fault.Stale, fault.Unsupported:
			status = http.StatusTeapot
		}
	}
	http.Error(w, code, status)
}

func signature(body []byte) string {
	mac := hmac.New(sha256.New, []byte(appSecret))
	mac.Write(body)
	return "sha256=" + hex.EncodeToString(mac.Sum(nil))
}

func (b *bench) send(body []byte, signatures ...string) *httptest.ResponseRecorder {
	r := httptest.NewRequest(http.MethodPost, "/webhooks/whatsapp/"+b.channel.String(), bytes.NewReader(body))
	for _, s := range signatures {
		r.Header.Add("X-Hub-Signature-256", s)
	}
	w := httptest.NewRecorder()
	b.handler.ServeHTTP(w, r)
	return w
}

// deliver sends a signed body that must be taken.
func (b *bench) deliver(tb testing.TB, body string) {
	tb.Helper()
	if w := b.send([]byte(body), signature([]byte(body))); w.Code != http.StatusOK || w.Body.Len() != 0 {
		tb.Fatalf("answered %d %s", w.Code, w.Body)
	}
}

// happened answers what was recorded since the channel was added, but for claims.
func (b *bench) happened() []event.Event {
	var events []event.Event
	for _, recorded := range b.Store.All() {
		if recorded.Metadata.Source == event.WhatsApp {
			events = append(events, recorded.Data)
		}
	}
	return events
}

// Faults row 54.
func TestADeliveryIsSignedOverItsBytes(t *testing.T) {
	t.Parallel()
	body := []byte(text("wamid.1", `h\u00e9`))
	right := signature(body)
	old := hmac.New(sha1.New, []byte(appSecret))
	old.Write(body)
	other := hmac.New(sha256.New, []byte("another-secret"))
	other.Write(body)
	for name, signatures := range map[string][]string{
		"none":                   nil,
		"empty":                  {""},
		"short":                  {right[:len(right)-1]},
		"long":                   {right + "0"},
		"upper case":             {"sha256=" + strings.ToUpper(right[7:])},
		"SHA-1":                  {"sha1=" + hex.EncodeToString(old.Sum(nil))},
		"no scheme":              {right[7:]},
		"of another secret":      {"sha256=" + hex.EncodeToString(other.Sum(nil))},
		"of the same JSON":       {signature([]byte(text("wamid.1", "hé")))},
		"of nothing":             {signature(nil)},
		"twice":                  {right, right},
		"right and wrong at one": {right + ", sha256=0"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := setup(t)
			before := len(b.Store.All())
			if w := b.send(body, signatures...); w.Code != http.StatusUnauthorized || strings.TrimSpace(w.Body.String()) != "webhook.bad-signature" {
				t.Errorf("answered %d %s", w.Code, w.Body)
			}
			if after := len(b.Store.All()); after != before || b.counted[whatsapp.Unsigned] != 1 {
				t.Errorf("%d events were recorded; counted %v", after-before, b.counted)
			}
		})
	}
	b := setup(t)
	if w := b.send(body, right); w.Code != http.StatusOK || len(b.happened()) == 0 {
		t.Errorf("the signed delivery is answered %d %s, with %d events", w.Code, w.Body, len(b.happened()))
	}
}

// Faults row 55.
func TestTheHandshakeGivesTheChallengeBack(t *testing.T) {
	t.Parallel()
	b := setup(t)
	ask := func(method string, query url.Values) *httptest.ResponseRecorder {
		w := httptest.NewRecorder()
		b.handler.ServeHTTP(w, httptest.NewRequest(method, "/?"+query.Encode(), nil))
		return w
	}
	right := func() url.Values {
		return url.Values{"hub.mode": {"subscribe"}, "hub.challenge": {"1158201444"}, "hub.verify_token": {verifyToken}}
	}
	w := ask(http.MethodGet, right())
	if w.Code != http.StatusOK || w.Body.String() != "1158201444" || w.Header().Get("X-Content-Type-Options") != "nosniff" ||
		!strings.HasPrefix(w.Header().Get("Content-Type"), "text/plain") {
		t.Errorf("answered %d %q %v", w.Code, w.Body, w.Header())
	}
	for name, change := range map[string]func(url.Values){
		"no token":              func(q url.Values) { q.Del("hub.verify_token") },
		"an empty token":        func(q url.Values) { q.Set("hub.verify_token", "") },
		"another token":         func(q url.Values) { q.Set("hub.verify_token", verifyToken+"x") },
		"two tokens":            func(q url.Values) { q.Add("hub.verify_token", verifyToken) },
		"a list of tokens":      func(q url.Values) { q.Del("hub.verify_token"); q.Set("hub.verify_token[]", verifyToken) },
		"another mode":          func(q url.Values) { q.Set("hub.mode", "unsubscribe") },
		"no challenge":          func(q url.Values) { q.Del("hub.challenge") },
		"markup as a challenge": func(q url.Values) { q.Set("hub.challenge", "<script>alert(1)</script>") },
		"a long challenge":      func(q url.Values) { q.Set("hub.challenge", strings.Repeat("1", 129)) },
	} {
		query := right()
		change(query)
		if w := ask(http.MethodGet, query); w.Code != http.StatusForbidden || strings.Contains(w.Body.String(), "script") {
			t.Errorf("%s: answered %d %s", name, w.Code, w.Body)
		}
	}
	if w := ask(http.MethodPut, right()); w.Code != http.StatusMethodNotAllowed || w.Header().Get("Allow") != "GET, POST" {
		t.Errorf("PUT is answered %d, allowed are %q", w.Code, w.Header().Get("Allow"))
	}
	b.channel = uuid.New()
	for _, method := range []string{http.MethodGet, http.MethodPost} {
		if w := ask(method, right()); w.Code != http.StatusNotFound || strings.TrimSpace(w.Body.String()) != organization.ErrUnknownChannel.Code {
			t.Errorf("%s to a channel that is none: answered %d %s", method, w.Code, w.Body)
		}
	}
}

// Faults row 56.
func TestADeliveryHasAtMostThreeMegabytes(t *testing.T) {
	t.Parallel()
	b := setup(t)
	full := []byte(`{"object":"page","pad":"` + strings.Repeat("x", whatsapp.MaxBody-26) + `"}`)
	if len(full) != whatsapp.MaxBody {
		t.Fatalf("the body has %d bytes", len(full))
	}
	if w := b.send(full, signature(full)); w.Code != http.StatusOK {
		t.Errorf("3 MB are answered %d %s", w.Code, w.Body)
	}
	over := append(full, ' ')
	if w := b.send(over, signature(over)); w.Code != http.StatusRequestEntityTooLarge {
		t.Errorf("a byte more is answered %d %s", w.Code, w.Body)
	}
	chunked := httptest.NewRequest(http.MethodPost, "/", io.MultiReader(bytes.NewReader(over)))
	chunked.ContentLength = -1
	chunked.Header.Set("X-Hub-Signature-256", signature(over))
	w := httptest.NewRecorder()
	b.handler.ServeHTTP(w, chunked)
	if w.Code != http.StatusRequestEntityTooLarge {
		t.Errorf("a byte more in chunks is answered %d %s", w.Code, w.Body)
	}
	cut := httptest.NewRequest(http.MethodPost, "/", io.MultiReader(strings.NewReader("{"), failing{}))
	cut.ContentLength = -1
	cut.Header.Set("X-Hub-Signature-256", signature([]byte("{")))
	w = httptest.NewRecorder()
	b.handler.ServeHTTP(w, cut)
	if w.Code != http.StatusBadRequest {
		t.Errorf("a body that ends early is answered %d %s", w.Code, w.Body)
	}
}

type failing struct{}

func (failing) Read([]byte) (int, error) { return 0, io.ErrUnexpectedEOF }

// 200 says that all of it is durable: whatever fails, the answer is 5xx, and the next delivery completes it.
func TestADeliveryThatFailsIsDeliveredAgain(t *testing.T) {
	t.Parallel()
	body := text("wamid.1", "one", "wamid.2", "two", "wamid.3", "three")
	for nth := 1; ; nth++ {
		b := setup(t)
		attempts := 0
		b.Store.Before(func(context.Context, commandstest.Attempt) error {
			if attempts++; attempts == nth {
				return errors.New("the disk is full")
			}
			return nil
		})
		w := b.send([]byte(body), signature([]byte(body)))
		if attempts < nth {
			if w.Code != http.StatusOK || nth < 4 {
				t.Errorf("with no failure answered %d after %d appends", w.Code, attempts)
			}
			return
		}
		if w.Code != http.StatusServiceUnavailable || b.counted[whatsapp.NotDurable] != 1 {
			t.Errorf("with append %d failing answered %d %s, counted %v", nth, w.Code, w.Body, b.counted)
		}
		if attempts != nth {
			t.Errorf("after append %d failed there were %d more", nth, attempts-nth)
		}
		b.deliver(t, body)
		if n := len(b.happened()); n != 3+3 {
			t.Errorf("with append %d failing there are %d events in the end, want a contact with number and name and 3 messages", nth, n)
		}
	}
}

func TestAVaultOutOfReachIsNotAnsweredWithSuccess(t *testing.T) {
	t.Parallel()
	b := setup(t)
	body := []byte(text("wamid.1", "one"))
	b.Vault.Fail(errors.New("the vault is away"))
	if w := b.send(body, signature(body)); w.Code < 500 {
		t.Errorf("answered %d %s", w.Code, w.Body)
	}
	b.Vault.Fail(nil)
	b.deliver(t, string(body))
}

// A refusal that is nobody's fault here must not read as the sender's: only 5xx says "again".
func TestWhatTheDomainCannotDoNowIsToBeDeliveredAgain(t *testing.T) {
	t.Parallel()
	b := setup(t)
	hook := whatsapp.New(whatsapp.Config{
		Commands: gone{b.Service}, Problem: problem, Count: func(whatsapp.Outcome) {}, Now: func() time.Time { return b.Now },
	})
	body := []byte(text("wamid.1", "one"))
	r := httptest.NewRequest(http.MethodPost, "/", bytes.NewReader(body))
	r.Header.Set("X-Hub-Signature-256", signature(body))
	w := httptest.NewRecorder()
	hook.ServeChannel(w, r, b.channel)
	if w.Code != http.StatusServiceUnavailable || strings.TrimSpace(w.Body.String()) != "webhook.not-durable" {
		t.Errorf("answered %d %s", w.Code, w.Body)
	}
}

type gone struct{ *commands.Service }

func (gone) ReceiveMessage(context.Context, commands.ReceiveMessage) (commands.Receipt, error) {
	return commands.Receipt{}, fmt.Errorf("receive: %w", fault.New(fault.Gone, "contact.erased", "the contact was erased"))
}

func TestEveryFaultAndOutcomeIsListed(t *testing.T) {
	t.Parallel()
	seen := map[string]bool{}
	for _, f := range whatsapp.Faults() {
		if seen[f.Code] || !strings.HasPrefix(f.Code, "webhook.") {
			t.Errorf("%s is listed twice or is no webhook's", f.Code)
		}
		seen[f.Code] = true
	}
	if len(whatsapp.Outcomes()) != 9 {
		t.Errorf("there are %d outcomes", len(whatsapp.Outcomes()))
	}
}
