package readmodels

import (
	"context"
	"fmt"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
)

// Timeline answers the events about a contact, beginning behind a position, and where the next page begins; nil is the end.
//
// A message that could not be delivered is reported without saying to whom: such a report belongs to the contact that other
// reports on the same message name.
func (r Events) Timeline(ctx context.Context, org, contact uuid.UUID, see Sight, order Order, after *int64, limit int) ([]Event, *int64, error) {
	q := &conditions{}
	sql := aboutContact(q, org, contact, func() string {
		further := ""
		if after != nil {
			further = " and e.position " + order.beyond() + " " + q.parameter(*after)
		}
		return further + ` order by e.position ` + order.sql() + ` limit ` + q.parameter(limit+1)
	})
	found, err := ask(ctx, r.DB, org, planReuse, scanEvent,
		`select `+eventColumns+` from (`+sql+`) e order by e.position `+order.sql()+` limit `+q.parameter(limit+1), q.args...)
	if err != nil {
		return nil, nil, fmt.Errorf("read the timeline of %s: %w", contact, err)
	}
	events, next, err := r.shown(ctx, org, found, see, limit)
	if err != nil {
		return nil, nil, fmt.Errorf("read the timeline of %s: %w", contact, err)
	}
	return events, next, nil
}

// CountTimeline answers how many events are about a contact, counting no further than one above the bound.
func (r Events) CountTimeline(ctx context.Context, org, contact uuid.UUID, bound int) (int, error) {
	q := &conditions{}
	sql := aboutContact(q, org, contact, func() string { return ` limit ` + q.parameter(bound+1) })
	n, err := one(ask(ctx, r.DB, org, planReuse, pgx.RowTo[int], `select least(count(*), `+q.parameter(bound+1)+`) from (`+sql+`) counted`, q.args...))
	if err != nil {
		return 0, fmt.Errorf("count the timeline of %s: %w", contact, err)
	}
	return n, nil
}

// Concerns says whether anything was ever recorded about a contact.
func (r Events) Concerns(ctx context.Context, org, contact uuid.UUID) (bool, error) {
	n, err := r.CountTimeline(ctx, org, contact, 1)
	return n > 0, err
}

// aboutContact answers the question for the events e that name the contact and for the reports that name nobody, each ended by rest.
func aboutContact(q *conditions, org, contact uuid.UUID, rest func() string) string {
	organization, who, end := q.parameter(org), q.parameter(contact), rest()
	return `
		(select e.* from events e where e.org = ` + organization + ` and e.contact = ` + who + end + `)
		union all
		(select e.* from (
			select distinct m.stream from events m
			where m.org = ` + organization + ` and m.contact = ` + who + ` and m.type = 'message.status-reported') sent
		join events e on e.org = ` + organization + ` and e.stream = sent.stream and e.contact is null where true` + end + `)`
}
