package projections

import (
	"slices"

	"github.com/google/uuid"

	"tagtrail/domain/contact"
	"tagtrail/domain/event"
	"tagtrail/domain/message"
)

// Contacts answers: who are our contacts, in which order were they last seen, and which of them match a filter?
//
// The row carries the numbers of the tags with an open assignment, so that a
// filter reads one table; whether a tag is active is said by its own row, so that
// renaming, deleting or restoring a tag changes no contact.
//
// A contact that was merged keeps its row, which names the contact that stands
// for it: the last one, where that was merged itself. It is listed no more, nor
// is one that is archived or erased.
//
// Messages come in any order: they only ever raise or lower times. A message of
// ours is as late as the reports say that come with its sending and its
// delivery. That it was read, perhaps days later, is no message: the first
// reading only counts where nothing else is known.
func Contacts() Projection {
	contacts := NewTable("contacts", Key("org", "contact"), `
		org               uuid,
		contact           uuid,`+contactNames+`,`+contactState+`,`+contactOrders,
		// All parts of an order ascend, or all descend, so that a page begins behind a key with one comparison of rows. What
		// lists are filtered by stands beside it, so that thousands of rows can be passed over without a look at any.
		Index(`create index contacts_by_seen on {table} (org, seen_order, contact) include (tags, funnel_order) where listed`),
		Index(`create index contacts_by_lead_status on {table} (org, funnel_order, seen_order, contact) include (tags) where listed`),
		Index(`create index contacts_by_owner on {table} (org, owner, seen_order, contact) include (tags, funnel_order) where owner is not null and listed`),
		Index(`create index contacts_by_activity on {table} (org, active_order, contact) where listed`),
		Index(`create index contacts_by_name on {table} (org, name_order, contact) where listed`),
		Index(`create index contacts_archived on {table} (org, seen_order, contact) where shelved`),
		Index(`create index contacts_under_legal_hold on {table} (org, seen_order, contact) where legal_hold and listed`),
		Index(`create index contacts_by_creation on {table} (org, created_at, contact)`),
		Index(`create index contacts_by_first_seen on {table} (org, first_seen_at) where first_seen_at is not null and listed`),
		Index(`create index contacts_by_country on {table} (org, country) where listed`),
		Index(`create index contacts_by_source on {table} (org, source) where listed`),
		Index(`create index contacts_that_left_numbers on {table} (org) where numbers_left > 0`),
		Index(`create index contacts_with_email on {table} (org, seen_order, contact) where email <> '' and listed`),
		Index(`create index contacts_by_email on {table} (org, (`+printOf("email")+`), contact) where email <> '' and listed`),
		Index(`create index contacts_without_tags on {table} (org, seen_order, contact) where tags = '{}' and listed`),
		Index(`create index contacts_with_many_tags on {table} (org, seen_order, contact) where cardinality(tags) > 20 and listed`),
		Index(`create index contacts_by_tags on {table} using gin (org, tags ext.gin__int_ops, channels)`),
	)

	return Define("contacts", 1, append([]Part{contacts}, onContacts(contacts)...)...)
}

// What is known of a contact, apart from its key: who it is, and how it stands. Where every version is kept, they lie in
// tables of their own, since who somebody is changes rarely.
const (
	contactNames = `
		name              text,
		profile_name      text,
		phone             text,
		wa_id             text,
		country           text,
		email             text`
	contactState = `
		lead_status       text not null,
		lead_status_since timestamptz not null,
		owner             uuid,
		tags              int[] not null default '{}',
		channels          uuid[] not null default '{}',
		origin            text not null,
		source            text not null,
		created_at        timestamptz not null,
		created_by_kind   text not null,
		created_by        uuid,
		first_seen_at     timestamptz,
		last_seen_at      timestamptz,
		last_message_at   timestamptz,
		first_read_at     timestamptz,
		last_active_at    timestamptz generated always as (coalesce(last_message_at, first_read_at)) stored,
		numbers_left      int not null default 0,
		archived          boolean not null default false,
		legal_hold        boolean not null default false,
		merged_into       uuid,
		erased            boolean not null default false,
		listed            boolean not null generated always as (not erased and not archived and merged_into is null) stored,
		shelved           boolean not null generated always as (not erased and archived and merged_into is null) stored,
		revision          bigint not null,
		seen_order        bigint not null generated always as (
			coalesce((extract(epoch from timestamptz 'epoch' - last_seen_at) * 1000000)::bigint, 9223372036854775807)) stored`

	// What lists of now are ordered by besides: the latest activity first, names from A to Z and those without any last,
	// and the funnel from its end.
	contactOrders = `
		active_order      bigint not null generated always as (
			coalesce((extract(epoch from timestamptz 'epoch' - coalesce(last_message_at, first_read_at)) * 1000000)::bigint, 9223372036854775807)) stored,
		name_order        text not null generated always as (
			coalesce('0' || lower(coalesce(nullif(name, ''), nullif(profile_name, ''))), '1')) stored,
		funnel_order      int not null generated always as (
			case lead_status when 'customer' then 0 when 'hot' then 1 when 'warm' then 2 when 'cold' then 3 else 4 end) stored`
)

