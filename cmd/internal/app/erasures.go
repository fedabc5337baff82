package app

import (
	"context"
	"errors"
	"log/slog"
	"slices"
	"time"

	"github.com/google/uuid"

	"tagtrail/adapters/httpapi"
	"tagtrail/adapters/postgres"
	"tagtrail/commands"
	"tagtrail/domain/contact"
	"tagtrail/domain/erasure"
	"tagtrail/domain/event"
	"tagtrail/domain/organization"
	"tagtrail/projections"
)

const (
	erasuresEvery    = time.Second      // how often somebody looks for erasures
	erasuresPatience = 4 * time.Minute  // of one attempt; whatever is not done by then is left to the next
	erasuresEnough   = 2 * time.Minute  // after that nobody else is forgotten in an attempt, so that it comes to its end
	keysElsewhere    = 40 * time.Second // after that no process holds a key in memory that was shredded by another
	expireEvery      = time.Hour        // how often files about persons are given up whose time has come
	erasuresLock     = 0x7461677465     // "tagte": one process at a time works at them
)

// What this installation keeps copies of and cannot reach.
const (
	leftBackups = "backups, and copies of the disk, that were made before"
	leftForeign = "what the configured PostgreSQL keeps besides its tables: archives of its write-ahead log, replicas"
)

// serveErasures works at the erasures that are asked for, until ctx ends. What is
// to be done is read off the tables, so that whoever comes after a crash goes on.
func serveErasures(ctx context.Context, b *Backends, log *slog.Logger) error {
	tick := time.NewTicker(erasuresEvery)
	defer tick.Stop()
	var expired time.Time
	working := b.erasing()
	for {
		if time.Since(expired) > expireEvery {
			expired = time.Now()
			if err := b.files().Expire(ctx, httpapi.GatheredFor); err != nil && ctx.Err() == nil {
				log.WarnContext(ctx, "files about persons are kept for longer", "error", err)
			}
		}
		if err := working.complete(ctx); err != nil && ctx.Err() == nil {
			log.WarnContext(ctx, "erasures wait", "error", err)
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			return nil
		}
	}
}

// complete brings what is asked for to its end, as far as it can be done now, and
// cleans up after all of it together. Who cannot be forgotten yet keeps nobody else.
func (e *erasing) complete(ctx context.Context) error {
	sink, console := postgres.NewSink(e.Postgres), served()
	pending, err := sink.PendingErasures(ctx, console)
	if err != nil || len(pending) == 0 {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, erasuresPatience)
	defer cancel()
	return postgres.Alone(ctx, e.Postgres, erasuresLock, func() error {
		ready, waits := e.dropFiles(ctx, pending)
		var done []postgres.Erasure
		var outcomes []erasure.Completed
		for begun := time.Now(); len(done) < len(ready) && time.Since(begun) < erasuresEnough && ctx.Err() == nil; {
			each := ready[len(done)]
			outcome, err := e.forget(ctx, sink, console, each)
			if err != nil {
				switch {
				case errors.Is(err, contact.ErrLegalHold): // which came first: the erasure is given up
					err = nil
				case errors.Is(err, postgres.ErrNotYet):
					_, err = sink.DropUnfed(ctx, console) // no event would ever take anybody out of tables that nobody feeds
				}
				waits = errors.Join(waits, err)
				ready = slices.Delete(ready, len(done), len(done)+1)
				continue
			}
			done, outcomes = append(done, each), append(outcomes, outcome)
		}
		if len(done) == 0 {
			return waits
		}
		left, err := e.scrub(ctx, sink, console)
		if err != nil {
			return errors.Join(waits, err)
		}
		for i, each := range done {
			outcomes[i].Left = left
			if _, err := e.Commands.CompleteErasure(forErasure(ctx, each), erasure.ID{UUID: each.ID}, outcomes[i]); err != nil {
				return errors.Join(waits, err)
			}
		}
		return waits
	})
}

// forget makes a person unreadable, and answers once the tables show so.
func (b *Backends) forget(ctx context.Context, sink *postgres.Sink, g projections.Group, e postgres.Erasure) (erasure.Completed, error) {
	audit, err := groupNamed(projections.Audit)
	if err != nil {
		return erasure.Completed{}, err
	}
	kept, err := sink.KeptDeliveries(ctx, audit, e.Org)
	if err != nil {
		return erasure.Completed{}, err
	}
	forgotten, err := b.Commands.ForgetPerson(forErasure(ctx, e), erasure.ID{UUID: e.ID}, kept)
	if err != nil {
		return erasure.Completed{}, err
	}
	if err := (gathered{Backends: b}).dropAbout(ctx, organization.ID{UUID: e.Org}, forgotten.Contacts); err != nil {
		return erasure.Completed{}, err
	}
	if err := sink.Show(ctx, g, forgotten.Position); err != nil {
		return erasure.Completed{}, err
	}
	if !b.ownPostgres && time.Since(e.AskedAt) < keysElsewhere {
		return erasure.Completed{}, postgres.ErrNotYet
	}
	ids := make([]uuid.UUID, len(forgotten.Contacts))
	for i, id := range forgotten.Contacts {
		ids[i] = id.UUID
	}
	// A message that was on its way into the log meanwhile is told to the tables as erased; what it says nobody can read.
	spoke, err := sink.SpokeSince(ctx, g, e.Org, ids)
	if err != nil || !spoke {
		return forgotten.Outcome, err
	}
	if err := b.Commands.EraseAgain(forErasure(ctx, e), forgotten.Contacts); err != nil {
		return erasure.Completed{}, err
	}
	return erasure.Completed{}, postgres.ErrNotYet
}

// scrub takes what is erased off the disk, as far as it is ours, and answers what is not.
func (b *Backends) scrub(ctx context.Context, sink *postgres.Sink, g projections.Group) ([]string, error) {
	if _, err := sink.DropUnfed(ctx, g); err != nil {
		return nil, err
	}
	if err := sink.Scrub(ctx, g); err != nil {
		return nil, err
	}
	if err := b.Vault.Scrub(ctx); err != nil {
		return nil, err
	}
	left := []string{leftBackups}
	if !b.ownPostgres {
		left = append(left, leftForeign)
	}
	for _, server := range slices.Compact([]*postgres.Pool{b.Postgres, b.vaultDB}) {
		kept, err := postgres.Discard(ctx, server)
		if err != nil {
			return nil, err
		}
		for _, each := range kept {
			if !slices.Contains(left, each) {
				left = append(left, each)
			}
		}
	}
	return left, nil
}

// forErasure answers a context for the commands of an erasure.
func forErasure(ctx context.Context, e postgres.Erasure) context.Context {
	return commands.WithOrigin(ctx, commands.Origin{
		Organization: organization.ID{UUID: e.Org}, Actor: event.Actor{Kind: "system"}, Source: event.System,
	})
}
