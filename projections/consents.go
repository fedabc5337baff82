package projections

import (
	"tagtrail/domain/contact"
	"tagtrail/domain/event"
)

// Consents answers: what does a contact agree to, since when, and how is that known?
//
// A row is the last word on a purpose. Where contacts are merged, each keeps its
// own: who said no as any of them says no.
func Consents() Projection {
	consents := NewTable("consents", Key("org", "contact", "purpose"), `
		org        uuid,
		contact    uuid,
		purpose    text,
		agrees     boolean not null,
		evidence   text,
		source     text not null,
		at         timestamptz not null,
		actor_kind text not null,
		actor      uuid`,
		Index(`create index consents_by_purpose on {table} (org, purpose, agrees, contact)`),
	)
	shown := NewView("shown_consents", `
		select c.org, c.contact, c.purpose, c.agrees from {schema}.consents c
		union all
		select c.org, m.root, c.purpose, c.agrees
		from {schema}.merged_contacts m join {schema}.consents c on c.org = m.org and c.contact = m.contact`)
	keep := func(w *Writer, at At, purpose contact.Purpose, agrees bool, evidence any, by event.Metadata) {
		w.Put(consents, Cols{
			"org": at[0], "contact": at[1], "purpose": purpose, "agrees": agrees, "evidence": evidence,
			"source": by.Source, "at": by.OccurredAt, "actor_kind": by.Actor.Kind, "actor": actorID(by.Actor),
		})
	}

	return Define("consents", 1, consents, shown,
		On(func(w *Writer, e event.Recorded[contact.ConsentGiven]) {
			keep(w, ofContact(e), e.Data.Purpose, true, e.Data.Evidence, e.Metadata)
		}),
		On(func(w *Writer, e event.Recorded[contact.ConsentWithdrawn]) {
			keep(w, ofContact(e), e.Data.Purpose, false, e.Data.Evidence, e.Metadata)
		}),
		On(func(w *Writer, e event.Recorded[contact.Erased]) {
			w.Set(consents, ofContact(e), Cols{"evidence": nil})
		}),
	)
}
