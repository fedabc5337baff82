package main

import (
	"context"
	"errors"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"slices"
	"time"

	"github.com/EventStore/EventStore-Client-Go/v4/esdb"
	"github.com/google/uuid"

	embedded "tagtrail/adapters/embedded/eventstore"
	"tagtrail/adapters/eventstore"
)

// store is an embedded event store on a socket, with the official client and ours, and raw Pebble on the same disk.
type store struct {
	raw     *rawPebble
	db      *esdb.Client
	client  *eventstore.Client
	streams streams
	closers []func() error
}

func openStore(dir string) (_ *store, err error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, err
	}
	s := &store{}
	defer func() {
		if err != nil {
			err = errors.Join(err, s.close())
		}
	}()
	if s.raw, err = openPebble(dir); err != nil {
		return s, err
	}
	s.closers = append(s.closers, s.raw.db.Close)
	server, err := embedded.Open(embedded.Options{Dir: filepath.Join(dir, "log")})
	if err != nil {
		return s, err
	}
	s.closers = append(s.closers, server.Close)
	socket := filepath.Join(dir, "s")
	lis, err := net.Listen("unix", socket)
	if err != nil {
		return s, err
	}
	served := make(chan error, 1)
	go func() { served <- server.Serve(lis) }()
	s.closers = append(s.closers, func() error { return errors.Join(server.Close(), <-served) })
	if s.db, err = official(socket); err != nil {
		return s, err
	}
	s.closers = append(s.closers, s.db.Close)
	if s.client, err = eventstore.Open(eventstore.Config{URL: socket, Logger: slog.New(slog.DiscardHandler)}); err != nil {
		return s, err
	}
	s.closers = append(s.closers, s.client.Close)
	return s, nil
}

// close closes in the opposite order of opening.
func (s *store) close() (err error) {
	for _, undo := range slices.Backward(s.closers) {
		err = errors.Join(err, undo())
	}
	return err
}

// official makes the official client of what serves on a socket.
func official(socket string) (*esdb.Client, error) {
	return esdb.NewClient(&esdb.Configuration{
		Address: "unix:" + socket, DisableTLS: true, MaxDiscoverAttempts: 10, DiscoveryInterval: 100, GossipTimeout: 5,
		KeepAliveInterval: 10 * time.Second, KeepAliveTimeout: 10 * time.Second, Logger: esdb.NoopLogging(),
	})
}

// appends has callers who each wait for so many events before they append the next to their stream, and answers
// events in a second.
func appends(t *table, name string, db *esdb.Client, s *streams, callers, each int) side {
	return side{name, func(ctx context.Context) (float64, error) {
		return together(ctx, callers, t.turn, func(ctx context.Context) func() (int, error) {
			stream, expected := s.next(), esdb.ExpectedRevision(esdb.NoStream{})
			written := uint64(0)
			return func() (int, error) {
				_, err := db.AppendToStream(ctx, stream, esdb.AppendToStreamOptions{ExpectedRevision: expected}, newEvents(each)...)
				written += uint64(each)
				expected = esdb.Revision(written - 1)
				return each, err
			}
		})
	}}
}

func newEvents(n int) []esdb.EventData {
	events := make([]esdb.EventData, n)
	for i := range events {
		events[i] = esdb.EventData{EventID: uuid.New(), EventType: eventType, ContentType: esdb.ContentTypeJson, Data: data, Metadata: metadata}
	}
	return events
}

// fill appends events, many at once, to many streams.
func (s *store) fill(ctx context.Context, events int) error {
	for ; events > 0; events -= 200 {
		_, err := s.db.AppendToStream(ctx, s.streams.next(), esdb.AppendToStreamOptions{ExpectedRevision: esdb.NoStream{}}, newEvents(min(events, 200))...)
		if err != nil {
			return err
		}
	}
	return nil
}
