package reactions

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/cenkalti/backoff/v5"

	"tagtrail/domain/event"
)

func isOvertaken(err error) bool { return errors.Is(err, ErrOvertaken) }

// review does what follows from nothing but time, at the pace that the reaction says, until the term ends. One that cannot
// be done is tried again later; one that never can ends the term.
func (t *term) review() {
	if t.Review == nil {
		return
	}
	wait := backoff.NewExponentialBackOff()
	wait.InitialInterval, wait.MaxInterval = 200*time.Millisecond, longestRetry
	for t.ctx.Err() == nil {
		var after time.Duration
		err := t.work(t.ctx, func(ctx context.Context) (err error) {
			after, err = t.Review(ctx, event.Position(t.position.Load()))
			return err
		})
		switch {
		case t.ctx.Err() != nil:
			return
		case err == nil:
			wait.Reset()
		case passing(err):
			t.config.Metrics.ReactionFailed(t.Name, false)
			t.log.WarnContext(t.ctx, "review is tried again", "reason", err)
			after = wait.NextBackOff()
		default:
			t.end(fmt.Errorf("review: %w", err))
			return
		}
		pause(t.ctx, after)
	}
}
