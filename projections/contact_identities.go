package projections

import (
	"tagtrail/domain/contact"
	"tagtrail/domain/event"
)

// ContactIdentities answers: which numbers and BSUIDs is a contact recognised by?
//
// An identity has no id: it is its value, which is personal data and so in no
// key. A row is what one event said, and the view joins what was linked with
// what was unlinked later.
func ContactIdentities() Projection {
	identities := identitiesTable("contact_identities",
		Index(`create index contact_identities_by_print on {table} (org, (`+printOf("value")+`), contact) where linked and kind = 'number' and value is not null`))
	held := NewView("held_identities", `
		select i.org, i.contact, i.revision, i.kind, i.value, i.wa_id, i.country, i.channel
		from {schema}.contact_identities i
		where i.linked and not exists (
			select from {schema}.contact_identities later
			where later.org = i.org and later.contact = i.contact and later.revision > i.revision
				and later.kind = i.kind and later.value = i.value)`)

	return Define("contact_identities", 1, append([]Part{identities, held}, onIdentities(identities)...)...)
}

func identitiesTable(name string, options ...TableOption) *Table {
	return NewTable(name, Key("org", "contact", "revision"), `
		org      uuid,
		contact  uuid,
		revision bigint,
		linked   boolean not null,
		kind     text not null,
		value    text,
		wa_id    text,
		country  text,
		channel  uuid`, options...)
}

// onIdentities says what each event does to a table of identities.
func onIdentities(identities *Table) []Part {
	keep := func(w *Writer, at At, revision event.Revision, linked bool, i contact.Identity) {
		w.Put(identities, Cols{
			"org": at[0], "contact": at[1], "revision": revision, "linked": linked,
			"kind": i.Kind, "value": i.Value, "wa_id": i.WaID, "country": i.Country, "channel": i.Channel,
		})
	}

	return []Part{
		On(func(w *Writer, e event.Recorded[contact.Created]) {
			keep(w, ofContact(e), e.Revision, true, e.Data.Identity)
		}),
		On(func(w *Writer, e event.Recorded[contact.IdentityLinked]) {
			keep(w, ofContact(e), e.Revision, true, e.Data.Identity)
		}),
		On(func(w *Writer, e event.Recorded[contact.IdentityUnlinked]) {
			keep(w, ofContact(e), e.Revision, false, e.Data.Identity)
		}),
		On(func(w *Writer, e event.Recorded[contact.Erased]) {
			w.Delete(identities, ofContact(e))
		}),
	}
}
