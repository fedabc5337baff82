package readmodels

import (
	"context"
	"fmt"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
)

// HeldIdentity is something that a contact is recognised by, or was.
type HeldIdentity struct {
	Kind    string // number, bsuid, parent_bsuid
	Value   string
	WaID    string
	Country string
	Channel *uuid.UUID
	Held    bool // still
}

// Identities answers everything that a contact was ever recognised by, in the order in which it was learned.
func (r Contacts) Identities(ctx context.Context, org, contact uuid.UUID) ([]HeldIdentity, error) {
	found, err := ask(ctx, r.DB, org, planReuse, pgx.RowToStructByPos[HeldIdentity], `
		select i.kind, coalesce(i.value, ''), coalesce(i.wa_id, ''), coalesce(i.country, ''),
			nullif(i.channel, '00000000-0000-0000-0000-000000000000'), exists (
			select from held_identities h where h.org = i.org and h.contact = i.contact and h.revision = i.revision)
		from contact_identities i where i.org = $1 and i.contact = $2 and i.linked order by i.revision`, org, contact)
	if err != nil {
		return nil, fmt.Errorf("read what %s is recognised by: %w", contact, err)
	}
	return found, nil
}
