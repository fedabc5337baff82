package eventstore

import (
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/EventStore/EventStore-Client-Go/v4/esdb"

	"tagtrail/domain/event"
)

// Head answers the position of the newest event that the event store did not
// write for itself, and 0 where there is none.
func (s *Store) Head(ctx context.Context) (event.Position, error) {
	position, err := s.client.head(ctx)
	if err != nil {
		return 0, fmt.Errorf("read the head of the log: %w", err)
	}
	return event.Position(position), nil
}

// head reads the log backwards in pages that grow: a real server may have
// written any number of events of its own at the end.
func (c *Client) head(ctx context.Context) (uint64, error) {
	var from esdb.AllPosition = esdb.End{}
	for page := uint64(8); ; page = min(page*4, 2048) {
		events, err := persist(ctx, c, func(ctx context.Context, db *esdb.Client) ([]*esdb.RecordedEvent, error) {
			reading, err := db.ReadAll(ctx, esdb.ReadAllOptions{Direction: esdb.Backwards, From: from}, page)
			return collect(reading, err)
		})
		if err != nil {
			return 0, meaning(err)
		}
		for _, e := range events {
			if !isSystem(e.EventType, e.StreamID) {
				return e.Position.Commit, nil
			}
		}
		if uint64(len(events)) < page {
			return 0, nil
		}
		from = events[len(events)-1].Position
	}
}

// end answers the position of the last event of all, and 0 where there is none.
func (c *Client) end(ctx context.Context) (uint64, error) {
	events, err := persist(ctx, c, func(ctx context.Context, db *esdb.Client) ([]*esdb.RecordedEvent, error) {
		reading, err := db.ReadAll(ctx, esdb.ReadAllOptions{Direction: esdb.Backwards, From: esdb.End{}}, 1)
		return collect(reading, err)
	})
	if err != nil || len(events) == 0 {
		return 0, err
	}
	return events[0].Position.Commit, nil
}

// StreamRevision answers the revision of the last event of a stream, and event.NoStream where there is none.
func (s *Store) StreamRevision(ctx context.Context, stream string) (event.Revision, error) {
	events, err := persist(ctx, s.client, func(ctx context.Context, db *esdb.Client) ([]*esdb.RecordedEvent, error) {
		reading, err := db.ReadStream(ctx, stream, esdb.ReadStreamOptions{Direction: esdb.Backwards, From: esdb.End{}}, 1)
		return collect(reading, err)
	})
	switch {
	case missing(err), err == nil && len(events) == 0:
		return event.NoStream, nil
	case err != nil:
		return event.NoStream, fmt.Errorf("read the last event of %s: %w", stream, meaning(err))
	}
	return event.Revision(events[0].EventNumber), nil
}

func collect(reading *esdb.ReadStream, err error) ([]*esdb.RecordedEvent, error) {
	if err != nil {
		return nil, err
	}
	defer reading.Close()
	var events []*esdb.RecordedEvent
	for {
		e, err := reading.Recv()
		if errors.Is(err, io.EOF) {
			return events, nil
		}
		if err != nil {
			return nil, err
		}
		events = append(events, e.OriginalEvent())
	}
}
