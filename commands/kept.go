package commands

import (
	"container/list"
	"context"
	"fmt"
	"maps"
	"sync"

	"github.com/google/uuid"

	"tagtrail/domain/event"
)

// shared is a state that many read while the next one is made.
type shared[E event.Event, S any] interface {
	state[E]
	Clone() S
}

// kept holds folded streams and brings them up to date by reading on.
//
// A state that was given out never changes: new events are applied to a clone,
// which then takes its place.
type kept[E event.Event, S shared[E, S]] struct {
	store Store
	limit int
	fresh func() S

	mu      sync.Mutex
	folds   map[string]*list.Element // of *fold[E, S]
	byUsage *list.List               // the most recently used first
}

func keep[E event.Event, S shared[E, S]](store Store, limit int, fresh func() S) *kept[E, S] {
	return &kept[E, S]{store: store, limit: limit, fresh: fresh, folds: map[string]*list.Element{}, byUsage: list.New()}
}

// load answers the stream's state with at least all that was in the log when it was called.
func (k *kept[E, S]) load(ctx context.Context, stream string) (loaded[S], error) {
	f := k.fold(stream)
	if err := f.readOn(ctx, k.store); err != nil {
		return loaded[S]{}, err
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.revision == event.NoStream {
		k.forget(f)
	}
	return loaded[S]{state: f.state, revision: f.revision, position: f.position, replay: f.effect}, nil
}

// forget makes room for streams that exist: anybody can ask for those that do not.
func (k *kept[E, S]) forget(f *fold[E, S]) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if held, ok := k.folds[f.stream]; ok && held.Value.(*fold[E, S]) == f {
		k.byUsage.Remove(held)
		delete(k.folds, f.stream)
	}
}

func (k *kept[E, S]) fold(stream string) *fold[E, S] {
	k.mu.Lock()
	defer k.mu.Unlock()
	if found, ok := k.folds[stream]; ok {
		k.byUsage.MoveToFront(found)
		return found.Value.(*fold[E, S])
	}
	f := &fold[E, S]{
		stream: stream, turn: make(chan struct{}, 1),
		state: k.fresh(), revision: event.NoStream, effects: map[uuid.UUID]effect{},
	}
	k.folds[stream] = k.byUsage.PushFront(f)
	if k.byUsage.Len() > k.limit {
		oldest := k.byUsage.Remove(k.byUsage.Back()).(*fold[E, S])
		delete(k.folds, oldest.stream)
	}
	return f
}

// fold is one folded stream.
type fold[E event.Event, S shared[E, S]] struct {
	stream string
	turn   chan struct{} // holds one token while somebody reads

	mu       sync.Mutex
	next     *reading // the read that has not begun yet; whoever asks now may share it
	state    S
	revision event.Revision
	position event.Position
	effects  map[uuid.UUID]effect
}

// reading is one read, shared by everybody who asked before it began.
type reading struct {
	done chan struct{}
	err  error
	left bool // its reader went away; the others read for themselves
}

// readOn brings the fold up to date. It never shares a read that began before
// it was called: such a read may have missed what the caller has just written.
func (f *fold[E, S]) readOn(ctx context.Context, store Store) error {
	for {
		f.mu.Lock()
		shared, mine := f.next, false
		if shared == nil {
			shared, mine = &reading{done: make(chan struct{})}, true
			f.next = shared
		}
		f.mu.Unlock()
		if mine {
			f.lead(ctx, store, shared)
			return shared.err
		}
		select {
		case <-shared.done:
		case <-ctx.Done():
			return ctx.Err()
		}
		if !shared.left {
			return shared.err
		}
	}
}

// lead waits for its turn, reads, and tells those who share the reading.
func (f *fold[E, S]) lead(ctx context.Context, store Store, r *reading) {
	defer close(r.done)
	select {
	case f.turn <- struct{}{}:
		defer func() { <-f.turn }()
		f.begin()
		r.err = f.catchUp(ctx, store)
	case <-ctx.Done():
		f.begin()
		r.err = ctx.Err()
	}
	r.left = ctx.Err() != nil
}

// begin lets whoever comes from here on wait for another reading.
func (f *fold[E, S]) begin() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.next = nil
}

// catchUp applies what is new to a clone; what was read before an error stays.
func (f *fold[E, S]) catchUp(ctx context.Context, store Store) error {
	state, revision, position := f.state, f.revision, f.position
	effects := map[uuid.UUID]effect{}
	defer func() {
		f.mu.Lock()
		defer f.mu.Unlock()
		f.state, f.revision, f.position = state, revision, position
		maps.Copy(f.effects, effects)
	}()
	for recorded, err := range store.ReadStream(ctx, f.stream, f.revision+1) {
		if err != nil {
			return fmt.Errorf("read %s: %w", f.stream, err)
		}
		own, err := as[E](recorded)
		if err != nil {
			return err
		}
		if revision == f.revision {
			state = state.Clone()
		}
		state.Apply(own)
		revision, position = recorded.Revision, recorded.Position
		effects[recorded.Metadata.CommandID] = effect{recorded.Position, recorded.Metadata.RequestHMAC}
	}
	return nil
}

// effect answers what a command once did to the stream.
func (f *fold[E, S]) effect(command uuid.UUID) (effect, bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	before, ok := f.effects[command]
	return before, ok
}
