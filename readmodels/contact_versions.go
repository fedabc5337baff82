package readmodels

import (
	"context"
	"errors"
	"fmt"

	"github.com/google/uuid"

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

// errSearch says that versions cannot be searched: what is looked for is sealed.
var errSearch = errors.New("sealed texts cannot be searched")

// matching turns the filter into conditions on versions c that stood at the moment, which is the second argument.
func (r ContactVersions) matching(ctx context.Context, org uuid.UUID, at Moment, f ContactFilter) (*conditions, error) {
	if typed(f.Q) != "" {
		return nil, errSearch
	}
	where := &conditions{}
	where.and("c.org = %s", org)
	where.filter("c.from_position <= %s", at.position()) // how much lies behind a moment decides which way is best
	where.and("c.to_position > $2")
	where.and(f.Archived.condition())

	if len(f.Tags)+len(f.ExcludeTags) > 0 {
		numbers, err := r.activeNumbers(ctx, org, at, append(append([]uuid.UUID{}, f.Tags...), f.ExcludeTags...))
		if err != nil {
			return nil, fmt.Errorf("look up the tags of a filter: %w", err)
		}
		if include, all := pickNumbers(numbers, f.Tags); !all {
			where.and("false")
		} else if len(include) > 0 {
			where.and("c.tags @> %s::int[]", include)
		}
		if exclude, _ := pickNumbers(numbers, f.ExcludeTags); len(exclude) > 0 {
			where.and("not (c.tags && %s::int[])", exclude)
		}
	}
	if f.LeadStatus != "" {
		where.and("c.lead_status = %s", f.LeadStatus)
	}
	if f.Owner != nil {
		where.and("c.owner = %s", *f.Owner)
	}
	if f.Channel != nil {
		where.and("c.channels @> array[%s::uuid]", *f.Channel)
	}
	if f.CreatedFrom != nil || f.CreatedTo != nil {
		where.and(createdIn(where, f))
	}
	return where, nil
}

// createdIn answers the condition on when a contact was created, which is found by its first version.
func createdIn(where *conditions, f ContactFilter) string {
	sql := "c.contact in (select b.contact from contact_versions b where b.org = $1 and b.revision = 0"
	if f.CreatedFrom != nil {
		sql += " and b.created_at >= " + where.parameter(*f.CreatedFrom)
	}
	if f.CreatedTo != nil {
		sql += " and b.created_at < " + where.parameter(*f.CreatedTo)
	}
	return sql + ")"
}

// activeNumbers answers the numbers of those of the tags that were active.
func (r ContactVersions) activeNumbers(ctx context.Context, org uuid.UUID, at Moment, tags []uuid.UUID) (map[uuid.UUID]int32, error) {
	found, err := ask(ctx, r.DB, org, planReuse, scanNumber, `
		select t.tag, t.number from tag_versions t
		where t.org = $1 and t.from_position <= $2 and t.to_position > $2 and t.tag = any($3) and t.deleted_at is null`, org, at.position(), tags)
	numbers := make(map[uuid.UUID]int32, len(found))
	for _, t := range found {
		numbers[t.ID] = t.Number
	}
	return numbers, err
}

func pickNumbers(numbers map[uuid.UUID]int32, tags []uuid.UUID) (picked []int32, all bool) {
	for _, tag := range tags {
		if number, ok := numbers[tag]; ok {
			picked = append(picked, number)
		}
	}
	return picked, len(picked) == len(tags)
}
