package logstore_test

import (
	"context"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/cockroachdb/pebble/v2/vfs"
	"pgregory.net/rapid"

	"tagtrail/adapters/embedded/eventstore/eventlog"
	"tagtrail/adapters/embedded/eventstore/logstore"
)

// TestExpiryAgreesWithAModel lets events of a stream grow too old at random, some of them reclaimed, and reads it from
// any revision in both directions.
func TestExpiryAgreesWithAModel(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		now := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
		opts := logstore.Options{FS: vfs.NewMem(), Dir: "log", Now: func() time.Time { return now }}
		store, err := logstore.Open(opts)
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = store.Close() }()
		age := rapid.IntRange(1, 60).Draw(t, "age")
		var created []time.Time
		must := func(stream string, events []eventlog.Proposed) {
			if _, err := appendTo(store, eventlog.Append{Stream: stream, Expected: anyState, Events: events}); err != nil {
				t.Fatal(err)
			}
		}
		for range rapid.IntRange(1, 40).Draw(t, "events") {
			now = now.Add(time.Duration(rapid.IntRange(0, 3).Draw(t, "step")) * time.Second)
			must("s", eventsNamed(fmt.Sprint("e", len(created))))
			created = append(created, now)
		}
		must("$$s", []eventlog.Proposed{{ID: id("metadata"), Type: eventlog.MetadataType, JSON: true, Data: fmt.Appendf(nil, `{"$maxAge":%d}`, age)}})
		if rapid.Bool().Draw(t, "scavenged") {
			if err := store.Close(); err != nil {
				t.Fatal(err)
			}
			if _, err := logstore.Scavenge(context.Background(), opts); err != nil {
				t.Fatal(err)
			}
			if store, err = logstore.Open(opts); err != nil {
				t.Fatal(err)
			}
		}
		now = now.Add(time.Duration(rapid.IntRange(0, 90).Draw(t, "later")) * time.Second)

		from := rapid.IntRange(0, len(created)).Draw(t, "from")
		backwards := rapid.Bool().Draw(t, "backwards")
		var want []int64
		for revision, at := range created {
			if !at.Before(now.Add(-time.Duration(age)*time.Second)) && (backwards && revision <= from || !backwards && revision >= from) {
				want = append(want, int64(revision))
			}
		}
		if backwards {
			slices.Reverse(want)
		}
		q := eventlog.StreamRead{Stream: "s", From: int64(from), Backwards: backwards, Limit: rapid.IntRange(1, 9).Draw(t, "limit")}
		var got []int64
		for {
			page, err := store.ReadStream(context.Background(), q)
			if err != nil {
				t.Fatal(err)
			}
			for _, e := range page.Events {
				got = append(got, e.Revision)
			}
			if page.End {
				break
			}
			q.From = page.Next
		}
		if !slices.Equal(got, want) {
			t.Fatalf("shown are %v, want %v", got, want)
		}
	})
}
