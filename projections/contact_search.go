package projections

import (
	"tagtrail/domain/contact"
	"tagtrail/domain/event"
)

// namesPart is the row with a contact's names and e-mail address; its numbers have rows of their own, by the revision that linked them.
const namesPart = -1

// ContactSearch answers: which contacts have this in their name, number or e-mail address?
//
// It is a narrow table of its own, because the rows of contacts change with every
// message, and an index of trigrams is dear to change. A haystack has each text
// on a line of its own that begins with a space, so that trigrams know where
// words begin; numbers are digits alone. What is found of a contact that was
// merged is found of the one that stands for it.
func ContactSearch() Projection {
	search := NewTable("contact_search", Key("org", "contact", "part"), `
		org          uuid,
		contact      uuid,
		part         bigint,
		name         text,
		profile_name text,
		email        text,
		phone        text,
		wa_id        text,
		haystack     text not null generated always as (
			coalesce(E'\n ' || name, '') || coalesce(E'\n ' || profile_name, '') || coalesce(E'\n ' || email, '') ||
			coalesce(E'\n ' || ltrim(phone, '+'), '') || coalesce(E'\n ' || wa_id, '')) stored`,
		Index(`create index contact_search_by_trigrams on {table} using gin (org, haystack ext.gin_trgm_ops)`),
	)
	searchable := NewView("searchable_contacts", `
		select s.org, coalesce(m.root, s.contact) as contact, s.haystack, s.name, s.profile_name, s.email, ltrim(s.phone, '+') as number, s.wa_id
		from {schema}.contact_search s
		left join {schema}.merged_contacts m on m.org = s.org and m.contact = s.contact
		where s.part = -1 or (
			select true from {schema}.held_identities i where i.org = s.org and i.contact = s.contact and i.revision = s.part limit 1)`)

	names := func(at At) At { return append(at, namesPart) }
	number := func(w *Writer, at At, revision event.Revision, i contact.Identity) {
		if i.Kind == contact.Number {
			w.Put(search, Cols{"org": at[0], "contact": at[1], "part": revision, "phone": i.Value, "wa_id": i.WaID})
		}
	}

	return Define("contact_search", 1, search, searchable,
		On(func(w *Writer, e event.Recorded[contact.Created]) {
			w.Put(search, Cols{"org": e.Org(), "contact": contact.Of(e), "part": namesPart, "name": e.Data.Name, "email": e.Data.Email})
			number(w, ofContact(e), e.Revision, e.Data.Identity)
		}),
		On(func(w *Writer, e event.Recorded[contact.IdentityLinked]) {
			number(w, ofContact(e), e.Revision, e.Data.Identity)
		}),
		On(func(w *Writer, e event.Recorded[contact.ProfileNameChanged]) {
			w.Set(search, names(ofContact(e)), Cols{"profile_name": e.Data.Name})
		}),
		On(func(w *Writer, e event.Recorded[contact.Renamed]) {
			w.Set(search, names(ofContact(e)), Cols{"name": e.Data.Name})
		}),
		On(func(w *Writer, e event.Recorded[contact.EmailChanged]) {
			w.Set(search, names(ofContact(e)), Cols{"email": e.Data.Email})
		}),
		On(func(w *Writer, e event.Recorded[contact.Erased]) {
			w.Delete(search, ofContact(e))
		}),
	)
}
