package readmodels

import (
	"context"
	"fmt"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"tagtrail/domain/event"
)

// ContactVersions answers what [Contacts] answers, as it was at a moment.
//
// Versions never change, so that all questions about one moment agree. A
// personal value of somebody whose key was shredded since is not shown, as of
// whatever moment; that the contact was there is.
type ContactVersions struct {
	DB     DB
	Opener Opener
	// Most is how many versions Entered goes through at most; MostEntries when zero.
	Most int
}

// Page answers the contacts that matched, beginning behind a key, and where the next page begins; nil is the end.
func (r ContactVersions) Page(
	ctx context.Context, org uuid.UUID, at Moment, filter ContactFilter, after *ContactKey, limit int,
) ([]ListedContact, *ContactKey, error) {
	where, err := r.matching(ctx, org, at, filter)
	if err != nil {
		return nil, nil, err
	}
	// Nobody was seen later than the last who had written.
	where.and("c.seen_order >= %s", ContactKey{LastSeenAt: at.SeenAt}.seenOrder())
	if after != nil {
		where.and("(c.seen_order, c.contact) > (%s, %s)", after.seenOrder(), after.Contact)
	}
	found, err := ask(ctx, r.DB, org, where.planning(), scanListedVersion, selectVersions(where, limit+1), where.args...)
	if err != nil {
		return nil, nil, fmt.Errorf("list the contacts of %s as of %d: %w", org, at.Position, err)
	}
	listed, err := openListed(ctx, r.Opener, org, found)
	if err != nil {
		return nil, nil, fmt.Errorf("open the contacts of %s as of %d: %w", org, at.Position, err)
	}
	items, next := page(listed, limit, func(c ListedContact) ContactKey { return c.Key() })
	return items, next, nil
}

// Count answers how many contacts matched, counting no further than one above the bound.
func (r ContactVersions) Count(ctx context.Context, org uuid.UUID, at Moment, filter ContactFilter, bound int) (int, error) {
	where, err := r.matching(ctx, org, at, filter)
	if err != nil {
		return 0, err
	}
	return count(ctx, r.DB, org, "contact_versions c", where, bound)
}

// Get answers one contact with all the tags that it carried, or had carried.
func (r ContactVersions) Get(ctx context.Context, org uuid.UUID, at Moment, contact uuid.UUID) (Contact, error) {
	found, err := one(ask(ctx, r.DB, org, planReuse, scanVersion, selectVersion, org, at.position(), contact))
	if err != nil {
		return Contact{}, fmt.Errorf("get contact %s as of %d: %w", contact, at.Position, err)
	}
	c, err := found.open(ctx, r.Opener, org)
	if err != nil {
		return Contact{}, fmt.Errorf("open contact %s as of %d: %w", contact, at.Position, err)
	}
	return c, nil
}

func (m Moment) position() int64 {
	return int64(min(m.Position, openEnd-1)) //nolint:gosec // below the half of 64 bits now
}

// openEnd is where a version ends that stands.
const openEnd event.Position = 1<<63 - 1

// matching turns the filter into conditions on versions c that stood at the moment, which is the second argument.
func (r ContactVersions) matching(ctx context.Context, org uuid.UUID, at Moment, f ContactFilter) (*conditions, error) {
	where := &conditions{}
	where.and("c.org = %s", org)
	where.filter("c.from_position <= %s", at.position()) // how much lies behind a moment decides which way is best
	where.and("c.to_position > $2")
	return where, r.narrow(ctx, org, at, f, where)
}

// narrow adds what a filter asks of versions c, by the catalogue of a moment, which is the second argument.
func (r ContactVersions) narrow(ctx context.Context, org uuid.UUID, at Moment, f ContactFilter, where *conditions) error {
	where.and(f.shelf().condition())
	asked := f.whole()
	c := &compiler{where: where, clock: f.Clock, then: true}
	tags, none := tagsOf(asked)
	var err error
	if len(tags) > 0 {
		if c.carried, err = r.activeNumbers(ctx, org, at, tags); err != nil {
			return fmt.Errorf("look up the tags of a filter: %w", err)
		}
	}
	if none {
		if c.inactive, err = r.inactiveNumbers(ctx, org, at); err != nil {
			return fmt.Errorf("look up the deleted tags: %w", err)
		}
	}
	return c.add(asked)
}

// createdIn answers the condition on when a contact was created, which is found by its first version.
func createdIn(where *conditions, from, before *time.Time) string {
	sql := "c.contact in (select b.contact from contact_versions b where b.org = $1 and b.revision = 0"
	if from != nil {
		sql += " and b.created_at >= " + where.parameter(*from)
	}
	if before != nil {
		sql += " and b.created_at < " + where.parameter(*before)
	}
	return sql + ")"
}

// activeNumbers answers those of the tags that were active; how many carried them then is not counted.
func (r ContactVersions) activeNumbers(ctx context.Context, org uuid.UUID, at Moment, tags []uuid.UUID) (map[uuid.UUID]numbered, error) {
	found, err := ask(ctx, r.DB, org, planReuse, pgx.RowToStructByPos[numbered], `
		with tags as (select * from tag_versions t where t.org = $1 and t.from_position <= $2 and t.to_position > $2)
		select a.tag, s.number, array_agg(t.tag order by t.number), array_agg(t.number order by t.number), 0::bigint
		from tags a
		join tags s on s.tag = coalesce(a.merged_into, a.tag)
		join tags t on t.tag = s.tag or t.merged_into = s.tag
		where a.tag = any($3) and s.deleted_at is null
		group by a.tag, s.number`, org, at.position(), tags)
	return byTag(found), err
}

// inactiveNumbers answers the numbers of tags that were deleted.
func (r ContactVersions) inactiveNumbers(ctx context.Context, org uuid.UUID, at Moment) ([]int32, error) {
	return ask(ctx, r.DB, org, planReuse, pgx.RowTo[int32], `
		with tags as (select * from tag_versions t where t.org = $1 and t.from_position <= $2 and t.to_position > $2)
		select t.number from tags t join tags s on s.tag = coalesce(t.merged_into, t.tag)
		where s.deleted_at is not null order by 1`, org, at.position())
}
