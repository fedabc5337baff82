package readmodels

import (
	"context"
	"fmt"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"tagtrail/domain/personal"
)

// LeadStatusHistory answers: how did a contact move through the funnel, and who moved it?
type LeadStatusHistory struct {
	DB     DB
	Opener Opener
}

// LeadStatusPeriod is the time that a contact spent in a status, and how it got there.
type LeadStatusPeriod struct {
	Status  string
	From    string     // the status before; "" where the contact began with this one
	Move    string     // advance, skip, regress, re-engage; "" where the contact began with this one
	Until   *time.Time // when the next status began; nil while this one lasts
	Changed Deed
}

// Began answers when the status began, by the log's clock.
func (p LeadStatusPeriod) Began() time.Time { return p.Changed.RecordedAt }

// Of answers the statuses of a contact, beginning behind a position, and where the next page begins; nil is the end.
func (r LeadStatusHistory) Of(ctx context.Context, org, contact uuid.UUID, order Order, after *int64, limit int) ([]LeadStatusPeriod, *int64, error) {
	where := ofContact(org, contact)
	if after != nil {
		where.and("h.position "+order.beyond()+" %s", *after)
	}
	type row struct {
		period LeadStatusPeriod
		deed   deedRow
	}
	sql := `
		select h.status, coalesce(h.before, ''), coalesce(h.move, ''),
			(select n.recorded_at from lead_status_history n
				where n.org = h.org and n.contact = h.contact and n.position > h.position order by n.position limit 1), ` + deedOf("h") + `
		from lead_status_history h
		where ` + where.sql() + `
		order by h.position ` + order.sql() + `
		limit ` + where.parameter(limit+1)
	found, err := ask(ctx, r.DB, org, planReuse, func(row_ pgx.CollectableRow) (r row, err error) {
		err = row_.Scan(append([]any{&r.period.Status, &r.period.From, &r.period.Move, &r.period.Until}, r.deed.columns()...)...)
		return r, err
	}, sql, where.args...)
	if err != nil {
		return nil, nil, fmt.Errorf("read the lead statuses of %s: %w", contact, err)
	}
	rows, next := page(found, limit, func(r row) int64 { return *r.deed.position })
	var texts []*personal.Text
	for i := range rows {
		texts = append(texts, rows[i].deed.texts()...)
	}
	if err := openAll(ctx, r.Opener, org, texts); err != nil {
		return nil, nil, fmt.Errorf("read the lead statuses of %s: %w", contact, err)
	}
	periods := make([]LeadStatusPeriod, len(rows))
	for i := range rows {
		periods[i] = rows[i].period
		periods[i].Changed = *rows[i].deed.deed()
	}
	return periods, next, nil
}

// Count answers how many statuses a contact had, counting no further than one above the bound.
func (r LeadStatusHistory) Count(ctx context.Context, org, contact uuid.UUID, bound int) (int, error) {
	return count(ctx, r.DB, org, "lead_status_history h", ofContact(org, contact), bound)
}

// ofContact answers the conditions on a history h of one contact.
func ofContact(org, contact uuid.UUID) *conditions {
	where := &conditions{}
	where.and("h.org = %s", org)
	where.and("h.contact = %s", contact)
	return where
}
