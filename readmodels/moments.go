package readmodels

import (
	"context"
	"fmt"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"tagtrail/domain/event"
)

// Moments answers: where was an organisation's log at a time?
type Moments struct{ DB DB }

// Moment is a position of the log, as an organisation saw it then. The zero value is before anything happened.
type Moment struct {
	Position event.Position
	SeenAt   *time.Time // when anybody had written last
	Latest   bool       // the tables show nothing yet that happened later
}

// At answers the last moment up to which nothing had been recorded later than a time.
func (r Moments) At(ctx context.Context, org uuid.UUID, at time.Time) (Moment, error) {
	found, err := one(ask(ctx, r.DB, org, planReuse, pgx.RowToStructByPos[Moment], `
		select coalesce(m.from_position, 0), m.seen_at,
			not exists (select from moments later where later.org = $1 and later.recorded_at > $2)
		from (select) always left join lateral (
			select m.from_position, m.seen_at from moments m where m.org = $1 and m.recorded_at <= $2
			order by m.recorded_at desc, m.from_position desc limit 1) m on true`, org, at))
	if err != nil {
		return Moment{}, fmt.Errorf("find the moment of a time of %s: %w", org, err)
	}
	return found, nil
}

// Of answers the moment of a position.
func (r Moments) Of(ctx context.Context, org uuid.UUID, position event.Position) (Moment, error) {
	found, err := one(ask(ctx, r.DB, org, planReuse, pgx.RowToStructByPos[Moment], `
		select $2::bigint, (
			select m.seen_at from moments m where m.org = $1 and m.from_position <= $2 order by m.from_position desc limit 1), false`,
		org, int64(position))) //nolint:gosec // positions stay far below the half of 64 bits
	if err != nil {
		return Moment{}, fmt.Errorf("find the moment of a position of %s: %w", org, err)
	}
	return found, nil
}
