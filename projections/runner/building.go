package runner

import (
	"context"
	"time"

	"tagtrail/domain/event"
	"tagtrail/projections"
)

// building brings a generation beside the live one to where that one is, or to where it is told.
type building struct {
	*work
	*way
}

// catchUp goes to where the live generation is by now.
func (b *building) catchUp(ctx context.Context) error {
	live, _, err := b.site.Live(ctx)
	if err != nil {
		return err
	}
	return b.goTo(ctx, live)
}

// comeNear catches up until little is left that comes meanwhile, or until that gets no less.
func (b *building) comeNear(ctx context.Context) error {
	return near(func() (bool, error) { return false, b.catchUp(ctx) })
}

// near does something that brings a generation to where the end of the log was, until it says that it is near enough, or
// little can have come meanwhile. Where as much comes each time, going on would not end.
func near(goOn func() (bool, error)) error {
	const little, tries = 100 * time.Millisecond, 20
	for range tries {
		began := time.Now()
		if enough, err := goOn(); enough || err != nil || time.Since(began) < little {
			return err
		}
	}
	return nil
}

// goTo projects all events up to a position.
func (b *building) goTo(ctx context.Context, to event.Position) error {
	b.progress.Target = to
	return b.advance(ctx, to)
}

// rest answers what the events up to a position change, for one that writes them itself.
func (b *building) rest(ctx context.Context, to event.Position) (*projections.Changes, error) {
	var events []event.Recorded[event.Event]
	for at := b.at; at < to; {
		next, err := b.next(ctx, to)
		if err != nil {
			return nil, err
		}
		events, at = append(events, next.events...), next.upTo
	}
	return b.work.group.Project(projected(events))
}
