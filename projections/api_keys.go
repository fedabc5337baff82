package projections

import (
	"tagtrail/domain/event"
	"tagtrail/domain/organization"
)

// APIKeys answers: which keys open an organisation, and which once did? What opens it, the secret, is not here, nor its hash.
func APIKeys() Projection {
	keys := NewTable("api_keys", Key("org", "key"), `
		org             uuid,
		key             uuid,
		kind            text not null,
		name            text,
		member          uuid,
		created_at      timestamptz not null,
		created_by_kind text not null,
		created_by      uuid,
		revoked_at      timestamptz,
		revision        bigint not null`)

	return Define("api_keys", 1, keys,
		On(func(w *Writer, e event.Recorded[organization.KeyCreated]) {
			w.Put(keys, Cols{
				"org": e.Org(), "key": e.Data.Key, "kind": e.Data.Kind, "name": e.Data.Name, "created_at": e.RecordedAt,
				"created_by_kind": e.Metadata.Actor.Kind, "created_by": actorID(e.Metadata.Actor), "revision": e.Revision,
			})
		}),
		On(func(w *Writer, e event.Recorded[organization.KeyAssigned]) {
			w.Set(keys, At{e.Org(), e.Data.Key}, Cols{"member": e.Data.Member, "revision": e.Revision})
		}),
		On(func(w *Writer, e event.Recorded[organization.KeyRevoked]) {
			w.Set(keys, At{e.Org(), e.Data.Key}, Cols{"revoked_at": e.RecordedAt, "revision": e.Revision})
		}),
	)
}
