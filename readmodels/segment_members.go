package readmodels

import (
	"context"
	"fmt"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"tagtrail/domain/filter"
)

// SegmentMembers answers: who is in a dynamic segment, since when, and who entered and left it?
//
// Lists begin with what came last; what came together is ordered by contact.
type SegmentMembers struct{ DB DB }

// Member is a contact that is in a segment.
type Member struct {
	Contact     uuid.UUID
	DisplayName string // "—" where there is none
	EnteredAt   time.Time

	position int64
}

// Turn is a contact's entering or leaving of a segment.
type Turn struct {
	Contact    uuid.UUID
	Position   int64
	Entered    bool
	At         time.Time
	Definition int64  // the segment's own revision that said so
	Cause      string // contacts, segment, review
}

// MemberKey is a member's or a turn's place in a list.
type MemberKey struct {
	Position int64
	Contact  uuid.UUID
}

// Of answers the members of a segment, beginning behind a key, and where the next page begins; nil is the end.
func (r SegmentMembers) Of(ctx context.Context, org, segment uuid.UUID, after *MemberKey, limit int) ([]Member, *MemberKey, error) {
	where := membersOf(org, segment, uuid.Nil)
	behind(where, after)
	found, err := ask(ctx, r.DB, org, planReuse, func(row pgx.CollectableRow) (m Member, err error) {
		err = row.Scan(&m.Contact, &m.DisplayName, &m.EnteredAt, &m.position)
		return m, err
	}, `
		select m.contact, coalesce((
			select coalesce(nullif(c.name, ''), nullif(c.profile_name, '')) from contacts c where c.org = m.org and c.contact = m.contact), '—'),
			m.entered_at, m.position
		from segment_members m where `+where.sql()+` order by m.position desc, m.contact limit `+where.parameter(limit+1), where.args...)
	if err != nil {
		return nil, nil, fmt.Errorf("list the members of segment %s: %w", segment, err)
	}
	items, next := page(found, limit, func(m Member) MemberKey { return MemberKey{Position: m.position, Contact: m.Contact} })
	return items, next, nil
}

// Count answers how many members a segment has.
func (r SegmentMembers) Count(ctx context.Context, org, segment uuid.UUID) (int, error) {
	n, err := one(ask(ctx, r.DB, org, planReuse, pgx.RowTo[int],
		`select coalesce((select s.members from segment_sizes s where s.org = $1 and s.segment = $2), 0)`, org, segment))
	if err != nil {
		return 0, fmt.Errorf("count the members of segment %s: %w", segment, err)
	}
	return n, nil
}

// History answers who entered a segment and who left it, of all contacts or of one, beginning behind a key, and where the
// next page begins; nil is the end.
func (r SegmentMembers) History(ctx context.Context, org, segment, contact uuid.UUID, after *MemberKey, limit int) ([]Turn, *MemberKey, error) {
	where := membersOf(org, segment, contact)
	behind(where, after)
	found, err := ask(ctx, r.DB, org, planReuse, pgx.RowToStructByPos[Turn], `
		select m.contact, m.position, m.entered, m.at, m.definition, m.cause
		from segment_turns m where `+where.sql()+` order by m.position desc, m.contact limit `+where.parameter(limit+1), where.args...)
	if err != nil {
		return nil, nil, fmt.Errorf("list who entered and left segment %s: %w", segment, err)
	}
	items, next := page(found, limit, func(t Turn) MemberKey { return MemberKey{Position: t.Position, Contact: t.Contact} })
	return items, next, nil
}

// CountHistory answers how many turns there are, counting no further than one above the bound.
func (r SegmentMembers) CountHistory(ctx context.Context, org, segment, contact uuid.UUID, bound int) (int, error) {
	return count(ctx, r.DB, org, "segment_turns m", membersOf(org, segment, contact), bound)
}

func membersOf(org, segment, contact uuid.UUID) *conditions {
	where := &conditions{}
	where.and("m.org = %s", org)
	where.and("m.segment = %s", segment)
	if contact != uuid.Nil {
		where.and("m.contact = %s", contact)
	}
	return where
}

