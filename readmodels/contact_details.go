package readmodels

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
)

// ContactDetails answers: what is said about a contact besides what a list shows, what does it hold in custom fields,
// and is a conversation with it open?
type ContactDetails struct{ DB DB }

// Details are what is said about one contact.
type Details struct {
	FirstName, LastName Told
	Country, Language   Told // the country apart from that of the number
	Company             string
	Address             Address
	Social              map[string]string // by network
	Fields              []HeldField       // by name: all that can be filled, and retired ones that hold something
	Conversation        *Conversation     // the last one; nil when there was none
}

// Told is a detail with who says it: what the team wrote, else what a channel said, else a browser.
type Told struct {
	Value      string
	Provenance string // manual, channel, browser; "" where nothing is said
}

// Address is where a contact lives or works.
type Address struct{ Street, City, Region, PostalCode, Country string }

// HeldField is a custom field and what a contact holds in it.
type HeldField struct {
	ID      uuid.UUID     `json:"field"`
	Name    string        `json:"name"`
	Type    string        `json:"type"`
	Retired bool          `json:"retired"`
	Value   string        `json:"value"` // in the one form of its type; "" is nothing
	Chosen  []FieldOption `json:"chosen"`
}

// Of answers the details of a contact; of one that nothing is said about, what can be said.
func (r ContactDetails) Of(ctx context.Context, org, contact uuid.UUID) (Details, error) {
	found, err := one(ask(ctx, r.DB, org, planReuse, scanDetails, selectDetails, org, contact))
	if err != nil {
		return Details{}, fmt.Errorf("get the details of %s: %w", contact, err)
	}
	return found, nil
}

// selectDetails is one statement, so that all of it is of one moment.
const selectDetails = `
	select
		(select json_agg(json_build_object('detail', d.detail, 'provenance', d.provenance, 'value', d.value))
			from contact_details d where d.org = $1 and d.contact = $2 and d.value is not null),
		(select json_agg(json_build_object(
				'field', f.field, 'name', f.name, 'type', f.type, 'retired', f.retired_at is not null, 'value', coalesce(v.value, ''),
				'chosen', coalesce((select json_agg(json_build_object('number', o.number, 'name', o.name) order by o.number)
					from field_options o where o.org = f.org and o.field = f.field and o.number = any (v.options)), '[]'))
				order by f.sort_name, f.field)
			from fields f left join contact_fields v on v.org = f.org and v.field = f.field and v.contact = $2
			where f.org = $1 and (f.retired_at is null or v.value is not null)),
		(select json_build_object('with', c.contact, 'number', c.number, 'channel', c.channel, 'reference', coalesce(c.reference, ''),
				'member', c.member, 'assignee_name', coalesce(c.assignee_name, ''),
				'opened_at', c.opened_at, 'assigned_at', c.assigned_at, 'closed_at', c.closed_at)
			from conversations c where c.org = $1 and c.contact = $2 order by c.number desc limit 1)`

type detailRow struct {
	Detail     string `json:"detail"`
	Provenance string `json:"provenance"`
	Value      string `json:"value"`
}

func scanDetails(row pgx.CollectableRow) (d Details, err error) {
	var rows []detailRow
	err = row.Scan(&encoded[[]detailRow]{&rows}, &encoded[[]HeldField]{&d.Fields}, &encoded[*Conversation]{&d.Conversation})
	d.Social = map[string]string{}
	for _, told := range rows {
		d.tell(told)
	}
	return d, err
}

func (d *Details) tell(told detailRow) {
	sourced := map[string]*Told{"first_name": &d.FirstName, "last_name": &d.LastName, "country": &d.Country, "language": &d.Language}
	plain := map[string]*string{
		"company": &d.Company, "address.street": &d.Address.Street, "address.city": &d.Address.City, "address.region": &d.Address.Region,
		"address.postal_code": &d.Address.PostalCode, "address.country": &d.Address.Country,
	}
	if detail, ok := sourced[told.Detail]; ok {
		if precedence(told.Provenance) > precedence(detail.Provenance) {
			*detail = Told{Value: told.Value, Provenance: told.Provenance}
		}
		return
	}
	if detail, ok := plain[told.Detail]; ok {
		*detail = told.Value
		return
	}
	if network, ok := strings.CutPrefix(told.Detail, "social."); ok {
		d.Social[network] = told.Value
	}
}

// precedence orders who is believed: what the team wrote holds.
func precedence(provenance string) int {
	return map[string]int{"manual": 3, "channel": 2, "browser": 1}[provenance]
}

// Conversation is one conversation with a contact, as the inbox reported it.
type Conversation struct {
	With         uuid.UUID  `json:"with"` // the contact itself, or one that was merged into it
	Number       int32      `json:"number"`
	Channel      *uuid.UUID `json:"channel"`
	Reference    string     `json:"reference"` // what the inbox calls it
	Member       *uuid.UUID `json:"member"`
	AssigneeName string     `json:"assignee_name"` // as the inbox names who is no member
	OpenedAt     time.Time  `json:"opened_at"`
	AssignedAt   *time.Time `json:"assigned_at"`
	ClosedAt     *time.Time `json:"closed_at"` // nil while it is open
}
