package projections

import (
	"tagtrail/domain/erasure"
	"tagtrail/domain/event"
)

// Erasures answers: who is to be forgotten, and is anything left of them?
//
// Why is not here: the reason may name the person, and stays sealed in the log.
func Erasures() Projection {
	erasures := NewTable("erasures", Key("org", "erasure"), `
		org           uuid,
		erasure       uuid,
		contact       uuid not null,
		contacts      uuid[] not null default '{}',
		asked_at      timestamptz not null,
		asked_by_kind text not null,
		asked_by      uuid,
		position      bigint not null,
		completed_at  timestamptz,
		completed     bigint,
		identities    int not null default 0,
		deliveries    int not null default 0,
		events        int not null default 0,
		digest        text,
		left_over     text[] not null default '{}'`,
		Index(`create index erasures_pending on {table} (org, erasure) where completed_at is null`),
		Index(`create index erasures_by_position on {table} (org, position)`),
	)

	return Define("erasures", 1, erasures,
		On(func(w *Writer, e event.Recorded[erasure.Asked]) {
			at := At{e.Org(), erasure.On(e)}
			w.Put(erasures, Cols{
				"org": e.Org(), "erasure": erasure.On(e), "contact": e.Data.Contact, "asked_at": e.RecordedAt,
				"asked_by_kind": e.Metadata.Actor.Kind, "asked_by": actorID(e.Metadata.Actor), "position": e.Position,
			})
			w.Include(erasures, at, "contacts", e.Data.Contact)
			for _, id := range e.Data.With {
				w.Include(erasures, at, "contacts", id)
			}
		}),
		On(func(w *Writer, e event.Recorded[erasure.GivenUp]) {
			w.Delete(erasures, At{e.Org(), erasure.On(e)})
		}),
		On(func(w *Writer, e event.Recorded[erasure.Forgotten]) {
			w.Set(erasures, At{e.Org(), erasure.On(e)}, Cols{"identities": e.Data.Identities, "deliveries": e.Data.Deliveries})
		}),
		On(func(w *Writer, e event.Recorded[erasure.Completed]) {
			w.Set(erasures, At{e.Org(), erasure.On(e)}, Cols{
				"completed_at": e.RecordedAt, "completed": e.Position, "events": e.Data.Events, "digest": e.Data.Digest, "left_over": e.Data.Left,
			})
		}),
	)
}
