package jobs

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"time"

	"github.com/google/uuid"

	"tagtrail/commands"
	"tagtrail/domain/operation"
	"tagtrail/domain/organization"
)

// errBusy says that somebody else works at the operation, or looks whether somebody does.
var errBusy = errors.New("somebody else works at the operation")

// carry works at an operation until it is paused, has ended, or something stands in the way.
func (j *Jobs) carry(ctx context.Context, org organization.ID, id operation.ID) error {
	pooled, err := j.Pool.Acquire(ctx)
	if err != nil {
		return fmt.Errorf("connect: %w", err)
	}
	conn := pooled.Hijack()
	defer func() { _ = conn.Close(context.WithoutCancel(ctx)) }() // which lets go of the lock
	var free bool
	if err := conn.QueryRow(ctx, `select pg_try_advisory_lock($1)`, lockOf(id)).Scan(&free); err != nil {
		return fmt.Errorf("ask for the lock of operation %s: %w", id, err)
	}
	if !free {
		return errBusy
	}
	asked, err := j.asked(ctx, org, id)
	if err != nil {
		return err
	}
	if asked.Phase() == operation.Unknown {
		return fmt.Errorf("operation %s: %w", id, operation.ErrUnknown)
	}
	if known, err := j.begin(ctx, id); err != nil || !known {
		return err
	}
	if carrier, whole := j.whole[asked.Kind]; whole {
		return j.carryWhole(ctx, asked, carrier)
	}
	worker, known := j.workers[asked.Kind]
	if !known {
		return fmt.Errorf("operation %s is of kind %s, which nobody here works at", id, asked.Kind)
	}
	return j.goOn(ctx, asked, worker)
}

func (j *Jobs) asked(ctx context.Context, org organization.ID, id operation.ID) (Asked, error) {
	o, err := j.Commands.Operation(ctx, org, id)
	if err != nil {
		return Asked{}, fmt.Errorf("read operation %s: %w", id, err)
	}
	return Asked{ID: id, Organization: org, Operation: o}, nil
}

// goOn does piece by piece, and asks the log before each whether to.
func (j *Jobs) goOn(ctx context.Context, asked Asked, worker Worker) error {
	for {
		progress, err := j.progress(ctx, asked.ID)
		if err != nil {
			return err
		}
		switch asked.Phase() {
		case operation.Pausing:
			return j.note(ctx, asked.ID, paused)
		case operation.Cancelling, operation.Ended:
			return j.finish(ctx, asked, progress)
		case operation.Running, operation.Unknown:
		}
		if !progress.Selected {
			if err := j.selectAll(ctx, asked, worker); err != nil {
				return err
			}
			continue
		}
		things, err := j.next(ctx, asked.ID, progress.Reached)
		if err != nil {
			return err
		}
		if len(things) == 0 {
			return j.finish(ctx, asked, progress)
		}
		if err := j.piece(ctx, asked, worker, things); err != nil {
			return err
		}
		if asked, err = j.asked(ctx, asked.Organization, asked.ID); err != nil {
			return err
		}
	}
}

// piece works at some of the many, and notes what came of it.
func (j *Jobs) piece(ctx context.Context, asked Asked, worker Worker, things []Thing) error {
	began := time.Now()
	outcomes, err := worker.Work(ctx, asked, things)
	if err != nil {
		return err
	}
	if len(outcomes) != len(things) {
		return fmt.Errorf("operation %s has %d outcomes for %d things", asked.ID, len(outcomes), len(things))
	}
	return j.settle(ctx, asked.ID, things, outcomes, float64(len(things))/max(time.Since(began).Seconds(), 1e-6))
}

// finish records what came of the operation, and gives up the list of whom it was about.
func (j *Jobs) finish(ctx context.Context, asked Asked, p Progress) error {
	own := commands.ForOperation(ctx, asked.Organization, asked.ID, asked.Operation, "finished")
	if _, err := j.Commands.FinishOperation(own, asked.ID, p.Counts); err != nil {
		return fmt.Errorf("finish operation %s: %w", asked.ID, err)
	}
	return j.end(ctx, asked.ID)
}

// lockOf answers the advisory lock of an operation.
func lockOf(id operation.ID) int64 { return int64(binary.BigEndian.Uint64(id.UUID[:8])) } //nolint:gosec // every bit pattern is a lock

// selectAll keeps whom the operation is about before anything is done to anybody.
func (j *Jobs) selectAll(ctx context.Context, asked Asked, worker Worker) error {
	if err := j.selectNobody(ctx, asked.ID); err != nil {
		return err
	}
	total := 0
	err := worker.Select(ctx, asked, func(ids []uuid.UUID) (err error) {
		total, err = j.add(ctx, asked.ID, total, ids)
		return err
	})
	if err != nil {
		return fmt.Errorf("select what operation %s is about: %w", asked.ID, err)
	}
	return j.selected(ctx, asked.ID)
}
