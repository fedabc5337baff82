package projections

import (
	"tagtrail/domain/contact"
	"tagtrail/domain/event"
	"tagtrail/domain/message"
)

// ReportingContacts answers: which contacts are there, where do they come from, and when were they seen? Who they are is not here.
func ReportingContacts() Projection {
	contacts := NewTable("dim_contacts", Key("org", "contact"), `
		org             uuid,
		contact         uuid,
		origin          text not null,
		source          text not null,
		actor           uuid,
		country         text,
		country_given   text,
		has_email       boolean not null default false,
		owner           uuid,
		lead_status     text not null,
		created_at      timestamptz not null,
		erased_at       timestamptz,
		archived_at     timestamptz,
		merged_into     uuid,
		first_seen_at   timestamptz,
		last_seen_at    timestamptz,
		last_message_at timestamptz,
		first_read_at   timestamptz`,
		Index(`create index dim_contacts_by_creation on {table} (org, created_at)`),
	)
	shown := NewView("contacts", `
		select c.org, c.contact, c.origin, c.source, coalesce(c.actor, `+nobody+`) as actor, coalesce(nullif(c.country_given, ''), nullif(c.country, '')) as country, c.has_email, c.owner, c.lead_status,
			c.created_at, (c.created_at at time zone o.zone)::date as created_on,
			c.first_seen_at, (c.first_seen_at at time zone o.zone)::date as first_seen_on,
			c.last_seen_at, coalesce(c.last_message_at, c.first_read_at) as last_active_at,
			c.archived_at, c.merged_into, c.erased_at
		from {schema}.dim_contacts c
		left join {schema}.dim_organizations o on o.org = c.org`)

	identify := func(w *Writer, at At, i contact.Identity) {
		if i.Kind == contact.Number {
			w.Set(contacts, at, Cols{"country": i.Country})
		}
	}

	return Define("reporting_contacts", 1, contacts, shown,
		On(func(w *Writer, e event.Recorded[contact.Created]) {
			w.Put(contacts, Cols{
				"org": e.Org(), "contact": contact.Of(e), "origin": e.Data.Origin, "source": e.Metadata.Source, "actor": actorID(e.Metadata.Actor),
				"has_email": e.Data.HasEmail, "lead_status": e.Data.LeadStatus, "created_at": e.RecordedAt,
			})
			identify(w, ofContact(e), e.Data.Identity)
		}),
		On(func(w *Writer, e event.Recorded[contact.IdentityLinked]) {
			identify(w, ofContact(e), e.Data.Identity)
		}),
		On(func(w *Writer, e event.Recorded[contact.EmailChanged]) {
			w.Set(contacts, ofContact(e), Cols{"has_email": e.Data.HasEmail})
		}),
		On(func(w *Writer, e event.Recorded[contact.OwnerChanged]) {
			w.Set(contacts, ofContact(e), Cols{"owner": e.Data.To})
		}),
		On(func(w *Writer, e event.Recorded[contact.LeadStatusChanged]) {
			w.Set(contacts, ofContact(e), Cols{"lead_status": e.Data.To})
		}),
		On(func(w *Writer, e event.Recorded[contact.CountryChanged]) {
			if e.Data.From == contact.Manual {
				w.Set(contacts, ofContact(e), Cols{"country_given": e.Data.Country})
			}
		}),
		On(func(w *Writer, e event.Recorded[contact.Archived]) {
			w.Set(contacts, ofContact(e), Cols{"archived_at": e.RecordedAt})
		}),
		On(func(w *Writer, e event.Recorded[contact.Restored]) {
			w.Set(contacts, ofContact(e), Cols{"archived_at": nil})
		}),
		On(func(w *Writer, e event.Recorded[contact.Merged]) {
			w.Set(contacts, ofContact(e), Cols{"merged_into": e.Data.Into})
		}),
		On(func(w *Writer, e event.Recorded[contact.Separated]) {
			w.Set(contacts, ofContact(e), Cols{"merged_into": nil})
		}),
		On(func(w *Writer, e event.Recorded[contact.Erased]) {
			w.Set(contacts, ofContact(e), Cols{"country": nil, "country_given": nil, "has_email": false, "erased_at": e.RecordedAt})
		}),
		On(func(w *Writer, e event.Recorded[message.Received]) {
			sawContact(w, contacts, At{e.Org(), e.Data.Contact}, e.Data)
		}),
		On(func(w *Writer, e event.Recorded[message.StatusReported]) {
			if e.Data.Contact != (contact.ID{}) {
				reachedContact(w, contacts, At{e.Org(), e.Data.Contact}, e.Data)
			}
		}),
	)
}
