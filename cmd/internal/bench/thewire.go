package main

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"

	"github.com/EventStore/EventStore-Client-Go/v4/esdb"
	"github.com/google/uuid"

	"tagtrail/adapters/eventstore"
	"tagtrail/domain"
	"tagtrail/domain/contact"
	"tagtrail/domain/event"
)

// theWire measures appends through gRPC: goal 2, and beside raw Pebble.
func theWire(ctx context.Context, t *table) (err error) {
	const null, guarded, hundreds = "AppendToStream, 64 in flight", "Store.Append, 64 in flight", "appends of 100 events, 16 in flight, events"
	beside := func(callers int) string { return fmt.Sprintf("AppendToStream, %d callers", callers) }
	if !t.wanted(null, guarded, hundreds, beside(1), beside(16), beside(64)) {
		return nil
	}
	s, err := openStore(filepath.Join(t.dir, "wire"))
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, s.close()) }()
	socket := filepath.Join(t.dir, "wire", "n")
	stop, err := serveNothing(socket)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, stop()) }()
	db, err := official(socket)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.Close()) }()

	rows := []row{
		{null, "2: ≥ 0.8", "/s", false, appends(t, "the log", s.db, &s.streams, 64, 1), appends(t, "stores nothing", db, &s.streams, 64, 1)},
		{hundreds, "", "/s", false, appends(t, "the log", s.db, &s.streams, 16, 100), s.raw.commits(t, 64)},
	}
	for _, callers := range []int{1, 16, 64} {
		rows = append(rows, row{beside(callers), "", "/s", false, appends(t, "the log", s.db, &s.streams, callers, 1), s.raw.commits(t, callers)})
	}
	rows = append(rows, row{guarded, "", "/s", false, s.guarded(t), s.unguarded(t)})
	for _, r := range rows {
		if err := t.add(ctx, r); err != nil {
			return err
		}
	}
	return nil
}

// change is an event of ours that holds nothing personal, so that no key is needed.
func change() event.Envelope {
	return event.Envelope{
		ID: uuid.New(), Event: contact.LeadStatusChanged{From: contact.Cold, To: contact.Warm, Kind: contact.Advance},
		Metadata: event.Metadata{
			Organization: uuid.New(), Actor: event.Actor{Kind: "owner", ID: "bench"}, Source: event.ManualAdmin, CommandID: uuid.New(),
		},
	}
}

// guarded appends as commands do: encoded by the codec, through the guards around the official client.
func (s *store) guarded(t *table) side {
	events := eventstore.NewStore(s.client, &eventstore.Codec{Catalog: domain.Catalog()})
	return side{"guards and codec", func(ctx context.Context) (float64, error) {
		return together(ctx, 64, t.turn, func(ctx context.Context) func() (int, error) {
			stream, revision := s.streams.next(), event.NoStream
			return func() (int, error) {
				_, err := events.Append(ctx, stream, revision, []event.Envelope{change()})
				revision++
				return 1, err
			}
		})
	}}
}

// unguarded appends the same bytes by the official client, encoded once for all.
func (s *store) unguarded(t *table) side {
	codec := &eventstore.Codec{Catalog: domain.Catalog()}
	return side{"official client", func(ctx context.Context) (float64, error) {
		encoded, err := codec.Encode(ctx, "contact-1", []event.Envelope{change()})
		if err != nil {
			return 0, err
		}
		return together(ctx, 64, t.turn, func(ctx context.Context) func() (int, error) {
			stream, expected := s.streams.next(), esdb.ExpectedRevision(esdb.NoStream{})
			written := uint64(0)
			return func() (int, error) {
				e := encoded[0]
				e.EventID = uuid.New()
				_, err := s.db.AppendToStream(ctx, stream, esdb.AppendToStreamOptions{ExpectedRevision: expected}, e)
				expected = esdb.Revision(written)
				written++
				return 1, err
			}
		})
	}}
}
