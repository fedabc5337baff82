package projections

import (
	"github.com/google/uuid"

	"tagtrail/domain/event"
	"tagtrail/domain/organization"
	"tagtrail/domain/rule"
)

// ReportingActors answers: which members, keys, channels and rules did what the numbers count? What they are called is personal, and not here.
//
// The system has no id of its own. It is the actor with the id of zeros, so that every deed finds who did it.
func ReportingActors() Projection {
	actors := NewTable("dim_actors", Key("org", "actor"), `
		org        uuid,
		actor      uuid,
		kind       text not null,
		known_at   timestamptz not null,
		revoked_at timestamptz`)
	shown := NewView("actors", `select a.org, a.actor, a.kind, a.known_at, a.revoked_at from {schema}.dim_actors a`)

	return Define("reporting_actors", 1, actors, shown,
		On(func(w *Writer, e event.Recorded[organization.Created]) {
			w.Put(actors, Cols{"org": e.Org(), "actor": uuid.Nil, "kind": "system", "known_at": e.RecordedAt})
		}),
		On(func(w *Writer, e event.Recorded[organization.KeyCreated]) {
			w.Put(actors, Cols{"org": e.Org(), "actor": e.Data.Key, "kind": e.Data.Kind, "known_at": e.RecordedAt})
		}),
		On(func(w *Writer, e event.Recorded[organization.KeyRevoked]) {
			w.Set(actors, At{e.Org(), e.Data.Key}, Cols{"revoked_at": e.RecordedAt})
		}),
		On(func(w *Writer, e event.Recorded[organization.MemberAdded]) {
			w.Put(actors, Cols{"org": e.Org(), "actor": e.Data.Member, "kind": e.Data.Role, "known_at": e.RecordedAt})
		}),
		On(func(w *Writer, e event.Recorded[organization.MemberRoleChanged]) {
			w.Set(actors, At{e.Org(), e.Data.Member}, Cols{"kind": e.Data.To})
		}),
		On(func(w *Writer, e event.Recorded[organization.MemberRemoved]) {
			w.Set(actors, At{e.Org(), e.Data.Member}, Cols{"revoked_at": e.RecordedAt})
		}),
		On(func(w *Writer, e event.Recorded[organization.ChannelAdded]) {
			w.Put(actors, Cols{"org": e.Org(), "actor": e.Data.Channel, "kind": "channel", "known_at": e.RecordedAt})
		}),
		On(func(w *Writer, e event.Recorded[rule.Defined]) {
			w.Put(actors, Cols{"org": e.Org(), "actor": rule.Of(e), "kind": rule.Kind, "known_at": e.RecordedAt})
		}),
		On(func(w *Writer, e event.Recorded[rule.Deleted]) {
			w.Set(actors, At{e.Org(), rule.Of(e)}, Cols{"revoked_at": e.RecordedAt})
		}),
	)
}

// nobody is the system's id, where a view says who did something.
const nobody = `'00000000-0000-0000-0000-000000000000'::uuid`
