package postgres

import (
	"context"
	"errors"

	"tagtrail/domain/event"
	"tagtrail/projections"
)

// errNotFed says that it was the generation beside that could not be written.
var errNotFed = errors.New("the generation beside the live one cannot be fed")

// lookWhomToFeed answers whether the checkpoint is this projector's still, and names another generation to be fed than
// the projector knew of.
func (l *lead) lookWhomToFeed(ctx context.Context, g projections.Generation, from event.Position) (bool, error) {
	found, err := standingOf(ctx, l.conn, l.schema)
	if err != nil || found.Position != from || found.epoch != g.Epoch || found.Feeds == l.feeds {
		return false, err
	}
	l.feeds = found.Feeds
	return true, nil
}

// starve ends the feeding of a generation that cannot be written: whoever builds it finds it at another position than
// the live one.
func (l *lead) starve(ctx context.Context) error {
	_, err := l.conn.Exec(ctx, `update `+quoted(l.schema)+`.checkpoint set feeds = null where feeds = $1`, l.feeds)
	if err != nil {
		return explainSQL(err, "end the feeding of "+l.feeds)
	}
	l.feeds = ""
	return nil
}

// standing is where a generation is, and which other gets all that it gets.
type standing struct {
	Position event.Position
	Feeds    string
	epoch    int64
}

func standingOf(ctx context.Context, q querier, schema string) (standing, error) {
	return scanStanding(ctx, q, schema, "")
}

// lockStanding keeps the projector of the schema from committing until the transaction ends.
func lockStanding(ctx context.Context, q querier, schema string) (standing, error) {
	return scanStanding(ctx, q, schema, " for update")
}

func scanStanding(ctx context.Context, q querier, schema, lock string) (s standing, err error) {
	var at int64
	err = q.QueryRow(ctx, `select position, epoch, coalesce(feeds, '') from `+quoted(schema)+`.checkpoint`+lock).Scan(&at, &s.epoch, &s.Feeds)
	s.Position = event.Position(at) //nolint:gosec // never negative
	return s, err
}
