package main

import (
	"context"
	"errors"
	"log/slog"
	"path/filepath"
	"slices"
	"strconv"
	"time"

	"github.com/EventStore/EventStore-Client-Go/v4/esdb"

	"tagtrail/adapters/eventstore"
)

// catchUp measures how fast a subscription reads a log from its beginning.
func catchUp(ctx context.Context, t *table) (err error) {
	const bare, batches = "catch-up subscription", "catch-up in batches through Watermill"
	if !t.wanted(bare, batches) {
		return nil
	}
	s, err := openStore(filepath.Join(t.dir, "read"))
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, s.close()) }()
	if err := errors.Join(s.fill(ctx, t.events), s.raw.fill(t.events)); err != nil {
		return err
	}
	scan := side{"raw scan", func(ctx context.Context) (float64, error) { return paced(ctx, s.raw.scan) }}
	official := side{"official client", func(ctx context.Context) (float64, error) { return paced(ctx, s.follow(t.events)) }}
	return errors.Join(
		t.add(ctx, row{bare, "", "/s", true, official, scan}),
		t.add(ctx, row{batches, "", "/s", true, side{"Subscriber", func(ctx context.Context) (float64, error) { return paced(ctx, s.batches(t.events)) }}, official}),
	)
}

// paced answers how many a second it was.
func paced(ctx context.Context, do func(context.Context) (int, error)) (float64, error) {
	began := time.Now()
	n, err := do(ctx)
	return float64(n) / time.Since(began).Seconds(), err
}

// follow subscribes with the official client until so many events have come.
func (s *store) follow(events int) func(context.Context) (int, error) {
	return func(ctx context.Context) (int, error) {
		sub, err := s.db.SubscribeToAll(ctx, esdb.SubscribeToAllOptions{From: esdb.Start{}})
		if err != nil {
			return 0, err
		}
		defer func() { _ = sub.Close() }()
		for count := 0; count < events; {
			got := sub.Recv()
			if got.SubscriptionDropped != nil {
				return count, got.SubscriptionDropped.Error
			}
			if got.EventAppeared != nil {
				count++
			}
		}
		return events, nil
	}
}

// batches subscribes as projections do, and takes every batch apart.
func (s *store) batches(events int) func(context.Context) (int, error) {
	return func(ctx context.Context) (int, error) {
		subscriber := eventstore.NewSubscriber(s.client, eventstore.SubscriberConfig{BatchMax: 10_000, Logger: slog.New(slog.DiscardHandler)})
		defer func() { _ = subscriber.Close() }()
		messages, err := subscriber.Subscribe(ctx, eventstore.All)
		if err != nil {
			return 0, err
		}
		count := 0
		for msg := range messages {
			records, err := eventstore.Records(msg)
			if err != nil {
				return count, err
			}
			count += len(records)
			msg.Ack()
			if count >= events {
				break
			}
		}
		return count, ctx.Err()
	}
}

// live measures, at light load, how long after an append was asked for its event is delivered, beside how long the
// answer to the append itself takes. One event is under way at a time.
func live(ctx context.Context, t *table) (err error) {
	const p50, p99, own50, own99 = "append → delivered, p50", "append → delivered, p99", "append → batch by Subscriber, p50", "append → batch by Subscriber, p99"
	if !t.wanted(p50, p99, own50, own99) {
		return nil
	}
	s, err := openStore(filepath.Join(t.dir, "live"))
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, s.close()) }()
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()

	bare, err := s.deliveries(ctx)
	if err != nil {
		return err
	}
	for _, r := range []struct {
		name string
		rank float64
	}{{p50, 0.5}, {p99, 0.99}} {
		err := t.add(ctx, row{r.name, "", " ms", true, s.delivery(t, "delivered", bare, r.rank, delivered), s.delivery(t, "answered", bare, r.rank, answered)})
		if err != nil {
			return err
		}
	}
	subscriber := eventstore.NewSubscriber(s.client, eventstore.SubscriberConfig{BatchMax: 10_000, Logger: slog.New(slog.DiscardHandler)})
	defer func() { err = errors.Join(err, subscriber.Close()) }()
	messages, err := subscriber.Subscribe(ctx, eventstore.All)
	if err != nil {
		return err
	}
	own := make(chan uint64, 1)
	go func() {
		for msg := range messages {
			last, _ := strconv.ParseUint(msg.Metadata[eventstore.LastPosition], 10, 64)
			msg.Ack()
			select {
			case own <- last:
			case <-ctx.Done():
				return
			}
		}
	}()
	for _, r := range []struct {
		name string
		rank float64
	}{{own50, 0.5}, {own99, 0.99}} {
		err := t.add(ctx, row{r.name, "", " ms", true, s.delivery(t, "delivered", own, r.rank, delivered), s.delivery(t, "answered", own, r.rank, answered)})
		if err != nil {
			return err
		}
	}
	return nil
}

// deliveries answers the positions of what the official client's subscription brings.
func (s *store) deliveries(ctx context.Context) (<-chan uint64, error) {
	sub, err := s.db.SubscribeToAll(ctx, esdb.SubscribeToAllOptions{From: esdb.Start{}})
	if err != nil {
		return nil, err
	}
	positions := make(chan uint64, 1)
	go func() {
		defer func() { _ = sub.Close() }()
		for ctx.Err() == nil {
			got := sub.Recv()
			if got.SubscriptionDropped != nil {
				return
			}
			if got.EventAppeared == nil {
				continue
			}
			select {
			case positions <- got.EventAppeared.OriginalEvent().Position.Commit:
			case <-ctx.Done():
			}
		}
	}()
	return positions, nil
}

// until says which end of a delivery is measured.
type until int

const (
	answered until = iota
	delivered
)

// delivery appends one event at a time for all pieces of a turn, waits for its answer and its delivery, and answers a rank of the
// milliseconds until one of them.
func (s *store) delivery(t *table, name string, positions <-chan uint64, rank float64, end until) side {
	return side{name, func(ctx context.Context) (float64, error) {
		var took []float64
		stream := s.streams.next()
		for began := time.Now(); time.Since(began) < pieces*t.turn; {
			asked := time.Now()
			written, err := s.db.AppendToStream(ctx, stream, esdb.AppendToStreamOptions{ExpectedRevision: esdb.Any{}}, newEvents(1)...)
			if err != nil {
				return 0, err
			}
			waited := time.Since(asked)
			for position := uint64(0); position < written.CommitPosition; {
				select {
				case position = <-positions:
				case <-ctx.Done():
					return 0, ctx.Err()
				}
			}
			if end == delivered {
				waited = time.Since(asked)
			}
			took = append(took, float64(waited)/float64(time.Millisecond))
		}
		slices.Sort(took)
		return took[min(int(rank*float64(len(took))), len(took)-1)], nil
	}}
}