// behind begins a list behind a key, in which positions descend and contacts ascend.
func behind(where *conditions, after *MemberKey) {
	if after != nil {
		where.and("m.position <= %s and (m.position < %s or m.contact > %s)", after.Position, after.Position, after.Contact)
	}
}

// DynamicSegment is a segment as it is compared with its members. The condition of a rule is one too, under the rule's id.
type DynamicSegment struct {
	ID         uuid.UUID
	Filter     filter.Filter // nil means nobody: it is deleted, or its filter is lost with its key
	Definition int64         // its own revision
	Since      int64         // the position from where on it means whom it means
	Seen       int64         // the revision of its members' own stream; -1 where there is none
}

// Dynamic answers the dynamic segments of an organisation that can have members, deleted ones and the conditions of rules too.
func (r SegmentMembers) Dynamic(ctx context.Context, org uuid.UUID) ([]DynamicSegment, error) {
	return ask(ctx, r.DB, org, planReuse, func(row pgx.CollectableRow) (s DynamicSegment, err error) {
		var written string
		if err := row.Scan(&s.ID, &written, &s.Definition, &s.Since, &s.Seen); err != nil || written == "" {
			return s, err
		}
		s.Filter, err = filter.Parse([]byte(written))
		return s, err
	}, `
		select s.segment, case when s.stands then coalesce(s.filter, '') else '' end, s.revision, s.since, coalesce(z.revision, -1)
		from (
			select s.segment, s.deleted_at is null as stands, s.filter, s.revision, s.since
			from segments s where s.org = $1 and s.kind = 'dynamic'
			union all
			select r.rule, r.enabled and r.deleted_at is null and v.segment is null, v.filter, r.revision, r.since
			from rules r join rule_versions v on v.org = r.org and v.rule = r.rule and v.version = r.version where r.org = $1
		) s left join segment_sizes z on z.org = $1 and z.segment = s.segment
		where s.stands or z.members > 0
		order by s.segment`, org)
}

// Difference is who entered a segment and who left it.
type Difference struct {
	Entered, Left []uuid.UUID
}

// Differ answers whom a segment means who is not in it, and who is in it whom it does not mean, among some contacts or, nil,
// among all; of each at most so many.
func (r SegmentMembers) Differ(ctx context.Context, org uuid.UUID, s DynamicSegment, clock filter.Clock, among []uuid.UUID, most int) (Difference, error) {
	where := &conditions{}
	meant := "select null::uuid as contact where false"
	if s.Filter != nil {
		var err error
		if where, err = (Contacts{DB: r.DB}).matching(ctx, org, ContactFilter{Where: s.Filter, Clock: clock}); err != nil {
			return Difference{}, fmt.Errorf("read the filter of segment %s: %w", s.ID, err)
		}
		meant = "select c.contact from contacts c where " + where.sql()
	}
	of, whose := where.parameter(org), where.parameter(s.ID)
	members := "select m.contact from segment_members m where m.org = " + of + " and m.segment = " + whose
	if among != nil {
		// What is recorded of a contact that was merged can tell of the one that stands for it.
		said := where.parameter(among) + "::uuid[]"
		some := "array(select unnest(" + said + ") union select g.root from merged_contacts g where g.org = " + of + " and g.contact = any(" + said + "))"
		members += " and m.contact = any(" + some + ")"
		if s.Filter != nil {
			meant += " and c.contact = any(" + some + ")"
		}
	}
	limit := where.parameter(most)
	found, err := ask(ctx, r.DB, org, planAnew, func(row pgx.CollectableRow) (t Turn, err error) {
		err = row.Scan(&t.Contact, &t.Entered)
		return t, err
	}, `
		with meant as materialized (`+meant+`), members as materialized (`+members+`)
		(select d.contact, true from (select contact from meant except select contact from members) d limit `+limit+`)
		union all
		(select d.contact, false from (select contact from members except select contact from meant) d limit `+limit+`)`, where.args...)
	if err != nil {
		return Difference{}, fmt.Errorf("compare segment %s with its members: %w", s.ID, err)
	}
	var d Difference
	for _, turn := range found {
		if turn.Entered {
			d.Entered = append(d.Entered, turn.Contact)
		} else {
			d.Left = append(d.Left, turn.Contact)
		}
	}
	return d, nil
}
