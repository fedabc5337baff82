package readmodels

import (
	"cmp"
	"context"
	"fmt"
	"strconv"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
)

// MostEntries is how many versions of contacts a look at a period goes through at most, unless it is told otherwise.
const MostEntries = 100_000

// Entries are contacts that came to match a filter within a period, who did not at its beginning.
type Entries struct {
	Contacts int
	Exact    bool // false where more versions matched than were gone through
	Days     []EntryDay
	First    []Entry // of all, those who came first
}

// EntryDay says how many came to match on a day.
type EntryDay struct {
	Day      time.Time // midnight in UTC
	Contacts int
}

// Entry is when a contact came to match.
type Entry struct {
	Contact  uuid.UUID
	Position int64
	At       time.Time
}

// Entered answers who came to match behind one moment and up to another, each once, by the tag catalogue of the later one.
// Whom time alone lets match has no version that says so, and is not among them. Where there is more than is gone through,
// the earliest versions are: whoever matched from the beginning is known by the first of theirs.
func (r ContactVersions) Entered(ctx context.Context, org uuid.UUID, from, until Moment, filter ContactFilter, zone *time.Location, first int) (Entries, error) {
	where := &conditions{}
	where.and("c.org = %s", org)
	where.filter("c.from_position <= %s", until.position())
	where.and("c.to_position > %s", from.position())
	if err := r.narrow(ctx, org, until, filter, where); err != nil {
		return Entries{}, err
	}
	most := cmp.Or(r.Most, MostEntries)
	entered := `
		with meant as materialized (
			select c.contact, c.from_position from contact_versions c where ` + where.sql() + `
			order by c.from_position limit ` + strconv.Itoa(most+1) + `),
		entered as materialized (
			select e.contact, e.position, m.recorded_at as at
			from (select contact, min(from_position) as position from meant group by contact having min(from_position) > $3) e
			join moments m on m.org = $1 and m.from_position = e.position)`
	var found Entries
	_, err := ask(ctx, r.DB, org, planAnew, func(row pgx.CollectableRow) (day *time.Time, err error) {
		contacts := 0
		if err = row.Scan(&day, &contacts, &found.Exact); day != nil {
			found.Days = append(found.Days, EntryDay{Day: *day, Contacts: contacts})
			found.Contacts += contacts
		}
		return day, err
	}, entered+`
		select d.day, coalesce(d.contacts, 0), x.exact
		from (select count(*) <= `+strconv.Itoa(most)+` as exact from meant) x
		left join (select (e.at at time zone `+where.parameter(zone.String())+`)::date as day, count(*) as contacts from entered e group by 1) d on true
		order by d.day`, where.args...)
	if err != nil {
		return Entries{}, fmt.Errorf("find who came to match in %s: %w", org, err)
	}
	where.args = where.args[:len(where.args)-1]
	found.First, err = ask(ctx, r.DB, org, planAnew, pgx.RowToStructByPos[Entry], entered+`
		select e.contact, e.position, e.at from entered e order by e.position, e.contact limit `+where.parameter(first), where.args...)
	if err != nil {
		return Entries{}, fmt.Errorf("find who came to match first in %s: %w", org, err)
	}
	return found, nil
}
