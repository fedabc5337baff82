package runner

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/google/uuid"

	"tagtrail/projections"
)

// Ledger is where rebuilds are kept, for whoever asks how they are and for whoever goes on with one.
type Ledger interface {
	// Unfinished answers the rebuilds that have not come to an end, whoever works at them.
	Unfinished(ctx context.Context) ([]Rebuild, error)
	// Note keeps how far a rebuild is, and answers whether somebody wants it to end.
	Note(ctx context.Context, id uuid.UUID, p Progress) (cancelled bool, err error)
	// Finish keeps how a rebuild ended; one that has ended stays as it is.
	Finish(ctx context.Context, id uuid.UUID, end Phase, reason string, found *Comparison) error
}

const (
	// noteEvery is how often it is noted how far a rebuild is.
	noteEvery = 500 * time.Millisecond
	// NoteOld is the age at which a note is of somebody who is gone.
	NoteOld = 10 * time.Second
)

// Who works at rebuilds.
const (
	ByService = "service" // the process that serves goes on with it by itself
	ByCommand = "command" // the same command goes on with it
)

// Carry brings a rebuild to its end as Run does, and keeps in the ledger how far it is and how it ended. The first note
// tells whether it can be kept at all. When ctx ends for another reason than [ErrCancelled], the rebuild stays
// unfinished.
func (b *Builder) Carry(ctx context.Context, ledger Ledger, g projections.Group, r Rebuild, observe func(Progress)) (*Comparison, error) {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	var mu sync.Mutex
	latest := r.Progress
	note := func(p Progress) {
		mu.Lock()
		latest = p
		mu.Unlock()
		observe(p)
	}
	var noting sync.WaitGroup
	ended := make(chan struct{})
	noting.Go(func() {
		tick := time.NewTicker(noteEvery)
		defer tick.Stop()
		for {
			select {
			case <-tick.C:
			case <-ended:
				return
			}
			mu.Lock()
			p := latest
			mu.Unlock()
			// What cannot be noted now is noted the next time.
			if cancelled, err := ledger.Note(ctx, r.ID, p); err == nil && cancelled {
				cancel(ErrCancelled)
			}
		}
	})
	found, err := b.Run(ctx, g, r, note)
	close(ended)
	noting.Wait()
	end, finished := endOf(err)
	if !finished {
		return found, err
	}
	observe(Progress{Phase: end, Position: latest.Position, Target: latest.Target, Events: latest.Events})
	reason := ""
	if err != nil {
		reason = err.Error()
	}
	finishing, stop := context.WithTimeout(context.WithoutCancel(ctx), undoLimit)
	defer stop()
	if failed := ledger.Finish(finishing, r.ID, end, reason, found); failed != nil {
		return found, errors.Join(err, fmt.Errorf("note the end of the rebuild: %w", failed))
	}
	return found, err
}

// endOf says how a rebuild ended that answers this; what only interrupts it is no end.
func endOf(err error) (Phase, bool) {
	switch {
	case err == nil:
		return Done, true
	case errors.Is(err, ErrDiffers):
		return Differs, true
	case errors.Is(err, ErrCancelled):
		return Cancelled, true
	case errors.Is(err, ErrBusy), transient(err), errors.Is(err, projections.ErrOvertaken):
		return "", false
	}
	return Failed, true
}

// Serve works at the rebuilds that the service was asked for, one at a time, until ctx ends. Those that another process
// left unfinished go on, and one that was cancelled while nobody worked at it is taken away.
func (b *Builder) Serve(ctx context.Context, ledger Ledger, groups func(Rebuild) (projections.Group, bool), observe func(Rebuild, Progress)) error {
	for ctx.Err() == nil {
		unfinished, err := ledger.Unfinished(ctx)
		if err != nil && ctx.Err() == nil {
			b.config.Logger.Debug("cannot see which rebuilds are asked for", "reason", err)
		}
		for _, r := range unfinished {
			abandoned := r.Cancelled && time.Since(r.NotedAt) > NoteOld
			if r.AskedBy != ByService && !abandoned {
				observe(r, r.Progress) // somebody else works at it
				continue
			}
			g, ours := groups(r)
			if !ours {
				continue // another build's generation
			}
			b.serveOne(ctx, ledger, g, r, observe)
		}
		pause(ctx, 2*b.config.Poll)
	}
	return nil
}

func (b *Builder) serveOne(ctx context.Context, ledger Ledger, g projections.Group, r Rebuild, observe func(Rebuild, Progress)) {
	if r.Cancelled {
		cancelled, cancel := context.WithCancelCause(ctx)
		cancel(ErrCancelled)
		ctx = cancelled
	}
	log := b.config.Logger.With("group", g.Name, "rebuild", r.ID.String(), "kind", string(r.Kind))
	found, err := b.Carry(ctx, ledger, g, r, func(p Progress) { observe(r, p) })
	switch {
	case err == nil:
		log.Info("rebuild is done")
	case errors.Is(err, ErrDiffers):
		log.Error("rebuild found other rows than the live tables have", "differing", found.Differing)
	case ctx.Err() == nil && !errors.Is(err, ErrBusy):
		log.Error("rebuild did not end well", "reason", err)
	}
}
