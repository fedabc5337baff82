package readmodels

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
)

// Said is what a contact wrote.
type Said struct {
	At   time.Time
	Text string
}

// Texts answers what a contact wrote in one of its conversations, the oldest first: since the one before was closed, until
// this one was. Where it wrote more than the most, it is the last of it.
func (r Conversations) Texts(ctx context.Context, org, contact uuid.UUID, number int, most int) ([]Said, error) {
	said, err := ask(ctx, r.DB, org, planReuse, pgx.RowToStructByPos[Said], `
		with turns as (
			select max(c.closed_at) filter (where c.number < $3) as began, max(c.closed_at) filter (where c.number = $3) as ended
			from conversations c where c.org = $1 and c.contact = $2)
		select m.at, m.text
		from messages m, turns t
		where m.org = $1 and m.contact = $2 and m.direction = 'in' and m.text <> ''
			and (t.began is null or m.at > t.began) and (t.ended is null or m.at <= t.ended)
		order by m.at desc, m.message desc
		limit $4`, org, contact, number, most)
	if err != nil {
		return nil, fmt.Errorf("read conversation %d with %s: %w", number, contact, err)
	}
	slices.Reverse(said)
	return said, nil
}
