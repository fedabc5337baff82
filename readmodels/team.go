package readmodels

import (
	"context"
	"fmt"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
)

// Team answers: who belongs to the team, and what may they do?
//
// Lists are in the order in which members were added.
type Team struct{ DB DB }

// TeamMember is somebody who belongs to the team, or did.
type TeamMember struct {
	ID        uuid.UUID
	Name      string
	Email     string
	Role      string
	AddedAt   time.Time
	AddedBy   Actor
	RemovedAt *time.Time
	Revision  int64 // of the member's own last event
}

// TeamKey is a member's place in a list.
type TeamKey struct {
	AddedAt time.Time
	Member  uuid.UUID
}

// TeamStatus says which members are asked for.
type TeamStatus string

// The statuses to ask for.
const (
	ActiveMembers  TeamStatus = "active"
	RemovedMembers TeamStatus = "removed"
	AllMembers     TeamStatus = "all"
)

// List answers the members of a status, beginning behind a key, and where the next page begins; nil is the end.
func (r Team) List(ctx context.Context, org uuid.UUID, status TeamStatus, after *TeamKey, limit int) ([]TeamMember, *TeamKey, error) {
	where := status.of(org)
	if after != nil {
		where.and("(m.added_at, m.member) > (%s, %s)", after.AddedAt, after.Member)
	}
	sql := selectMembers + ` where ` + where.sql() + ` order by m.added_at, m.member limit ` + where.parameter(limit+1)
	found, err := ask(ctx, r.DB, org, planReuse, scanTeamMember, sql, where.args...)
	if err != nil {
		return nil, nil, fmt.Errorf("list the members of %s: %w", org, err)
	}
	items, next := page(found, limit, func(m TeamMember) TeamKey { return TeamKey{AddedAt: m.AddedAt, Member: m.ID} })
	return items, next, nil
}

// Count answers how many members have a status, counting no further than one above the bound.
func (r Team) Count(ctx context.Context, org uuid.UUID, status TeamStatus, bound int) (int, error) {
	return count(ctx, r.DB, org, "members m", status.of(org), bound)
}

// of answers the conditions on members m of an organisation that have the status.
func (s TeamStatus) of(org uuid.UUID) *conditions {
	where := &conditions{}
	where.and("m.org = %s", org)
	switch s {
	case ActiveMembers:
		where.and("m.removed_at is null")
	case RemovedMembers:
		where.and("m.removed_at is not null")
	case AllMembers:
	}
	return where
}

// Get answers one member, whether removed or not.
func (r Team) Get(ctx context.Context, org, member uuid.UUID) (TeamMember, error) {
	found, err := one(ask(ctx, r.DB, org, planReuse, scanTeamMember, selectMembers+` where m.org = $1 and m.member = $2`, org, member))
	if err != nil {
		return TeamMember{}, fmt.Errorf("get member %s: %w", member, err)
	}
	return found, nil
}

const selectMembers = `
	select m.member, coalesce(m.name, ''), coalesce(m.email, ''), m.role, m.added_at, m.added_by_kind, m.added_by,
		coalesce((select a.name from actors a where a.org = m.org and a.actor = m.added_by), ''), m.removed_at, m.revision
	from members m`

func scanTeamMember(row pgx.CollectableRow) (m TeamMember, err error) {
	err = row.Scan(&m.ID, &m.Name, &m.Email, &m.Role, &m.AddedAt, &m.AddedBy.Kind, &m.AddedBy.ID, &m.AddedBy.Name, &m.RemovedAt, &m.Revision)
	return m, err
}
