package commands

import (
	"context"
	"encoding/base64"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/google/uuid"

	"tagtrail/domain/event"
	"tagtrail/domain/organization"
	"tagtrail/domain/personal"
)

// Origin is who asks, through what, and when. It rides in the context and ends
// up in the metadata of every event that the command causes.
type Origin struct {
	Organization  organization.ID
	Actor         event.Actor
	Source        event.Source
	CommandID     uuid.UUID // of this one command; a command met again under the same id takes effect once
	RequestHMAC   string    // what the request asked, so that another request under the same id is noticed
	CorrelationID string
	CausationID   string
	Reason        personal.Text
	At            time.Time // when it happened by the source's clock; zero is now
	AI            *event.AI
	OperationID   uuid.UUID // the operation on many that this command is part of, where it is part of one
	RuleVersion   int       // of the rule that asks, where the actor is one

	catalogRevision *event.Revision
}

type originKey struct{}

// WithOrigin answers a context for one command. A command without an id gets a fresh one.
func WithOrigin(ctx context.Context, origin Origin) context.Context {
	if origin.CommandID == uuid.Nil {
		origin.CommandID = uuid.Must(uuid.NewV7())
	}
	return context.WithValue(ctx, originKey{}, origin)
}

// originOf answers who asks. A command without an origin is a mistake of the caller, so it panics.
func originOf(ctx context.Context) Origin { return ctx.Value(originKey{}).(Origin) }

// deciding records which revision of the tag catalogue a decision sees.
func deciding(ctx context.Context, catalog event.Revision) context.Context {
	origin := originOf(ctx)
	origin.catalogRevision = &catalog
	return WithOrigin(ctx, origin)
}

// metadata is what the origin leaves on each event.
func (o Origin) metadata(now func() time.Time) event.Metadata {
	at := o.At
	if at.IsZero() {
		at = now()
	}
	return event.Metadata{
		Organization: o.Organization.UUID, Actor: o.Actor, Source: o.Source,
		OccurredAt: at.UTC().Truncate(time.Microsecond),
		CommandID:  o.CommandID, RequestHMAC: o.RequestHMAC,
		CorrelationID: o.CorrelationID, CausationID: o.CausationID,
		Reason: o.Reason, OperationID: o.OperationID, AI: o.AI, CatalogRevision: o.catalogRevision,
		RuleVersion: o.RuleVersion,
	}
}

// created answers the id of the nth thing of a kind that a command creates: a repeat creates the same.
func created(command uuid.UUID, kind string, ordinal int) uuid.UUID {
	return derive(command, kind, strconv.Itoa(ordinal))
}

// derive answers the UUIDv5 of the parts in the namespace of an id.
func derive(namespace uuid.UUID, parts ...string) uuid.UUID {
	return uuid.NewSHA1(namespace, []byte(strings.Join(parts, "/")))
}

// RequestHMAC answers the fingerprint of a request that is recorded with its
// events: the organisation's own key keeps the log from giving away what was asked.
func (s *Service) RequestHMAC(ctx context.Context, org organization.ID, method, path string, body []byte) (string, error) {
	mac, err := s.vault.MAC(ctx, org, "request", method, path, string(body))
	if err != nil {
		return "", fmt.Errorf("fingerprint a request of %s: %w", org, err)
	}
	return base64.RawURLEncoding.EncodeToString(mac), nil
}
