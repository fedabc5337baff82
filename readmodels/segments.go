package readmodels

import (
	"context"
	"fmt"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"tagtrail/domain/filter"
)

// Segments answers: which filters does the organisation keep, under which names?
//
// Lists are ordered by name, regardless of case, then by id.
type Segments struct{ DB DB }

// Segment is one filter under its name.
type Segment struct {
	ID        uuid.UUID
	Name      string
	Kind      string
	Filter    string // as it is written
	CreatedAt time.Time
	CreatedBy Actor
	DeletedAt *time.Time
	Revision  int64 // of the segment's own last event

	sortName string
}

// SegmentKey is a segment's place in a list.
type SegmentKey struct {
	Name    string // as it is ordered
	Segment uuid.UUID
}

// List answers the segments that are there, or those that are deleted, beginning behind a key, and where the next page
// begins; nil is the end.
func (r Segments) List(ctx context.Context, org uuid.UUID, deleted bool, after *SegmentKey, limit int) ([]Segment, *SegmentKey, error) {
	where := segmentsThat(org, deleted)
	if after != nil {
		where.and("(s.sort_name, s.segment) > (%s, %s)", after.Name, after.Segment)
	}
	sql := selectSegments + ` where ` + where.sql() + ` order by s.sort_name, s.segment limit ` + where.parameter(limit+1)
	found, err := ask(ctx, r.DB, org, planReuse, scanSegment, sql, where.args...)
	if err != nil {
		return nil, nil, fmt.Errorf("list the segments of %s: %w", org, err)
	}
	items, next := page(found, limit, func(s Segment) SegmentKey { return SegmentKey{Name: s.sortName, Segment: s.ID} })
	return items, next, nil
}

// Count answers how many segments are there, or are deleted, counting no further than one above the bound.
func (r Segments) Count(ctx context.Context, org uuid.UUID, deleted bool, bound int) (int, error) {
	return count(ctx, r.DB, org, "segments s", segmentsThat(org, deleted), bound)
}

// Get answers one segment, deleted or not.
func (r Segments) Get(ctx context.Context, org, segment uuid.UUID) (Segment, error) {
	found, err := one(ask(ctx, r.DB, org, planReuse, scanSegment, selectSegments+` where s.org = $1 and s.segment = $2`, org, segment))
	if err != nil {
		return Segment{}, fmt.Errorf("get segment %s: %w", segment, err)
	}
	return found, nil
}

func segmentsThat(org uuid.UUID, deleted bool) *conditions {
	where := &conditions{}
	where.and("s.org = %s", org)
	where.and("(s.deleted_at is not null) = %s", deleted)
	return where
}

const selectSegments = `
	select s.segment, coalesce(s.name, ''), s.kind, coalesce(s.filter, ''), s.created_at, s.created_by_kind, s.created_by,
		coalesce((select a.name from actors a where a.org = s.org and a.actor = s.created_by), ''), s.deleted_at, s.revision, s.sort_name
	from segments s`

func scanSegment(row pgx.CollectableRow) (s Segment, err error) {
	err = row.Scan(&s.ID, &s.Name, &s.Kind, &s.Filter, &s.CreatedAt, &s.CreatedBy.Kind, &s.CreatedBy.ID, &s.CreatedBy.Name,
		&s.DeletedAt, &s.Revision, &s.sortName)
	return s, err
}

// inline answers a filter in which segments stand for what they mean now. One that is deleted or unknown means nobody, and
// so does one whose filter is lost with its key.
func (r Contacts) inline(ctx context.Context, org uuid.UUID, f filter.Filter) (filter.Filter, error) {
	if f == nil {
		return nil, nil
	}
	var segments []uuid.UUID
	filter.Each(f, func(f filter.Filter) {
		if leaf, ok := f.(filter.IDs); ok && leaf.Of == filter.Segment {
			segments = append(segments, leaf.IDs...)
		}
	})
	if len(segments) == 0 {
		return f, nil
	}
	found, err := ask(ctx, r.DB, org, planReuse, scanSegment, selectSegments+`
		where s.org = $1 and s.segment = any($2) and s.deleted_at is null and s.filter <> ''`, org, segments)
	if err != nil {
		return nil, fmt.Errorf("look up the segments of a filter: %w", err)
	}
	meant := make(map[uuid.UUID]filter.Filter, len(found))
	for _, s := range found {
		if meant[s.ID], err = filter.Parse([]byte(s.Filter)); err != nil {
			return nil, fmt.Errorf("read the filter of segment %s: %w", s.ID, err)
		}
	}
	return inlined(f, meant), nil
}

func inlined(f filter.Filter, meant map[uuid.UUID]filter.Filter) filter.Filter {
	each := func(parts []filter.Filter) []filter.Filter {
		all := make([]filter.Filter, len(parts))
		for i, part := range parts {
			all[i] = inlined(part, meant)
		}
		return all
	}
	switch leaf := f.(type) {
	case filter.All:
		return filter.All(each(leaf))
	case filter.Any:
		return filter.Any(each(leaf))
	case filter.Not:
		return filter.Not{Filter: inlined(leaf.Filter, meant)}
	case filter.IDs:
		if leaf.Of != filter.Segment {
			return f
		}
		one := filter.Any{}
		for _, id := range leaf.IDs {
			if m, ok := meant[id]; ok {
				one = append(one, m)
			}
		}
		if len(one) == 1 {
			return one[0]
		}
		return one
	case filter.Text, filter.Flag, filter.Words, filter.Value, filter.Time, filter.Field, filter.Consent:
	}
	return f
}
