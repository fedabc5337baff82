package projections

import (
	"tagtrail/domain/event"
	"tagtrail/domain/organization"
)

// Members answers: who belongs to the team, who once did, and what may they do?
func Members() Projection {
	members := NewTable("members", Key("org", "member"), `
		org           uuid,
		member        uuid,
		name          text,
		email         text,
		role          text not null,
		added_at      timestamptz not null,
		added_by_kind text not null,
		added_by      uuid,
		removed_at    timestamptz,
		revision      bigint not null`)

	return Define("members", 1, members,
		On(func(w *Writer, e event.Recorded[organization.MemberAdded]) {
			w.Put(members, Cols{
				"org": e.Org(), "member": e.Data.Member, "name": e.Data.Name, "email": e.Data.Email, "role": e.Data.Role, "added_at": e.RecordedAt,
				"added_by_kind": e.Metadata.Actor.Kind, "added_by": actorID(e.Metadata.Actor), "revision": e.Revision,
			})
		}),
		On(func(w *Writer, e event.Recorded[organization.MemberRenamed]) {
			w.Set(members, At{e.Org(), e.Data.Member}, Cols{"name": e.Data.Name, "revision": e.Revision})
		}),
		On(func(w *Writer, e event.Recorded[organization.MemberEmailChanged]) {
			w.Set(members, At{e.Org(), e.Data.Member}, Cols{"email": e.Data.Email, "revision": e.Revision})
		}),
		On(func(w *Writer, e event.Recorded[organization.MemberRoleChanged]) {
			w.Set(members, At{e.Org(), e.Data.Member}, Cols{"role": e.Data.To, "revision": e.Revision})
		}),
		On(func(w *Writer, e event.Recorded[organization.MemberRemoved]) {
			w.Set(members, At{e.Org(), e.Data.Member}, Cols{"removed_at": e.RecordedAt, "revision": e.Revision})
		}),
	)
}
