package readmodels

import (
	"context"
	"fmt"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
)

// Tags answers: which tags are in the catalogue, and how many contacts carry each?
//
// Lists are ordered by name, regardless of case, then by number.
type Tags struct{ DB DB }

// Tag is one tag of the catalogue.
type Tag struct {
	ID          uuid.UUID
	Number      int32
	Name        string
	Description string
	Color       string
	Kind        string // label, valued
	Policy      string // of a valued tag: free, fixed
	Values      []TagValue
	Contacts    int64 // that carry it, or would again if it were restored; with those of tags that were merged into it
	CreatedAt   time.Time
	CreatedBy   Actor
	DeletedAt   *time.Time // nil unless it is deleted
	MergedInto  *uuid.UUID // the tag that stands for it
	MergedAt    *time.Time
	Revision    int64 // of the tag's own last event

	sortName string
}

// TagValue is one value of a fixed list that can be chosen.
type TagValue struct {
	Number int32  `json:"number"`
	Name   string `json:"name"`
}

// TagKey is a tag's place in a list.
type TagKey struct {
	Name   string // as it is ordered
	Number int32
}

// TagStatus says which tags are asked for.
type TagStatus string

// The statuses to ask for.
const (
	ActiveTags  TagStatus = "active"
	DeletedTags TagStatus = "deleted"
	MergedTags  TagStatus = "merged"
	AllTags     TagStatus = "all"
)

// List answers the tags of a status, beginning behind a key, and where the next page begins; nil is the end.
func (r Tags) List(ctx context.Context, org uuid.UUID, status TagStatus, after *TagKey, limit int) ([]Tag, *TagKey, error) {
	where := status.of(org)
	if after != nil {
		where.and("(t.sort_name, t.number) > (%s, %s)", after.Name, after.Number)
	}
	sql := selectTags + ` where ` + where.sql() + ` order by t.sort_name, t.number limit ` + where.parameter(limit+1)
	found, err := ask(ctx, r.DB, org, planReuse, scanTag, sql, where.args...)
	if err != nil {
		return nil, nil, fmt.Errorf("list the tags of %s: %w", org, err)
	}
	items, next := page(found, limit, func(t Tag) TagKey { return TagKey{Name: t.sortName, Number: t.Number} })
	return items, next, nil
}

// Count answers how many tags have a status, counting no further than one above the bound.
func (r Tags) Count(ctx context.Context, org uuid.UUID, status TagStatus, bound int) (int, error) {
	return count(ctx, r.DB, org, "tags t", status.of(org), bound)
}

// of answers the conditions on tags t of an organisation that have the status.
func (s TagStatus) of(org uuid.UUID) *conditions {
	where := &conditions{}
	where.and("t.org = %s", org)
	switch s {
	case DeletedTags:
		where.and("t.deleted_at is not null")
	case MergedTags:
		where.and("t.merged_into is not null")
	case AllTags:
	default:
		where.and("t.deleted_at is null")
		where.and("t.merged_into is null")
	}
	return where
}

// Get answers one tag, deleted, merged or neither.
func (r Tags) Get(ctx context.Context, org, tag uuid.UUID) (Tag, error) {
	found, err := one(ask(ctx, r.DB, org, planReuse, scanTag, selectTags+` where t.org = $1 and t.tag = $2`, org, tag))
	if err != nil {
		return Tag{}, fmt.Errorf("get tag %s: %w", tag, err)
	}
	return found, nil
}

const selectTags = `
	select t.tag, t.number, t.name, t.description, t.color, t.kind, t.policy,
		(select json_agg(json_build_object('number', v.number, 'name', v.name) order by v.number)
			from tag_values v where v.org = t.org and v.tag = t.tag and v.retired_at is null),
		` + carriers + ` as contacts,
		t.created_at, t.created_by_kind, t.created_by,
		coalesce((select k.name from actors k where k.org = t.org and k.actor = t.created_by), ''),
		t.deleted_at, t.merged_into, t.merged_at, t.revision, t.sort_name
	from tags t`

// carriers counts the contacts that carry a tag t. Each tag is counted as it is put on and taken off; only those who carry
// any of several that are one by now have to be looked for, as who carries two is one contact.
const carriers = `
		case when exists (select from tags m where m.org = t.org and m.merged_into = t.tag) then (
			select count(*) from contacts c where c.org = t.org and c.tags && array(
				select m.number from tags m where m.org = t.org and (m.tag = t.tag or m.merged_into = t.tag)))
		else coalesce((select u.contacts from tag_usage u where u.org = t.org and u.number = t.number), 0) end`

func scanTag(row pgx.CollectableRow) (t Tag, err error) {
	err = row.Scan(&t.ID, &t.Number, &t.Name, &t.Description, &t.Color, &t.Kind, &t.Policy, &encoded[[]TagValue]{&t.Values},
		&t.Contacts, &t.CreatedAt, &t.CreatedBy.Kind, &t.CreatedBy.ID, &t.CreatedBy.Name,
		&t.DeletedAt, &t.MergedInto, &t.MergedAt, &t.Revision, &t.sortName)
	return t, err
}
