package app

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"regexp"
	"strconv"
	"time"

	"github.com/google/uuid"

	"tagtrail/adapters/eventstore"
	"tagtrail/adapters/postgres"
	"tagtrail/adapters/telemetry"
	"tagtrail/domain/event"
	"tagtrail/domain/fault"
	"tagtrail/projections"
	"tagtrail/projections/runner"
)

// The faults of what is asked about generations.
var (
	ErrUntil     = fault.New(fault.Invalid, "projections.invalid-until", "until is a position of the log, or a time such as 2026-05-30T12:00:00Z")
	ErrNameTaken = fault.New(fault.Conflict, "projections.name-taken", "there is a generation of this name; prune it first")
	ErrRebuilds  = fault.New(fault.Conflict, "projections.unfinished", "another rebuild of this group is not finished: go on with it, or cancel it")
)

// following is how this process follows the log, for projectors and for builders.
func (b *Backends) following(log *slog.Logger) runner.Config {
	return runner.Config{
		Decoder: b.Codec, Sealed: eventstore.SealedCodec{Codec: b.Codec}, Head: b.Store.Head,
		Subscribe: eventstore.Batches(b.Log, batchMax, log), Logger: log,
		Skips: postgres.NewSink(b.Postgres).Skips, Without: eventstore.Without(runner.Passed),
	}
}

// Wanted is a rebuild as a person asks for it.
type Wanted struct {
	ID    uuid.UUID // of the request; asking again under the same id asks for the same rebuild
	Group string
	Kind  runner.Kind
	Until Until // of a named one
	Name  string
	By    string // [runner.ByService] or [runner.ByCommand]
}

// Until is where a named generation stops: at a position, or at a time when there is one.
type Until struct {
	Position event.Position
	Time     time.Time
}

// ParseUntil reads a position or a time.
func ParseUntil(text string) (Until, error) {
	if position, err := strconv.ParseUint(text, 10, 62); err == nil {
		return Until{Position: event.Position(position)}, nil
	}
	at, err := time.Parse(time.RFC3339Nano, text)
	if err != nil {
		return Until{}, ErrUntil
	}
	return Until{Time: at}, nil
}

func groupNamed(name string) (projections.Group, error) {
	for _, g := range projections.All() {
		if g.Name == name {
			return g, nil
		}
	}
	return projections.Group{}, fmt.Errorf("%q: %w", name, ErrUnknownGroup)
}

var plainName = regexp.MustCompile(`^[a-z][a-z0-9_]{0,19}$`)

// rebuild answers what is wanted, as far as it can be told without looking at what there is.
func (w Wanted) rebuild() (projections.Group, runner.Rebuild, error) {
	g, err := groupNamed(w.Group)
	if err != nil {
		return g, runner.Rebuild{}, err
	}
	r := runner.Rebuild{ID: w.ID, Group: g.Name, Kind: w.Kind, Schema: postgres.Schema(g), AskedBy: w.By, Name: w.Name}
	r.Progress.Phase = runner.Queued
	if w.Kind == runner.Until {
		if !plainName.MatchString(w.Name) {
			return g, r, runner.ErrName
		}
		r.UntilPosition, r.UntilTime = w.Until.Position, w.Until.Time
	}
	r.Beside = postgres.Beside(g, w.Kind, w.Name)
	return g, r, nil
}

// Ask keeps a rebuild that is wanted, or answers the same one that was interrupted, which is to go on.
func (b *Backends) Ask(ctx context.Context, w Wanted) (runner.Rebuild, error) {
	g, r, err := w.rebuild()
	if err != nil {
		return r, err
	}
	sink := postgres.NewSink(b.Postgres)
	if known, err := sink.Rebuild(ctx, r.ID); !errors.Is(err, runner.ErrNoRebuild) {
		return known, err
	}
	unfinished, err := sink.Unfinished(ctx)
	if err != nil {
		return r, err
	}
	for _, other := range unfinished {
		if other.Group != g.Name {
			continue
		}
		if sameRebuild(other, r) {
			return other, nil
		}
		return r, ErrRebuilds.With("rebuild", other.ID.String()).With("kind", string(other.Kind))
	}
	there, err := sink.Exists(ctx, r.Beside)
	switch {
	case err != nil:
		return r, err
	case there && r.Kind == runner.Until:
		return r, ErrNameTaken
	case !there && r.Kind == runner.Rollback:
		return r, runner.ErrNoPrevious
	}
	return r, sink.Ask(ctx, r)
}

func sameRebuild(a, b runner.Rebuild) bool {
	return a.Kind == b.Kind && a.Beside == b.Beside && a.AskedBy == b.AskedBy && a.AskedBy == runner.ByCommand && !a.Cancelled &&
		a.UntilPosition == b.UntilPosition && a.UntilTime.Equal(b.UntilTime)
}

