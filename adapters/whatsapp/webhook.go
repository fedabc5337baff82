package whatsapp

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"time"

	"github.com/google/uuid"

	"tagtrail/commands"
	"tagtrail/domain/event"
	"tagtrail/domain/fault"
	"tagtrail/domain/organization"
)

// MaxBody bounds a delivery, in bytes: WhatsApp sends up to 3 MB.
const MaxBody = 3 << 20

// The faults of webhooks.
var (
	ErrSignature    = fault.New(fault.Unauthenticated, "webhook.bad-signature", "the delivery is not signed with the app secret of this channel")
	ErrVerification = fault.New(fault.Denied, "webhook.verification-refused", "this is not a verification of this channel's webhook")
	ErrTooLarge     = fault.New(fault.TooLarge, "webhook.too-large", "a delivery has at most 3 MB")
	ErrCutOff       = fault.New(fault.Malformed, "webhook.cut-off", "the delivery ended early")
	ErrNotDurable   = fault.New(fault.Unavailable, "webhook.not-durable", "the delivery could not be taken in as a whole; deliver it again")
)

// Faults lists every fault of webhooks.
func Faults() []*fault.Fault {
	return []*fault.Fault{ErrSignature, ErrVerification, ErrTooLarge, ErrCutOff, ErrNotDurable}
}

// Commands is what deliveries are turned into.
type Commands interface {
	Channel(ctx context.Context, channel uuid.UUID) (organization.Channel, error)
	ReceiveMessage(ctx context.Context, cmd commands.ReceiveMessage) (commands.Receipt, error)
	ReportStatus(ctx context.Context, cmd commands.ReportStatus) (commands.Receipt, error)
	ReportPreference(ctx context.Context, cmd commands.ReportPreference) (commands.Receipt, error)
	ChangeIdentity(ctx context.Context, cmd commands.ChangeIdentity) (commands.Receipt, error)
	LinkNumber(ctx context.Context, cmd commands.LinkNumber) (commands.Receipt, error)
	KeepDelivery(ctx context.Context, cmd commands.KeepDelivery) (commands.Receipt, error)
}

// Config is what a webhook needs.
type Config struct {
	Commands Commands
	Problem  func(http.ResponseWriter, *http.Request, error) // answers a fault, or an error that is none
	Count    func(Outcome)                                   // is told of each thing that was taken in, of several at a time
	Now      func() time.Time
}

// Outcome is what became of one thing in a delivery.
type Outcome string

// The outcomes.
const (
	Received   Outcome = "received"         // a message
	Reported   Outcome = "reported"         // a status
	Moved      Outcome = "identity_changed" // a person is found under another identity
	Linked     Outcome = "number_linked"    // a number from a contact card
	Preference Outcome = "preference"       // what a person chose about marketing
	Repeated   Outcome = "repeated"         // known already
	Kept       Outcome = "kept"             // not understood, kept as it came
	Unsigned   Outcome = "unsigned"         // refused
	NotDurable Outcome = "not_durable"      // to be delivered again
)

// Outcomes answers every outcome.
func Outcomes() []Outcome {
	return []Outcome{Received, Reported, Moved, Linked, Preference, Repeated, Kept, Unsigned, NotDurable}
}

// Webhook takes deliveries in.
type Webhook struct{ Config }

// New makes a webhook.
func New(config Config) *Webhook { return &Webhook{config} }

// ServeChannel answers a request to the webhook of a channel: GET is WhatsApp's
// question whether this is the right place, POST is a delivery.
func (h *Webhook) ServeChannel(w http.ResponseWriter, r *http.Request, channel uuid.UUID) {
	if r.Method != http.MethodGet && r.Method != http.MethodPost {
		w.Header().Set("Allow", "GET, POST")
		w.WriteHeader(http.StatusMethodNotAllowed)
		return
	}
	of, err := h.Commands.Channel(r.Context(), channel)
	if err != nil {
		h.Problem(w, r, err)
		return
	}
	if r.Method == http.MethodGet {
		h.verify(w, r, of)
		return
	}
	body, err := signedBody(w, r, of.AppSecret.Reveal())
	if err != nil {
		h.Count(Unsigned)
		h.Problem(w, r, err)
		return
	}
	if err := h.take(r.Context(), of, body); err != nil {
		h.Count(NotDurable)
		h.Problem(w, r, err)
		return
	}
	w.WriteHeader(http.StatusOK)
}

// verify gives the challenge back to whoever knows the token.
func (h *Webhook) verify(w http.ResponseWriter, r *http.Request, of organization.Channel) {
	challenge, ok := answer(r.URL.Query(), of.VerifyToken.Reveal())
	if !ok {
		h.Problem(w, r, ErrVerification)
		return
	}
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	w.Header().Set("X-Content-Type-Options", "nosniff")
	_, _ = io.WriteString(w, challenge)
}

// take turns a signed body into commands, and ends at the first that fails.
func (h *Webhook) take(ctx context.Context, of organization.Channel, body []byte) error {
	correlation, err := uuid.NewV7()
	if err != nil {
		return err
	}
	ctx = commands.WithOrigin(ctx, commands.Origin{
		Organization: of.Organization, Actor: event.Actor{Kind: "channel", ID: of.ID.String()}, Source: event.WhatsApp,
		CorrelationID: correlation.String(),
	})
	err = (&taking{Webhook: h, channel: of}).body(ctx, body)
	if refused := fault.Of(err); refused != nil && refused.Kind != fault.Unavailable {
		return fmt.Errorf("%w: %w", ErrNotDurable, err)
	}
	return err
}

// isRefusal says whether a command was refused for what the delivery says: it would be refused again.
func isRefusal(err error) bool {
	refused := fault.Of(err)
	return refused != nil && (refused.Kind == fault.Invalid || refused.Kind == fault.Malformed || refused.Kind == fault.TooLarge)
}

// tooLarge says whether a body could not be read because it is over the limit.
func tooLarge(err error) bool {
	_, over := errors.AsType[*http.MaxBytesError](err)
	return over
}
