package readmodels

import (
	"fmt"
	"strings"
)

// unnamed is what a contact without any name is shown as.
const unnamed = "—"

// person answers the columns of a contact c besides its tags.
//
// The phone stands in the row. Only where a contact ever left a number is it
// looked up which of its numbers it still holds, the newest first.
const person = `
	c.contact,
	coalesce(c.name, ''),
	coalesce(c.profile_name, ''),` + numberOf + `,
	coalesce(c.email, ''),
	c.lead_status,
	c.lead_status_since,
	c.owner,
	c.origin,
	c.source,
	c.created_at,
	c.created_by_kind,
	c.created_by,
	c.first_seen_at,
	c.last_seen_at,
	c.last_active_at,
	c.channels,
	c.archived,
	c.legal_hold,
	c.merged_into,
	c.erased,
	c.revision`

// selectContacts dresses rows of the table contacts, in their order, with all that is shown of a contact.
// It is one statement, so that a contact and its tags are of one moment.
func selectContacts(assignments, contacts string, more ...string) string {
	columns := append([]string{person, assignmentsOf(assignments)}, more...)
	return fmt.Sprintf(`
		select %s
		from (%s) c
		order by c.seen_order, c.contact`, strings.Join(columns, ", "), contacts)
}

// numberOf answers the phone, wa_id and country of a contact c: by themselves, or together where it ever left a number.
const numberOf = `
	case when c.numbers_left = 0 then coalesce(c.phone, '') else '' end,
	case when c.numbers_left = 0 then coalesce(c.wa_id, '') else '' end,
	case when c.numbers_left = 0 then coalesce(c.country, '') else '' end,
	case when c.numbers_left > 0 then (
		select array[i.value, i.wa_id, i.country] from held_identities i
		where i.org = c.org and i.contact = c.contact and i.kind = 'number'
		order by i.revision desc limit 1) end`

// columns answers where the columns of selectContacts go.
func (c *Contact) columns() []any { return append(c.Person.columns(), &c.assignments) }

func (c *Contact) complete() {
	c.Person.complete()
	c.ActiveTags, c.HistoricalTags = c.assignments.split()
	c.assignments = nil
}

// columns answers where the columns of person go.
func (p *Person) columns() []any {
	return []any{
		&p.ID, &p.Name, &p.ProfileName, &p.Phone, &p.WaID, &p.Country, &p.number, &p.Email,
		&p.LeadStatus, &p.LeadStatusSince, &p.Owner, &p.Origin, &p.Source,
		&p.CreatedAt, &p.CreatedBy.Kind, &p.CreatedBy.ID,
		&p.FirstSeenAt, &p.LastSeenAt, &p.LastActiveAt, &p.Channels,
		&p.Archived, &p.LegalHold, &p.MergedInto, &p.Erased, &p.Revision,
	}
}

// complete says what follows from the columns.
func (p *Person) complete() {
	switch {
	case p.Name != "":
		p.DisplayName = p.Name
	case p.ProfileName != "":
		p.DisplayName = p.ProfileName
	default:
		p.DisplayName = unnamed
	}
	for i, part := range p.number {
		if part != nil {
			*[]*string{&p.Phone, &p.WaID, &p.Country}[i] = *part
		}
	}
	if p.WaID == "" {
		p.WaID = strings.TrimPrefix(p.Phone, "+")
	}
	p.number = nil
}
