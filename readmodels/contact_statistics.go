package readmodels

import (
	"context"
	"fmt"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
)

// ContactStatistics answers: how much was said between a contact and us, and how soon did we answer?
//
// It counts what the log holds: messages that came in and those that were
// reported on, whoever of those that were merged they are of.
type ContactStatistics struct{ DB DB }

// Statistics are the numbers of one contact.
type Statistics struct {
	MessagesIn    int64
	MessagesOut   int64
	FirstIn       *time.Time
	LastIn        *time.Time
	FirstOut      *time.Time
	LastOut       *time.Time
	Conversations int64
	Questions     int64    // how often the contact wrote after we did, or first
	Answered      int64    // how many of these we wrote after
	AnswerSeconds *float64 // the median of how long that took
}

// Of answers the statistics of a contact.
func (r ContactStatistics) Of(ctx context.Context, org, contact uuid.UUID) (Statistics, error) {
	found, err := one(ask(ctx, r.DB, org, planReuse, pgx.RowToStructByPos[Statistics], `
		with said as materialized (
			select m.direction, m.at, m.message from messages m
			where m.org = $1 and m.at is not null and m.contact in (
				select $2::uuid union all select o.contact from merged_contacts o where o.org = $1 and o.root = $2)),
		turns as (
			select s.direction, s.at, lead(s.at) over (order by s.at, s.message) as until
			from (select *, lag(direction) over (order by at, message) as before from said) s
			where s.before is distinct from s.direction)
		select
			(select count(*) from said where direction = 'in'),
			(select count(*) from said where direction = 'out'),
			(select min(at) from said where direction = 'in'),
			(select max(at) from said where direction = 'in'),
			(select min(at) from said where direction = 'out'),
			(select max(at) from said where direction = 'out'),
			(select count(*) from shown_conversations c where c.org = $1 and c.contact = $2),
			(select count(*) from turns where direction = 'in'),
			(select count(until) from turns where direction = 'in'),
			(select percentile_cont(0.5) within group (order by extract(epoch from until - at)::double precision)
				from turns where direction = 'in' and until is not null)`, org, contact))
	if err != nil {
		return Statistics{}, fmt.Errorf("count what was said with %s: %w", contact, err)
	}
	return found, nil
}