// Rebuild brings what is wanted to its end in this process. When ctx ends, nothing is left of it.
func (b *Backends) Rebuild(ctx context.Context, log *slog.Logger, w Wanted, observe func(runner.Rebuild, runner.Progress)) (*runner.Comparison, error) {
	r, err := b.Ask(ctx, w)
	if err != nil {
		return nil, err
	}
	g, err := groupNamed(r.Group)
	if err != nil {
		return nil, err
	}
	observe(r, r.Progress)
	cancellable, cancel := context.WithCancelCause(context.WithoutCancel(ctx))
	defer cancel(nil)
	defer context.AfterFunc(ctx, func() { cancel(runner.ErrCancelled) })()
	sink := postgres.NewSink(b.Postgres)
	builder := runner.NewBuilder(b.following(log), sink)
	found, err := builder.Carry(cancellable, sink, g, r, func(p runner.Progress) { observe(r, p) })
	if ctx.Err() != nil && errors.Is(err, runner.ErrCancelled) {
		return nil, context.Cause(ctx)
	}
	return found, err
}

// CancelRebuild ends the unfinished rebuild of a group, and sees to it that nothing is left of it when nobody works at it.
func (b *Backends) CancelRebuild(ctx context.Context, log *slog.Logger, group string) (runner.Rebuild, error) {
	if _, err := groupNamed(group); err != nil {
		return runner.Rebuild{}, err
	}
	sink := postgres.NewSink(b.Postgres)
	unfinished, err := sink.Unfinished(ctx)
	if err != nil {
		return runner.Rebuild{}, err
	}
	for _, r := range unfinished {
		if r.Group != group {
			continue
		}
		if err := sink.Cancel(ctx, r.ID); err != nil {
			return r, err
		}
		return r, b.awaitEnd(ctx, log, r)
	}
	return runner.Rebuild{}, runner.ErrNoRebuild
}

// awaitEnd waits until who works at a cancelled rebuild has ended it, or ends it where nobody does.
func (b *Backends) awaitEnd(ctx context.Context, log *slog.Logger, r runner.Rebuild) error {
	g, err := groupNamed(r.Group)
	if err != nil {
		return err
	}
	sink := postgres.NewSink(b.Postgres)
	builder := runner.NewBuilder(b.following(log), sink)
	for {
		cancelled, cancel := context.WithCancelCause(ctx)
		cancel(runner.ErrCancelled)
		if _, err := builder.Carry(cancelled, sink, g, r, func(runner.Progress) {}); !errors.Is(err, runner.ErrBusy) {
			if errors.Is(err, runner.ErrCancelled) {
				return nil
			}
			return err
		}
		if now, err := sink.Rebuild(ctx, r.ID); err != nil || !now.FinishedAt.IsZero() {
			return err
		}
	}
}

// serveRebuilds works at the rebuilds that are asked for over the API, until ctx ends.
func serveRebuilds(ctx context.Context, b *Backends, log *slog.Logger, metrics *telemetry.Metrics) error {
	sink := postgres.NewSink(b.Postgres)
	builder := runner.NewBuilder(b.following(log), sink)
	ours := func(r runner.Rebuild) (projections.Group, bool) {
		g, err := groupNamed(r.Group)
		return g, err == nil && (postgres.Schema(g) == r.Schema || r.Cancelled)
	}
	return builder.Serve(ctx, sink, ours, func(r runner.Rebuild, p runner.Progress) {
		metrics.Rebuild(r.Group, r.Kind, p)
	})
}

// RebuildStatus says how a rebuild is.
type RebuildStatus struct {
	runner.Rebuild
	Phase    string // "interrupted" when nobody works at it
	Position event.Position
	Target   event.Position
}

// Unfinished answers the rebuilds that are not finished.
func (b *Backends) Unfinished(ctx context.Context) ([]RebuildStatus, error) {
	found, err := postgres.NewSink(b.Postgres).Unfinished(ctx)
	if err != nil {
		return nil, err
	}
	all := make([]RebuildStatus, 0, len(found))
	for _, r := range found {
		all = append(all, statusOf(r))
	}
	return all, nil
}

func statusOf(r runner.Rebuild) RebuildStatus {
	s := RebuildStatus{Rebuild: r, Phase: string(r.Progress.Phase), Position: r.Progress.Position, Target: r.Progress.Target}
	if r.FinishedAt.IsZero() && time.Since(r.NotedAt) > runner.NoteOld {
		s.Phase = "interrupted"
	}
	return s
}

// Unfed answers the generations of a group that no projector feeds.
func (b *Backends) Unfed(ctx context.Context, group string) ([]postgres.Unfed, error) {
	g, err := groupNamed(group)
	if err != nil {
		return nil, err
	}
	return postgres.NewSink(b.Postgres).Unfed(ctx, g)
}

// Prune drops the named generations of a group, as far as no projector feeds them, and answers which it dropped.
func (b *Backends) Prune(ctx context.Context, group string, schemas []string) ([]string, error) {
	g, err := groupNamed(group)
	if err != nil {
		return nil, err
	}
	return postgres.NewSink(b.Postgres).Prune(ctx, g, schemas)
}

// Skip has a group that stopped at an event pass it by.
func (b *Backends) Skip(ctx context.Context, group string, at event.Position, reason string) error {
	g, err := groupNamed(group)
	if err != nil {
		return err
	}
	head, err := b.Store.Head(ctx)
	if err != nil {
		return err
	}
	if at > head {
		return fmt.Errorf("the log ends at %d: %w", head, runner.ErrFuture)
	}
	return postgres.NewSink(b.Postgres).Skip(ctx, g, at, reason)
}

// Skipped answers the events that groups pass by.
func (b *Backends) Skipped(ctx context.Context) ([]postgres.Skip, error) {
	return postgres.NewSink(b.Postgres).Skipped(ctx)
}
