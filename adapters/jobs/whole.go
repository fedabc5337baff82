package jobs

import (
	"context"
	"errors"
	"fmt"

	"tagtrail/domain/operation"
)

// Tell notes how far an operation is, and answers whether it is to go on.
type Tell func(ctx context.Context, counts operation.Counts) (goOn bool, err error)

// Carrier knows how to work at one kind of operation and how far each is, so that it is not given its work piece by piece.
type Carrier interface {
	Kind() operation.Kind
	// Carry goes on where it was and answers the counts once nothing is left. It tells now and then how far it is, and stops with any
	// error where it is not to go on. Whatever else an error says, it is carried on later.
	Carry(ctx context.Context, asked Asked, tell Tell) (operation.Counts, error)
}

// carryWhole has a carrier go on with an operation, unless it is paused or has ended.
func (j *Jobs) carryWhole(ctx context.Context, asked Asked, c Carrier) error {
	progress, err := j.progress(ctx, asked.ID)
	if err != nil {
		return err
	}
	var carried error
	if asked.Phase() == operation.Running {
		progress.Counts, carried = c.Carry(ctx, asked, func(ctx context.Context, counts operation.Counts) (bool, error) {
			progress.Counts = counts
			if err := j.count(ctx, asked.ID, counts); err != nil {
				return false, err
			}
			now, err := j.asked(ctx, asked.Organization, asked.ID)
			return err == nil && now.Phase() == operation.Running, err
		})
		if carried == nil {
			return errors.Join(j.count(ctx, asked.ID, progress.Counts), j.finish(ctx, asked, progress))
		}
		if progress, err = j.progress(ctx, asked.ID); err != nil {
			return err
		}
	}
	now, err := j.asked(ctx, asked.Organization, asked.ID)
	if err != nil {
		return err
	}
	switch now.Phase() {
	case operation.Pausing:
		return j.note(ctx, asked.ID, paused)
	case operation.Cancelling, operation.Ended:
		return j.finish(ctx, now, progress)
	case operation.Running, operation.Unknown:
	}
	return carried
}

// count notes how far an operation is that is carried whole.
func (j *Jobs) count(ctx context.Context, id operation.ID, c operation.Counts) error {
	_, err := j.Pool.Exec(ctx, `
		update jobs.operations set total = $2, reached = $3, changed = $4, unchanged = $5, refused = $6, kept = $7,
			rate = case when $3 > reached then ($3 - reached) / greatest(extract(epoch from now() - noted_at), 0.001) else rate end,
			noted_at = now()
		where operation = $1`, id.UUID, c.Total, c.Done(), c.Changed, c.Unchanged, c.Refused, c.Kept)
	if err != nil {
		return fmt.Errorf("note how far operation %s is: %w", id, err)
	}
	return nil
}
