package runner

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/cenkalti/backoff/v5"

	"tagtrail/domain/event"
	"tagtrail/projections"
)

// Sites is where generations are built beside the live ones.
type Sites interface {
	// Claim answers where the group's generations are built, unless somebody else works there.
	Claim(ctx context.Context, g projections.Group) (Site, bool, error)
	Commit(ctx context.Context, g projections.Generation, changes *projections.Changes, from, upTo event.Position) error
	Release(ctx context.Context, g projections.Generation)
}

// Site is where one rebuild of a group works; who holds it works there alone. Generations are named by their schemas.
type Site interface {
	// Live answers where the live generation is, and the one beside that gets every batch too, "" for none.
	Live(ctx context.Context) (event.Position, string, error)
	Exists(ctx context.Context, beside string) (bool, error)
	// Begin makes a generation without indexes where there is none.
	Begin(ctx context.Context, beside string) error
	// Lead takes the lead of a generation, unless somebody else has it.
	Lead(ctx context.Context, beside string) (projections.Generation, bool, error)
	// Complete makes the indexes where they are missing.
	Complete(ctx context.Context, beside string, named bool) error
	// Join has the live generation's projector feed this one from where rest brings it. Nobody commits to the live one
	// meanwhile.
	Join(ctx context.Context, g projections.Generation, from event.Position, rest func(upTo event.Position) (*projections.Changes, error)) (event.Position, error)
	// Compare answers ErrNotFed when the two are not at one position.
	Compare(ctx context.Context, beside string) (*Comparison, error)
	// Switch puts the generation that is fed in the place of the live one, and ends the rebuild with that.
	Switch(ctx context.Context, r Rebuild, found *Comparison) error
	// Leave ends the feeding of a generation by the live one.
	Leave(ctx context.Context, live, beside string) error
	Discard(ctx context.Context, beside string) error
	Close(ctx context.Context)
}

const (
	// claimLimit is for the lock of whoever worked at a rebuild before, and may be dead without the server knowing.
	claimLimit = 5 * time.Second
	// joinLimit is how long the live projector is kept waiting at most.
	joinLimit = 5 * time.Second
	// undoLimit is for taking away what a cancelled rebuild made.
	undoLimit = 30 * time.Second
	// attempts is how often a generation may turn out not to be fed, before that is no accident.
	attempts = 3
)

// Builder builds generations beside the live ones, compares, and switches to them.
//
// All that it does is durable where it happens, so that it can be killed at any moment: the generation has a checkpoint
// of its own, and the live one's checkpoint says whether it is fed. Whoever takes the rebuild up again looks there.
type Builder struct {
	config *Config
	sites  Sites
}

// NewBuilder makes a builder; of the config it uses the log and its decoders.
func NewBuilder(config Config, sites Sites) *Builder {
	config.fill()
	return &Builder{config: &config, sites: sites}
}

// Run brings the rebuild to its end, from wherever it is; note is told how far it is. What is out of reach is waited
// for. It answers [ErrDiffers] and what differs when the generation has other rows than the live one. When ctx ends
// because of [ErrCancelled], nothing is left of the generation; when it ends otherwise, the rebuild can go on later.
func (b *Builder) Run(ctx context.Context, g projections.Group, r Rebuild, note func(Progress)) (*Comparison, error) {
	wait := backoff.NewExponentialBackOff()
	wait.InitialInterval, wait.MaxInterval = 50*time.Millisecond, 2*time.Second
	unfed := 0
	for {
		w := &work{Builder: b, group: g, rebuild: r, note: note, log: b.config.Logger.With("group", g.Name, "rebuild", r.ID.String())}
		found, err := w.attempt(ctx)
		if errors.Is(err, ErrNotFed) {
			unfed++
		}
		switch again := transient(err) || errors.Is(err, projections.ErrOvertaken) || errors.Is(err, ErrNotFed) && unfed < attempts; {
		case ctx.Err() != nil:
			return found, b.interrupted(ctx, g, r)
		case !again:
			return found, err
		}
		w.log.Warn("rebuild is interrupted and tried again", "reason", err)
		pause(ctx, wait.NextBackOff())
	}
}

// interrupted takes back what was done when that is what somebody wants.
func (b *Builder) interrupted(ctx context.Context, g projections.Group, r Rebuild) error {
	cause := context.Cause(ctx)
	if !errors.Is(cause, ErrCancelled) {
		return cause
	}
	undoing, cancel := context.WithTimeout(context.WithoutCancel(ctx), undoLimit)
	defer cancel()
	if err := b.Undo(undoing, g, r); err != nil {
		return fmt.Errorf("take away what the rebuild made: %w", err)
	}
	return cause
}

// Undo takes away what there is of a rebuild that nobody works at. Until ctx ends it tries again while something is in
// the way: a statement that was cancelled and is not over yet, or a reader of what is to go.
func (b *Builder) Undo(ctx context.Context, g projections.Group, r Rebuild) error {
	for {
		err := b.undo(ctx, g, r)
		if !transient(err) || ctx.Err() != nil {
			return err
		}
		b.config.Logger.Debug("cannot take away what a rebuild made yet", "group", g.Name, "rebuild", r.ID.String(), "reason", err)
		pause(ctx, b.config.Poll)
	}
}

func (b *Builder) undo(ctx context.Context, g projections.Group, r Rebuild) error {
	site, err := b.claim(ctx, g)
	if err != nil {
		return err
	}
	defer site.Close(ctx)
	return undo(ctx, site, r)
}

