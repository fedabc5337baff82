package readmodels

import (
	"time"

	"github.com/jackc/pgx/v5"
)

// standsFor answers the column with the contacts that contact c stands for.
const standsFor = `array(
	select m.contact from merged_contacts m where m.org = c.org and m.root = c.contact order by m.contact)`

// seenOfMerged answers the column that says when the contacts that contact c stands for were seen first, seen last, and
// active last. Their rows keep what they said, so that a merge can be undone; the person was seen as all of them.
const seenOfMerged = `(
	select array[min(o.first_seen_at), max(o.last_seen_at), max(o.last_active_at)]
	from merged_contacts m join contacts o on o.org = m.org and o.contact = m.contact
	where m.org = c.org and m.root = c.contact)`

func scanSurvivor(row pgx.CollectableRow) (c Contact, err error) {
	var seen []*time.Time
	err = row.Scan(append(c.columns(), &c.StandsFor, &seen)...)
	c.complete()
	if len(seen) == 3 {
		c.FirstSeenAt = thatOf(c.FirstSeenAt, seen[0], time.Time.Before)
		c.LastSeenAt = thatOf(c.LastSeenAt, seen[1], time.Time.After)
		c.LastActiveAt = thatOf(c.LastActiveAt, seen[2], time.Time.After)
	}
	return c, err
}

// thatOf answers the one of two instants that is better; nil is none.
func thatOf(a, b *time.Time, better func(a, b time.Time) bool) *time.Time {
	if a == nil || b != nil && better(*b, *a) {
		return b
	}
	return a
}

// wholePerson answers the contacts whose rows tell of a person: the one that is asked for, and those that it stands for.
func wholePerson(org, contact string) string {
	return `(select ` + contact + `::uuid as contact union all
		select m.contact from merged_contacts m where m.org = ` + org + ` and m.root = ` + contact + `)`
}
