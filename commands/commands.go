// Package commands is everything that tagtrail can be asked to change: one file
// for each command, and one engine that turns decisions into appends.
//
// A command loads one stream, lets the domain decide, and appends at the
// revision that the decision was made on. No command looks at a read model.
//
// # Decisions
//
// Repeating a command is harmless. Every event carries the id of its command;
// a command that finds its own id in the stream answers the position of then
// and writes nothing, and the ids of events are derived from the command's, so
// that sending an append again is the same append. Refusals, and decisions that
// change nothing, are not remembered.
//
// Catalogues and organisations are asked for by nearly every request, so their
// folded states are kept and brought up to date by reading on from the revision
// they stand at: never by trusting that nothing happened. With them stays the
// position of every command that ever wrote to the stream, because a repeat may
// come at any time; people write these streams, so they are short.
package commands

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"math/rand/v2"
	"strconv"
	"time"

	"github.com/google/uuid"

	"tagtrail/domain/contact"
	"tagtrail/domain/event"
	"tagtrail/domain/fault"
	"tagtrail/domain/organization"
	"tagtrail/domain/personal"
)

// Store is the log, as far as commands need it.
type Store interface {
	// ReadStream answers the events of a stream from a revision on, in order; a missing stream has none.
	ReadStream(ctx context.Context, stream string, from event.Revision) iter.Seq2[event.Recorded[event.Event], error]
	// Append adds the events when the stream stands at the expected revision, all or none, and answers the
	// position of the last. When it does not, the answer is event.ErrWrongRevision and nothing was written.
	// An append whose outcome got lost is sent again by the store itself, identically.
	Append(ctx context.Context, stream string, expected event.Revision, events []event.Envelope) (event.Position, error)
}

// Vault keeps what must not be read off the log: who an identity belongs to, and the organisations' own keys.
type Vault interface {
	// Identity answers the id of the stream that says who holds the value; it is made at first use, and durable before it is answered.
	Identity(ctx context.Context, org organization.ID, scope string, kind contact.IdentityKind, value personal.Text) (uuid.UUID, error)
	// Identities answers Identity of many at once, and which of them were made by this.
	Identities(ctx context.Context, org organization.ID, scope string, kind contact.IdentityKind, values []personal.Text) (ids []uuid.UUID, fresh []bool, err error)
	// MakeKeys makes ready to seal for many subjects at once, which the first event about each would do else.
	MakeKeys(ctx context.Context, org organization.ID, subjects []uuid.UUID) error
	// KnownIdentity answers the same of a value that was asked for before, and makes nothing.
	KnownIdentity(ctx context.Context, org organization.ID, scope string, kind contact.IdentityKind, value personal.Text) (id uuid.UUID, known bool, err error)
	// KnownIdentities answers KnownIdentity of many at once; the zero id is of a value that nobody asked for before.
	KnownIdentities(ctx context.Context, org organization.ID, scope string, kind contact.IdentityKind, values []personal.Text) ([]uuid.UUID, error)
	// MAC answers the 32 bytes of the HMAC-SHA256 of the parts under the organisation's own key.
	MAC(ctx context.Context, org organization.ID, purpose string, parts ...string) ([]byte, error)
	// Shred makes everything that was ever sealed for a subject unreadable, for good.
	Shred(ctx context.Context, org, about uuid.UUID) error
	// ForgetIdentity makes a value unknown: whoever comes with it next is somebody new.
	ForgetIdentity(ctx context.Context, org organization.ID, scope string, kind contact.IdentityKind, value personal.Text) error
}

// Counts counts what limits over many streams are about, in the tables that are read.
type Counts interface {
	// Contacts answers how many contacts the organisation has that are neither archived, merged nor erased.
	Contacts(ctx context.Context, org organization.ID) (int, error)
}

// Service runs commands.
type Service struct {
	store         Store
	vault         Vault
	counts        Counts
	now           func() time.Time
	catalogs      *catalogs
	organizations *organizations
	installation  *installations
}

// New makes a service that writes to the store; now is the clock of commands whose origin names no time.
func New(store Store, vault Vault, counts Counts, now func() time.Time) *Service {
	return &Service{
		store: store, vault: vault, counts: counts, now: now,
		catalogs:      newCatalogs(store),
		organizations: newOrganizations(store),
		installation:  newInstallations(store),
	}
}

