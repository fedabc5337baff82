package readmodels

import (
	"fmt"
	"strings"

	"github.com/jackc/pgx/v5"
)

// unnamed is what a contact without any name is shown as.
const unnamed = "—"

// selectContacts dresses rows of the table contacts, in their order, with all that is shown of a contact.
// It is one statement, so that a contact and its tags are of one moment.
//
// The phone stands in the row. Only where a contact ever left a number is it
// looked up which of its numbers it still holds, the newest first.
func selectContacts(assignments, contacts string, more ...string) string {
	columns := append([]string{
		`c.contact`,
		`coalesce(c.name, '')`,
		`coalesce(c.profile_name, '')`,
		`case when c.numbers_left = 0 then array[c.phone, c.wa_id, c.country] else (
			select array[i.value, i.wa_id, i.country] from held_identities i
			where i.org = c.org and i.contact = c.contact and i.kind = 'number'
			order by i.revision desc limit 1) end`,
		`coalesce(c.email, '')`,
		`c.lead_status`,
		`c.lead_status_since`,
		`c.owner`,
		`c.origin`,
		`c.source`,
		`c.created_at`,
		`c.created_by_kind`,
		`c.created_by`,
		`c.first_seen_at`,
		`c.last_seen_at`,
		`c.last_active_at`,
		`c.channels`,
		assignmentsOf(assignments),
		`c.erased`,
		`c.revision`,
	}, more...)
	return fmt.Sprintf(`
		select %s
		from (%s) c
		order by c.seen_order, c.contact`, strings.Join(columns, ", "), contacts)
}

func scanContact(row pgx.CollectableRow) (c Contact, err error) {
	err = row.Scan(c.columns()...)
	c.complete()
	return c, err
}

// columns answers where the columns of selectContacts go.
func (c *Contact) columns() []any {
	return []any{
		&c.ID, &c.Name, &c.ProfileName, &c.number, &c.Email,
		&c.LeadStatus, &c.LeadStatusSince, &c.Owner, &c.Origin, &c.Source,
		&c.CreatedAt, &c.CreatedBy.Kind, &c.CreatedBy.ID,
		&c.FirstSeenAt, &c.LastSeenAt, &c.LastActiveAt, &c.Channels,
		&c.assignments, &c.Erased, &c.Revision,
	}
}

// complete says what follows from the columns.
func (c *Contact) complete() {
	switch {
	case c.Name != "":
		c.DisplayName = c.Name
	case c.ProfileName != "":
		c.DisplayName = c.ProfileName
	default:
		c.DisplayName = unnamed
	}
	for i, part := range c.number {
		if part != nil {
			*[]*string{&c.Phone, &c.WaID, &c.Country}[i] = *part
		}
	}
	if c.WaID == "" {
		c.WaID = strings.TrimPrefix(c.Phone, "+")
	}
	c.ActiveTags, c.HistoricalTags = c.assignments.split()
	c.number, c.assignments = nil, nil
}