func undo(ctx context.Context, site Site, r Rebuild) error {
	if err := site.Leave(ctx, r.Schema, r.Beside); err != nil || r.Kind == Rollback {
		return err
	}
	return site.Discard(ctx, r.Beside)
}

// claim waits a little: the lock of one that was killed is let go of a moment later.
func (b *Builder) claim(ctx context.Context, g projections.Group) (Site, error) {
	for over := time.Now().Add(claimLimit); ; {
		site, claimed, err := b.sites.Claim(ctx, g)
		switch {
		case err != nil:
			return nil, err
		case claimed:
			return site, nil
		case time.Now().After(over):
			return nil, ErrBusy
		}
		pause(ctx, b.config.Poll/5)
		if ctx.Err() != nil {
			return nil, context.Cause(ctx)
		}
	}
}

// work is one attempt at a rebuild.
type work struct {
	*Builder
	site     Site
	group    projections.Group
	rebuild  Rebuild
	note     func(Progress)
	progress Progress
	log      *slog.Logger
}

func (w *work) enter(phase Phase) {
	w.progress.Phase = phase
	w.note(w.progress)
	w.log.Info("rebuild is in another phase", "phase", string(phase), "position", uint64(w.progress.Position))
}

func (w *work) attempt(ctx context.Context) (*Comparison, error) {
	site, err := w.claim(ctx, w.group)
	if err != nil {
		return nil, err
	}
	defer site.Close(ctx)
	w.site = site
	found, err := w.all(ctx)
	if err == nil || errors.Is(err, ErrDiffers) || ctx.Err() != nil || transient(err) || errors.Is(err, projections.ErrOvertaken) || errors.Is(err, ErrNotFed) {
		return found, err
	}
	return found, errors.Join(err, undo(ctx, site, w.rebuild))
}

func (w *work) all(ctx context.Context) (*Comparison, error) {
	beside := w.rebuild.Beside
	if w.rebuild.Kind == Rollback {
		there, err := w.site.Exists(ctx, beside)
		if err == nil && !there {
			err = ErrNoPrevious
		}
		if err != nil {
			return nil, err
		}
	}
	if w.rebuild.Kind == Until {
		return nil, w.named(ctx)
	}
	at, fed, err := w.site.Live(ctx)
	if err != nil {
		return nil, err
	}
	if fed != beside {
		if err := w.build(ctx); err != nil {
			return nil, err
		}
	} else {
		w.progress.Position, w.progress.Target = at, at
	}
	w.enter(Comparing)
	found, err := w.site.Compare(ctx, beside)
	switch {
	case errors.Is(err, ErrNotFed):
		return nil, errors.Join(err, w.site.Leave(ctx, w.rebuild.Schema, beside))
	case err != nil:
		return nil, err
	case !found.Equal():
		return found, errors.Join(fmt.Errorf("%d rows: %w", found.Differing, ErrDiffers), undo(ctx, w.site, w.rebuild))
	case w.rebuild.Kind == Verify:
		return found, undo(ctx, w.site, w.rebuild)
	}
	return found, w.site.Switch(ctx, w.rebuild, found)
}

// build brings the generation to where the live one is, and has it fed from there.
func (w *work) build(ctx context.Context) error {
	return w.led(ctx, func(b *building) error {
		// The indexes are made once the rest is short, and what came meanwhile is caught up with them.
		w.enter(Building)
		if err := b.catchUp(ctx); err != nil {
			return err
		}
		w.enter(Indexing)
		if err := w.site.Complete(ctx, w.rebuild.Beside, false); err != nil {
			return err
		}
		w.enter(Joining)
		if err := b.comeNear(ctx); err != nil {
			return err
		}
		joining, cancel := context.WithTimeout(ctx, joinLimit)
		defer cancel()
		at, err := w.site.Join(joining, b.generation, b.at, func(upTo event.Position) (*projections.Changes, error) {
			w.progress.Target = upTo
			return b.rest(joining, upTo)
		})
		w.progress.Position = at
		return err
	})
}

// named brings the generation to where it is to stay.
func (w *work) named(ctx context.Context) error {
	head, err := w.config.Head(ctx)
	if err != nil {
		return err
	}
	upTo := head
	if w.rebuild.UntilTime.IsZero() {
		upTo = w.rebuild.UntilPosition
	}
	if upTo > head || w.rebuild.UntilTime.After(time.Now()) {
		return fmt.Errorf("the log ends at %d: %w", head, ErrFuture)
	}
	return w.led(ctx, func(b *building) error {
		w.enter(Building)
		if err := b.goTo(ctx, upTo); err != nil {
			return err
		}
		w.enter(Indexing)
		return w.site.Complete(ctx, w.rebuild.Beside, true)
	})
}

// led works at the generation with the lead of it.
func (w *work) led(ctx context.Context, does func(*building) error) error {
	if err := w.site.Begin(ctx, w.rebuild.Beside); err != nil {
		return err
	}
	var generation projections.Generation
	for led := false; !led; {
		var err error
		if generation, led, err = w.site.Lead(ctx, w.rebuild.Beside); err != nil {
			return err
		}
		if !led {
			pause(ctx, w.config.Poll/5)
		}
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
	}
	defer w.sites.Release(ctx, generation)
	way := &way{
		name: w.group.Name + " beside", config: w.config, group: w.group, generation: generation, commit: w.sites.Commit, until: w.rebuild.UntilTime,
		moved: func(to stretch) {
			w.progress.Position = to.upTo
			w.progress.Events += int64(to.events)
			w.note(w.progress)
		},
	}
	w.progress.Position = generation.Position
	return way.read(ctx, func() error { return does(&building{w, way}) })
}