// onContacts says what each event does to a table, or to tables together, with contactNames and contactState.
func onContacts(contacts *Table) []Part {
	// A number that is linked is the one that is shown. Which one a contact leaves is personal data that no handler looks
	// at: that it left one is counted, and its readers look among its identities.
	identify := func(w *Writer, at At, i contact.Identity) {
		if i.Kind == contact.Number {
			w.Set(contacts, at, Cols{"phone": i.Value, "wa_id": i.WaID, "country": i.Country})
		}
		meet(w, contacts, at, i.Channel)
	}

	return append([]Part{
		On(func(w *Writer, e event.Recorded[contact.Created]) {
			w.Put(contacts, Cols{
				"org": e.Org(), "contact": contact.Of(e), "name": e.Data.Name, "email": e.Data.Email,
				"lead_status": e.Data.LeadStatus, "lead_status_since": e.RecordedAt,
				"origin": e.Data.Origin, "source": e.Metadata.Source, "created_at": e.RecordedAt,
				"created_by_kind": e.Metadata.Actor.Kind, "created_by": actorID(e.Metadata.Actor),
				"revision": e.Revision,
			})
			identify(w, ofContact(e), e.Data.Identity)
		}),
		On(func(w *Writer, e event.Recorded[contact.IdentityLinked]) {
			identify(w, ofContact(e), e.Data.Identity)
			w.Set(contacts, ofContact(e), Cols{"revision": e.Revision})
		}),
		On(func(w *Writer, e event.Recorded[contact.IdentityUnlinked]) {
			if e.Data.Identity.Kind == contact.Number {
				w.Add(contacts, ofContact(e), Cols{"numbers_left": 1})
			}
			w.Set(contacts, ofContact(e), Cols{"revision": e.Revision})
		}),
		On(func(w *Writer, e event.Recorded[contact.ProfileNameChanged]) {
			w.Set(contacts, ofContact(e), Cols{"profile_name": e.Data.Name, "revision": e.Revision})
			meet(w, contacts, ofContact(e), e.Data.Channel)
		}),
		On(func(w *Writer, e event.Recorded[contact.Renamed]) {
			w.Set(contacts, ofContact(e), Cols{"name": e.Data.Name, "revision": e.Revision})
		}),
		On(func(w *Writer, e event.Recorded[contact.EmailChanged]) {
			w.Set(contacts, ofContact(e), Cols{"email": e.Data.Email, "revision": e.Revision})
		}),
		On(func(w *Writer, e event.Recorded[contact.OwnerChanged]) {
			w.Set(contacts, ofContact(e), Cols{"owner": e.Data.To, "revision": e.Revision})
		}),
		On(func(w *Writer, e event.Recorded[contact.LeadStatusChanged]) {
			w.Set(contacts, ofContact(e), Cols{
				"lead_status": e.Data.To, "lead_status_since": e.RecordedAt, "revision": e.Revision,
			})
		}),
		On(func(w *Writer, e event.Recorded[contact.TagAssigned]) {
			w.Include(contacts, ofContact(e), "tags", e.Data.Number)
			w.Set(contacts, ofContact(e), Cols{"revision": e.Revision})
		}),
		On(func(w *Writer, e event.Recorded[contact.TagRemoved]) {
			w.Exclude(contacts, ofContact(e), "tags", e.Data.Number)
			w.Set(contacts, ofContact(e), Cols{"revision": e.Revision})
		}),
		On(func(w *Writer, e event.Recorded[contact.TagValueChanged]) {
			w.Set(contacts, ofContact(e), Cols{"revision": e.Revision})
		}),
		On(func(w *Writer, e event.Recorded[contact.Erased]) {
			for _, open := range e.Data.Assignments {
				w.Exclude(contacts, ofContact(e), "tags", open.Number)
			}
			w.Set(contacts, ofContact(e), Cols{
				"name": nil, "profile_name": nil, "phone": nil, "wa_id": nil, "country": nil, "email": nil,
				"legal_hold": false, "erased": true, "revision": e.Revision,
			})
		}),
		On(func(w *Writer, e event.Recorded[message.Received]) {
			at := At{e.Org(), e.Data.Contact}
			sawContact(w, contacts, at, e.Data)
			meet(w, contacts, at, e.Data.Channel)
		}),
		On(func(w *Writer, e event.Recorded[message.StatusReported]) {
			if e.Data.Contact == (contact.ID{}) {
				return
			}
			at := At{e.Org(), e.Data.Contact}
			reachedContact(w, contacts, at, e.Data)
			meet(w, contacts, at, e.Data.Channel)
		}),
	}, slices.Concat(onContactLife(contacts), onRevision(contacts))...)
}

// meet says that the contact was met on a channel, where one is named.
func meet(w *Writer, contacts *Table, at At, channel uuid.UUID) {
	if channel != uuid.Nil {
		w.Include(contacts, at, "channels", channel)
	}
}

// ofContact answers the key of the contact whose stream the event is on.
func ofContact[E contact.Event](e event.Recorded[E]) At { return At{e.Org(), contact.Of(e)} }
