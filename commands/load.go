package commands

import (
	"context"
	"fmt"

	"github.com/google/uuid"

	"tagtrail/domain/event"
	"tagtrail/domain/organization"
)

// effect is what one command once did to a stream.
type effect struct {
	position    event.Position // of the last event that it appended
	requestHMAC string
}

// loaded is a state, and where its stream stood when it was read.
type loaded[S any] struct {
	state    S
	revision event.Revision
	position event.Position
	foreign  bool // the stream belongs to another organisation; the state is empty
	replay   func(command uuid.UUID) (effect, bool)
}

// load folds a stream from its beginning.
func load[E event.Event, S state[E]](
	ctx context.Context, store Store, stream string, org organization.ID, fresh func() S,
) (loaded[S], error) {
	effects := map[uuid.UUID]effect{}
	at := loaded[S]{state: fresh(), revision: event.NoStream, replay: func(command uuid.UUID) (effect, bool) {
		before, ok := effects[command]
		return before, ok
	}}
	for recorded, err := range store.ReadStream(ctx, stream, 0) {
		if err != nil {
			return loaded[S]{}, fmt.Errorf("read %s: %w", stream, err)
		}
		if at.revision == event.NoStream && recorded.Org() != org.UUID {
			at.foreign = true
			return at, nil
		}
		own, err := as[E](recorded)
		if err != nil {
			return loaded[S]{}, err
		}
		at.state.Apply(own)
		at.revision, at.position = recorded.Revision, recorded.Position
		effects[recorded.Metadata.CommandID] = effect{recorded.Position, recorded.Metadata.RequestHMAC}
	}
	return at, nil
}

// as narrows a recorded event to the events of the stream's aggregate.
func as[E event.Event](recorded event.Recorded[event.Event]) (event.Recorded[E], error) {
	own, ok := event.As[E](recorded)
	if !ok {
		return own, fmt.Errorf("%s at revision %d of %s: %w", recorded.Data.EventName(), recorded.Revision, recorded.Stream, event.ErrUnknown)
	}
	return own, nil
}
