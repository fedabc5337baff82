package commands

import (
	"context"
	"fmt"
	"iter"
	"slices"
	"sync"

	"github.com/google/uuid"

	"tagtrail/domain/contact"
	"tagtrail/domain/event"
	"tagtrail/domain/identity"
	"tagtrail/domain/organization"
	"tagtrail/domain/personal"
)

// rehearsed answers a service that decides as this one does, and whose writes
// nobody else sees: they are read again by itself only, and are gone with it.
func (s *Service) rehearsed() (*Service, *rehearsal) {
	r := &rehearsal{Store: s.store, Vault: s.vault, streams: map[string][]event.Recorded[event.Event]{}}
	return New(r, rehearsedVault{r}, s.counts, s.now), r
}

// rehearsal is a log that begins with what is in the log, and goes its own way.
type rehearsal struct {
	Store
	Vault

	mu      sync.Mutex
	streams map[string][]event.Recorded[event.Event] // what was written besides
	head    event.Position
}

// ReadStream answers what is in the log, and then what was written besides.
func (r *rehearsal) ReadStream(ctx context.Context, stream string, from event.Revision) iter.Seq2[event.Recorded[event.Event], error] {
	return func(yield func(event.Recorded[event.Event], error) bool) {
		r.mu.Lock()
		own := slices.Clone(r.streams[stream])
		r.mu.Unlock()
		if len(own) == 0 || own[0].Revision > from { // else nothing of the log is in front
			for recorded, err := range r.Store.ReadStream(ctx, stream, from) {
				if err == nil && len(own) > 0 && recorded.Revision >= own[0].Revision {
					break // somebody wrote meanwhile: the rehearsal goes on from where it began
				}
				if !yield(recorded, err) || err != nil {
					return
				}
			}
		}
		for _, recorded := range own {
			if recorded.Revision >= from && !yield(recorded, nil) {
				return
			}
		}
	}
}

// Append writes besides the log. What begins besides a stream begins where whoever writes saw it end, so that the log is
// not asked again.
func (r *rehearsal) Append(_ context.Context, stream string, expected event.Revision, events []event.Envelope) (event.Position, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if own := r.streams[stream]; len(own) > 0 && own[len(own)-1].Revision != expected {
		return 0, event.ErrWrongRevision
	}
	for i, e := range events {
		r.head++
		r.streams[stream] = append(r.streams[stream], event.Recorded[event.Event]{
			ID: e.ID, Stream: stream, Revision: expected + 1 + event.Revision(i), Position: r.head, Metadata: e.Metadata, Data: e.Event,
		})
	}
	return r.head, nil
}

// forget gives up what was written besides of streams that nobody asks for again.
func (r *rehearsal) forget(streams ...string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, stream := range streams {
		delete(r.streams, stream)
	}
}

// holds says whether something was written besides a stream.
func (r *rehearsal) holds(stream string) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return len(r.streams[stream]) > 0
}

// rehearsedVault knows who is known already, and makes nothing known.
type rehearsedVault struct{ *rehearsal }

// Identity answers the id of an identity that is known, and one that is like no other for one that is not.
func (v rehearsedVault) Identity(
	ctx context.Context, org organization.ID, scope string, kind contact.IdentityKind, value personal.Text,
) (uuid.UUID, error) {
	id, known, err := v.Vault.KnownIdentity(ctx, org, scope, kind, value)
	if err != nil || known {
		return id, err
	}
	return v.likeNoOther(ctx, org, scope, kind, value)
}

func (v rehearsedVault) likeNoOther(
	ctx context.Context, org organization.ID, scope string, kind contact.IdentityKind, value personal.Text,
) (uuid.UUID, error) {
	mac, err := v.MAC(ctx, org, "rehearsal", scope, string(kind), value.Reveal())
	if err != nil {
		return uuid.Nil, fmt.Errorf("rehearse an identity: %w", err)
	}
	return uuid.NewSHA1(org.UUID, mac), nil
}

// Identities answers Identity of each, and which of them nobody can have met: neither before nor in the rehearsal. None is made.
func (v rehearsedVault) Identities(
	ctx context.Context, org organization.ID, scope string, kind contact.IdentityKind, values []personal.Text,
) (ids []uuid.UUID, fresh []bool, err error) {
	if ids, err = v.KnownIdentities(ctx, org, scope, kind, values); err != nil {
		return nil, nil, err
	}
	fresh = make([]bool, len(values))
	for i, value := range values {
		if ids[i] != uuid.Nil {
			continue
		}
		if ids[i], err = v.likeNoOther(ctx, org, scope, kind, value); err != nil {
			return nil, nil, err
		}
		fresh[i] = !v.holds(identity.Stream(ids[i]))
	}
	return ids, fresh, nil
}

// MakeKeys makes none.
func (rehearsedVault) MakeKeys(context.Context, organization.ID, []uuid.UUID) error { return nil }
