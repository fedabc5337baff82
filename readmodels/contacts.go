package readmodels

import (
	"context"
	"fmt"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
)

// Contacts answers: who are our contacts, and what do we know of each?
//
// Lists are ordered by last seen, the most recent first, those never seen last,
// then by id, where no other order is asked for.
type Contacts struct {
	DB         DB
	Catalogues *Catalogues // nil asks for the catalogue with every page
}

// Contact is one contact with all that is known of its tags.
type Contact struct {
	Person
	ActiveTags     []Assignment
	HistoricalTags []Assignment // those whose tag is deleted, and all that ever ended
	StandsFor      []uuid.UUID  // contacts that were merged into it, directly or with another; not of then

	assignments assignments
}

// ListedContact is a contact as a list shows it: its tags are chips, and how they came there is told with the contact itself.
type ListedContact struct {
	Person
	ActiveTags  []Chip
	DeletedTags []Chip // that would be active if the tag were restored

	carried carried
}

// Person is what is known of a contact besides its tags.
type Person struct {
	ID              uuid.UUID
	DisplayName     string // the given name, else the profile name, else "—"
	Name            string // given by the team
	ProfileName     string // as the person shows it on WhatsApp
	Phone           string // E.164 with "+"
	WaID            string // as WhatsApp writes it, else the digits of the phone
	Email           string
	Country         string // of the phone, ISO 3166-1 alpha-2
	LeadStatus      string
	LeadStatusSince time.Time
	Owner           *uuid.UUID
	Origin          string // manual, api, message
	Source          string
	CreatedAt       time.Time
	CreatedBy       Actor      // without its name
	FirstSeenAt     *time.Time // the first message that came in
	LastSeenAt      *time.Time // the last message that came in
	LastActiveAt    *time.Time // the last message in or out
	Channels        []uuid.UUID
	Archived        bool
	LegalHold       bool
	MergedInto      *uuid.UUID // the contact that stands for it
	Erased          bool
	Revision        int64 // of the contact's own last event

	number []*string // phone, wa_id and country
}

// Page answers the contacts that match, beginning behind a key, and where the next page begins; nil is the end.
func (r Contacts) Page(ctx context.Context, org uuid.UUID, filter ContactFilter, after *ContactKey, limit int) ([]ListedContact, *ContactKey, error) {
	return r.PageIn(ctx, org, filter, ByLastSeen, after, limit)
}

// PageIn is Page in another order than the usual one; the key is of the same order.
func (r Contacts) PageIn(
	ctx context.Context, org uuid.UUID, filter ContactFilter, order ContactOrder, after *ContactKey, limit int,
) ([]ListedContact, *ContactKey, error) {
	where, err := r.matching(ctx, org, filter)
	if err != nil {
		return nil, nil, err
	}
	if after != nil {
		order.behind(where, *after)
	}
	found, plan := findPage(where, order, limit+1)
	listed, err := askPage(ctx, r.DB, r.Catalogues, org, plan, selectPage(found, order), where.args...)
	if err != nil {
		return nil, nil, fmt.Errorf("list the contacts of %s: %w", org, err)
	}
	items, next := page(listed, limit, func(c ListedContact) ContactKey { return c.KeyIn(order) })
	return items, next, nil
}

// Get answers one contact with all its tags, the historical ones included.
func (r Contacts) Get(ctx context.Context, org, contact uuid.UUID) (Contact, error) {
	sql := selectContacts(everyAssignment, `select c.* from contacts c where c.org = $1 and c.contact = $2`, standsFor, seenOfMerged)
	found, err := one(ask(ctx, r.DB, org, planReuse, scanSurvivor, sql, org, contact))
	if err != nil {
		return Contact{}, fmt.Errorf("get contact %s: %w", contact, err)
	}
	return found, nil
}

// Export answers the first contacts that match and how many match in all, both of one moment.
func (r Contacts) Export(ctx context.Context, org uuid.UUID, filter ContactFilter, limit int) ([]Contact, int, error) {
	where, err := r.matching(ctx, org, filter)
	if err != nil {
		return nil, 0, err
	}
	type exported struct {
		contact Contact
		total   int
	}
	scan := func(row pgx.CollectableRow) (e exported, err error) {
		err = row.Scan(append(e.contact.columns(), &e.total)...)
		e.contact.complete()
		return e, err
	}
	sql := selectContacts(activeAssignments, `
		select c.* from contacts c
		where `+where.sql()+`
		order by c.seen_order, c.contact
		limit `+where.parameter(limit), `(select count(*) from contacts c where `+where.sql()+`)`)
	found, err := ask(ctx, r.DB, org, where.planning(), scan, sql, where.args...)
	if err != nil {
		return nil, 0, fmt.Errorf("export the contacts of %s: %w", org, err)
	}
	if len(found) == 0 {
		return nil, 0, nil
	}
	contacts := make([]Contact, len(found))
	for i, e := range found {
		contacts[i] = e.contact
	}
	return contacts, found[0].total, nil
}

// Count answers how many contacts match, counting no further than one above the bound.
func (r Contacts) Count(ctx context.Context, org uuid.UUID, filter ContactFilter, bound int) (int, error) {
	where, err := r.matching(ctx, org, filter)
	if err != nil {
		return 0, err
	}
	return count(ctx, r.DB, org, "contacts c", where, bound)
}
