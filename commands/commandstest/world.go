package commandstest

import (
	"context"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"

	"tagtrail/commands"
	"tagtrail/domain/event"
	"tagtrail/domain/organization"
	"tagtrail/domain/personal"
)

// World is one organisation on a log and a vault in memory.
type World struct {
	Store        *Store
	Vault        *Vault
	Counts       *Counts
	Service      *commands.Service
	Organization organization.ID
	Now          time.Time // what the service's clock says
}

// Counts are what the tables that are read would count.
type Counts struct{ Of int }

// Contacts answers how many contacts every organisation has.
func (c *Counts) Contacts(context.Context, organization.ID) (int, error) { return c.Of, nil }

// New answers a world whose organisation has one owner key and nothing else.
func New(t testing.TB) *World {
	t.Helper()
	return NewWith(t, organization.ScopeOrganization)
}

// NewWith is New with a chosen identity scope.
func NewWith(t testing.TB, scope organization.IdentityScope) *World {
	t.Helper()
	w := &World{
		Store: NewStore(), Vault: NewVault(), Counts: &Counts{}, Organization: organization.ID{UUID: uuid.New()},
		Now: time.Date(2026, time.May, 30, 9, 0, 0, 0, time.UTC),
	}
	w.Service = commands.New(w.Store, w.Vault, w.Counts, func() time.Time { return w.Now })
	w.Store.Put(w.Organization.Stream(), w.Metadata(),
		organization.Created{Name: "Acme", IdentityScope: scope, Zone: "UTC"},
		organization.KeyCreated{Key: uuid.New(), Kind: organization.Owner, Name: personal.New("first"), Hash: "0"})
	w.Store.Put(organization.InstallationStream, w.Metadata(), organization.Registered{Organization: w.Organization})
	return w
}

// Metadata is that of history which no command wrote.
func (w *World) Metadata() event.Metadata {
	return event.Metadata{
		Organization: w.Organization.UUID, Actor: event.Actor{Kind: "system"}, Source: event.System,
		OccurredAt: w.Now, CommandID: uuid.New(),
	}
}

// Ask answers a context for one command, with an id of its own, from an owner in the console.
func (w *World) Ask(ctx context.Context) context.Context {
	return w.AskAs(ctx, uuid.New(), event.ManualAdmin)
}

// AskAs answers a context for the command of an id, by a source.
func (w *World) AskAs(ctx context.Context, command uuid.UUID, source event.Source) context.Context {
	return commands.WithOrigin(ctx, commands.Origin{
		Organization: w.Organization, Actor: event.Actor{Kind: "owner", ID: ownerID.String()}, Source: source,
		CommandID: command, RequestHMAC: "of " + command.String(),
	})
}

// Because is Ask with a reason.
func (w *World) Because(ctx context.Context, reason string) context.Context {
	id := uuid.New()
	return commands.WithOrigin(ctx, commands.Origin{
		Organization: w.Organization, Actor: event.Actor{Kind: "owner", ID: ownerID.String()}, Source: event.ManualAdmin,
		CommandID: id, RequestHMAC: "of " + id.String(), Reason: personal.New(reason),
	})
}

// ownerID is who asks in these worlds.
var ownerID = uuid.MustParse("0197a1b2-0000-7000-8000-0000000000a1")

// Happened requires that a stream holds exactly these events.
func (w *World) Happened(t testing.TB, stream string, want ...event.Event) {
	t.Helper()
	if diff := cmp.Diff(want, w.Store.Events(stream), cmp.AllowUnexported(personal.Text{})); diff != "" {
		t.Errorf("%s holds something else (- want, + got):\n%s", stream, diff)
	}
}