// Receipt says where a command's effect stands in the log: a read that waits for the position sees it.
type Receipt struct {
	Position event.Position
	Replayed bool // the command had taken effect before; the position is that of then
	Changed  bool // something was recorded, now or then; what is so already is not recorded
}

// state is what decisions are made on: a fold over the events of one stream.
type state[E event.Event] interface{ Apply(event.Recorded[E]) }

// decide is the write engine: load, fold, decide, append at the revision that
// was read. It decides again only when the stream moved in between. A stream
// that begins with another organisation's event looks empty to the decision.
func decide[E event.Event, S state[E]](
	ctx context.Context, s *Service, stream string, fresh func() S, decision func(S) ([]E, error),
) (Receipt, error) {
	org := originOf(ctx).Organization
	return decideOn(ctx, s, stream, func(ctx context.Context) (loaded[S], error) {
		return load(ctx, s.store, stream, org, fresh)
	}, decision)
}

// decideContact decides on one contact.
func (s *Service) decideContact(ctx context.Context, id contact.ID, decision func(*contact.Contact) ([]contact.Event, error)) (Receipt, error) {
	return decide(ctx, s, id.Stream(), contact.New, yielding(originOf(ctx), decision))
}

// decideOn is decide over any way to load the stream's state.
func decideOn[E event.Event, S state[E]](
	ctx context.Context, s *Service, stream string, load func(context.Context) (loaded[S], error), decision func(S) ([]E, error),
) (Receipt, error) {
	origin := originOf(ctx)
	for attempt := range maxAttempts {
		if err := pause(ctx, attempt); err != nil {
			return Receipt{}, err
		}
		at, err := load(ctx)
		if err != nil {
			return Receipt{}, err
		}
		if before, ok := at.replay(origin.CommandID); ok {
			if before.requestHMAC != origin.RequestHMAC {
				return Receipt{}, ErrKeyReused
			}
			return Receipt{Position: before.position, Replayed: true, Changed: true}, nil
		}
		events, err := decision(at.state)
		if err != nil {
			return Receipt{}, err
		}
		if len(events) == 0 {
			return Receipt{Position: at.position}, nil
		}
		if at.foreign {
			return Receipt{}, ErrNotFound
		}
		position, err := commit(ctx, s, stream, at.revision, events)
		if errors.Is(err, event.ErrWrongRevision) {
			continue
		}
		return Receipt{Position: position, Changed: err == nil}, err
	}
	return Receipt{}, ErrContended
}

// commit appends what was decided, in the name of the context's origin.
func commit[E event.Event](ctx context.Context, s *Service, stream string, expected event.Revision, events []E) (event.Position, error) {
	metadata := originOf(ctx).metadata(s.now)
	envelopes := make([]event.Envelope, len(events))
	for i, e := range events {
		envelopes[i] = event.Envelope{ID: derive(metadata.CommandID, stream, strconv.Itoa(i)), Metadata: metadata, Event: e}
	}
	return s.append(ctx, stream, expected, envelopes)
}

// append tells a stream that moved from a log that is out of reach.
func (s *Service) append(ctx context.Context, stream string, expected event.Revision, envelopes []event.Envelope) (event.Position, error) {
	position, err := s.store.Append(ctx, stream, expected, envelopes)
	switch {
	case err == nil:
		return position, nil
	case errors.Is(err, event.ErrWrongRevision), fault.Of(err) != nil:
		return 0, fmt.Errorf("append to %s: %w", stream, err)
	default:
		return 0, fmt.Errorf("append to %s: %w: %w", stream, ErrLogUnavailable, err)
	}
}

// maxAttempts bounds how often a decision is made again: among n writers of one
// stream the unluckiest loses n-1 times.
const maxAttempts = 100

// pause waits a little longer before each further attempt, by chance, so that the losers of one round do not meet again in the next.
func pause(ctx context.Context, attempt int) error {
	if attempt == 0 {
		return nil
	}
	longest := min(time.Duration(attempt)*time.Millisecond, 20*time.Millisecond)
	timer := time.NewTimer(rand.N(longest))
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
